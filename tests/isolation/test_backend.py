"""The wall: a connection sees the schema that was entered, and nothing else."""

from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper as PlainDatabaseWrapper
from django.http import HttpRequest, JsonResponse
from django.test import RequestFactory

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.tenants.backend.base import DatabaseWrapper
from shared_apps.tenants.middleware import TenantMiddleware
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import (
    TenantNotActiveError,
    TenantRef,
    enter_tenant,
    public_scope,
    tenant_connection,
    tenant_scope,
)
from tests.clients import TenantClient
from tests.isolation.helpers import BoomError, ask, business_name, where

GHOST = TenantRef(id=0, schema_name="t_noschemahere22", client_id="ghost", name="Ghost", status="active")


# ---- the search path --------------------------------------------------------------------------------------------


def test_tenant_scope_is_the_tenants_schema_alone(alpha: TenantRef) -> None:
    with tenant_scope(alpha.schema_name):
        assert where() == (alpha.schema_name, alpha.schema_name)


def test_public_scope_is_public_alone(alpha: TenantRef) -> None:
    with enter_tenant(alpha), public_scope():
        assert where() == ("public", "public")


def test_request_runs_in_the_tenants_schema_alone(alpha: TenantRef, beta: TenantRef) -> None:
    middleware = TenantMiddleware(lambda _request: JsonResponse([*where()], safe=False))

    for tenant in (alpha, beta, alpha):
        request = RequestFactory().get("/", headers={"host": f"{tenant.client_id}.localhost"})
        assert middleware(request).content.decode() == f'["{tenant.schema_name}", "{tenant.schema_name}"]'  # type: ignore[attr-defined]  # not streaming

    assert where() == ("public", "public")


@pytest.mark.parametrize(("path", "statements"), [("/api/v1/handoffs", 2), ("/api/v1/team", 3)])
def test_every_statement_of_a_warm_request_is_of_the_tenants_schema(
    path: str, statements: int, owner: TenantClient, alpha: TenantRef
) -> None:
    """By the connection's path, or by what stands in the statement; the path is public's when the request comes."""
    owner.get(path)
    with public_scope():
        assert Tenant.objects.exists()
    seen = []

    def watch(execute: Callable[..., Any], *call: Any) -> Any:
        answer = execute(*call)
        path_then = connection.connection.execute("SHOW search_path").fetchone()[0]
        seen.append(path_then == alpha.schema_name or f'"{alpha.schema_name}".' in call[0])
        return answer

    with connection.execute_wrapper(watch):
        response = owner.get(path)

    assert response.status_code == 200
    assert seen == [True] * statements


def test_connection_of_the_main_thread_starts_in_public(db: None) -> None:
    """Commands run there; what they do with tenants they enter."""
    fresh = connections.create_connection("default")

    with fresh.cursor() as cursor:
        cursor.execute("SHOW search_path")
        path = cursor.fetchone()
    fresh.close()

    assert path == ("public",)


def test_tenants_table_is_out_of_sight_inside_a_tenant(alpha: TenantRef) -> None:
    with (
        enter_tenant(alpha),
        pytest.raises(ProgrammingError, match='relation "tenants_tenant" does not exist'),
        transaction.atomic(),
    ):
        Tenant.objects.count()


def test_tenants_tables_are_out_of_sight_in_public(alpha: TenantRef) -> None:
    with (
        public_scope(),
        pytest.raises(ProgrammingError, match='relation "business_businessprofile" does not exist'),
        transaction.atomic(),
    ):
        business_name()


def test_include_public_is_never_obeyed(alpha: TenantRef) -> None:
    with public_scope():
        tenant_connection().set_tenant(alpha, include_public=True)

        assert ask("SHOW search_path") == alpha.schema_name


def test_missing_schema_is_an_error_and_never_publics_row(db: None) -> None:
    with public_scope():
        User.objects.create_user("admin@platform.example", Role.ADMIN)
        assert User.objects.count() == 1

    with (
        enter_tenant(GHOST),
        pytest.raises(ProgrammingError, match='relation "accounts_user" does not exist'),
        transaction.atomic(),
    ):
        User.objects.count()


def test_server_that_does_not_report_its_path_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlainDatabaseWrapper, "init_connection_state", lambda _self: None)
    wrapper = DatabaseWrapper({**connection.settings_dict})
    wrapper.connection = SimpleNamespace(info=SimpleNamespace(parameter_status=lambda _name: None))

    with pytest.raises(ImproperlyConfigured, match="PostgreSQL 18 or newer"):
        wrapper.init_connection_state()


# ---- leaving ----------------------------------------------------------------------------------------------------


def test_scopes_nest_and_give_back_what_was_there(alpha: TenantRef, beta: TenantRef) -> None:
    seen = []
    with enter_tenant(alpha):
        seen.append(business_name())
        with tenant_scope(beta.schema_name):
            seen.append(business_name())
            with enter_tenant(alpha):
                seen.append(business_name())
            seen.append(business_name())
            with public_scope():
                seen.append(ask("SHOW search_path"))
            seen.append(business_name())
        seen.append(business_name())

    assert seen == [
        "Alpha Studio",
        "Beta Studio",
        "Alpha Studio",
        "Beta Studio",
        "public",
        "Beta Studio",
        "Alpha Studio",
    ]
    assert where() == ("public", "public")


def test_exceptions_give_back_what_was_there(alpha: TenantRef, beta: TenantRef) -> None:
    with enter_tenant(alpha):
        with suppress(BoomError), enter_tenant(beta):
            raise BoomError
        assert business_name() == "Alpha Studio"
        with suppress(BoomError), tenant_scope(beta.schema_name):
            raise BoomError
        assert business_name() == "Alpha Studio"
        with suppress(BoomError), public_scope():
            raise BoomError
        assert business_name() == "Alpha Studio"

    assert where() == ("public", "public")


def test_request_that_fails_leaves_nothing_behind(alpha: TenantRef) -> None:
    def fail(request: HttpRequest) -> JsonResponse:
        raise BoomError

    with pytest.raises(BoomError):
        TenantMiddleware(fail)(RequestFactory().get("/", headers={"host": "alpha.localhost"}))

    assert where() == ("public", "public")


@pytest.mark.parametrize("status", ["suspended", "deleted", "creating"])
def test_tenant_that_is_not_active_is_not_entered(status: str, alpha: TenantRef) -> None:
    Tenant.objects.filter(pk=alpha.id).update(status=status)
    ran = []

    with pytest.raises(TenantNotActiveError), tenant_scope(alpha.schema_name):
        ran.append(where())

    assert ran == []
    assert where() == ("public", "public")


@pytest.mark.parametrize("schema_name", [GHOST.schema_name, "public", "", "pg_catalog", 'x"; DROP SCHEMA public'])
def test_schema_that_is_no_tenants_is_not_entered(schema_name: str, db: None) -> None:
    ran = []

    with pytest.raises(TenantNotActiveError), tenant_scope(schema_name):
        ran.append(where())

    assert ran == []


# ---- threads ----------------------------------------------------------------------------------------------------


def test_savepoint_rollback_that_takes_the_path_back_is_noticed(alpha: TenantRef, beta: TenantRef) -> None:
    with enter_tenant(alpha):
        assert business_name() == "Alpha Studio"
        connection.connection.execute("SAVEPOINT here")

    with enter_tenant(beta):
        assert business_name() == "Beta Studio"  # sent SET, which the rollback takes back
        connection.connection.execute("ROLLBACK TO SAVEPOINT here")
        assert connection.connection.execute("SHOW search_path").fetchone() == (alpha.schema_name,)
        assert business_name() == "Beta Studio"


def test_atomic_block_rolled_back_from_another_tenant_leaves_both_right(alpha: TenantRef, beta: TenantRef) -> None:
    with enter_tenant(alpha):
        with suppress(BoomError), transaction.atomic(), enter_tenant(beta):
            assert business_name() == "Beta Studio"
            raise BoomError
        assert business_name() == "Alpha Studio"
    with enter_tenant(beta):
        assert business_name() == "Beta Studio"


def test_failed_statement_in_a_savepoint_leaves_the_outer_tenant(alpha: TenantRef, beta: TenantRef) -> None:
    with enter_tenant(alpha):
        assert business_name() == "Alpha Studio"
        with suppress(ProgrammingError), transaction.atomic(), enter_tenant(beta):
            ask("SELECT nothing FROM nowhere")
        assert business_name() == "Alpha Studio"
