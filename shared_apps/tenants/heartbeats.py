"""Signs of life of the background work: a row per role in public, by the database's clock.

`worker` and `beat` are written by those processes themselves, whether Redis is there or not; `tasks` by a task, so that
it is as old as the last one that came all the way through Redis. Where `tasks` is old and the others are not, the queue
is what is broken; where the database is away nothing can be said, and that is told too. The drainer has a file
(`shared_apps.journal`), since its work begins where the database is away.
"""

import time
from typing import Final

from psycopg import sql

from shared_apps.tenants.models import Heartbeat
from shared_apps.tenants.scope import public_scope, tenant_connection

ROLES: Final = ("worker", "beat", "tasks")

EVERY_SECONDS: Final = 15
"""How often each says so; thrice as long without a word is an alarm."""

_TABLE: Final = sql.Identifier(Heartbeat._meta.db_table)


def note_heartbeat(role: str) -> None:
    """Say that `role` lives, unless that was said a moment ago: two of each, and a task every second, cost one write.

    One statement. Raises ValueError for a role nobody knows, and what the database raises.
    """
    if role not in ROLES:
        raise ValueError(role)
    statement = sql.SQL(
        "INSERT INTO {table} AS beat (role, at) VALUES (%s, statement_timestamp()) ON CONFLICT (role) DO UPDATE"
        " SET at = excluded.at WHERE beat.at < excluded.at - make_interval(secs => %s)"
    ).format(table=_TABLE)
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(statement, [role, EVERY_SECONDS / 2])


def read_heartbeat_ages() -> dict[str, float | None]:
    """Return how many seconds ago each role said that it lives; None for one that never did. One statement."""
    statement = sql.SQL("SELECT role, extract(epoch FROM statement_timestamp() - at)::float8 FROM {}").format(_TABLE)
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(statement)
        ages: dict[str, float] = dict(cursor.fetchall())
    return {role: ages.get(role) for role in ROLES}


def read_clock_skew() -> float:
    """Return how many seconds this host's clock is ahead of the database's; the way there and back counts half."""
    with public_scope(), tenant_connection().cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        (theirs,) = cursor.fetchone()
        return (before + time.time()) / 2 - float(theirs)
