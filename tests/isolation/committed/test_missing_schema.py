"""A tenant whose schema, or a part of it, is gone: an honest error, and no way into the platform."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from shared_apps.accounts.enums import Role, Scope
from shared_apps.accounts.models import ApiKey, Session, User
from shared_apps.accounts.services import create_api_key
from shared_apps.tenants.scope import TenantRef, public_scope
from tests.clients import TenantClient
from tests.conftest import make_ready

EMAIL, PASSWORD = "admin@takeover.example", "platform-admin-password"


@pytest.fixture
def admin(tenant: TenantRef) -> Iterator[User]:
    """A platform admin."""
    with public_scope():
        user = User.objects.create_user(EMAIL, Role.ADMIN, PASSWORD)
        yield user
        Session.objects.all().delete()
        user.delete()


def _execute(template: str, *names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(template).format(*map(sql.Identifier, names)))


@pytest.fixture(params=["schema", "users", "sessions", "keys"])
def broken(request: pytest.FixtureRequest, tenant: TenantRef, admin: User) -> TenantRef:
    """A tenant that lacks its schema, or the one table."""
    schema = tenant.schema_name
    damage: dict[str, Callable[[], None]] = {
        "schema": lambda: _execute("DROP SCHEMA {} CASCADE", schema),
        "users": lambda: _execute("DROP TABLE {}.{} CASCADE", schema, "accounts_user"),
        "sessions": lambda: _execute("DROP TABLE {}.{} CASCADE", schema, "accounts_session"),
        "keys": lambda: _execute("DROP TABLE {}.{} CASCADE", schema, "accounts_apikey"),
    }
    damage[request.param]()
    return tenant


def _log_in(tenant: TenantRef) -> tuple[TenantClient, Any]:
    client = TenantClient(tenant)
    return client, client.post("/login", {"email": EMAIL, "password": PASSWORD})


def test_platform_password_is_worth_nothing_at_a_broken_tenant(broken: TenantRef, admin: User) -> None:
    client, response = _log_in(broken)

    assert response.status_code in (401, 503)
    assert response.cookies.keys() <= {"csrftoken"}
    assert client.get("/api/v1/handoffs").status_code == 401
    with public_scope():
        assert Session.objects.count() == 0
        assert User.objects.get(pk=admin.pk).last_login is None


def test_platform_key_is_worth_nothing_at_a_broken_tenant(broken: TenantRef, admin: User) -> None:
    with public_scope():
        row, key = create_api_key(name="Platform", scope=Scope.WRITE)
    try:
        response = TenantClient(broken).get("/api/v1/handoffs", headers={"authorization": f"Bearer {key}"})
        assert response.status_code in (401, 503)
        with public_scope():
            assert ApiKey.objects.get().last_used_at is None
    finally:
        with public_scope():
            row.delete()


def test_platform_password_is_worth_nothing_at_a_whole_tenant(tenant: TenantRef, admin: User) -> None:
    _client, response = _log_in(tenant)

    assert response.status_code == 401
    with public_scope():
        assert Session.objects.count() == 0


def test_platform_session_is_nobody_at_a_broken_tenant(broken: TenantRef, admin: User) -> None:
    client = TenantClient(broken)
    with public_scope():
        client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
        assert Session.objects.count() == 1

    assert client.get("/api/v1/handoffs").status_code != 200
    assert client.get("/dashboard").status_code != 200


def test_login_at_a_tenant_without_its_schema_is_a_503_with_the_booking_link(tenant: TenantRef, admin: User) -> None:
    make_ready(tenant, lambda **_: nullcontext())  # in no transaction: what is to follow a commit follows
    assert TenantClient(tenant).get("/").status_code == 200
    _execute("DROP SCHEMA {} CASCADE", tenant.schema_name)

    _client, response = _log_in(tenant)

    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert "https://calendly.com/alpha-studio/visit?" in response.content.decode()


@pytest.mark.parametrize("path", ["/", "/api/v1/booking", "/dashboard", "/api/v1/handoffs"])
def test_answer_of_a_tenant_without_its_schema_tells_nothing(path: str, tenant: TenantRef, admin: User) -> None:
    _execute("DROP SCHEMA {} CASCADE", tenant.schema_name)
    client = TenantClient(tenant)
    client.cookies["sessionid"] = "a" * 32

    body = client.get(path).content.decode()

    for word in ("relation", "does not exist", "SELECT", "Traceback", tenant.schema_name, "Alpha", "Beta"):
        assert word not in body
