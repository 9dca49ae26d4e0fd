"""Who may call what: every route and every operation has a row here, or the build fails.

Four ask for everything: nobody (no cookie), the staff and the owner of alpha, and the owner of beta with beta's cookie
at alpha's host, who is nobody there; and of the API's calls behind a login three keys: one of alpha's that reads, one
that writes, and one of beta's. What a call that is refused leaves behind is read off the database: nothing.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from saas.api import api
from shared_apps.accounts.enums import Role, Scope
from shared_apps.accounts.models import ApiKey, Session, User
from shared_apps.accounts.services import create_api_key
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.notifications.selectors import make_unsubscribe_url
from tests.clients import TenantClient
from tests.factories import HandoffFactory, UserFactory, open_support
from tests.isolation.helpers import read_everything

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CALLERS = ("nobody", "staff", "owner", "foreign owner")
RANDOM_ID = "0199f0f0-0000-7000-8000-00000000abcd"
FOREIGN_NUMBER = 400_000_001
RANDOM_IDS = {
    "handoff_id": RANDOM_ID,
    "session_id": RANDOM_ID,
    "member_id": str(FOREIGN_NUMBER + 1),
    "key_id": str(FOREIGN_NUMBER + 1),
    "access_id": str(FOREIGN_NUMBER + 1),
}

LEAD = {
    "customerName": "Jane Doe",
    "customerPhone": "772-555-0177",
    "requestedService": "Haircut",
    "preferredDateTimeText": "Friday after 5",
}
SETTINGS = {
    "bookingMode": "external",
    "externalBookingProviderName": "",
    "externalBookingUrl": "https://calendly.com/alpha-studio/other",
    "externalBookingEmbedMode": "redirect",
    "externalBookingDisclaimer": "",
    "externalBookingUtmSource": "treasurecoastai",
    "externalBookingUtmCampaign": "industry-demo",
}
PROFILE: dict[str, Any] = {
    "businessName": "Alpha Renamed",
    "industry": "salon",
    "hours": [{"day": "mon", "opens": "09:00", "closes": "18:00"}],
    "services": ["Haircut"],
    "brandColour": "#123abc",
    "timeZone": "America/New_York",
    "region": "US",
    "language": "en",
    "abandonAfterHours": 24,
    "retentionDays": 365,
    "notificationEmails": ["desk@alpha-studio.example"],
}
NOTIFICATIONS = {"newHandoff": "hourly", "dailySummary": True}
EMBEDDING = {"allowedOrigins": ["https://www.alpha-studio.example"]}
INVITATION = {"email": "newcomer@example.com", "role": "staff"}
NEW_KEY = {"name": "Website", "scope": "read"}
CURRENT_PASSWORD = "correct-horse-battery"
NEW_PASSWORD = {"currentPassword": CURRENT_PASSWORD, "newPassword": "a-long-walk-on-the-beach"}
MESSAGE: dict[str, Any] = {"message": "a haircut on Friday", "slots": {}, "asking": None}
FORGOTTEN = {"email": "invited@example.com"}
PASSWORD = {"password": "a-long-walk-on-the-beach"}


@dataclass(frozen=True)
class Row:
    """What a route answers to nobody, alpha's staff, alpha's owner, beta's owner; by method. Others answer 405.

    A route behind the login sends who is not logged in there by 302. `keys` is what the keys that read and write get,
    where that is not what every call grants them: GETs open to the staff, nothing else.
    """

    route: str
    answers: dict[str, tuple[int, int, int, int]]
    json: dict[str, Any] | None = None
    form: dict[str, str] = field(default_factory=dict)
    query: str = ""
    is_behind_login: bool = False
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def key_answers(self, method: str) -> tuple[int, int]:
        """What keys get of a guarded method: the one that reads, the one that writes."""
        is_read = method == "GET" and self.answers[method][1] == 200
        return self.keys.get(method, (200, 200) if is_read else (403, 403))

    def denies(self, method: str, caller: str) -> bool:
        """Whether the caller gets nothing by that method."""
        status = self.answers[method][CALLERS.index(caller)] if method in self.answers else 405
        return status >= 400 or (self.is_behind_login and caller in ("nobody", "foreign owner"))


def everybody(status: int) -> tuple[int, int, int, int]:
    """The same answer to all four."""
    return (status,) * 4


MEMBERS = (401, 200, 200, 401)
OWNERS = (401, 403, 200, 401)
MEMBERS_204, OWNERS_201, OWNERS_204 = (401, 204, 204, 401), (401, 403, 201, 401), (401, 403, 204, 401)
NO_KEYS, WRITING_KEYS = (403, 403), (403, 200)
PAGE = (302, 200, 200, 302)

TENANT_ROUTES = [
    Row("", {"GET": everybody(200), "HEAD": everybody(200)}),
    Row("book", {"GET": everybody(200), "HEAD": everybody(200), "POST": everybody(303)}, form=LEAD),
    Row("handoff/<str:handoff_id>", {"GET": everybody(200), "HEAD": everybody(200)}),
    Row("go/<str:handoff_id>", {"GET": everybody(303), "HEAD": everybody(303), "POST": everybody(303)}),
    Row("login", {"GET": everybody(200), "HEAD": everybody(200), "POST": everybody(401)}),
    Row("logout", {"POST": everybody(302)}),
    Row("forgot-password", {"GET": everybody(200), "HEAD": everybody(200), "POST": everybody(200)}, form=FORGOTTEN),
    Row(
        "set-password/<str:token>",
        {"GET": everybody(200), "HEAD": everybody(200), "POST": everybody(302)},
        form=PASSWORD,
    ),
    Row("notifications/unsubscribe/<str:subscriber>", dict.fromkeys(("GET", "HEAD", "POST"), everybody(200))),
    Row("dashboard", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/handoffs/<str:handoff_id>", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/insights", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/settings", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/team", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("dashboard/account", {"GET": PAGE, "HEAD": PAGE}, is_behind_login=True),
    Row("api/v1/", dict.fromkeys(METHODS, everybody(404))),  # ninja's own three, the same to every method
    Row("api/v1/docs", dict.fromkeys(METHODS, everybody(200))),
    Row("api/v1/openapi.json", dict.fromkeys(METHODS, everybody(200))),
    Row("api/v1/booking", {"GET": everybody(200)}),
    Row("api/v1/settings/booking", {"GET": MEMBERS, "PUT": OWNERS}, json=SETTINGS),
    Row("api/v1/settings/booking/preview", {"POST": MEMBERS}, json=SETTINGS),
    Row("api/v1/settings/booking/frame-check", {"POST": (401, 403, 202, 401)}),
    Row("api/v1/settings/profile", {"GET": MEMBERS, "PUT": OWNERS}, json=PROFILE),
    Row("api/v1/settings/notifications", {"GET": MEMBERS, "PUT": OWNERS}, json=NOTIFICATIONS),
    Row("api/v1/settings/embedding", {"GET": MEMBERS, "PUT": OWNERS}, json=EMBEDDING),
    Row("api/v1/assistant/messages", {"POST": everybody(200)}, json=MESSAGE),
    Row("api/v1/handoffs", {"GET": MEMBERS, "POST": everybody(201)}, json=LEAD),
    Row("api/v1/handoffs/summary", {"GET": MEMBERS}),
    Row("api/v1/handoffs/facets", {"GET": MEMBERS}),
    Row("api/v1/handoffs.csv", {"GET": MEMBERS}),
    Row("api/v1/insights/funnel", {"GET": MEMBERS}),
    Row("api/v1/insights/timeline", {"GET": MEMBERS}),
    Row("api/v1/insights/time-to-click", {"GET": MEMBERS}),
    Row("api/v1/insights/breakdown", {"GET": MEMBERS}, query="by=weekday"),
    Row("api/v1/insights/<panel>.csv", {"GET": MEMBERS}),
    Row("api/v1/handoffs/<handoff_id>", {"GET": MEMBERS, "DELETE": (401, 403, 204, 401)}),
    Row("api/v1/handoffs/<handoff_id>/redirect", {"POST": everybody(200)}),
    Row("api/v1/handoffs/<handoff_id>/complete", {"POST": MEMBERS}, keys={"POST": WRITING_KEYS}),
    Row("api/v1/handoffs/<handoff_id>/reopen", {"POST": MEMBERS}, keys={"POST": WRITING_KEYS}),
    Row("api/v1/me", {"GET": MEMBERS}, keys={"GET": NO_KEYS}),
    Row("api/v1/me/password", {"POST": MEMBERS_204}, json=NEW_PASSWORD),
    Row("api/v1/sessions", {"GET": MEMBERS, "DELETE": MEMBERS_204}, keys={"GET": NO_KEYS}),
    Row("api/v1/sessions/<session_id>", {"DELETE": MEMBERS_204}),
    Row("api/v1/team", {"GET": OWNERS, "POST": OWNERS_201}, json=INVITATION),
    Row("api/v1/team/<member_id>", {"PATCH": OWNERS, "DELETE": OWNERS_204}, json={"role": "owner"}),
    Row("api/v1/team/<member_id>/invitation", {"POST": OWNERS_204}),
    Row("api/v1/api-keys", {"GET": OWNERS, "POST": OWNERS_201}, json=NEW_KEY),
    Row("api/v1/api-keys/<key_id>", {"DELETE": OWNERS_204}),
    Row("support/<str:token>", {"GET": everybody(404), "HEAD": everybody(404)}),
    Row("api/v1/support-access", {"GET": OWNERS}),
    Row("api/v1/support-access/<access_id>/raise", {"POST": OWNERS}),
    Row("api/v1/support-access/<access_id>", {"DELETE": OWNERS_204}),
    Row("api/v1/support-session", {"GET": (401, 403, 403, 401)}),
]
PUBLIC_ROUTES = {
    "": {"GET": 200, "HEAD": 200},
    "interest": {"POST": 404},  # switched off by default
    "tls/ask": {"GET": 404, "HEAD": 404},
    "health/live": dict.fromkeys(METHODS, 200),
    "health/ready": dict.fromkeys(METHODS, 200),
    "metrics": {"GET": 200, "HEAD": 200},  # the test client asks from this machine; see test_metrics.py
}
ROW_BY_ROUTE = {row.route: row for row in TENANT_ROUTES}
OBJECT_ROUTES = [row for row in TENANT_ROUTES if re.search(r"<(?:str:)?\w+_id>", row.route)]
GUARDED_CALLS = [
    (row, method)
    for row in TENANT_ROUTES
    for method, answers in row.answers.items()
    if row.route.startswith("api/") and answers[0] == 401
]


def _walk(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from _walk(entry, route)


# ---- the table is whole -----------------------------------------------------------------------------------------


def test_every_route_of_a_tenants_host_has_a_row() -> None:
    assert set(_walk(get_resolver("saas.urls_tenant"))) == set(ROW_BY_ROUTE)
    assert len(ROW_BY_ROUTE) == len(TENANT_ROUTES)


def test_every_route_of_the_public_host_has_a_row() -> None:
    """Those of the admin have their own walk: `tests/integration/platform/test_admin.py`."""
    walked = {route for route in _walk(get_resolver("saas.urls_public")) if not route.startswith("admin/")}

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


@dataclass
class House:
    """Alpha, ready and with one of everything; beta with one; and the four callers at alpha's host.

    `own` and `foreign` are ids, by their name in routes; of sessions the staff's and the owner's own differ.
    """

    alpha: TenantRef
    beta: TenantRef
    own: dict[str, str]
    own_sessions: dict[str, str]
    foreign: dict[str, str]
    token: str
    subscriber: str
    callers: dict[str, TenantClient]
    api_keys: dict[str, str]

    def call(
        self, caller: str, method: str, row: Row, ids: dict[str, str] | None = None, client: TenantClient | None = None
    ) -> Any:
        """Ask for a route of alpha's host, and there for alpha's objects unless `ids` says which."""
        own = self.own | {"session_id": self.own_sessions.get(caller, self.own["session_id"])}
        own |= {"token": self.token, "subscriber": self.subscriber, "action": "complete", "panel": "funnel"}
        path = row.route.replace("<str:", "<")
        for name, value in (own | (ids or {})).items():
            path = path.replace(f"<{name}>", value)
        path += f"?{row.query}" if row.query else ""
        client = client or self.callers[caller]
        if row.json is not None or row.route.startswith("api/"):
            body = json.dumps(row.json) if row.json is not None and method not in ("GET", "HEAD") else ""
            return client.generic(method, f"/{path}", body, content_type="application/json")
        if method == "POST":
            return client.post(f"/{path}", row.form)
        return client.generic(method, f"/{path}")

    def read(self) -> dict[str, str]:
        return read_everything(self.alpha.schema_name, self.beta.schema_name)


@pytest.fixture
def house(ready: TenantRef, beta: TenantRef, login: Callable[..., TenantClient], settings: Any) -> House:
    """The house, before anybody calls."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with enter_tenant(beta):
        User.objects.filter(pk=UserFactory.create(email="of.beta@example.com").pk).update(id=FOREIGN_NUMBER)
        foreign_key, foreign_secret = create_api_key(name="Person Of Beta", scope=Scope.WRITE)
        ApiKey.objects.filter(pk=foreign_key.pk).update(id=FOREIGN_NUMBER)
        foreign = {
            "handoff_id": str(HandoffFactory.create(customer_name="Person Of Beta").pk),
            "member_id": str(FOREIGN_NUMBER),
            "key_id": str(FOREIGN_NUMBER),
            "session_id": _add_session(User.objects.get(pk=FOREIGN_NUMBER)),
        }
    foreign["access_id"] = str(open_support(beta, access_id=FOREIGN_NUMBER).pk)
    access = open_support(ready)
    callers = {"staff": login(ready, Role.STAFF), "owner": login(ready, Role.OWNER)}
    with enter_tenant(ready):
        for client in callers.values():
            client.user.set_password(CURRENT_PASSWORD)
            client.user.save()
            client.force_login(client.user, backend="django.contrib.auth.backends.ModelBackend")
        invited = UserFactory.create(email="invited@example.com")
        own = {
            "handoff_id": str(HandoffFactory.create().pk),
            "member_id": str(invited.pk),
            "key_id": str(create_api_key(name="Spare", scope=Scope.READ)[0].pk),
            "session_id": _add_session(invited),
            "access_id": str(access.pk),
        }
        own_sessions = {name: _add_session(client.user) for name, client in callers.items()}
        token = make_set_password_token(invited)
        api_keys = {scope: create_api_key(name=f"A {scope} key", scope=scope)[1] for scope in Scope}
        ApiKey.objects.update(last_used_at=timezone.now())  # a first use would be written down
    stranger = TenantClient(ready)
    stranger.cookies["sessionid"] = login(beta, Role.OWNER).cookies["sessionid"].value
    return House(
        alpha=ready,
        beta=beta,
        own=own,
        own_sessions=own_sessions,
        foreign=foreign,
        token=token,
        subscriber=make_unsubscribe_url(ready, "owner@alpha.example").rpartition("/")[2],
        callers={"nobody": TenantClient(ready), **callers, "foreign owner": stranger},
        api_keys=api_keys | {"foreign": foreign_secret},
    )


def _add_session(user: User) -> str:
    session = Session.objects.create(
        session_key=uuid4().hex, session_data="", expire_date=timezone.now() + timedelta(days=1), user=user
    )
    return str(session.public_id)


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


def _all_of(response: Any, ids: dict[str, str]) -> tuple[int, str, str]:
    """Return status, headers and body, with the id that was asked for left out."""
    told = sorted(item for item in response.items() if item[0] != "X-Request-Id")  # new for every request
    headers, body = str(told), response.content.decode()
    for one in ids.values():
        headers, body = headers.replace(one, ""), body.replace(one, "")
    return response.status_code, headers, body


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

        assert _all_of(foreign, house.foreign) == _all_of(unknown, RANDOM_IDS)
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
