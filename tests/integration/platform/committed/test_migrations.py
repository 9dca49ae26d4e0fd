"""Schemas: alike, lean, apart from one another, and brought up to date one by one."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.blueprint import get_blueprint
from shared_apps.platform.services import SchemaNotPlacedError, provision_tenant
from shared_apps.tenants.models import Tenant, new_schema_name
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tests.clients import TenantClient
from tests.isolation.other_process import child_environment, database_url

ROOT = Path(__file__).resolve().parents[4]

TENANT_TABLES = [
    "accounts_apikey",
    "accounts_session",
    "accounts_user",
    "booking_bookingsettings",
    "business_businessprofile",
    "django_migrations",
    "handoffs_bookinghandoff",
    "handoffs_handoffevent",
    "handoffs_handofftally",
    "handoffs_tallyhorizon",
    "notifications_notificationsettings",
    "outbox_job",
    "support_supportaccess",
]
NOTHING_TO_DO = "0 tenants migrated, 0 were up to date, 0 failed"
TABLES_IN_BOTH = ["accounts_apikey", "accounts_session", "accounts_user", "django_migrations"]


@pytest.fixture
def make_tenant(db: None) -> Callable[[], TenantRef]:
    """Return a function that makes a tenant."""

    def make() -> TenantRef:
        subdomain = f"mig-{uuid.uuid4().hex[:10]}"
        return provision_tenant(name="Palm Court", subdomain=subdomain, owner_email="a@b.example").tenant

    return make


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _execute(template: str, *names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(template).format(*map(sql.Identifier, names)))


def _describe(schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that the catalog says of a schema, less the schema's own name."""
    described = {
        "columns": _rows(
            "SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default,"
            " character_maximum_length, identity_generation, is_generated, collation_name"
            " FROM information_schema.columns WHERE table_schema = %s ORDER BY 1, 2",
            schema,
        ),
        "indexes": _rows(
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY 1, 2", schema
        ),
        "constraints": _rows(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = %s::regnamespace ORDER BY 1, 2",
            schema,
        ),
        "others": _rows(
            "SELECT relkind, relname FROM pg_class WHERE relnamespace = %s::regnamespace ORDER BY 1, 2", schema
        ),
        "migrations": _rows(f"SELECT app, name FROM {schema}.django_migrations ORDER BY 1, 2"),
    }
    return {
        kind: [tuple(v.replace(f"{schema}.", "") if isinstance(v, str) else v for v in row) for row in rows]
        for kind, rows in described.items()
    }


def _tables(schema: str) -> list[str]:
    return [name for (name,) in _rows("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", schema)]


def _migrate_all() -> tuple[list[str], list[str], str]:
    """Return the lines of stdout and stderr, and the error; "" when there was none."""
    out, err = StringIO(), StringIO()
    try:
        call_command("migrate_all", stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue().splitlines(), err.getvalue().splitlines(), str(error)
    return out.getvalue().splitlines(), err.getvalue().splitlines(), ""


def _unapply_handoffs(tenant: TenantRef) -> None:
    """Put the tenant one app's migrations behind the code."""
    call_command(
        "migrate_schemas",
        "handoffs",
        "zero",
        tenant=True,
        schema_name=tenant.schema_name,
        interactive=False,
        verbosity=0,
    )
    assert "handoffs_bookinghandoff" not in _tables(tenant.schema_name)
    Tenant.objects.filter(pk=tenant.id).update(schema_version="")


# ---- what the schemas hold --------------------------------------------------------------------------------------


def test_provisioned_schema_is_what_the_migrations_make(make_tenant: Callable[[], TenantRef]) -> None:
    made, migrated = make_tenant(), new_schema_name()
    _execute("CREATE SCHEMA {}", migrated)
    call_command("migrate_schemas", tenant=True, schema_name=migrated, interactive=False, verbosity=0)

    described, expected = _describe(made.schema_name), _describe(migrated)
    _execute("DROP SCHEMA {} CASCADE", migrated)

    assert described == expected
    assert len(described["columns"]) > 50
    assert len(described["migrations"]) > 5


def test_tenants_schemas_are_alike(alpha: TenantRef, beta: TenantRef, make_tenant: Callable[[], TenantRef]) -> None:
    assert _describe(alpha.schema_name) == _describe(beta.schema_name) == _describe(make_tenant().schema_name)


def test_tenants_schema_holds_these_tables_and_no_others(alpha: TenantRef) -> None:
    assert _tables(alpha.schema_name) == TENANT_TABLES


def test_tables_in_both_schemas_are_exactly_these(alpha: TenantRef) -> None:
    assert sorted(set(_tables("public")) & set(_tables(alpha.schema_name))) == TABLES_IN_BOTH


def test_no_index_exists_for_like(alpha: TenantRef) -> None:
    """One per CharField with `db_index` or `unique`, in each tenant: nobody asks by it."""
    assert _rows("SELECT schemaname, indexname FROM pg_indexes WHERE indexdef LIKE '%%_pattern_ops%%'") == []


def test_no_foreign_key_leaves_its_schema(alpha: TenantRef) -> None:
    crossing = _rows(
        "SELECT conrelid::regclass::text FROM pg_constraint AS c JOIN pg_class AS there ON there.oid = c.confrelid"
        " WHERE contype = 'f' AND c.connamespace <> there.relnamespace"
    )
    inside = _rows(
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND connamespace = %s::regnamespace", alpha.schema_name
    )

    assert crossing == []
    assert len(inside) == 2  # an event's handoff, a session's user


def test_no_default_or_sequence_of_a_tenant_is_anothers(alpha: TenantRef, beta: TenantRef) -> None:
    defaults = _rows(
        "SELECT column_default FROM information_schema.columns WHERE table_schema = %s AND column_default IS NOT NULL",
        alpha.schema_name,
    )

    assert not [text for (text,) in defaults if "public." in text or beta.schema_name in text]


# ---- migrate_all ------------------------------------------------------------------------------------------------


def _run_migrate_all(url: str) -> "subprocess.CompletedProcess[str]":
    command, environment = [sys.executable, "manage.py", "migrate_all"], child_environment(DATABASE_URL=url)
    return subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)


def test_empty_and_existing_database_migrate_cleanly(db: None) -> None:
    """The command as it is run on a machine, twice on a database that has nothing in it."""
    name = f"test_empty_{uuid.uuid4().hex[:8]}"
    url = make_conninfo(database_url(), dbname=name)
    _execute("CREATE DATABASE {}", name)
    try:
        runs = [_run_migrate_all(url) for _ in range(2)]
        with psycopg.connect(url) as there:
            tables = {row[0] for row in there.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    finally:
        _execute("DROP DATABASE {} WITH (FORCE)", name)

    assert [(run.returncode, run.stderr) for run in runs] == [(0, ""), (0, "")]
    assert runs[0].stdout.splitlines() == ["public: migrating", NOTHING_TO_DO]
    assert runs[1].stdout.splitlines() == [NOTHING_TO_DO]
    assert {"tenants_tenant", "tenants_domain", "accounts_user", "accounts_session"} <= tables
    assert not tables & {"handoffs_bookinghandoff", "booking_bookingsettings", "business_businessprofile"}


def test_database_that_is_up_to_date_is_left_alone(alpha: TenantRef, beta: TenantRef) -> None:
    before = _describe(alpha.schema_name)

    for _ in range(2):
        assert _migrate_all() == ([NOTHING_TO_DO], [], "")

    assert _describe(alpha.schema_name) == before


def test_tenant_left_behind_is_found_and_migrated(alpha: TenantRef, make_tenant: Callable[[], TenantRef]) -> None:
    behind = make_tenant()
    _unapply_handoffs(behind)

    out, err, error = _migrate_all()

    assert out == ["tenants: 1 of 1, 0 s left", "1 tenants migrated, 0 were up to date, 0 failed"]
    assert (err, error) == ([], "")
    assert _describe(behind.schema_name) == _describe(alpha.schema_name)
    assert TenantClient(behind).get("/").status_code == 200


def test_migrating_a_tenant_keeps_its_rows(make_tenant: Callable[[], TenantRef]) -> None:
    behind = make_tenant()
    _unapply_handoffs(behind)
    with enter_tenant(behind):
        User.objects.create_user("kept@example.com", Role.STAFF)

    _migrate_all()

    with enter_tenant(behind):
        assert User.objects.filter(email="kept@example.com").count() == 1
        assert BookingHandoff.objects.count() == 0


def test_broken_tenants_do_not_stop_the_others(make_tenant: Callable[[], TenantRef]) -> None:
    without_schema, in_the_way, without_record, behind = (make_tenant() for _ in range(4))
    _execute("DROP SCHEMA {} CASCADE", without_schema.schema_name)
    _unapply_handoffs(in_the_way)
    _execute("CREATE TABLE {}.{} (id int)", in_the_way.schema_name, "handoffs_bookinghandoff")
    _execute("DROP TABLE {}.{}", without_record.schema_name, "django_migrations")
    _unapply_handoffs(behind)
    Tenant.objects.filter(schema_name__in=(without_schema.schema_name, without_record.schema_name)).update(
        schema_version=""
    )
    failing = [tenant.schema_name for tenant in (without_schema, in_the_way, without_record)]

    out, err, error = _migrate_all()

    assert out[-1] == "1 tenants migrated, 0 were up to date, 3 failed"
    assert sorted(line.partition(":")[0] for line in err) == sorted(failing)
    assert error == f"Not migrated, left serving: {', '.join(failing)}. Run the command again."
    assert _tables(behind.schema_name) == TENANT_TABLES
    assert not any("exists" in line or "relation" in line for line in err)  # classes, no texts


def test_broken_tenant_is_migrated_once_it_is_mended(make_tenant: Callable[[], TenantRef]) -> None:
    tenant = make_tenant()
    _unapply_handoffs(tenant)
    _execute("CREATE TABLE {}.{} (id int)", tenant.schema_name, "handoffs_bookinghandoff")
    assert _migrate_all()[2] != ""
    _execute("DROP TABLE {}.{}", tenant.schema_name, "handoffs_bookinghandoff")

    assert _migrate_all()[2] == ""

    assert _tables(tenant.schema_name) == TENANT_TABLES


# ---- on Citus, which takes no script as one string (docs/scale.md) ------------------------------------------------


@pytest.fixture
def on_citus(settings: Any, db: None) -> Iterator[None]:
    """CITUS is set, and a view stands where Citus tells which schemas are on its nodes."""
    settings.CITUS = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW public.citus_schemas AS SELECT nspname AS schema_name FROM pg_namespace")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP VIEW public.citus_schemas")


@pytest.mark.usefixtures("on_citus")
def test_tables_made_one_by_one_are_the_same(make_tenant: Callable[[], TenantRef], settings: Any) -> None:
    one_by_one = make_tenant()
    settings.CITUS = False
    at_once = make_tenant()

    assert _describe(one_by_one.schema_name) == _describe(at_once.schema_name)


@pytest.mark.usefixtures("on_citus")
def test_schema_that_citus_placed_on_no_node_is_not_kept(make_tenant: Callable[[], TenantRef]) -> None:
    before = Tenant.objects.count(), _rows("SELECT nspname FROM pg_namespace ORDER BY 1")
    with connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE VIEW public.citus_schemas AS SELECT NULL::name AS schema_name WHERE false")

    with pytest.raises(SchemaNotPlacedError):
        make_tenant()
    assert (Tenant.objects.count(), _rows("SELECT nspname FROM pg_namespace ORDER BY 1")) == before


def test_script_is_made_of_statements_that_citus_takes_alone() -> None:
    """No function, trigger, view or foreign name in it, and no identity by ALTER (Citus refuses it)."""
    statements = [statement.lstrip() for statement in get_blueprint().text.split(";\n") if statement.strip()]

    assert len(statements) > 30
    kinds = {" ".join(statement.split()[:2]) for statement in statements}
    assert kinds == {"CREATE TABLE", "CREATE INDEX", "ALTER TABLE", "INSERT INTO"}
    assert [statement for statement in statements if "public." in statement or "ADD GENERATED" in statement] == []
