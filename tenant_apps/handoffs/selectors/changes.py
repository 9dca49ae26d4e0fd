"""Whether anything has changed since somebody last looked: told from the last events, without reading a list.

Every change of a handoff writes an event, and each event carries the number of its transaction. Numbers are given in
order and commits come in any order, so "the newest event" would miss one that was begun earlier and committed later.
What a reader remembers instead is the horizon of its snapshot, below which every transaction has ended, and how many
events it saw at or above it. A later event always stands at or above that horizon: as long as the same number of
events stands there, nothing has changed. That is one statement on one index, as a rule over a handful of entries.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from psycopg import sql
from psycopg.types.numeric import Int8

from shared_apps.tenants.scope import current_schema, tenant_connection
from tenant_apps.handoffs.expressions import HORIZON, NEXT, horizon_sql

MAX_SEEN = 10_000  # above it nothing is promised, and the reader reads anew
_NONE = (2**62, -1)  # horizon and events of a reader who has seen nothing: the statement then looks for nothing
_FORMAT = 1  # of the answers; one more where they change though no handoff does
_TAG = re.compile(r'(?:W/)?"([0-9a-f]{1,16})\.([0-9a-f]{1,4})\.([0-9a-f]{20})"')

# No transaction gets as far as its end. Of a range with an end the planner expects few rows, and asks the index;
# of one without, a third of the table, and as long as there are no statistics it reads the whole.
_SEEN = """(
        SELECT count(*) FROM (
            SELECT FROM {events} WHERE transaction >= {start} AND transaction < {start} + {never}
            ORDER BY transaction LIMIT {limit}
        ) AS seen
    )"""
_NEVER = 2**48
_NEWEST = """
    WITH now_at AS MATERIALIZED (SELECT {horizon} AS horizon, {next} AS next)
    SELECT horizon, {seen}, next >= %(known)s AND %(expected)s = {seen_before} FROM now_at
"""
_WITH_VERSION = """
    WITH version AS MATERIALIZED (SELECT {horizon} AS horizon, {seen} AS seen)
    SELECT version.horizon, version.seen, answer.* FROM version LEFT JOIN ({answer}) AS answer ON true
"""


@dataclass(frozen=True, slots=True)
class Version:
    """The state of the current tenant's handoffs: all below `horizon` is settled, `seen` events stand above it."""

    horizon: int
    seen: int

    def tag(self, question: object) -> str:
        """Return the ETag of the answer to `question`; "" when nothing can be promised of it."""
        if self.seen > MAX_SEEN:
            return ""
        return f'"{self.horizon:x}.{self.seen:x}.{_digest(question)}"'


def read_version(*, known_tags: str, question: object) -> tuple[Version, str]:
    """Return the state as it is, and that of `known_tags` (an If-None-Match header) which still holds, "" if none does.

    One statement. `question` is all that the answer depends on besides the handoffs. Read it before the answer: what
    is committed between the two then costs one more reading, and is never missed.
    """
    digest = _digest(question) if known_tags else ""
    tags = [tag for tag in _TAG.finditer(known_tags) if tag[3] == digest][:1]
    known, seen = (int(tags[0][1], 16), int(tags[0][2], 16)) if tags else _NONE
    values = {"known": Int8(min(known, 2**62)), "expected": Int8(seen)}
    settled, count, holds = tenant_connection().ask(_newest_sql_now(current_schema()), values).fetchone()
    return Version(settled, count), tags[0][0] if tags and holds else ""


def newest_sql(schema: str, horizon: sql.Composable, following: sql.Composable) -> str:
    """Return the statement of `read_version` in one schema, for what `horizon_sql` gives."""
    parts = {
        "horizon": horizon,
        "next": following,
        "seen": _seen_sql(schema, sql.Identifier("horizon")),
        "seen_before": _seen_sql(schema, sql.SQL("%(known)s")),
    }
    return sql.SQL(_NEWEST).format(**parts).as_string()


def with_version_sql(schema: str, answer: str) -> str:
    """Return the statement that gives the rows of another, `answer`, each behind the two numbers of its `Version`.

    Where there is none it gives one row, with NULL behind them. Not for Citus: see `horizon_sql`.
    """
    parts = {"horizon": HORIZON, "seen": _seen_sql(schema, HORIZON), "answer": sql.SQL(answer)}
    return sql.SQL(_WITH_VERSION).format(**parts).as_string()


def _seen_sql(schema: str, start: sql.Composable) -> sql.Composable:
    events = sql.Identifier(schema, "handoffs_handoffevent")
    numbers = {"never": sql.Literal(_NEVER), "limit": sql.Literal(MAX_SEEN + 1)}
    return sql.SQL(_SEEN).format(events=events, start=start, **numbers)


def _newest_sql_now(schema: str) -> str:
    if not settings.CITUS:
        return _newest_sql(schema)
    with tenant_connection().cursor() as cursor:
        return newest_sql(schema, *horizon_sql(cursor))


@lru_cache(maxsize=4_000)
def _newest_sql(schema: str) -> str:
    """The same put together once: every poll asks it."""
    return newest_sql(schema, HORIZON, NEXT)


def _digest(question: object) -> str:
    return hashlib.sha256(f"{_FORMAT}|{question!r}".encode()).hexdigest()[:20]
