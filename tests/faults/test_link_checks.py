"""Link checks against real TLS servers, and beside a tenant whose tables are gone. Writes are committed."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
from django.db import connection
from psycopg import sql

from shared_apps.outbound import GuardedClient
from shared_apps.platform.services import drop_tenant
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.services import check_links
from tests.conftest import _provision, make_ready

EXPIRY = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)
OK = b"HTTP/1.1 200 OK\r\n\r\n"


class Site:
    """A TLS server on loopback for any number of hosts: what each answers, and which were asked."""

    def __init__(self, authority: trustme.CA) -> None:
        self.answers: dict[str, bytes | threading.Event] = {}
        self.asked: list[str] = []
        self._authority = authority
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def add(self, host: str, answer: bytes | threading.Event = OK, *, expires: datetime = EXPIRY) -> str:
        """Serve `host`; an event instead of an answer is waited for, in silence. Returns its address."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host, not_after=expires, not_before=expires - timedelta(days=90)).configure_cert(
            context
        )
        self._contexts[host] = context
        self.answers[host] = answer
        return f"https://{host}/book"

    def client(self, **options: Any) -> GuardedClient:
        """A client that finds every host here, and counts loopback as public."""
        tls = ssl.create_default_context()
        self._authority.configure_trust(tls)
        return GuardedClient(
            resolve=lambda *_args, **_more: [(0, 0, 0, "", ("127.0.0.1", self.port))],
            is_public=lambda _address: True,
            tls=tls,
            port=self.port,
            **options,
        )

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

        def choose(stream: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
            stream.context = self._contexts[name or ""]

        context.sni_callback = choose
        with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as stream:
            head = stream.recv(65536).decode("ascii")
            host = head.split("Host: ", 1)[1].split("\r\n", 1)[0]
            self.asked.append(host)
            answer = self.answers[host]
            if isinstance(answer, bytes):
                stream.sendall(answer)
            else:
                answer.wait(10)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def site(authority: trustme.CA) -> Iterator[Site]:
    server = Site(authority)
    yield server
    server.close()


@pytest.fixture
def tenants(django_db_blocker: Any, django_db_setup: None) -> Iterator[list[TenantRef]]:
    """Three tenants of their own, alone on the list of links to look at."""
    with django_db_blocker.unblock():
        made = [_provision(f"link-{threading.get_native_id()}-{number}").tenant for number in range(3)]
        try:
            with public_scope():
                DueWork.objects.filter(kind="link").delete()
            yield made
        finally:
            for tenant in made:
                drop_tenant(tenant=tenant, only_demo=False)


def save(tenant: TenantRef, url: str) -> None:
    make_ready(tenant, lambda **_: contextlib.nullcontext(), url=url)


def read(tenant: TenantRef) -> BookingSettings:
    with enter_tenant(tenant):
        return BookingSettings.objects.get()


def mark_of(tenant: TenantRef) -> datetime | None:
    with public_scope():
        return DueWork.objects.filter(tenant_id=tenant.id, kind="link").values_list("due_at", flat=True).first()


def test_certificate_status_and_redirect_are_read_off_the_wire(tenants: list[TenantRef], site: Site) -> None:
    working, moved, away = tenants
    save(working, site.add("working.provider.com"))
    save(moved, site.add("moved.provider.com", b"HTTP/1.1 301 Gone\r\nLocation: https://other.provider.com/\r\n\r\n"))
    save(away, site.add("away.provider.com", b"HTTP/1.1 503 Away\r\n\r\n"))
    site.add("other.provider.com")

    assert check_links(look=site.client().fetch_headers) == 3

    assert sorted(site.asked) == ["away.provider.com", "moved.provider.com", "working.provider.com"]
    assert (read(working).link_result, read(working).link_tls_expires_at) == ("working", EXPIRY)
    assert (read(moved).link_result, read(moved).link_redirects_to) == ("working", "other.provider.com")
    assert (read(away).link_result, read(away).link_status_class) == ("failing", 5)


def test_certificate_that_has_ended_is_a_failure(tenants: list[TenantRef], site: Site) -> None:
    save(tenants[0], site.add("old.provider.com", expires=datetime.now(UTC) - timedelta(days=1)))
    assert check_links(look=site.client().fetch_headers) == 1
    kept = read(tenants[0])
    assert (kept.link_result, kept.link_reason, kept.link_failures) == ("failing", "tls", 1)


def test_silent_page_holds_up_nobody_and_is_given_up_in_time(tenants: list[TenantRef], site: Site) -> None:
    never = threading.Event()
    silent, *others = tenants
    save(silent, site.add("silent.provider.com", never))
    for number, tenant in enumerate(others):
        save(tenant, site.add(f"quick{number}.provider.com"))
    for witness in ("calendly.com", "cal.com", "squareup.com"):
        site.add(witness)

    assert check_links(look=site.client(total_seconds=0.5).fetch_headers) == 3
    never.set()

    assert (read(silent).link_result, read(silent).link_reason) == ("failing", "timeout")
    assert [read(tenant).link_result for tenant in others] == ["working", "working"]


def test_tenant_whose_table_is_gone_stops_nobody_and_is_tried_later(tenants: list[TenantRef], site: Site) -> None:
    broken, *others = tenants
    for number, tenant in enumerate(tenants):
        save(tenant, site.add(f"page{number}.provider.com"))
    with public_scope(), connection.cursor() as cursor:
        table = sql.Identifier(broken.schema_name, "booking_bookingsettings")
        cursor.execute(sql.SQL("ALTER TABLE {} RENAME TO gone").format(table))

    assert check_links(look=site.client().fetch_headers) == 2

    assert [read(tenant).link_result for tenant in others] == ["working", "working"]
    again = mark_of(broken)
    assert again is not None
    assert timedelta(minutes=4) < again - datetime.now(UTC) < timedelta(minutes=6)
    assert check_links(look=site.client().fetch_headers) == 0
