"""Who may call what: every route and every operation has a row here, or the build fails.

Four ask for everything: nobody (no cookie), the staff and the owner of alpha, and the owner of beta with beta's cookie
at alpha's host, who is nobody there; and of the API's calls behind a login three keys: one of alpha's that reads, one
that writes, and one of beta's. What a call that is refused leaves behind is read off the database: nothing.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import get_resolver

from saas.api import api
from shared_apps.accounts.enums import Role
from shared_apps.tenants.scope import enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tests.clients import TenantClient
from tests.house import House, all_of
from tests.routes import (
    CALLERS,
    EMBEDDING,
    GUARDED_CALLS,
    INVITATION,
    LEAD,
    METHODS,
    NEW_KEY,
    NEW_PASSWORD,
    NO_KEYS,
    NOTIFICATIONS,
    OBJECT_ROUTES,
    PROFILE,
    PUBLIC_ROUTES,
    RANDOM_ID,
    RANDOM_IDS,
    ROW_BY_ROUTE,
    SETTINGS,
    TENANT_ROUTES,
    Row,
    walk_routes,
)

# ---- the table is whole -----------------------------------------------------------------------------------------


def test_every_route_of_a_tenants_host_has_a_row() -> None:
    assert set(walk_routes(get_resolver("saas.urls_tenant"))) == set(ROW_BY_ROUTE)
    assert len(ROW_BY_ROUTE) == len(TENANT_ROUTES)


def test_every_route_of_the_public_host_has_a_row() -> None:
    """Those of the admin have their own walk: `tests/integration/platform/test_admin.py`."""
    walked = {route for route in walk_routes(get_resolver("saas.urls_public")) if not route.startswith("admin/")}

    assert walked == set(PUBLIC_ROUTES)


def test_every_operation_of_the_api_is_in_its_routes_row() -> None:
    described = {
        (f"{path.removeprefix('/').replace('{', '<').replace('}', '>')}", method.upper())
        for path, methods in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
        for method in methods
    }
    rows = {
        (row.route, method)
        for row in TENANT_ROUTES
        for method in row.answers
        if row.route.startswith("api/v1/") and row.route not in ("api/v1/", "api/v1/docs", "api/v1/openapi.json")
    }

    assert described == rows


def test_openapi_says_of_each_operation_whether_it_asks_who_calls() -> None:
    for path, methods in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items():
        for method, operation in methods.items():
            route = path.removeprefix("/").replace("{", "<").replace("}", ">")
            row = ROW_BY_ROUTE[route]
            expected: list[dict[str, list[str]]] | None = None
            if row.answers[method.upper()][0] == 401:
                takes_keys = row.key_answers(method.upper()) != NO_KEYS
                expected = [{"BearerKey": []}, {"SessionCookie": []}] if takes_keys else [{"SessionCookie": []}]
            assert operation.get("security") == expected, (method, path)


def test_openapi_describes_the_two_ways_to_say_who_calls() -> None:
    assert api.get_openapi_schema()["components"]["securitySchemes"] == {
        "BearerKey": {"type": "http", "scheme": "bearer"},
        "SessionCookie": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    }


# ---- the table is true ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("row", TENANT_ROUTES, ids=lambda row: f"/{row.route}")
def test_route_answers_as_its_row_says_and_a_refusal_changes_nothing(row: Row, caller: str, house: House) -> None:
    found, expected = {}, {}
    for method in sorted(METHODS, key=lambda method: not row.denies(method, caller)):  # refusals first
        expected[method] = row.answers[method][CALLERS.index(caller)] if method in row.answers else 405
        is_denied = row.denies(method, caller)
        before = house.read() if is_denied or method in ("GET", "HEAD") else None

        response = house.call(caller, method, row)

        found[method] = response.status_code
        if before is not None:
            assert house.read() == before, f"{method} changed something"
        if is_denied and response.status_code == 302:
            assert response["Location"].startswith("/login?next=/dashboard" if method in ("GET", "HEAD") else "/login")

    assert found == expected


@pytest.mark.parametrize(("row", "method"), GUARDED_CALLS, ids=lambda value: getattr(value, "route", value))
def test_guarded_call_answers_keys_as_its_row_says_and_a_refusal_changes_nothing(
    row: Row, method: str, house: House, login: Callable[..., TenantClient]
) -> None:
    """The owner's cookie comes along, without a CSRF token: beside a key it counts for nothing."""
    client = login(house.alpha, Role.OWNER, enforce_csrf_checks=True)
    reading, writing = row.key_answers(method)
    expected = {"foreign": 401, "read": reading, "write": writing}
    for name, status in expected.items():
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {house.api_keys[name]}"
        before = house.read()

        response = house.call("owner", method, row, client=client)

        assert response.status_code == status, name
        if status >= 400 or method == "GET":
            assert house.read() == before, name


@pytest.mark.parametrize("row", TENANT_ROUTES, ids=lambda row: f"/{row.route}")
def test_owner_of_another_tenant_is_answered_like_nobody(row: Row, house: House) -> None:
    for method, answers in row.answers.items():
        assert answers[3] == answers[0]
        if method == "GET" and answers[0] != 200:
            nobody, stranger = house.call("nobody", method, row), house.call("foreign owner", method, row)
            assert stranger.content == nobody.content


@pytest.mark.parametrize(("path", "answers"), PUBLIC_ROUTES.items(), ids=lambda value: f"/{value}")
def test_public_route_answers_as_its_row_says(path: str, answers: dict[str, int], house: House) -> None:
    before = house.read()
    for caller, client in house.callers.items():
        for method in METHODS:
            response = client.generic(method, f"/{path}", headers={"host": "localhost"})

            assert response.status_code == answers.get(method, 405), (caller, method)
    assert house.read() == before


# ---- objects of another tenant ----------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("row", OBJECT_ROUTES, ids=lambda row: f"/{row.route}")
def test_foreign_id_is_answered_byte_for_byte_like_a_random_one(
    row: Row, caller: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saas.middleware.secrets.token_urlsafe", lambda _length: "nonce")
    monkeypatch.setattr("django.middleware.csrf._get_new_csrf_string", lambda: "c" * 32)
    before = house.read()

    for method in row.answers:
        foreign = house.call(caller, method, row, house.foreign)
        unknown = house.call(caller, method, row, RANDOM_IDS)

        assert all_of(foreign, house.foreign) == all_of(unknown, RANDOM_IDS)
        assert "Person Of Beta" not in foreign.content.decode()
        if row.answers[method][CALLERS.index(caller)] < 300:
            assert foreign.status_code == 404
    assert house.read() == before


@pytest.mark.parametrize("row", OBJECT_ROUTES, ids=lambda row: f"/{row.route}")
def test_malformed_id_is_not_found(row: Row, house: House) -> None:
    before = house.read()
    malformed = ("abc", "-1", "9223372036854775808", "%00", "0199f0f0%2d", f"{{{RANDOM_ID}}}", RANDOM_ID[:-1])

    statuses = {
        (one, method): house.call("owner", method, row, dict.fromkeys(RANDOM_IDS, one)).status_code
        for one in malformed
        for method in row.answers
    }

    assert statuses == dict.fromkeys(statuses, 404)
    assert house.read() == before


# ---- writes ask for a token -------------------------------------------------------------------------------------


SESSION_WRITES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "api/v1/settings/booking": ("PUT", "/api/v1/settings/booking", SETTINGS),
    "api/v1/settings/booking/preview": ("POST", "/api/v1/settings/booking/preview", SETTINGS),
    "api/v1/settings/booking/frame-check": ("POST", "/api/v1/settings/booking/frame-check", {}),
    "api/v1/settings/profile": ("PUT", "/api/v1/settings/profile", PROFILE),
    "api/v1/settings/notifications": ("PUT", "/api/v1/settings/notifications", NOTIFICATIONS),
    "api/v1/settings/embedding": ("PUT", "/api/v1/settings/embedding", EMBEDDING),
    "api/v1/handoffs/<handoff_id>": ("DELETE", "/api/v1/handoffs/{id}", {}),
    "api/v1/handoffs/<handoff_id>/complete": ("POST", "/api/v1/handoffs/{id}/complete", {}),
    "api/v1/handoffs/<handoff_id>/reopen": ("POST", "/api/v1/handoffs/{id}/reopen", {}),
    "api/v1/me/password": ("POST", "/api/v1/me/password", NEW_PASSWORD),
    "api/v1/sessions": ("DELETE", "/api/v1/sessions", {}),
    "api/v1/sessions/<session_id>": ("DELETE", "/api/v1/sessions/{session_id}", {}),
    "api/v1/team": ("POST", "/api/v1/team", INVITATION),
    "api/v1/team/<member_id>": ("PATCH", "/api/v1/team/{member_id}", {"role": "owner"}),
    "api/v1/team/<member_id>/invitation": ("POST", "/api/v1/team/{member_id}/invitation", {}),
    "api/v1/api-keys": ("POST", "/api/v1/api-keys", NEW_KEY),
    "api/v1/api-keys/<key_id>": ("DELETE", "/api/v1/api-keys/{key_id}", {}),
    "api/v1/support-access/<access_id>/raise": ("POST", "/api/v1/support-access/{access_id}/raise", {}),
    "api/v1/support-access/<access_id>": ("DELETE", "/api/v1/support-access/{access_id}", {}),
    "logout": ("POST", "/logout", {}),
    "set-password/<str:token>": ("POST", "/set-password/{token}", {}),
    "login": ("POST", "/login", {}),
    "forgot-password": ("POST", "/forgot-password", {}),
}
# They carry no session. A foreign Origin is refused below, but for the click: contract section 5 lets anybody send it.
VISITORS_WRITES = {
    "book",
    "go/<str:handoff_id>",
    "api/v1/handoffs",
    "api/v1/handoffs/<handoff_id>/redirect",
    "api/v1/assistant/messages",
}
# Their link is the authority, and it stands in the address: a mail program posts there by itself (RFC 8058).
LINK_WRITES = {"notifications/unsubscribe/<str:subscriber>"}
NINJAS_OWN = {"api/v1/", "api/v1/docs", "api/v1/openapi.json"}


def test_every_write_asks_for_a_token_or_is_a_visitors() -> None:
    writes = {row.route for row in TENANT_ROUTES if set(row.answers) - {"GET", "HEAD"}}

    assert writes == set(SESSION_WRITES) | VISITORS_WRITES | LINK_WRITES | NINJAS_OWN


@pytest.mark.parametrize("route", SESSION_WRITES)
@pytest.mark.parametrize("headers", [{}, {"x-csrftoken": "x" * 32}, {"origin": "http://beta.localhost"}])
def test_session_write_without_its_token_changes_nothing(
    headers: dict[str, str], route: str, house: House, login: Callable[..., TenantClient]
) -> None:
    method, path, body = SESSION_WRITES[route]
    strict = login(house.alpha, Role.OWNER, enforce_csrf_checks=True)
    strict.get("/login")
    given = {"x-csrftoken": strict.cookies["csrftoken"].value} if "origin" in headers else {}
    before = house.read()

    response = strict.generic(
        method,
        path.format(**house.own, id=house.own["handoff_id"], token=house.token),
        json.dumps(body),
        content_type="application/json",
        headers=headers | given,
    )

    assert response.status_code == 403
    assert house.read() == before


@pytest.mark.parametrize("origin", ["http://evil.example", "http://beta.localhost", "https://alpha.localhost", "null"])
@pytest.mark.parametrize("path", ["/api/v1/handoffs", "/api/v1/handoffs/{id}/redirect", "/book"])
def test_visitors_write_from_a_foreign_origin_changes_nothing(path: str, origin: str, house: House) -> None:
    before = house.read()

    response = house.callers["nobody"].post(
        path.format(id=house.own["handoff_id"]), LEAD, content_type="application/json", headers={"origin": origin}
    )

    assert response.status_code == 403
    assert house.read() == before


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize(
    ("method", "path", "body"), [("POST", "/api/v1/handoffs", LEAD), ("PUT", "/api/v1/settings/booking", SETTINGS)]
)
def test_json_under_another_name_is_refused_and_changes_nothing(
    method: str, path: str, body: dict[str, Any], content_type: str, house: House
) -> None:
    before = house.read()

    response = house.callers["owner"].generic(method, path, json.dumps(body), content_type=content_type)

    assert response.status_code == 415
    assert house.read() == before


def test_allowed_calls_do_change_something(house: House) -> None:
    """What the tests above compare is sharp enough to see a change."""
    before = house.read()

    assert house.call("owner", "POST", ROW_BY_ROUTE["api/v1/handoffs/<handoff_id>/complete"]).status_code == 200

    changed = {table for table, rows in house.read().items() if before[table] != rows}
    assert changed == {
        f"{house.alpha.schema_name}.handoffs_bookinghandoff",
        f"{house.alpha.schema_name}.handoffs_handoffevent",
    }
    with enter_tenant(house.alpha):
        assert BookingHandoff.objects.get().status == "completed_external"
