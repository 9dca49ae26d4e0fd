"""The sweep over many tenants, beside the least it could cost, and beside a task for each.

The least is one UPDATE on one table that holds them all, with the columns and indexes of a tenant's, its events with
their foreign key. The tasks run on a real worker, over a part of the tenants.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection
from redis import Redis

from shared_apps.platform.services import provision_tenant
from shared_apps.tenants.bulk import execute_in_each, in_batches
from shared_apps.tenants.scope import TenantRef, public_scope
from tenant_apps.handoffs.services import sweep_handoffs
from tests.bench.measuring import to_table
from tests.bench.processes import ROOT, cpu_seconds
from tests.bench.report import Goal, Section, ratios, spread
from tests.bench.web import postmaster
from tests.isolation.other_process import child_environment

_WAITING, _STALE_EACH = 20, 10  # handoffs that wait at each tenant, and how many get stale where it is due

_COLUMNS = (
    "created_at, pending_since, customer_name, customer_email, customer_phone, requested_service,"
    " preferred_date_time_text, notes, status, source_page, industry_slug, external_booking_url_used, metadata"
)
_FLOOR = """
    CREATE TABLE bench_handoff (LIKE {schema}.handoffs_bookinghandoff INCLUDING ALL, tenant_id bigint);
    CREATE TABLE bench_event (LIKE {schema}.handoffs_handoffevent INCLUDING ALL,
        FOREIGN KEY (handoff_id) REFERENCES bench_handoff (id));
    ALTER TABLE bench_handoff ALTER id SET DEFAULT gen_random_uuid();
    INSERT INTO bench_handoff ({columns}, tenant_id)
        SELECT {columns}, n FROM {schema}.handoffs_bookinghandoff, generate_series(1, {tenants}) AS n;
    ANALYZE bench_handoff;
"""
_FLOOR_SWEEP = """
    WITH changed AS (UPDATE bench_handoff SET status = 'abandoned', abandoned_at = now()
        WHERE status = 'new' AND pending_since < now() - interval '24 hours' RETURNING id)
    INSERT INTO bench_event (handoff_id, type, at, actor, evidence, detail)
        SELECT id, 'abandoned', now(), 'system', 'system', '' FROM changed
"""
_FLOOR_STALE = """
    UPDATE bench_handoff SET status = 'new', pending_since = now() - interval '25 hours'
    WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place
        FROM bench_handoff WHERE tenant_id <= {due}) AS placed WHERE place <= {each})
"""
_FILL = f"""
    WITH written AS (INSERT INTO handoffs_bookinghandoff (id, {_COLUMNS})
        SELECT gen_random_uuid(), now(), now(), 'Jane Doe', '', '+17725550177', 'Haircut', 'Friday after 5', '', 'new',
        '/', 'salon', '', '{{}}' FROM generate_series(1, {_WAITING}) RETURNING id)
    SELECT to_jsonb(count(*)) FROM written
"""
_STALE = f"""
    WITH stale AS (UPDATE handoffs_bookinghandoff SET status = 'new', abandoned_at = NULL,
        pending_since = now() - interval '25 hours'
        WHERE id IN (SELECT id FROM handoffs_bookinghandoff ORDER BY id LIMIT {_STALE_EACH}) RETURNING id)
    SELECT to_jsonb(count(*)) FROM stale
"""
_MARK = """
    INSERT INTO tenants_duework (tenant_id, kind, due_at) SELECT unnest(%s::bigint[]), 'sweep', now()
    ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = excluded.due_at, lease_until = NULL
"""


_TEXT = """
{waiting} handoffs wait at each tenant, {stale} of them get stale where it is due. Milliseconds of CPU, of PostgreSQL
and of the process that asks; medians of {rounds} rounds in turns. The tasks are measured over {tasks:,} tenants and
reckoned up to all by their number: a task does not know whether its tenant has something due.
"""


def make_tenants(count: int, say: Callable[[str], None]) -> list[TenantRef]:
    """Make tenants with handoffs that wait, and the one table that stands for the floor."""
    tenants = []
    for number in range(count):
        tenants.append(provision_tenant(name="B", subdomain=f"sweep-{number}", owner_email="a@b.example").tenant)
        if number % 200 == 199:
            say(f"  {number + 1} tenants")
    for batch in in_batches(tenants):
        execute_in_each(batch, _FILL)
    with public_scope(), connection.cursor() as cursor:
        cursor.execute(_FLOOR.format(columns=_COLUMNS, schema=tenants[0].schema_name, tenants=count))
    return tenants


def report(tenants: list[TenantRef], *, rounds: int, tasks: int, folder: Path) -> Section:
    """Measure with few and all due, over a tenth of the tenants and over all of them, and the tasks."""
    text = _TEXT.format(waiting=_WAITING, stale=_STALE_EACH, rounds=rounds, tasks=min(tasks, len(tenants)))
    section = Section("The sweep", text)
    rows, few = [], [0.0]
    for size in (max(1, len(tenants) // 10), len(tenants)):
        for percent in (1, 10, 100):
            due = max(1, size * percent // 100)
            floors, sweeps, walls = _measure_rounds(tenants[:size], due, rounds)
            times = ratios(sweeps, floors)
            rows.append(
                (f"{due:,} of {size:,}", spread(floors, 1), spread(sweeps, 1), spread(times, 1), spread(walls, 1))
            )
            section.figures[f"sweep, {due} due of {size}: CPU ms"] = statistics.median(sweeps)
            section.figures[f"sweep, {due} due of {size}: x one UPDATE"] = statistics.median(times)
            few = sweeps if percent == 1 else few
    section.goals.append(
        Goal(
            "sweep, all tenants due, CPU over one UPDATE",
            3.0,
            statistics.median(times),
            is_least=False,
            why="What is left is parsing and planning each schema's statement: its tables are its own.",
        )
    )
    with _worker(folder) as pid:
        each = [_run_tasks(tenants[:tasks], pid) for _ in range(rounds)]
    of_all = [cpu / min(tasks, len(tenants)) * len(tenants) for cpu in each]
    rows.append((f"a task for each of {len(tenants):,}", "", spread(of_all), "", ""))
    section.figures["sweep, a task per tenant: CPU ms"] = statistics.median(of_all)
    faster = statistics.median(of_all) / statistics.median(few)
    section.goals.append(Goal("sweep, 1 % due, CPU of a task per tenant over it", 100.0, faster))
    header = ("tenants due", "one UPDATE, CPU ms", "the sweep, CPU ms", "x", "the sweep, ms by the clock")
    section.tables.append(to_table(header, rows))
    return section


def _measure_rounds(tenants: list[TenantRef], due: int, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Return milliseconds of CPU of the floor and of the sweep, and the sweep's by the clock; a first round is warm-up.

    Few tenants take less than a tick of the kernel's clock, so a round repeats until enough of them were swept.
    """
    floors, sweeps, walls = [], [], []
    repeats = max(1, min(20, 100 // due))
    for _ in range(rounds + 1):
        taken = [_measure(tenants, due) for _ in range(repeats)]
        floor, sweep, wall = (sum(each) / repeats for each in zip(*taken, strict=True))
        floors.append(max(floor, 0.1))
        sweeps.append(sweep)
        walls.append(wall)
    return floors[1:], sweeps[1:], walls[1:]


def _measure(tenants: Sequence[TenantRef], due: int) -> tuple[float, float, float]:
    """Make some handoffs stale at each of `due` tenants; return what the floor and the sweep took, milliseconds."""
    database = postmaster()
    with public_scope(), connection.cursor() as cursor:
        cursor.execute(_FLOOR_STALE.format(due=due, each=_STALE_EACH))
    for batch in in_batches(tenants[:due]):
        execute_in_each(batch, _STALE)
    with public_scope(), connection.cursor() as cursor:
        cursor.execute(_MARK, [[tenant.id for tenant in tenants[:due]]])
        before = cpu_seconds(database) + time.process_time()
        cursor.execute(_FLOOR_SWEEP)
        floor = cpu_seconds(database) + time.process_time() - before
        assert cursor.rowcount == due * _STALE_EACH
    began, before = time.perf_counter(), cpu_seconds(database) + time.process_time()
    assert sweep_handoffs() == due * _STALE_EACH
    sweep = cpu_seconds(database) + time.process_time() - before
    return floor * 1000, sweep * 1000, (time.perf_counter() - began) * 1000


@contextmanager
def _worker(folder: Path) -> Iterator[int]:
    """A Celery worker as the product's, two processes, on the queue of this Redis; its process id."""
    command = [sys.executable, "-m", "celery", "-A", "tests.bench.peers.tasks", "worker", "--concurrency", "2",
               "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]  # fmt: skip
    with (folder / "celery.log").open("wb") as log:
        child = subprocess.Popen(command, cwd=ROOT, env=child_environment(PYTHONPATH=str(ROOT)), stdout=log, stderr=log)
    try:
        yield child.pid
    finally:
        child.terminate()
        child.wait(timeout=60)


def _run_tasks(tenants: Sequence[TenantRef], worker: int) -> float:
    """Publish a task for each tenant and wait until all are done; return the milliseconds of CPU of all who worked."""
    from tests.bench.peers.tasks import sweep_one

    database = postmaster()
    with Redis.from_url(settings.REDIS_URL) as broker:
        sweep_one.delay(tenants[0].schema_name)  # the worker is up once this is done
        _drain(broker)
        before = cpu_seconds(worker) + cpu_seconds(database) + time.process_time()
        for tenant in tenants:
            sweep_one.delay(tenant.schema_name)
        published = time.process_time()
        _drain(broker)
        waiting = time.process_time() - published
        return (cpu_seconds(worker) + cpu_seconds(database) + time.process_time() - waiting - before) * 1000


def _drain(broker: Redis) -> None:
    """Wait until the queue is empty and all that was taken from it is acknowledged."""
    deadline = time.monotonic() + 300
    while broker.llen("celery") or broker.hlen("unacked"):
        assert time.monotonic() < deadline, "the worker does not get through"
        time.sleep(0.05)
