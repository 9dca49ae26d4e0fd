"""The rows over HTTP: captures, pages, the list; and the bytes of each first load."""

import re
import statistics
import tempfile
from pathlib import Path

from django.conf import settings

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.services import provision_tenant
from shared_apps.tenants.scope import enter_tenant
from tenant_apps.booking.models import BookingSettings
from tests.bench.contenders import HOST, Contenders, started
from tests.bench.load import fetch
from tests.bench.measuring import to_table
from tests.bench.report import Goal, Section, ratios, spread
from tests.bench.web import BODY, SNAKE_BODY, Effort, Found, Question, measure, run_pgbench, writes
from tests.clients import TenantClient

_API = "/api/v1/handoffs"
_MEMBERS_API = "/api/v1/members/handoffs"  # of `c`
_TEXT = """
{connections} requests on their way at once; medians of {rounds} turns of {seconds:g} s, with least and greatest. `c`
is one tenant on plain Django with the middleware of `startproject`, ninja, one ORM INSERT and a connection that
stays, on Granian with 2 processes of 1 thread; its list asks nobody who calls or, for a session, by ninja's
`django_auth`. `c` with more does more of what a capture here does, each by the usual means: two limits by Django's
cache in Redis, an address checked by pydantic, a number by phonenumbers, three rows in a transaction, a signed
cookie; it has no journal, no line in a log, no index for search. The product runs as it is run, 2 of 4, with its
journal, rate limits and all. The tutorial stack is django-tenants with its own middleware, Django REST framework, a
settings row per request, on gunicorn with 2 of 4 threads; not keeping the connection is Django's default. A row
counts when it is durable: fsync {fsync}, synchronous_commit {commit}. CPU is in microseconds per request, the
sender's is in no figure; `x c` says how many times as much `c` takes, round by round.
"""
_FULL = "c with more of it"
_FOR_SESSION = "c: list, for a session"
_WHY_CAPTURE = (
    "Beside the INSERT a capture is a sealed journal line, a limit in Redis, a checked address and number, a signed"
    " receipt, a job, an event and a due mark, with seven indexes where `c` has three; no one of them is a tenth"
)
_WHY_FULL = "Our own ways cost more here than the usual ones do, which have no journal, log or search"
_WHY_TUTORIAL = "For the same reasons; the tutorial stack does one INSERT and nothing else of a capture"
_WHY_WAITS = "A capture of ours takes more CPU, waits for Redis as well, and 8 threads share two cores"
_WHY_PAGE = "The answer is ready, before Django: what is left is filling it, its line in the log, and the server itself"
_WHY_LIST = "Ours asks whose session it is and which version, counts the call, compresses; `c` asks nobody who calls"
_WHY_SESSION = "The same job: ninja's own check of a session, its person read, fifty rows through a response schema"
_WHY_MEMORY = (
    "Resident counts what the workers share, too (PSS: below, with the tenants). Own code in place of redis-py, limits"
    " and Babel, and the assistant's rules read late, were measured at 105; the libraries stay"
)


def report(effort: Effort, *, durability: tuple[str, str]) -> Section:
    """Start all, ask all, end all."""
    cookie = _make_tenant()
    section = Section(
        "Over HTTP",
        _TEXT.format(
            connections=effort.connections,
            rounds=effort.rounds,
            seconds=effort.seconds,
            fsync=durability[0],
            commit=durability[1],
        ),
    )
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as name, started(Path(name)) as servers:
        captures = measure(_captures(servers), effort)
        captures["pgbench, the same row by a prepared INSERT"] = run_pgbench(servers.plain_url, effort, Path(name))
        reads = measure(_reads(servers, cookie), effort)
        loads = [_first_load(servers, path, cookie) for path in ("/", "/dashboard")]
    c = captures["c"]
    _add(section, "a capture", captures, c)
    _add(section, "a page", reads, c)
    section.tables.append(to_table(("first load, bytes on the wire", "page", "its files", "files"), loads))
    for path, page, files, _ in loads:
        section.figures[f"first load {path} bytes"] = float(page.replace(",", "")) + float(files.replace(",", ""))
    ours, kept, fresh = (captures[name] for name in ("the product", "tutorial, kept", "tutorial, not kept"))
    section.goals += [
        Goal("capture, CPU of c over ours", 1.0, _times(c, ours), why=_WHY_CAPTURE),
        Goal("capture, CPU of c with more of it over ours", 1.0, _times(captures[_FULL], ours), why=_WHY_FULL),
        Goal(
            "capture, CPU of the tutorial stack (not kept, its default) over ours",
            6.0,
            _times(fresh, ours),
            why=_WHY_TUTORIAL,
        ),
        Goal("capture, CPU of the tutorial stack (kept) over ours", 6.0, _times(kept, ours), why=_WHY_TUTORIAL),
        Goal(
            "capture, p99 over that of c",
            1.0,
            statistics.median(ratios([run.p99 for run in ours.runs], [run.p99 for run in c.runs])),
            is_least=False,
            why=_WHY_WAITS,
        ),
        Goal(
            "visitor's page, CPU of a capture on c over it", 4.0, _times(c, reads["the product: page"]), why=_WHY_PAGE
        ),
        Goal(
            "list of 50, CPU of ORM and ninja on c over it",
            2.0,
            _times(reads["c: list"], reads["the product: list"]),
            why=_WHY_LIST,
        ),
        Goal(
            "list of 50, CPU of ORM and ninja on c that asks for the session, over it",
            2.0,
            _times(reads[_FOR_SESSION], reads["the product: list"]),
            why=_WHY_SESSION,
        ),
        Goal("web worker, megabytes resident", 100.0, ours.worker_mb, is_least=False, why=_WHY_MEMORY),
    ]
    return section


def _times(over: Found, under: Found) -> float:
    return statistics.median(ratios(over.cpu, under.cpu))


def _make_tenant() -> str:
    """Make the tenant that is asked; return its owner's cookie."""
    tenant = provision_tenant(
        name="Bench", subdomain=HOST.partition(".")[0], owner_email="owner@bench.example", industry="salon"
    ).tenant
    client = TenantClient(tenant)
    with enter_tenant(tenant):
        BookingSettings.objects.update(booking_mode="external", external_booking_url="https://calendly.com/bench/cut")
        owner = User.objects.create_user("bench@bench.example", Role.OWNER)
        client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _captures(servers: Contenders) -> list[Question]:
    lead = writes(_API, host=HOST, body=BODY)
    tutorial = writes("/handoffs", host=HOST, body=SNAKE_BODY)
    return [
        Question("the product", servers.product, lead, 201),
        Question("c", servers.plain, lead, 201),
        Question(_FULL, servers.full, lead, 201),
        Question("tutorial, kept", servers.tutorial_kept, tutorial, 201),
        Question("tutorial, not kept", servers.tutorial, tutorial, 201),
        Question("a bare WSGI answer", servers.bare, lead, 201),
    ]


def _reads(servers: Contenders, cookie: str) -> list[Question]:
    member = f"sessionid={servers.plain_session}"
    return [
        Question("the product: page", servers.product, writes("/", host=HOST)),
        Question("c: a page of a form alone", servers.plain, writes("/", host=HOST)),
        Question("the product: list", servers.product, writes(_API, host=HOST, cookie=cookie)),
        Question("c: list", servers.plain, writes(_API, host=HOST)),
        Question(_FOR_SESSION, servers.plain, writes(_MEMBERS_API, host=HOST, cookie=member)),
        Question("a bare WSGI answer", servers.bare, writes("/", host=HOST), 201),
    ]


def _add(section: Section, what: str, found: dict[str, Found], c: Found) -> None:
    """Put one table, and its medians, into the section."""
    rows = []
    for name, each in found.items():
        rows.append(
            (
                name,
                spread([run.per_second for run in each.runs]),
                spread(each.cpu),
                f"{statistics.median(each.app):,.0f} + {statistics.median(each.database):,.0f}",
                spread(ratios(c.cpu, each.cpu), 2),
                f"{each.median(lambda run: run.p50):.1f} / {each.median(lambda run: run.p99):.1f}",
                f"{each.statements:.1f}",
                f"{each.worker_mb:.0f}",
            )
        )
        label = f"{what}, {name}"
        section.figures |= {
            f"{label}: CPU us": statistics.median(each.cpu),
            f"{label}: per second": each.median(lambda run: run.per_second),
            f"{label}: worker MB": each.worker_mb,
        }
    header = (what, "per second", "CPU", "of it app + PostgreSQL", "x c", "p50 / p99 ms", "statements", "MB per worker")
    section.tables.append(to_table(header, rows))


def _first_load(servers: Contenders, path: str, cookie: str) -> tuple[str, str, str, str]:
    """Return what a first visit of a page brings over the wire: headers and all, compressed as browsers ask for it."""

    def get(what: str) -> bytes:
        head = f"GET {what} HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: gzip, br\r\nCookie: {cookie}\r\n\r\n"
        status, answer = fetch(port=servers.product.port, request=head.encode())
        assert status == 200, (what, status)
        return answer

    page = get(path)
    plain = fetch(
        port=servers.product.port, request=f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n\r\n".encode()
    )[1].decode()
    files = sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', plain)))
    return path, f"{len(page):,}", f"{sum(len(get(name)) for name in files):,}", str(len(files))
