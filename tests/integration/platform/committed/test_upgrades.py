"""Migrations over many tenants: planned once, resumed after a kill, patient with locks, told by the readiness check."""

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, migrations
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from psycopg import sql

from shared_apps.platform import blueprint, upgrades
from shared_apps.platform.blueprint import StaleBlueprintError, get_blueprint, schema_version
from shared_apps.platform.services import provision_tenant
from shared_apps.platform.upgrades import Outcome, Plan, count_schemas, list_behind, upgrade_tenants
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef
from tests.isolation.other_process import child_environment, database_url

ROOT = Path(__file__).resolve().parents[4]
TABLE, COLUMN = "business_businessprofile", "frame_origins"
LATER = "erased_until"
# What adds the column, and what stands on it: one that does not touch the database, one that adds LATER.
MISSING = ("0002_frame_origins", "0003_rules_of_the_profile", "0004_erased_until")


def _execute(template: str, *names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(template).format(*map(sql.Identifier, names)))


def _has_column(tenant: TenantRef) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s"
            " AND NOT attisdropped)",
            [f"{tenant.schema_name}.{TABLE}", COLUMN],
        )
        return bool(cursor.fetchone() == (True,))


@pytest.fixture
def behind(db: None) -> list[TenantRef]:
    """Six tenants as they were before a column was added to one of their tables."""
    tenants = [
        provision_tenant(name="Palm", subdomain=f"up-{uuid.uuid4().hex[:10]}", owner_email="a@b.example").tenant
        for _ in range(6)
    ]
    for tenant in tenants:
        _execute("ALTER TABLE {}.{} DROP COLUMN {}, DROP COLUMN {}", tenant.schema_name, TABLE, COLUMN, LATER)
        _execute("DELETE FROM {}.django_migrations WHERE app = 'business' AND name >= '0002'", tenant.schema_name)
    Tenant.objects.filter(pk__in=[tenant.id for tenant in tenants]).update(schema_version="")
    return tenants


@pytest.fixture
def blocked(behind: list[TenantRef]) -> Iterator[TenantRef]:
    """The fourth of them, whose table somebody holds."""
    other = psycopg.connect(database_url())
    other.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.Identifier(behind[3].schema_name, TABLE)))
    yield behind[3]
    other.close()


def _upgrade(**more: Any) -> Outcome:
    return upgrade_tenants(list_behind(), **more)


def test_all_are_brought_up_to_date_by_one_plan(behind: list[TenantRef], monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[Plan] = []
    make_plan = upgrades._make_plan

    def note(tenant: TenantRef) -> Plan:
        plans.append(make_plan(tenant))
        return plans[-1]

    monkeypatch.setattr(upgrades, "_make_plan", note)
    told: list[tuple[str, str]] = []

    outcome = _upgrade(jobs=3, report=lambda tenant, failure: told.append((tenant.schema_name, failure)))

    assert outcome == Outcome(migrated=6)
    assert [plan.migrations for plan in plans] == [tuple(("business", name) for name in MISSING)]
    assert [len(plan.statements or ()) for plan in plans] == [2]
    assert sorted(told) == sorted((tenant.schema_name, "") for tenant in behind)
    assert all(_has_column(tenant) for tenant in behind)
    assert list_behind() == []
    assert _upgrade() == Outcome()


def test_schema_that_somebody_else_migrates_meanwhile_is_left_to_them(
    behind: list[TenantRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_plan = upgrades._make_plan

    def be_overtaken(tenant: TenantRef) -> Plan:
        plan = make_plan(tenant)
        record = "INSERT INTO {}.django_migrations (app, name, applied) VALUES ('business', '0002_origins', now())"
        _execute(record, behind[0].schema_name)
        return plan

    monkeypatch.setattr(upgrades, "_make_plan", be_overtaken)

    assert _upgrade() == Outcome(migrated=5, failed=[behind[0].schema_name])
    assert not _has_column(behind[0])
    assert Tenant.objects.get(pk=behind[0].id).schema_failure == "SchemaMovedError"


def test_tenants_at_two_points_get_a_plan_each(behind: list[TenantRef]) -> None:
    columns = "ALTER TABLE {}.{} ADD COLUMN {} jsonb DEFAULT '[]' NOT NULL, ADD COLUMN {} timestamptz"
    _execute(columns, behind[0].schema_name, TABLE, COLUMN, LATER)
    for name in MISSING:
        _execute(
            f"INSERT INTO {{}}.django_migrations (app, name, applied) VALUES ('business', '{name}', now())",
            behind[0].schema_name,
        )

    assert _upgrade() == Outcome(migrated=5, current=1)


def test_run_killed_half_way_is_finished_by_the_next(behind: list[TenantRef], blocked: TenantRef) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "migrate_all", "--jobs", "1"],
        cwd=ROOT,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    ids = [tenant.id for tenant in behind]
    deadline = time.monotonic() + 30
    while Tenant.objects.filter(pk__in=ids, schema_version=schema_version()).count() < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate(timeout=10)
    assert [_has_column(tenant) for tenant in behind] == [True, True, True, False, False, False]

    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            " AND datname = current_database()"
        )

    assert _upgrade() == Outcome(migrated=3)
    assert all(_has_column(tenant) for tenant in behind)


def test_tenant_whose_lock_is_held_fails_alone_and_is_told(
    behind: list[TenantRef], blocked: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrades, "LOCK_TIMEOUT_MS", 100)
    monkeypatch.setattr(upgrades, "_PAUSE_SECONDS", 0.01)

    outcome = _upgrade()

    assert outcome == Outcome(migrated=5, failed=[blocked.schema_name])
    assert Tenant.objects.get(pk=blocked.id).schema_failure == "OperationalError 55P03"
    counts = count_schemas()
    assert (counts["behind"], counts["failed"]) == (0, 1)
    answer = Client(headers={"host": "localhost"}).get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["tenantSchemas"] == counts


def test_lock_that_is_soon_free_is_waited_for(behind: list[TenantRef], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrades, "LOCK_TIMEOUT_MS", 100)
    monkeypatch.setattr(upgrades, "_PAUSE_SECONDS", 0.2)
    held = threading.Event()

    def hold() -> None:
        with psycopg.connect(database_url()) as other:
            other.execute(sql.SQL("LOCK TABLE {}").format(sql.Identifier(behind[3].schema_name, TABLE)))
            held.set()
            time.sleep(0.4)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(5)

    outcome = _upgrade()
    holder.join()

    assert outcome == Outcome(migrated=6)
    assert Tenant.objects.get(pk=behind[3].id).schema_failure == ""


def test_migration_that_is_more_than_sql_is_run_by_django(
    behind: list[TenantRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    migration = _find_migration("business", MISSING[0])
    code = migrations.RunPython(lambda _apps, editor: seen.append(editor.connection.schema_name))
    monkeypatch.setattr(migration, "operations", [*migration.operations, code])

    assert _upgrade() == Outcome(migrated=6)

    assert sorted(seen) == sorted(tenant.schema_name for tenant in behind)
    assert all(_has_column(tenant) for tenant in behind)


def _find_migration(app: str, name: str) -> type[migrations.Migration]:
    return type(MigrationExecutor(connection).loader.disk_migrations[app, name])


def test_two_runs_at_once_migrate_each_tenant_once(behind: list[TenantRef]) -> None:
    outcomes: list[Outcome] = []
    tenants = list_behind()

    def run() -> None:
        try:
            outcomes.append(upgrade_tenants(tenants, jobs=1))
        finally:
            connection.close()

    runs = [threading.Thread(target=run) for _ in range(2)]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join()
    upgrade_tenants(list_behind())  # a tenant that moved under a run's plan is told as failed, and is up to date here

    assert sum(outcome.migrated for outcome in outcomes) == 6
    assert all(_has_column(tenant) for tenant in behind)
    assert list_behind() == []


def test_script_older_than_the_migrations_makes_no_tenant(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    get_blueprint.cache_clear()
    monkeypatch.setattr(blueprint, "digest_migrations", lambda: "0" * 32)
    before = Tenant.objects.count()
    try:
        with pytest.raises(StaleBlueprintError):
            provision_tenant(name="Palm", subdomain=f"up-{uuid.uuid4().hex[:10]}", owner_email="a@b.example")
    finally:
        get_blueprint.cache_clear()

    assert Tenant.objects.count() == before


def test_new_tenants_schema_is_known_to_be_current(behind: list[TenantRef]) -> None:
    made = provision_tenant(name="Palm", subdomain=f"up-{uuid.uuid4().hex[:10]}", owner_email="a@b.example").tenant

    assert Tenant.objects.get(pk=made.id).schema_version == schema_version()
    assert made.schema_name not in {tenant.schema_name for tenant in list_behind()}
