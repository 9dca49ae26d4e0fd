"""The statements on handoffs. Every change of state is one conditional UPDATE that writes its own timeline event.

What is to follow goes with it, in the same statement: the job that tells the business, and the tenant's mark on the due
list for the moment at which the sweep has something to do (`shared_apps.tenants.due`).
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import connections, models
from django.db.models import Q
from psycopg import sql
from psycopg.types.json import Jsonb

from shared_apps.outbox.services import DUE_KIND, put_jobs_sql
from shared_apps.tenants.due import mark_after_commit, mark_due_sql
from shared_apps.tenants.scope import current_tenant, tenant_connection
from tenant_apps.business.selectors import SWEEP
from tenant_apps.handoffs.enums import NEW_HANDOFF, EventType, Evidence, HandoffStatus
from tenant_apps.handoffs.received import Received

if TYPE_CHECKING:
    from tenant_apps.handoffs.models import BookingHandoff  # noqa: F401 - named by its string below

SWEEP_BATCH = 500  # of one tenant at a time, so that no statement holds many rows for long

_EVENT_TABLE = "handoffs_handoffevent"
_EVENT_COLUMNS = sql.SQL("(handoff_id, type, at, actor, evidence, detail)")
_ONE = sql.SQL("SELECT %(id)s::uuid AS id")
_BLANK_TIMELINE = sql.SQL(
    "UPDATE {events} SET detail = '' WHERE handoff_id IN (SELECT id FROM changed) AND detail <> ''"
).format(events=sql.Identifier(_EVENT_TABLE))
_STALE_AT = sql.SQL("pending_since + make_interval(hours => (SELECT abandon_after_hours FROM {profile})) AS stale_at")


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state: its event, where it applies, and the SET list (SQL, no values of anybody's in them).

    `{at}` in it stands for the moment of the change.
    """

    event: EventType
    evidence: Evidence
    condition: str
    assignments: str
    may_wait: bool = False  # whether the handoff may be `new` after it, and so the sweep's some day


REDIRECT = Transition(
    EventType.REDIRECTED,
    Evidence.CLICK,
    "status IN ('new', 'abandoned')",
    "status = 'redirected', redirected_at = {at}, abandoned_at = NULL, external_booking_url_used = %(url)s",
)
COMPLETE = Transition(
    EventType.COMPLETED,
    Evidence.MANUAL,
    "status IN ('new', 'redirected', 'abandoned')",
    "status = 'completed_external', completed_at = now()",
)
REOPEN = Transition(
    EventType.REOPENED,
    Evidence.MANUAL,
    "status = 'completed_external'",
    "status = CASE WHEN redirected_at IS NULL THEN 'new' ELSE 'redirected' END, completed_at = NULL,"
    " abandoned_at = NULL, pending_since = now()",
    may_wait=True,
)
ABANDON = Transition(
    EventType.ABANDONED, Evidence.SYSTEM, "status = 'new'", "status = 'abandoned', abandoned_at = now()"
)
# What is left is what the house itself knows: status, times, and what stands on the business's or our own lists.
_ERASED = """
    erased_at = now(), customer_name = '', customer_email = '', customer_phone = '', preferred_date_time_text = '',
    notes = '', external_booking_url_used = '', fingerprint = NULL,
    requested_service = CASE WHEN requested_service = ANY(%(services)s) THEN requested_service ELSE '' END,
    source_page = CASE WHEN source_page = ANY(%(pages)s) THEN source_page ELSE '' END,
    industry_slug = CASE WHEN industry_slug = ANY(%(industries)s) THEN industry_slug ELSE '' END,
    metadata = coalesce(jsonb_set('{"erased": true}', '{flags}', metadata -> 'flags'), '{"erased": true}')
"""
ERASE = Transition(EventType.ERASED, Evidence.MANUAL, "erased_at IS NULL", _ERASED)
ERASE_DUE = Transition(EventType.ERASED, Evidence.SYSTEM, "erased_at IS NULL", _ERASED)


@dataclass(frozen=True, slots=True)
class Kept:
    """Which services, pages and industries say nothing of a person, and so outlive an erasure."""

    services: list[str]
    pages: list[str]
    industries: list[str]


class Changed(NamedTuple):
    """How many rows a statement changed, and when the newest of them was received."""

    rows: int
    newest: datetime | None


class HandoffQuerySet(models.QuerySet["BookingHandoff"]):
    """Handoffs of the current tenant."""

    def newest_first(self) -> "HandoffQuerySet":
        return self.order_by("-created_at", "-id")

    def after(self, created_at: datetime, handoff_id: UUID) -> "HandoffQuerySet":
        """Those that stand behind the given one in newest-first order; reads only the index from there on."""
        return self.filter(Q(created_at__lte=created_at) & (Q(created_at__lt=created_at) | Q(id__lt=handoff_id)))

    def insert_once(self, handoff: Received, *, is_announced: bool = True) -> bool:
        """Insert the row and its first event unless its id is there; True when inserted. One statement.

        The tenant's mark for the sweep goes with it and, where `is_announced`, the job NEW_HANDOFF.
        """
        connection, tenant = tenant_connection(), current_tenant()
        values = handoff._asdict()
        values |= {"metadata": Jsonb(handoff.metadata), "tenant_id": tenant.id, "is_announced": is_announced}
        if connection.ask(_insert_once_sql(tenant.schema_name), values).rowcount != 1:
            return False
        mark_after_commit(tenant_id=tenant.id, kinds=[SWEEP, DUE_KIND] if is_announced else [SWEEP])
        return True

    def transition(
        self, change: Transition, *, handoff_id: UUID, actor: str, url: str = "", at: datetime | None = None
    ) -> bool:
        """Make `change` where the handoff is in a state for it; True when this call made it.

        `at` is when it happened, for a click that is told late; None is now, by the database's clock.
        """
        return self._change(change, _ONE, {"id": handoff_id, "actor": actor, "url": url, "at": at}).rows == 1

    def erase(self, *, handoff_id: UUID, actor: str, kept: Kept) -> bool:
        """Blank what is personal in the row and its timeline, once; True when this call did it."""
        return self._change(ERASE, _ONE, {"id": handoff_id, "actor": actor} | asdict(kept)).rows == 1

    def erase_due(self, *, days: int, after: datetime | None, limit: int, kept: Kept) -> Changed:
        """Erase at most `limit` of those received more than `days` ago, oldest first, by the database's clock.

        Looks only at those received at `after` or later: the way to go on behind an earlier batch. Rows that somebody
        else is changing are left for the next run.
        """
        chosen = sql.SQL(
            "SELECT id FROM {table} WHERE erased_at IS NULL AND created_at < now() - make_interval(days => %(days)s)"
            " AND created_at >= coalesce(%(after)s, '-infinity'::timestamptz)"
            " ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED"
        ).format(table=sql.Identifier(self.model._meta.db_table))
        values = {"days": days, "after": after, "limit": limit, "actor": "system"}
        return self._change(ERASE_DUE, chosen, values | asdict(kept))

    def _change(self, change: Transition, chosen: sql.Composable, values: dict[str, Any]) -> Changed:
        at = "now()" if values.get("at") is None else "%(at)s"
        steps: dict[str, sql.Composable] = {"chosen": chosen, "changed": _update_sql(change, at=at)}
        if change.may_wait:
            steps["waiting"] = sql.SQL("SELECT {stale_at} FROM changed WHERE status = 'new'").format(
                stale_at=_STALE_AT.format(profile=sql.Identifier("business_businessprofile"))
            )
            steps["waiting_due"] = mark_due_sql(kind=SWEEP, source="waiting", due_at="waiting.stale_at")
        if change.event == EventType.ERASED:
            steps["blanked"] = _BLANK_TIMELINE
        steps["written"] = sql.SQL(
            "INSERT INTO {events} {event_columns} SELECT id, %(event)s, {at}, %(actor)s, %(evidence)s, '' FROM changed"
        ).format(events=sql.Identifier(_EVENT_TABLE), event_columns=_EVENT_COLUMNS, at=sql.SQL(at))
        statement = _compose(steps, sql.SQL("SELECT count(*), max(created_at) FROM changed"))
        more: dict[str, Any] = {"tenant_id": current_tenant().id, "event": change.event, "evidence": change.evidence}
        with connections[self.db].cursor() as cursor:
            cursor.execute(statement.as_string(), more | values)
            changed = Changed(*cursor.fetchone())
        if change.may_wait and changed.rows:
            mark_after_commit(tenant_id=current_tenant().id, kinds=[SWEEP])
        return changed


def _update_sql(change: Transition, *, at: str = "now()") -> sql.Composed:
    """The UPDATE of what a CTE `chosen` names, where it is in a state for it."""
    return sql.SQL(
        "UPDATE handoffs_bookinghandoff AS handoff SET {assignments} FROM chosen WHERE handoff.id = chosen.id"
        " AND handoff.{condition} RETURNING handoff.id, handoff.status, handoff.created_at, handoff.pending_since"
    ).format(
        assignments=sql.SQL(change.assignments.replace("{at}", at)),  # constants of this module, as is the condition
        condition=sql.SQL(change.condition),
    )


def _compose(steps: dict[str, sql.Composable], last: sql.Composable) -> sql.Composed:
    """Return one statement: the steps as CTEs by name, and the last one."""
    ctes = [sql.SQL("{} AS ({})").format(sql.Identifier(name), step) for name, step in steps.items()]
    return sql.SQL("WITH {} {}").format(sql.SQL(", ").join(ctes), last)


@lru_cache(maxsize=4_000)
def _insert_once_sql(schema: str) -> str:
    """The statement of a capture in one schema, put together once: it is the hot path."""
    names = Received._fields
    steps: dict[str, sql.Composable] = {
        "inserted": sql.SQL(
            "INSERT INTO {table} ({columns}, pending_since, status) VALUES ({values}, %(created_at)s, {status})"
            " ON CONFLICT (id) DO NOTHING RETURNING id, created_at, pending_since"
        ).format(
            table=sql.Identifier(schema, "handoffs_bookinghandoff"),
            columns=sql.SQL(", ").join(map(sql.Identifier, names)),
            values=sql.SQL(", ").join(map(sql.Placeholder, names)),
            status=sql.Literal(str(HandoffStatus.NEW)),
        ),
        "waiting": sql.SQL("SELECT {stale_at} FROM inserted").format(
            stale_at=_STALE_AT.format(profile=sql.Identifier(schema, "business_businessprofile"))
        ),
        "announced": sql.SQL("SELECT id FROM inserted WHERE %(is_announced)s"),
        **put_jobs_sql(
            schema=schema, kind=NEW_HANDOFF, source="announced", payload="jsonb_build_object('handoff', announced.id)"
        ),
        "waiting_due": mark_due_sql(kind=SWEEP, source="waiting", due_at="waiting.stale_at"),
    }
    last = sql.SQL(
        "INSERT INTO {events} {event_columns} SELECT id, {event}, created_at, 'visitor', {evidence}, '' FROM inserted"
    ).format(
        events=sql.Identifier(schema, _EVENT_TABLE),
        event_columns=_EVENT_COLUMNS,
        event=sql.Literal(str(EventType.CREATED)),
        evidence=sql.Literal(str(Evidence.SYSTEM)),
    )
    return _compose(steps, last).as_string()


NEXT_STALE_SQL = (
    "SELECT min(pending_since) + make_interval(hours => (SELECT abandon_after_hours FROM business_businessprofile))"
    " FROM handoffs_bookinghandoff WHERE status = 'new'"
)


_OLDEST_UNERASED = sql.SQL(
    "(SELECT created_at FROM handoffs_bookinghandoff WHERE erased_at IS NULL"
    " AND created_at >= coalesce(profile.erased_until, '-infinity'::timestamptz) ORDER BY created_at LIMIT 1)"
)
NEXT_OVERDUE_SQL = (
    sql.SQL("SELECT {} + make_interval(days => profile.retention_days) FROM business_businessprofile AS profile")
    .format(_OLDEST_UNERASED)
    .as_string()
)
# The mark stays a month behind, for what comes late (a replay of the journal) and for what somebody held just now.
# Reckoned before it is set: Citus refuses now() beside a column of what an UPDATE changes.
ERASED_UNTIL_SQL = (
    sql.SQL(
        "WITH mark AS (SELECT LEAST({}, now() - make_interval(days => profile.retention_days + 30)) AS at"
        " FROM business_businessprofile AS profile)"
        " UPDATE business_businessprofile SET erased_until = mark.at FROM mark"
    )
    .format(_OLDEST_UNERASED)
    .as_string()
)


@lru_cache(maxsize=1)
def sweep_sql(*, limit: int) -> str:
    """Return the statement that abandons at most `limit` stale handoffs of one tenant, the longest waiting first.

    By the database's clock and the tenant's own hours; rows that somebody is changing are left for the next time. It
    gives {abandoned: how many, next: when the next one left is stale}. Run by `execute_in_each`.

    Each schema's statement is planned anew, which is a third of the sweep: so it has arrays instead of joins, an hour
    times a number instead of make_interval, and the condition once: what is chosen is locked, and stays as it is.
    """
    chosen = sql.SQL(
        "SELECT id FROM handoffs_bookinghandoff WHERE {condition} AND pending_since < now() - (SELECT wait FROM rule)"
        " ORDER BY pending_since LIMIT {limit} FOR UPDATE SKIP LOCKED"
    ).format(condition=sql.SQL(ABANDON.condition), limit=sql.Literal(limit))
    steps: dict[str, sql.Composable] = {
        "rule": sql.SQL("SELECT abandon_after_hours * interval '1 hour' AS wait FROM business_businessprofile"),
        "changed": sql.SQL(
            "UPDATE handoffs_bookinghandoff SET {assignments} WHERE id = ANY(ARRAY({chosen})) RETURNING id"
        ).format(assignments=sql.SQL(ABANDON.assignments), chosen=chosen),
        "written": sql.SQL(
            "INSERT INTO handoffs_handoffevent {columns}"
            " SELECT id, {event}, now(), 'system', {evidence}, '' FROM changed"
        ).format(
            columns=_EVENT_COLUMNS, event=sql.Literal(str(ABANDON.event)), evidence=sql.Literal(str(ABANDON.evidence))
        ),
    }
    last = sql.SQL(
        "SELECT jsonb_build_object('abandoned', (SELECT count(*) FROM changed), 'next',"
        " (SELECT pending_since + (SELECT wait FROM rule) FROM handoffs_bookinghandoff WHERE status = 'new'"
        " AND id <> ALL(ARRAY(SELECT id FROM changed)) ORDER BY pending_since LIMIT 1))"
    )
    return _compose(steps, last).as_string()
