"""Makes tenants, and raw schemas beside them, in a database with few and in one with many, all in turns."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shared_apps.platform.blueprint import get_blueprint
from shared_apps.platform.services import provision_tenant
from tests.bench.measuring import to_table
from tests.bench.processes import cpu_seconds
from tests.bench.report import Goal, Section, ratios, spread
from tests.bench.web import postmaster
from tests.isolation.other_process import OtherProcess, database_url

Cost = tuple[float, float]  # seconds of CPU, and by the clock

_WHY_GROWN = (
    "Not ours: see the next row. Files are made in a folder of many, and catalogs grow; 0.6 to 1.7 in eight runs"
)
_numbers = count(1)


def cost(work: Callable[[], object], parts: int = 1) -> Cost:
    """Return what a part of the work took PostgreSQL and this process."""
    database = postmaster()
    began, before = time.perf_counter(), cpu_seconds(database) + time.process_time()
    work()
    cpu = cpu_seconds(database) + time.process_time() - before
    return cpu / parts, (time.perf_counter() - began) / parts


def time_births(each: int) -> tuple[Cost, Cost]:
    """Return what a tenant and its raw DDL take in this process's database."""
    raw = _raw_connection()
    return cost(lambda: _repeat(_make_tenant, each), each), cost(lambda: _repeat(lambda: _make_raw(raw), each), each)


def _repeat(make: Callable[[], None], times: int) -> None:
    for _ in range(times):
        make()


def _make_tenant() -> None:
    provision_tenant(name="B", subdomain=f"born-{next(_numbers)}", owner_email="a@b.example")


@cache
def _raw_connection() -> psycopg.Connection:
    """Return a connection that stays, as the tenants' does."""
    return psycopg.connect(database_url())


def _make_raw(raw: psycopg.Connection) -> None:
    name = sql.Identifier(f"raw_{next(_numbers)}")
    with raw.transaction():
        raw.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        raw.execute(sql.SQL("SET LOCAL search_path = {}").format(name))
        raw.execute(get_blueprint().text)


@dataclass(slots=True)
class _Found:
    """What the rounds took in one database."""

    tenants: list[Cost] = field(default_factory=list)
    raw: list[Cost] = field(default_factory=list)

    def ms(self) -> list[list[float]]:
        """Return milliseconds of CPU and by the clock, of a tenant and of its raw DDL."""
        return [[one * 1000 for one in costs] for made in (self.tenants, self.raw) for costs in zip(*made, strict=True)]


def tell_births(section: Section, *, many: int, rounds: int, each: int, folder: Path) -> None:
    """Measure beside a new database that has few tenants, and add tables, figures and goals."""
    labels = ("few", f"{many:,}")
    found = dict(zip(labels, _measure(rounds=rounds, each=each, folder=folder), strict=True))
    rows = []
    for present, made in found.items():
        tenant_cpu, tenant_wall, raw_cpu, raw_wall = made.ms()
        times = ratios(tenant_cpu, raw_cpu)
        rows.append((present, *(spread(values, 1) for values in (tenant_cpu, raw_cpu, times, tenant_wall, raw_wall))))
        section.figures[f"new tenant, {present} present: CPU ms"] = statistics.median(tenant_cpu)
        section.figures[f"new tenant, {present} present: x raw DDL"] = statistics.median(times)
        section.goals.append(
            Goal(f"new tenant, {present} present, CPU over its raw DDL", 1.5, statistics.median(times), is_least=False)
        )
    (few_cpu, _, few_raw, _), (many_cpu, _, many_raw, _) = (found[present].ms() for present in labels)
    grown, raw_grown = (statistics.median(ratios(*pair)) for pair in ((many_cpu, few_cpu), (many_raw, few_raw)))
    section.goals += [
        Goal("new tenant, CPU with many present over one", 1.2, grown, is_least=False, why=_WHY_GROWN),
        Goal("the same, over what its raw DDL grows", 1.2, grown / raw_grown, is_least=False),
    ]
    header = ("tenants present", "a tenant, CPU ms", "raw DDL, CPU ms", "x", "a tenant, ms by the clock", "raw DDL, ms")
    section.tables.append(to_table(header, rows))


def _measure(*, rounds: int, each: int, folder: Path) -> tuple[_Found, _Found]:
    """Return what was found where one tenant is present, and in the database of this process."""
    few, many = _Found(), _Found()
    with (
        _other_database() as empty,
        OtherProcess(folder / "few", DATABASE_URL=empty) as beside,
        OtherProcess(folder / "many") as here,
    ):
        beside.run(
            "from django.core.management import call_command\n"
            "with public_scope(): call_command('migrate_schemas', '--shared', interactive=False, verbosity=0)"
        )
        for process in (beside, here):
            process.run(f"from tests.bench.births import time_births; time_births({each})")
        turns = [(beside, few), (here, many)]
        for _ in range(rounds):
            turns.reverse()
            for process, found in turns:
                tenant, raw = process.run(f"answer = time_births({each})")
                found.tenants.append(tenant)
                found.raw.append(raw)
    return few, many


@contextmanager
def _other_database() -> Iterator[str]:
    """Make an empty database on the same server, give its address, and drop it."""
    name = f"{connection.settings_dict['NAME']}_few"
    with psycopg.connect(database_url(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield make_conninfo(database_url(), dbname=name)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
