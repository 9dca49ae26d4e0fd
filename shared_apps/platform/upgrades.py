"""Migrations over many tenants: planned once for all that stand at the same point, applied to each in a transaction.

Django's own way asks each schema's catalog anew and takes a time that grows with the square of the tenants. Here the
tenants that lag are known from their rows, the SQL is collected once, and each tenant gets it in one transaction with
its record: a run that is killed is simply started again. A tenant that fails is left as it was and goes on serving.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from django.db import connections, router, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.special import SeparateDatabaseAndState
from django.db.migrations.state import ProjectState
from psycopg import sql

from shared_apps.platform.blueprint import schema_version
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope, tenant_connection

logger = logging.getLogger(__name__)

LOCK_TIMEOUT_MS = 2_000  # visitors wait behind a migration that waits for a lock; nobody waits longer than this
ATTEMPTS = 4
_PAUSE_SECONDS = 1.0
_CHUNK = 500  # schemas asked at once: each holds two locks until its answer
_LOCK_NOT_AVAILABLE = "55P03"

Report = Callable[[TenantRef, str], None]
Applied = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What brings a schema from one point to the code's: the migrations, and their SQL.

    `statements` is None where a migration is more than SQL, or wants no transaction: Django runs those, one by one.
    """

    migrations: tuple[tuple[str, str], ...]
    statements: tuple[str, ...] | None


@dataclass(slots=True)
class Outcome:
    """Counts of a run, and the schemas that failed."""

    migrated: int = 0
    current: int = 0
    failed: list[str] = field(default_factory=list)

    def add(self, tenant: TenantRef, plan: Plan, failure: str) -> None:
        """Count one tenant."""
        if failure:
            self.failed.append(tenant.schema_name)
        elif plan.migrations:
            self.migrated += 1
        else:
            self.current += 1


class SchemaMovedError(Exception):
    """Somebody else migrated the schema between the plan and its turn."""


def count_schemas() -> dict[str, int]:
    """Return {current, behind, failed}: how many tenants' schemas have all migrations, lack some, failed at one."""
    with public_scope():
        rows = Tenant.objects.exclude(status=TenantStatus.DROPPED).values_list("schema_version", "schema_failure")
        counts = Counter(_state(version, failure) for version, failure in rows)
    return {state: counts[state] for state in ("current", "behind", "failed")}


def _state(version: str, failure: str) -> str:
    if version == schema_version():
        return "current"
    return "failed" if failure else "behind"


def list_behind(*, ask_all: bool = False) -> list[TenantRef]:
    """Return the tenants whose rows say that their schemas lack a migration, or with `ask_all` every tenant."""
    with public_scope():
        rows = Tenant.objects.exclude(status=TenantStatus.DROPPED).order_by("id")
        if not ask_all:
            rows = rows.exclude(schema_version=schema_version())
        return [TenantRef(row.pk, row.schema_name, "", row.name, row.status) for row in rows]


def upgrade_tenants(tenants: Sequence[TenantRef], *, jobs: int = 2, report: Report = lambda *_: None) -> Outcome:
    """Bring the schemas of `tenants` up to date, `jobs` at a time; the others go on where one fails.

    `report` is called, in any thread, with each tenant and "" or the failure's class and SQLSTATE.
    """
    outcome, lock, stop = Outcome(), threading.Lock(), threading.Event()
    queue: SimpleQueue[tuple[TenantRef, Plan, Applied]] = SimpleQueue()
    for known, group in _group(tenants).items():
        plan = _make_plan(group[0])
        for tenant in group:
            queue.put((tenant, plan, known))

    def drain() -> None:
        with suppress(Empty):
            while not stop.is_set():
                tenant, plan, known = queue.get_nowait()
                failure = _upgrade_patiently(tenant, plan, known)
                with lock:
                    outcome.add(tenant, plan, failure)
                report(tenant, failure)
        connections.close_all()

    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="upgrade") as pool:
        try:
            for worker in [pool.submit(drain) for _ in range(jobs)]:
                worker.result()
        finally:
            stop.set()  # interrupted: each thread ends the tenant it is at
    order = {tenant.schema_name: number for number, tenant in enumerate(tenants)}
    outcome.failed.sort(key=order.__getitem__)
    return outcome


def _group(tenants: Iterable[TenantRef]) -> dict[Applied, list[TenantRef]]:
    """Return the tenants by what their schemas have recorded, asked hundreds at a time in one statement."""
    left, groups = list(tenants), dict[Applied, list[TenantRef]]()
    while left:
        chunk, left = left[:_CHUNK], left[_CHUNK:]
        applied = _read_applied([tenant.schema_name for tenant in chunk])
        for tenant in chunk:
            groups.setdefault(applied.get(tenant.schema_name, frozenset()), []).append(tenant)
    return groups


def _read_applied(schemas: list[str]) -> dict[str, Applied]:
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'django_migrations' AND schemaname = ANY(%s)",
            [schemas],
        )
        parts = [
            sql.SQL("SELECT {name}, app, name FROM {table}").format(
                name=sql.Literal(schema), table=sql.Identifier(schema, "django_migrations")
            )
            for (schema,) in cursor.fetchall()
        ]
        if not parts:
            return {}
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        found: dict[str, set[tuple[str, str]]] = {}
        for schema, app, name in cursor.fetchall():
            found.setdefault(schema, set()).add((app, name))
    return {schema: frozenset(names) for schema, names in found.items()}


# ---- the plan ---------------------------------------------------------------------------------------------------


def _make_plan(tenant: TenantRef) -> Plan:
    """Return what brings `tenant`'s schema, and every one at the same point, up to date; changes nothing."""
    with enter_tenant(tenant):
        connection = tenant_connection()
        executor = MigrationExecutor(connection)
        steps = executor.migration_plan(executor.loader.graph.leaf_nodes())
        migrations = tuple((migration.app_label, migration.name) for migration, _backwards in steps)
        if not all(_is_plain_sql(migration) for migration, _backwards in steps):
            return Plan(migrations, None)
        state = _read_state(executor)
        statements: list[str] = []
        for migration, _backwards in steps:
            with connection.schema_editor(collect_sql=True, atomic=False) as editor:
                state = migration.apply(state, editor, collect_sql=True)
            statements.extend(line for line in editor.collected_sql if not line.startswith("--"))
    return Plan(migrations, tuple(statements))


def _read_state(executor: MigrationExecutor) -> ProjectState:
    """Return the models as the migrations recorded in the schema left them."""
    loader = executor.loader
    state = loader.project_state([])
    for migration, _backwards in executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True):
        if (migration.app_label, migration.name) in loader.applied_migrations:
            migration.mutate_state(state, preserve=False)
    return state


def _is_plain_sql(migration: Migration) -> bool:
    if not router.allow_migrate("default", migration.app_label):
        return True  # an app of the public schema: only its record is written here
    return migration.atomic is not False and all(_reduces_to_sql(operation) for operation in migration.operations)


def _reduces_to_sql(operation: Operation) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return all(_reduces_to_sql(inner) for inner in operation.database_operations)
    return operation.reduces_to_sql


# ---- one tenant -------------------------------------------------------------------------------------------------


def _upgrade_patiently(tenant: TenantRef, plan: Plan, known: Applied) -> str:
    """Apply the plan, again when a lock could not be had in time; returns "" or what failed, which is kept too."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with public_scope():
                _upgrade(tenant, plan, known)
        except Exception as error:  # noqa: BLE001 - whatever a migration raises, the other tenants are migrated
            sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
            if sqlstate == _LOCK_NOT_AVAILABLE and attempt < ATTEMPTS:
                time.sleep(_PAUSE_SECONDS * attempt)
                continue
            failure = f"{type(error).__name__} {sqlstate}".strip()
            logger.error("schema %s not migrated: %s", tenant.schema_name, failure)
            connections.close_all()  # a failed migration may have cost the connection
            _note(tenant, schema_failure=failure)
            return failure
        return ""
    raise AssertionError("the last attempt returned or raised")


def _upgrade(tenant: TenantRef, plan: Plan, known: Applied) -> None:
    if plan.statements is None:
        _run_django(tenant)
        _note(tenant, schema_version=schema_version(), schema_failure="")
        return
    with transaction.atomic():
        with enter_tenant(tenant), tenant_connection().cursor() as cursor:
            if plan.migrations:
                _be_patient(cursor, "LOCAL ")
                _apply(cursor, plan, known)
        _note(tenant, schema_version=schema_version(), schema_failure="")


def _apply(cursor: Any, plan: Plan, known: Applied) -> None:
    if known:
        cursor.execute("LOCK TABLE django_migrations IN SHARE ROW EXCLUSIVE MODE")  # one run at a time
        cursor.execute("SELECT count(*) FROM django_migrations")
        if cursor.fetchone() != (len(known),):
            raise SchemaMovedError
    else:
        cursor.execute(
            "CREATE TABLE django_migrations (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"
            " app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied timestamptz NOT NULL)"
        )
    for statement in plan.statements or ():
        cursor.execute(statement)
    cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", plan.migrations)


def _run_django(tenant: TenantRef) -> None:
    """Let Django run what is more than SQL: each migration in its own transaction, where it wants one."""
    with enter_tenant(tenant):
        connection = tenant_connection()
        with connection.cursor() as cursor:
            _be_patient(cursor, "")
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())


def _be_patient(cursor: Any, scope: str) -> None:
    """Let statements take as long as they need; none waits long for a lock that visitors hold."""
    cursor.execute(
        f"SET {scope}statement_timeout = 0; SET {scope}lock_timeout = {LOCK_TIMEOUT_MS};"
        f" SET {scope}idle_in_transaction_session_timeout = 0"
    )


def _note(tenant: TenantRef, **values: str) -> None:
    with public_scope():
        Tenant.objects.filter(pk=tenant.id).update(**values)
