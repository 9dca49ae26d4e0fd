"""The sweep over a thousand tenants, beside the least it could cost: one UPDATE on one table that holds them all.

That table has the columns and indexes of a tenant's, and its events their foreign key.
"""

import statistics
import time
from collections.abc import Callable, Iterator

from django.db import connection

from shared_apps.platform.services import provision_tenant
from shared_apps.tenants.bulk import execute_in_each, in_batches
from shared_apps.tenants.scope import TenantRef, public_scope
from tenant_apps.handoffs.services import sweep_handoffs
from tests.bench.measuring import ROUNDS, to_table

TENANTS = 1_000
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


def make_tenants(say: Callable[[str], None]) -> list[TenantRef]:
    """Make a thousand tenants with handoffs that wait, and the one table that stands for the floor."""
    tenants = []
    for number in range(TENANTS):
        tenants.append(provision_tenant(name="B", subdomain=f"sweep-{number}", owner_email="a@b.example").tenant)
        if number % 200 == 199:
            say(f"  {number + 1} tenants")
    for batch in in_batches(tenants):
        execute_in_each(batch, _FILL)
    with public_scope(), connection.cursor() as cursor:
        cursor.execute(_FLOOR.format(columns=_COLUMNS, schema=tenants[0].schema_name, tenants=TENANTS))
    return tenants


def report(tenants: list[TenantRef]) -> Iterator[str]:
    """Yield one table: by how many tenants are due, the floor, the sweep, and the ratio of each round's two."""
    rows = []
    for percent in (0, 1, 5, 20, 100):
        due = len(tenants) * percent // 100
        rounds = [_measure(tenants, due) for _ in range(ROUNDS + 1)][1:]
        ratios = [sweep / floor for floor, sweep in rounds]
        floors, sweeps = ([pair[which] for pair in rounds] for which in (0, 1))
        shown = f"{statistics.median(ratios):.1f} ({min(ratios):.1f}-{max(ratios):.1f})"
        rows.append((f"{due:,}", f"{statistics.median(floors):.1f}", f"{statistics.median(sweeps):.1f}", shown))
    yield to_table((f"tenants due of {len(tenants):,}", "one UPDATE on one table, ms", "the sweep, ms", "x"), rows)


def _measure(tenants: list[TenantRef], due: int) -> tuple[float, float]:
    """Make some handoffs stale at each of `due` tenants; return the milliseconds of the floor and of the sweep."""
    with public_scope(), connection.cursor() as cursor:
        cursor.execute(_FLOOR_STALE.format(due=due, each=_STALE_EACH))
    for batch in in_batches(tenants[:due]):
        execute_in_each(batch, _STALE)
    with public_scope(), connection.cursor() as cursor:
        cursor.execute(_MARK, [[tenant.id for tenant in tenants[:due]]])
        began = time.perf_counter()
        cursor.execute(_FLOOR_SWEEP)
        floor = (time.perf_counter() - began) * 1000
        assert cursor.rowcount == due * _STALE_EACH
    began = time.perf_counter()
    assert sweep_handoffs() == due * _STALE_EACH
    return floor, (time.perf_counter() - began) * 1000
