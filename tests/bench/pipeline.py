"""The pipeline's reads, at a tenant with ten thousand handoffs and at one with a million."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from ninja import Schema
from ninja.responses import NinjaJSONEncoder

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.services import provision_tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.schemas import HandoffListOut, HandoffOut
from tenant_apps.handoffs.selectors import HandoffFilters, filter_handoffs, list_handoffs_json
from tenant_apps.handoffs.services import tally_handoffs
from tests.bench.data import COMMON_SERVICE, RARE_NAME, fill
from tests.bench.measuring import Work, compare, to_table
from tests.bench.report import Goal, Section
from tests.clients import TenantClient

_API = "/api/v1"
_DEEP_PAGES = 20

# What is asked for, by what a table calls it.
QUESTIONS = {
    "first page": "/handoffs",
    "page of a status": "/handoffs?status=redirected",
    "page of a service": "/handoffs?service=Colour",
    "page of a service nobody asked for": "/handoffs?service=Nothing",
    "search, a rare name": f"/handoffs?q={RARE_NAME.partition(' ')[0]}",
    "search, one row in three": f"/handoffs?q={COMMON_SERVICE}",
    "search, nothing to be found": "/handoffs?q=zzzyxw",
    "search, two letters": "/handoffs?q=zq",
    "search, a number": "/handoffs?q=772-000-7919",
    "counts": "/handoffs/summary",
    "counts of a service": "/handoffs/summary?service=Colour",
    "counts of the last 30 days": "/handoffs/summary?from={month_ago}",
    "counts of a rare name": f"/handoffs/summary?q={RARE_NAME.partition(' ')[0]}",
    "facets": "/handoffs/facets",
    "insights, funnel of 30 days": "/insights/funnel",
    "insights, timeline of 30 days": "/insights/timeline",
    "insights, services of 30 days": "/insights/breakdown?by=service",
    "insights, time to click of 30 days": "/insights/time-to-click",
    "insights, timeline of a year": "/insights/timeline?from={year_ago}",
}


def make_tenant(rows: int) -> TenantClient:
    """Make and fill a tenant; return its owner's client."""
    name = f"bench-{rows}"
    tenant = provision_tenant(name=name, subdomain=name, owner_email="owner@bench.example").tenant
    fill(tenant, rows)
    client = TenantClient(tenant)
    with enter_tenant(tenant):
        owner = User.objects.create_user("bench@bench.example", Role.OWNER)
        client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        tally_handoffs()  # as the worker does once a minute
    return client


_TEXT = """
{small:,} and {large:,} handoffs over three years, their timelines beside them; requests go through the whole of Django
in this process, session and user included, without a socket. Milliseconds by the clock, medians of {rounds} rounds in
turns.
"""


def report(
    small: TenantClient, large: TenantClient, days: dict[str, str], *, sizes: tuple[int, int], rounds: int
) -> Section:
    """Ask both tenants everything, in turns."""
    section = Section("The pipeline", _TEXT.format(small=sizes[0], large=sizes[1], rounds=rounds))
    names = [f"{size:,}" for size in sizes]
    rows = []
    questions = {
        name: (lambda client, path=path: _ask(client, path.format(**days))) for name, path in QUESTIONS.items()
    }
    for name, make in (questions | {"page 21": _deep, "a poll without news (304)": _poll}).items():
        found = compare(make(small), make(large), rounds=rounds)
        rows.append((name, found.first, found.second, found.ratio))
        section.figures |= {f"{name}, {size}: ms": time.median for size, time in zip(names, found.times, strict=True)}
    header = ("whole request, ms", *names, "the second as a multiple")
    section.tables.append(to_table(header, rows))

    flat = compare(_in_postgresql(small.tenant), _in_postgresql(large.tenant), rounds=rounds)
    ninjas = compare(_in_postgresql(large.tenant), _by_ninja(large.tenant), rounds=rounds)
    peer = compare(_in_postgresql(large.tenant), _in_python(large.tenant), rounds=rounds)
    search = compare(_search(large.tenant), _search(large.tenant, by_scan=True), rounds=rounds)
    section.tables.append(
        to_table(
            ("against", "ours, ms", "the other, ms", "the other as a multiple"),
            [
                (f"the list's one statement, {names[0]} and {names[1]} rows", flat.first, flat.second, flat.ratio),
                (
                    "50 items as bytes, by PostgreSQL and by ORM and ninja's Schema",
                    ninjas.first,
                    ninjas.second,
                    ninjas.ratio,
                ),
                ("50 items as bytes, by PostgreSQL and by ORM and our schemas", peer.first, peer.second, peer.ratio),
                ("search of a rare name, by index and by scan", search.first, search.second, search.ratio),
            ],
        )
    )
    section.goals += [
        Goal(f"50 items of {names[1]} as bytes, ORM and ninja's Schema over ours", 2.0, ninjas.median_ratio),
        Goal(f"list's statement, {names[1]} over {names[0]} rows", 1.5, flat.median_ratio, is_least=False),
        Goal("search, a scan over the index", 50.0, search.median_ratio),
    ]
    return section


def _search(tenant: TenantRef, *, by_scan: bool = False) -> Work:
    """The search of a rare name; by a scan where every index is closed to the planner."""

    def work() -> None:
        with enter_tenant(tenant), transaction.atomic(), connection.cursor() as cursor:
            if by_scan:
                for way in ("enable_bitmapscan", "enable_indexscan", "enable_indexonlyscan"):
                    cursor.execute(f"SET LOCAL {way} = off")
            cursor.execute("SET LOCAL statement_timeout = 0")
            list_handoffs_json(
                filters=HandoffFilters(q=RARE_NAME),
                limit=50,
                cursor="",
                schema_name=tenant.schema_name,
                client_id="bench",
            )

    return work


def _ask(client: TenantClient, path: str, **headers: str) -> Work:
    expected = 304 if headers else 200

    def work() -> None:
        response = client.get(_API + path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert response.status_code == expected, (path, response.status_code)

    return work


def _deep(client: TenantClient) -> Work:
    cursor = client.get(f"{_API}/handoffs").json()["nextCursor"]
    for _ in range(_DEEP_PAGES - 1):
        cursor = client.get(f"{_API}/handoffs", {"cursor": cursor}).json()["nextCursor"]
    return _ask(client, f"/handoffs?cursor={cursor}")


def _poll(client: TenantClient) -> Work:
    return _ask(client, "/handoffs", if_none_match=client.get(f"{_API}/handoffs")["ETag"])


def _in_postgresql(tenant: TenantRef) -> Work:
    def work() -> bytes:
        with enter_tenant(tenant):
            return list_handoffs_json(
                filters=HandoffFilters(), limit=50, cursor="", schema_name=tenant.schema_name, client_id="bench"
            )

    return work


class _NinjaItem(Schema):
    """An item as ninja's documentation has it: read from the row's attributes."""

    id: UUID
    created_at: datetime
    source_page: str | None
    industry_slug: str
    customer_name: str
    customer_email: str | None
    customer_phone: str | None
    requested_service: str
    preferred_date_time_text: str
    notes: str | None
    status: str
    redirected_at: datetime | None
    completed_at: datetime | None
    abandoned_at: datetime | None
    external_booking_url_used: str | None
    metadata: dict[str, Any]


class _NinjaList(Schema):
    items: list[_NinjaItem]
    next_cursor: str


def _by_ninja(tenant: TenantRef) -> Work:
    """The same list as an operation with `response=` makes it: rows, schema, dump, JSON."""

    def work() -> str:
        with enter_tenant(tenant):
            page = list(filter_handoffs(HandoffFilters()).newest_first()[:51])
        answer = _NinjaList.model_validate({"items": page[:50], "next_cursor": page[-1].pk.hex})
        return json.dumps(answer.model_dump(), cls=NinjaJSONEncoder)

    return work


def _in_python(tenant: TenantRef) -> Work:
    """The same list by the ORM and our schemas, which skip what ninja's own do to read attributes."""

    def work() -> str:
        with enter_tenant(tenant):
            rows = filter_handoffs(HandoffFilters()).newest_first().defer("fingerprint", "pending_since")
            page = list(rows[:51])
        items = [HandoffOut.from_handoff(handoff, client_id="bench") for handoff in page[:50]]
        answer = HandoffListOut(items=items, next_cursor=page[-1].pk.hex)
        return json.dumps(answer.model_dump(by_alias=True), cls=NinjaJSONEncoder)

    return work
