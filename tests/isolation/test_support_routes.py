"""What a support session gets of every route behind the login, read off the table of routes: nothing by accident."""

import json
from typing import Any

import pytest

from shared_apps.accounts.enums import Role
from shared_apps.platform.grants import make_grant
from shared_apps.platform.services import ensure_platform_user
from shared_apps.support.models import SupportAccess
from shared_apps.support.services import raise_access
from shared_apps.tenants.scope import enter_tenant
from tests.clients import TenantClient
from tests.house import House
from tests.routes import GUARDED_CALLS, Row

# GETs that are open to staff or owners and closed to support: data in bulk, people, keys, the log.
CLOSED = {
    "api/v1/handoffs.csv", "api/v1/me", "api/v1/sessions", "api/v1/team", "api/v1/api-keys", "api/v1/support-access",
}  # fmt: skip
# What an owner may raise a session to; all other writes are refused for good.
RAISED = {
    "api/v1/settings/booking", "api/v1/settings/booking/frame-check", "api/v1/settings/profile",
    "api/v1/settings/notifications", "api/v1/settings/embedding", "api/v1/handoffs/<handoff_id>/complete",
    "api/v1/handoffs/<handoff_id>/reopen",
}  # fmt: skip
LOOKS = {("api/v1/settings/booking/preview", "POST")}  # it stores nothing


def _expected(row: Row, method: str, *, is_raised: bool) -> int:
    if method == "GET":
        return 403 if row.route in CLOSED else 200
    if (row.route, method) in LOOKS:
        return 200
    return row.answers[method][2] if is_raised and row.route in RAISED else 403


@pytest.mark.parametrize("is_raised", [False, True])
@pytest.mark.parametrize(("row", "method"), GUARDED_CALLS, ids=lambda value: getattr(value, "route", value))
def test_support_gets_what_the_table_says_and_a_refusal_changes_nothing(
    row: Row,
    method: str,
    is_raised: bool,
    house: House,
) -> None:
    client = _come_in(house, is_raised=is_raised)
    given = row.json
    if row.route == "api/v1/settings/profile" and method == "PUT":
        given = client.get("/api/v1/settings/profile").json()  # two of its fields are the owner's alone
        given = {name: given[name] for name in row.json or {}}
    before = house.read()

    response = house.call("owner", method, Row(row.route, row.answers, given, query=row.query), client=client)

    assert response.status_code == _expected(row, method, is_raised=is_raised), response.content
    if response.status_code == 403 or method == "GET":
        assert house.read() == before
    if response.status_code == 403:
        code = json.loads(response.content)["type"].rpartition(":")[2]
        assert code == ("support_read_only" if row.route in RAISED and not is_raised else "support_refused")


def _come_in(house: House, *, is_raised: bool) -> Any:
    person = ensure_platform_user(email="other@platform.example", role=Role.SUPPORT, password=None)
    client = TenantClient(house.alpha)
    token = make_grant(tenant=house.alpha, person=person)
    assert client.get(f"/support/{token}").status_code == 303
    if is_raised:
        with enter_tenant(house.alpha):
            raise_access(access_id=SupportAccess.objects.latest("id").pk, by="owner@alpha.example")
    return client
