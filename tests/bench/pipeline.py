"""The pipeline's reads, at a tenant with ten thousand handoffs and at one with a million."""

import json
from collections.abc import Iterator

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
from tests.clients import TenantClient

SMALL, LARGE = 10_000, 1_000_000
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


def report(small: TenantClient, large: TenantClient, days: dict[str, str]) -> Iterator[str]:
    """Yield the tables as Markdown."""
    rows = []
    for name, path in QUESTIONS.items():
        asked = path.format(**days)
        found = compare(_ask(small, asked), _ask(large, asked))
        rows.append((name, found.first, found.second, found.ratio))
    for name, make in (("page 21", _deep), ("a poll without news (304)", _poll)):
        found = compare(make(small), make(large))
        rows.append((name, found.first, found.second, found.ratio))
    yield to_table(("whole request, ms", "10 k", "1 M", "1 M as a multiple"), rows)
    found = compare(_in_postgresql(large.tenant), _in_python(large.tenant))
    yield to_table(
        ("50 items of 1 M as JSON, ms", "made by PostgreSQL", "ORM and schema", "the second as a multiple"),
        [("list", found.first, found.second, found.ratio)],
    )


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


def _in_python(tenant: TenantRef) -> Work:
    """The same list by the ORM and the answer's schema, as the first round did it."""

    def work() -> str:
        with enter_tenant(tenant):
            rows = filter_handoffs(HandoffFilters()).newest_first().defer("fingerprint", "pending_since")
            page = list(rows[:51])
        items = [HandoffOut.from_handoff(handoff, client_id="bench") for handoff in page[:50]]
        answer = HandoffListOut(items=items, next_cursor=page[-1].pk.hex)
        return json.dumps(answer.model_dump(by_alias=True), cls=NinjaJSONEncoder)

    return work
