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

from django.db import connection
from psycopg import sql

from tenant_apps.handoffs.expressions import horizon_sql

MAX_SEEN = 10_000  # above it nothing is promised, and the reader reads anew
_FORMAT = 1  # of the answers; one more where they change though no handoff does
_TAG = re.compile(r'(?:W/)?"([0-9a-f]{1,16})\.([0-9a-f]{1,4})\.([0-9a-f]{20})"')

_NEWEST = """
    WITH now_at AS MATERIALIZED (SELECT {horizon} AS horizon, {next} AS next)
    SELECT horizon, (
        SELECT count(*) FROM (
            SELECT FROM handoffs_handoffevent WHERE transaction >= horizon ORDER BY transaction LIMIT %(limit)s
        ) AS seen
    ), next >= %(known)s AND %(expected)s = (
        SELECT count(*) FROM (
            SELECT FROM handoffs_handoffevent WHERE transaction >= %(known)s ORDER BY transaction LIMIT %(limit)s
        ) AS seen
    )
    FROM now_at
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
    digest = _digest(question)
    tags = [tag for tag in _TAG.finditer(known_tags) if tag[3] == digest][:1]
    known, seen = (int(tags[0][1], 16), int(tags[0][2], 16)) if tags else (0, -1)
    with connection.cursor() as cursor:
        horizon, following = horizon_sql(cursor)
        statement = sql.SQL(_NEWEST).format(horizon=horizon, next=following)
        cursor.execute(statement, {"limit": MAX_SEEN + 1, "known": min(known, 2**62), "expected": seen})
        settled, count, holds = cursor.fetchone()
    return Version(settled, count), tags[0][0] if tags and holds else ""


def _digest(question: object) -> str:
    return hashlib.sha256(f"{_FORMAT}|{question!r}".encode()).hexdigest()[:20]
