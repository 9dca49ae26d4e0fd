"""Every route, operation, relation, token and statement against the other tenant. A new one is here by itself.

The routes and their rows are those of `tests/routes.py`, which `tests/architecture/test_routes.py` holds whole; here
they meet the callers that it leaves out: the platform's admin, and keys with another tenant's ids.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from shared_apps.accounts.enums import Role, Scope
from shared_apps.accounts.models import User
from shared_apps.accounts.services import create_api_key
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.platform.grants import make_grant
from shared_apps.platform.services import ensure_platform_user
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.notifications.selectors import make_unsubscribe_url
from tests.clients import TenantClient
from tests.factories import HandoffFactory, UserFactory
from tests.house import House, all_of
from tests.isolation.helpers import ask
from tests.routes import METHODS, OBJECT_ROUTES, RANDOM_IDS, TENANT_ROUTES, Row

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def fixed_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs from answer to answer by chance stands still."""
    monkeypatch.setattr("saas.middleware.secrets.token_urlsafe", lambda _length: "nonce")
    monkeypatch.setattr("django.middleware.csrf._get_new_csrf_string", lambda: "c" * 32)
    monkeypatch.setattr("tenant_apps.handoffs.views.uuid4", lambda: UUID(int=7))


# ---- routes -----------------------------------------------------------------------------------------------------


@pytest.fixture
def platform_cookie(db: None) -> str:
    """The session of the platform's admin."""
    client = Client(headers={"host": django_settings.SAAS_DOMAIN})
    with public_scope():
        admin = User.objects.create_user("admin@platform.example", Role.ADMIN, "platform-password")
        client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


@pytest.mark.parametrize("row", TENANT_ROUTES, ids=lambda row: f"/{row.route}")
def test_t08_platform_admin_is_nobody_at_a_tenant(
    row: Row, house: House, platform_cookie: str, fixed_words: None
) -> None:
    admin = TenantClient(house.alpha)
    admin.cookies["sessionid"] = platform_cookie
    for method in METHODS:
        is_denied = row.denies(method, "nobody")
        before = house.read() if is_denied or method == "GET" else None

        answer = house.call("nobody", method, row, client=admin)

        expected = row.answers[method][0] if method in row.answers else 405
        assert answer.status_code == expected, method
        if before is not None:
            assert house.read() == before, method
            nobody = house.call("nobody", method, row, client=TenantClient(house.alpha))
            assert answer.content == nobody.content, method


@pytest.mark.parametrize("scope", [*Scope])
@pytest.mark.parametrize("row", OBJECT_ROUTES, ids=lambda row: f"/{row.route}")
def test_t01_key_gets_of_a_foreign_id_what_it_gets_of_a_random_one(
    row: Row, scope: Scope, house: House, fixed_words: None
) -> None:
    client = TenantClient(house.alpha)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {house.api_keys[scope]}"
    before = house.read()
    for method in row.answers:
        foreign = house.call("nobody", method, row, house.foreign, client=client)
        unknown = house.call("nobody", method, row, RANDOM_IDS, client=client)

        assert all_of(foreign, house.foreign) == all_of(unknown, RANDOM_IDS), method
        assert foreign.status_code in (302, 303, 403, 404)
        assert "Person Of Beta" not in foreign.content.decode()
    assert house.read() == before


# ---- relations --------------------------------------------------------------------------------------------------


def test_t01_nothing_in_the_database_crosses_schemas(alpha: TenantRef, beta: TenantRef) -> None:
    """By the catalogue, not by our models: foreign keys, views, defaults and whatever else depends on a relation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.relname, b.relname FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid"
            " JOIN pg_class b ON b.oid = c.confrelid WHERE a.relnamespace <> b.relnamespace"
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT DISTINCT a.relname, b.relname FROM pg_depend d"
            " JOIN pg_class b ON d.refclassid = 'pg_class'::regclass AND d.refobjid = b.oid"
            " LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid"
            " LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid"
            " JOIN pg_class a ON a.oid = coalesce(f.adrelid, r.ev_class)"
            " JOIN pg_namespace n ON n.oid = a.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
            " WHERE a.relnamespace <> b.relnamespace"
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'")
        assert cursor.fetchone()[0] > 3  # there is something to look at


# ---- tokens -----------------------------------------------------------------------------------------------------


def _session(tenant: TenantRef) -> Callable[[TenantClient], bool]:
    holder = TenantClient(tenant)
    with enter_tenant(tenant):
        holder.force_login(UserFactory.create(), backend="django.contrib.auth.backends.ModelBackend")

    def is_accepted(client: TenantClient) -> bool:
        client.cookies["sessionid"] = holder.cookies["sessionid"].value
        return bool(client.get("/api/v1/handoffs").status_code == 200)

    return is_accepted


def _api_key(tenant: TenantRef) -> Callable[[TenantClient], bool]:
    with enter_tenant(tenant):
        _row, key = create_api_key(name="Website", scope=Scope.READ)
    return lambda client: bool(
        client.get("/api/v1/handoffs", headers={"authorization": f"Bearer {key}"}).status_code == 200
    )


def _set_password(tenant: TenantRef) -> Callable[[TenantClient], bool]:
    with enter_tenant(tenant):
        user = UserFactory.create(email="twin@example.com")
        User.objects.filter(pk=user.pk).update(id=4242, password="!same", last_login=None)
        path = f"/set-password/{make_set_password_token(User.objects.get(pk=4242))}"
    return lambda client: bool(client.get(path).status_code == 200)


def _cursor(tenant: TenantRef) -> Callable[[TenantClient], bool]:
    with enter_tenant(tenant):
        HandoffFactory.create_batch(2)

    def log_in(client: TenantClient) -> TenantClient:
        with enter_tenant(client.tenant):
            client.force_login(UserFactory.create(), backend="django.contrib.auth.backends.ModelBackend")
        return client

    cursor = log_in(TenantClient(tenant)).get("/api/v1/handoffs?limit=1").json()["nextCursor"]
    return lambda client: bool(
        log_in(client).get("/api/v1/handoffs", {"limit": "1", "cursor": cursor}).status_code == 200
    )


def _receipt(tenant: TenantRef) -> Callable[[TenantClient], bool]:
    visitor = TenantClient(tenant)
    lead = {"customerName": "Only Here", "customerPhone": "772-555-0177", "requestedService": "x"}
    answer = visitor.post_json("/api/v1/handoffs", lead | {"preferredDateTimeText": "y"})
    handoff_id, receipt = answer.json()["id"], visitor.cookies["receipt"].value

    def is_accepted(client: TenantClient) -> bool:
        if client.tenant != tenant:
            with enter_tenant(client.tenant):
                HandoffFactory.create(id=handoff_id)
        client.cookies["receipt"] = receipt
        page = client.get(f"/handoff/{handoff_id}")
        assert page.status_code == 200
        return "Only Here" in page.content.decode()

    return is_accepted


def _unsubscribe(tenant: TenantRef) -> Callable[[TenantClient], bool]:
    email = f"desk@{tenant.client_id}.example"
    path = "/notifications/unsubscribe/" + make_unsubscribe_url(tenant, email).rpartition("/")[2]

    def is_accepted(client: TenantClient) -> bool:
        with enter_tenant(client.tenant):
            UserFactory.create(email=email)  # the same person works at both
        return bool(client.get(path).status_code == 200)

    return is_accepted


def _support_link(tenant: TenantRef) -> Callable[[TenantClient], bool]:
    person = ensure_platform_user(email="help@platform.example", role=Role.SUPPORT, password=None)
    path = f"/support/{make_grant(tenant=tenant, person=person)}"
    return lambda client: bool(client.get(path).status_code == 303)


# What makes a token, by the file it stands in; a new place needs a row here or below.
TOKENS: dict[str, tuple[str, Callable[[TenantRef], Callable[[TenantClient], bool]]]] = {
    "session": ("shared_apps/accounts/sessions.py", _session),
    "API key": ("shared_apps/accounts/tokens.py", _api_key),
    "set-password link": ("shared_apps/accounts/tokens.py", _set_password),
    "cursor": ("tenant_apps/handoffs/selectors/pages.py", _cursor),
    "receipt": ("tenant_apps/handoffs/receipts.py", _receipt),
    "unsubscribe link": ("tenant_apps/notifications/selectors.py", _unsubscribe),
    "support link": ("shared_apps/platform/grants.py", _support_link),
}
NOT_FROM_OUTSIDE = {
    "saas/middleware.py": "the nonce of a page's style: new at every visit, and nobody sends it back",
    "shared_apps/journal/files.py": "a file of this host; a record names its schema, and only the drainer reads it",
    "shared_apps/tenants/snapshots.py": "a file of this host; the salt names kind and key",
    "tenant_apps/handoffs/ids.py": "makes ids, each tenant its own; they prove nothing",
}
_MAKES_TOKENS = re.compile(
    r"\bSigner\(|\bsigning\.(dumps|loads)\(|\bsalted_hmac\(|TokenGenerator\)|^class SessionStore"
    r"|\btoken_urlsafe\("
)


@pytest.mark.parametrize("kind", TOKENS)
def test_t05_token_is_worth_something_where_it_was_made_and_nowhere_else(
    kind: str, ready: TenantRef, beta: TenantRef
) -> None:
    make = TOKENS[kind][1]
    tenants = (ready, beta)
    tokens = [make(tenant) for tenant in tenants]

    accepted = [[is_accepted(TenantClient(tenant)) for tenant in tenants] for is_accepted in tokens]

    assert accepted == [[True, False], [False, True]]


def test_t05_every_place_that_makes_a_token_is_in_the_matrix() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for package in ("shared_apps", "tenant_apps", "saas")
        for path in sorted((ROOT / package).rglob("*.py"))
        if any(_MAKES_TOKENS.search(line) for line in path.read_text(encoding="utf-8").splitlines())
    }

    assert found == {place for place, _ in TOKENS.values()} | set(NOT_FROM_OUTSIDE)


# ---- statements -------------------------------------------------------------------------------------------------


@pytest.fixture
def where_statements_ran(db: None) -> Iterator[list[tuple[str | None, str]]]:
    """The server's own word on the schema of each statement, and the statement."""
    seen: list[tuple[str | None, str]] = []

    def look(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(statement, params, many, context)
        text = statement if isinstance(statement, str) else str(statement)
        if text.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            raw = context["connection"].connection
            with raw.cursor() as cursor:
                cursor.execute("SELECT current_schema()")
                seen.append((cursor.fetchone()[0], text))
        return result

    with connection.execute_wrapper(look):
        yield seen


def test_t04_every_statement_of_a_request_runs_in_its_tenants_schema(
    house: House, where_statements_ran: list[tuple[str | None, str]]
) -> None:
    schema, statements = house.alpha.schema_name, 0
    for row in TENANT_ROUTES:
        for method in row.answers:
            where_statements_ran.clear()
            house.call("owner", method, row)
            elsewhere = [found for found in where_statements_ran if found[0] != schema and "tenants_" not in found[1]]
            statements += len(where_statements_ran)

            assert elsewhere == [], (row.route, method)
    assert statements > 50
    assert ask("SELECT current_schema()") == "public"
