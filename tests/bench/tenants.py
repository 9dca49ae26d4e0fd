"""What a tenant costs: to make, to migrate, to keep, and to have touched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import connection
from psycopg import sql

from shared_apps.platform.upgrades import list_behind, upgrade_tenants
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, public_scope
from tests.bench.births import cost, tell_births
from tests.bench.contenders import NO_LIMITS
from tests.bench.load import fetch
from tests.bench.measuring import to_table
from tests.bench.processes import granian, memory_mb
from tests.bench.report import Figures, Goal, Section
from tests.isolation.other_process import child_environment, database_url

_TEXT = """
Making a tenant (row, domain, schema, tables, first rows, owner, and the announcement to all processes) beside its raw
DDL, the same script in one transaction by psycopg, both on a connection that stays; and in a database that began
empty beside one with many, all in turns. The migration is one new column, beside the raw ALTERs in one loop. CPU of
PostgreSQL and of the process that asks. Memory is what the kernel reports: resident (RSS), and the proportional share
of it (PSS), of the largest web worker and the largest backend of PostgreSQL, after all hosts were asked for their page
and their settings.
"""
_TABLE, _COLUMN, _MIGRATION = "business_businessprofile", "erased_until", "0004_erased_until"
_FOOTPRINT = """
    SELECT count(*), coalesce(sum(pg_total_relation_size(oid)) FILTER (WHERE relkind = 'r'), 0),
        count(*) FILTER (WHERE relkind = 'r'), count(*) FILTER (WHERE relkind = 'i'),
        (SELECT count(*) FROM pg_attribute AS field JOIN pg_class AS owner ON owner.oid = field.attrelid
            WHERE owner.relnamespace = %s::regnamespace)
        + (SELECT count(*) FROM pg_type WHERE typnamespace = %s::regnamespace)
        + (SELECT count(*) FROM pg_constraint WHERE connamespace = %s::regnamespace) + count(*)
    FROM pg_class WHERE relnamespace = %s::regnamespace
"""


def report(tenants: list[TenantRef], *, rounds: int, births: int, folder: Path) -> Section:
    """Measure with all of them present; `births` are made in each round, here and in a database that began empty."""
    section = Section("Tenants", _TEXT)
    tell_births(section, many=len(tenants), rounds=4 * rounds, each=births, folder=folder)
    _tell_migrations(section, tenants)
    _tell_footprint(section, tenants[-1])
    _tell_memory(section, tenants, folder)
    return section


def _tell_migrations(section: Section, tenants: list[TenantRef]) -> None:
    _take_back(tenants)
    raw_cpu, raw_wall = cost(lambda: _alter(tenants))
    _take_back(tenants)
    behind = list_behind()
    cpu, wall = cost(lambda: upgrade_tenants(behind))
    assert list_behind() == []
    idle_cpu, idle_wall = cost(lambda: upgrade_tenants(list_behind(ask_all=True)))
    none_cpu, none_wall = cost(lambda: upgrade_tenants(list_behind()))
    rows = [
        (what, f"{cost:.2f}", f"{clock:.2f}")
        for what, cost, clock in (
            (f"one column at {len(tenants):,} tenants, recorded at each", cpu, wall),
            ("the same by raw ALTERs, nothing recorded", raw_cpu, raw_wall),
            ("nothing to do, each schema asked", idle_cpu, idle_wall),
            ("nothing to do, by the tenants' rows", none_cpu, none_wall),
        )
    ]
    section.figures |= {
        "migrating all by a column: s": wall,
        "migrating all by a column: x raw ALTERs, CPU": cpu / raw_cpu,
        "nothing to migrate, each asked: s": idle_wall,
        "nothing to migrate: s": none_wall,
    }
    section.tables.append(to_table(("migrating", "CPU s", "s by the clock"), rows))


def _take_back(tenants: list[TenantRef]) -> None:
    """Bring the schemas back to what they were before the migration."""
    with public_scope(), connection.cursor() as cursor:
        for tenant in tenants:
            names = {"table": sql.Identifier(tenant.schema_name, _TABLE), "column": sql.Identifier(_COLUMN)}
            cursor.execute(sql.SQL("ALTER TABLE {table} DROP COLUMN {column}").format(**names).as_string())
            migrations = sql.Identifier(tenant.schema_name, "django_migrations")
            cursor.execute(
                sql.SQL("DELETE FROM {} WHERE app = 'business' AND name = %s").format(migrations).as_string(),
                [_MIGRATION],
            )
        Tenant.objects.filter(pk__in=[tenant.id for tenant in tenants]).update(schema_version="")


def _alter(tenants: list[TenantRef]) -> None:
    with psycopg.connect(database_url(), autocommit=True) as raw:
        for tenant in tenants:
            table = sql.Identifier(tenant.schema_name, _TABLE)
            raw.execute(sql.SQL("ALTER TABLE {} ADD COLUMN {} timestamptz NULL").format(table, sql.Identifier(_COLUMN)))


def _tell_footprint(section: Section, tenant: TenantRef) -> None:
    with public_scope(), connection.cursor() as cursor:
        cursor.execute(_FOOTPRINT, [tenant.schema_name] * 4)
        relations, size, tables, indexes, catalog = map(int, cursor.fetchone())
    section.figures |= {
        "empty tenant: bytes": size,
        "empty tenant: relations": relations,
        "empty tenant: tables": tables,
        "empty tenant: indexes": indexes,
        "empty tenant: catalog rows": catalog,
    }
    header = ("an empty tenant", "bytes", "relations", "tables", "indexes", "rows in the catalogs")
    cells = (f"{size:,}", str(relations), str(tables), str(indexes), f"{catalog:,}")
    section.tables.append(to_table(header, [("", *cells)]))


@contextmanager
def _own_backends() -> Iterator[Callable[[], list[int]]]:
    """Give what lists the backends of PostgreSQL that have come since."""

    def ask() -> set[int]:
        with public_scope(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend'"
            )
            return {pid for (pid,) in cursor.fetchall()}

    before = ask()
    yield lambda: sorted(ask() - before)


def _tell_memory(section: Section, tenants: list[TenantRef], folder: Path) -> None:
    environment = child_environment(**NO_LIMITS, HANDOFF_DATA_DIR=str(folder / ".data-memory"))
    rows = []
    with (
        _own_backends() as backends,
        granian("saas.wsgi:application", threads=4, environment=environment, log=folder / "memory.log") as server,
    ):
        for touched in (1, len(tenants)):
            for tenant in tenants[:touched]:
                for path, wanted in (("/", 200), ("/api/v1/booking", 200), ("/handoff/0", 404)):
                    head = f"GET {path} HTTP/1.1\r\nHost: {tenant.client_id}.localhost\r\nAccept-Encoding: gzip\r\n\r\n"
                    status, _ = fetch(port=server.port, request=head.encode())
                    assert status == wanted, (path, status)
            worker = max((memory_mb(pid) for pid in server.workers()), key=lambda size: size["rss"])
            backend = max((memory_mb(pid) for pid in backends()), key=lambda size: size["pss"])
            rows.append(
                (f"{touched:,}", *(f"{size[kind]:.0f}" for size in (worker, backend) for kind in ("rss", "pss")))
            )
            label = f"memory, {touched} tenants touched"
            section.figures |= _label(label, worker, backend)
    section.goals.append(
        Goal(
            "web worker after all tenants, megabytes resident",
            100.0,
            float(rows[-1][1]),
            is_least=False,
            why="RSS: code and libraries, these shared by all processes (see PSS below); tenants are a tenth",
        )
    )
    header = ("tenants touched", "web worker MB (RSS)", "(PSS)", "backend MB (RSS)", "(PSS)")
    section.tables.append(to_table(header, rows))


def _label(label: str, worker: dict[str, float], backend: dict[str, float]) -> Figures:
    return {
        f"{label}: {name} {kind} MB": size[kind]
        for name, size in (("worker", worker), ("backend", backend))
        for kind in ("rss", "pss")
    }
