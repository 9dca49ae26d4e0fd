"""Counts by day that cost the same at a million handoffs as at ten thousand, and are exact.

Counting is as much work as there are rows. So the counts of each day are kept as they were at a horizon: the number
below which every transaction had ended (see `selectors.changes`). What came later is known from the timeline, where
each event carries its transaction's number: a handoff with an event at or above the horizon is counted as it is now,
and taken off as it was below the horizon, which its earlier events tell. So

    counts now = counts at the horizon + (now - then) over the handoffs touched since,

in one snapshot, whatever commits in which order meanwhile. No capture and no click writes a counter, so none waits for
another; the worker moves the horizon up, and where it does not, the counts stay exact and cost what was touched since.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from shared_apps.tenants.scope import public_scope, tenant_connection
from tenant_apps.handoffs.expressions import horizon_sql

STATUSES = ("new", "redirected", "completed_external", "abandoned")
WORTH_MOVING = 100  # events
_NOW_AT = "<horizon>"  # stands for the SQL that `horizon_sql` gives
REBUILD_AFTER = "1 day"  # so that nothing a hand did to the tables stays wrong for longer

_DAY = "(h.created_at AT TIME ZONE %(zone)s)::date"
_WIDE = ", ".join(f"coalesce(sum(n) FILTER (WHERE status = '{status}'), 0) AS {status}" for status in STATUSES)


def _touched(condition: str) -> str:
    return f"touched AS MATERIALIZED (SELECT DISTINCT handoff_id FROM handoffs_handoffevent WHERE {condition})"  # noqa: S608 - constants


def _then(horizon: str, count: int) -> str:
    """Return SQL for the state of each touched handoff below `horizon`, where it was there, as (day, status, n)."""
    return f"""
        SELECT {_DAY} AS day, CASE last.type
            WHEN 'created' THEN 'new'
            WHEN 'completed' THEN 'completed_external'
            WHEN 'reopened' THEN CASE WHEN EXISTS (
                SELECT FROM handoffs_handoffevent AS click
                WHERE click.handoff_id = h.id AND click.id < last.id AND click.type = 'redirected'
            ) THEN 'redirected' ELSE 'new' END
            ELSE last.type END AS status, {count} AS n
        FROM touched JOIN handoffs_bookinghandoff AS h ON h.id = touched.handoff_id
        CROSS JOIN LATERAL (
            SELECT id, type FROM handoffs_handoffevent
            WHERE handoff_id = h.id AND (transaction IS NULL OR transaction < {horizon}) AND type <> 'erased'
            ORDER BY id DESC LIMIT 1
        ) AS last
    """  # noqa: S608 - constants of this module


_NOW = f"""
    SELECT {_DAY} AS day, h.status AS status, 1 AS n
    FROM touched JOIN handoffs_bookinghandoff AS h ON h.id = touched.handoff_id
"""  # noqa: S608 - constants of this module
_SINCE = f"""
    WITH {_touched("transaction >= %(horizon)s")}, counted AS (
        SELECT tally.day, kept.status, kept.n FROM handoffs_handofftally AS tally CROSS JOIN LATERAL (
            VALUES {", ".join(f"('{status}', tally.{status})" for status in STATUSES)}
        ) AS kept (status, n)
        UNION ALL {_NOW} UNION ALL {_then("%(horizon)s", -1)}
    )
    SELECT EXISTS (
               SELECT FROM handoffs_tallyhorizon WHERE horizon = %(horizon)s AND time_zone = %(zone)s
               AND horizon <= {_NOW_AT}
           ), {_WIDE}, coalesce(sum(n) FILTER (WHERE day = %(today)s), 0) AS today
    FROM counted
    WHERE day BETWEEN coalesce(%(first)s, '-infinity'::date) AND coalesce(%(last)s, 'infinity'::date)
    AND status = ANY(%(statuses)s)
"""  # noqa: S608 - constants of this module
_ADD = f"""
    INSERT INTO handoffs_handofftally AS tally (day, {", ".join(STATUSES)})
    SELECT day, {_WIDE} FROM counted GROUP BY day
    ON CONFLICT (day) DO UPDATE SET {", ".join(f"{status} = tally.{status} + excluded.{status}" for status in STATUSES)}
"""  # noqa: S608 - constants of this module
_MOVE = f"""
    WITH {_touched("transaction >= %(horizon)s AND transaction < %(next)s")}, counted AS (
        {_then("%(next)s", 1)} UNION ALL {_then("%(horizon)s", -1)}
    ) {_ADD}
"""
_BUILD = f"""
    WITH {_touched("transaction >= %(next)s")}, counted AS (
        SELECT {_DAY} AS day, h.status AS status, count(*) AS n FROM handoffs_bookinghandoff AS h GROUP BY 1, 2
        UNION ALL SELECT day, status, -n FROM ({_NOW}) AS now (day, status, n)
        UNION ALL {_then("%(next)s", 1)}
    ) {_ADD}
"""  # noqa: S608 - constants of this module
_LOOK = f"""
    SELECT kept.horizon, kept.time_zone = %(zone)s AND kept.built_at > now() - interval '{REBUILD_AFTER}'
               AND kept.horizon <= now_at.horizon,
           now_at.horizon, EXISTS (
               SELECT FROM handoffs_handoffevent WHERE transaction >= kept.horizon ORDER BY transaction
               OFFSET {WORTH_MOVING - 1} LIMIT 1
           )
    FROM (SELECT {_NOW_AT} AS horizon) AS now_at
    LEFT JOIN handoffs_tallyhorizon AS kept ON true
"""  # noqa: S608 - constants of this module
_NEEDS_MOVING = f"""
    SELECT to_jsonb(coalesce((
        SELECT kept.time_zone <> (SELECT time_zone FROM business_businessprofile)
            OR kept.built_at <= now() - interval '{REBUILD_AFTER}'
            OR kept.horizon > {_NOW_AT}
            OR EXISTS (SELECT FROM handoffs_handoffevent WHERE transaction >= kept.horizon ORDER BY transaction
                       OFFSET {WORTH_MOVING - 1} LIMIT 1)
        FROM handoffs_tallyhorizon AS kept
    ), EXISTS (SELECT FROM handoffs_bookinghandoff)))
"""  # noqa: S608 - constants of this module
COUNTS_SQL = f"""
    SELECT to_jsonb(counted) FROM (
        WITH kept AS (SELECT horizon, time_zone FROM handoffs_tallyhorizon
                      WHERE horizon <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint),
        touched AS MATERIALIZED (
            SELECT DISTINCT handoff_id FROM handoffs_handoffevent WHERE transaction >= (SELECT horizon FROM kept)
        ), counted (day, status, n) AS (
            SELECT NULL::date, each.status, each.n FROM kept, handoffs_handofftally AS tally CROSS JOIN LATERAL (
                VALUES {", ".join(f"('{status}', tally.{status})" for status in STATUSES)}
            ) AS each (status, n)
            UNION ALL {_NOW.replace("%(zone)s", "'UTC'")}
            UNION ALL {_then("(SELECT horizon FROM kept)", -1).replace("%(zone)s", "'UTC'")}
            UNION ALL SELECT NULL, status, count(*) FROM handoffs_bookinghandoff WHERE NOT EXISTS (SELECT FROM kept)
                GROUP BY status
        ) SELECT {_WIDE} FROM counted
    ) AS counted
"""  # noqa: S608 - constants of this module
"""How many handoffs are in each state, for the operator: exact, and as cheap as `read_tally`, in one statement."""
LAST_SQL = "SELECT to_jsonb(max(created_at)) FROM handoffs_bookinghandoff"
# Numbers that came with a dump from a cluster that had given out more than this one has; nothing here bears them.
_DISOWN = "UPDATE handoffs_handoffevent SET transaction = NULL WHERE transaction > %(next)s + 1000000"
_NOTE = """
    INSERT INTO handoffs_tallyhorizon AS kept (id, horizon, time_zone, built_at) VALUES (1, %(next)s, %(zone)s, now())
    ON CONFLICT (id) DO UPDATE SET horizon = excluded.horizon, time_zone = excluded.time_zone,
        built_at = CASE WHEN %(moved)s THEN kept.built_at ELSE excluded.built_at END
"""


def _at_horizon(cursor: Any, statement: str) -> str:
    return statement.replace(_NOW_AT, horizon_sql(cursor)[0].as_string())


def needs_moving_sql() -> str:
    """Return the statement that says of one tenant whether its tallies lie far behind. Run by `execute_in_each`."""
    with public_scope(), tenant_connection().cursor() as cursor:
        return _at_horizon(cursor, _NEEDS_MOVING)


@dataclass(frozen=True, slots=True)
class Days:
    """What is counted: days of `time_zone` as ISO dates, both included, None for no bound; and which states."""

    time_zone: str
    first: str | None
    last: str | None
    today: str
    statuses: tuple[str, ...]


def read_tally(days: Days) -> dict[str, int] | None:
    """Return the counts by state, and `today`; None where no tally of that time zone stands. Two statements.

    The horizon is read first, so that the planner knows how little lies above it; the second statement gives nothing
    when the horizon was moved between the two.
    """
    values = {
        "zone": days.time_zone, "first": days.first, "last": days.last, "today": days.today,
        "statuses": list(days.statuses or STATUSES),
    }  # fmt: skip
    with connection.cursor() as cursor:
        for _attempt in range(3):
            cursor.execute("SELECT horizon FROM handoffs_tallyhorizon WHERE time_zone = %s", [days.time_zone])
            row = cursor.fetchone()
            if row is None:
                return None
            cursor.execute(_at_horizon(cursor, _SINCE), values | {"horizon": row[0]})
            holds, *counts = cursor.fetchone()
            if holds:
                return {name: int(count) for name, count in zip((*STATUSES, "today"), counts, strict=True)}
    return None


def move_tally(*, time_zone: str) -> bool:
    """Bring the current tenant's tallies up to now, where that is worth it; True when something was written.

    They are counted anew where there are none, where the time zone is another, and once a day. Safe to run at once: the
    table's lock lets one in, and readers past. Raises OperationalError when another one takes more than two seconds.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE handoffs_tallyhorizon IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_at_horizon(cursor, _LOOK), {"zone": time_zone})  # a snapshot of its own, taken behind the lock
        horizon, moved, following, is_worth_it = cursor.fetchone()
        values = {"zone": time_zone, "horizon": horizon, "next": following, "moved": bool(moved)}
        if moved and not is_worth_it:
            return False
        if not moved:
            cursor.execute("DELETE FROM handoffs_handofftally")
            cursor.execute(_DISOWN, values)
        cursor.execute(_MOVE if moved else _BUILD, values)
        cursor.execute(_NOTE, values)
        return True
