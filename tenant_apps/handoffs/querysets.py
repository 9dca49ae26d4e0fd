"""The statements on handoffs. Every change of state is one conditional UPDATE that writes its own timeline event."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connections, models
from django.db.models import Q
from psycopg import sql

from tenant_apps.handoffs.enums import EventType, Evidence, HandoffStatus

if TYPE_CHECKING:
    from tenant_apps.handoffs.models import BookingHandoff

_EVENT_TABLE = sql.Identifier("handoffs_handoffevent")
_EVENT_COLUMNS = sql.SQL("(handoff_id, type, at, actor, evidence, detail)")


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state: from which states, the SET list (SQL, no values of anybody's in it), and its event."""

    event: EventType
    evidence: Evidence
    sources: tuple[HandoffStatus, ...]
    assignments: str


REDIRECT = Transition(
    EventType.REDIRECTED,
    Evidence.CLICK,
    (HandoffStatus.NEW, HandoffStatus.ABANDONED),
    "status = 'redirected', redirected_at = now(), abandoned_at = NULL, external_booking_url_used = %(url)s",
)
COMPLETE = Transition(
    EventType.COMPLETED,
    Evidence.MANUAL,
    (HandoffStatus.NEW, HandoffStatus.REDIRECTED, HandoffStatus.ABANDONED),
    "status = 'completed_external', completed_at = now()",
)
REOPEN = Transition(
    EventType.REOPENED,
    Evidence.MANUAL,
    (HandoffStatus.COMPLETED_EXTERNAL,),
    "status = CASE WHEN redirected_at IS NULL THEN 'new' ELSE 'redirected' END, completed_at = NULL,"
    " abandoned_at = NULL, pending_since = now()",
)
ABANDON = Transition(
    EventType.ABANDONED, Evidence.SYSTEM, (HandoffStatus.NEW,), "status = 'abandoned', abandoned_at = now()"
)


class HandoffQuerySet(models.QuerySet["BookingHandoff"]):
    """Handoffs of the current tenant."""

    def newest_first(self) -> "HandoffQuerySet":
        return self.order_by("-created_at", "-id")

    def after(self, created_at: datetime, handoff_id: UUID) -> "HandoffQuerySet":
        """Those that stand behind the given one in newest-first order; reads only the index from there on."""
        return self.filter(Q(created_at__lte=created_at) & (Q(created_at__lt=created_at) | Q(id__lt=handoff_id)))

    def insert_once(self, handoff: "BookingHandoff") -> bool:
        """Insert the row and its first event unless its id is there; True when inserted. One statement."""
        fields = self.model._meta.concrete_fields
        statement = sql.SQL(
            "WITH inserted AS (INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT (id) DO NOTHING"
            " RETURNING id, created_at)"
            " INSERT INTO {events} {event_columns} SELECT id, %s, created_at, %s, %s, '' FROM inserted"
        ).format(
            table=sql.Identifier(self.model._meta.db_table),
            columns=sql.SQL(", ").join([sql.Identifier(field.attname) for field in fields]),
            values=sql.SQL(", ").join(sql.Placeholder() for _ in fields),
            events=_EVENT_TABLE,
            event_columns=_EVENT_COLUMNS,
        )
        connection = connections[self.db]
        values = [field.get_db_prep_save(getattr(handoff, field.attname), connection) for field in fields]
        return self._execute(statement, [*values, EventType.CREATED, "visitor", Evidence.SYSTEM]) == 1

    def transition(self, change: Transition, *, handoff_id: UUID, actor: str, detail: str = "", url: str = "") -> bool:
        """Make `change` where the handoff is in one of its source states; True when this call made it."""
        chosen = sql.SQL("SELECT %(id)s::uuid AS id")
        return self._change(change, chosen, {"id": handoff_id, "actor": actor, "detail": detail, "url": url}) == 1

    def abandon_due(self, *, hours: int, limit: int) -> int:
        """Abandon at most `limit` of those that have waited longer than `hours`, by the database's clock.

        Rows that somebody else is changing are left for the next run. Returns how many were abandoned.
        """
        chosen = sql.SQL(
            "SELECT id FROM {table} WHERE status = 'new' AND pending_since < now() - make_interval(hours => %(hours)s)"
            " ORDER BY pending_since LIMIT %(limit)s FOR UPDATE SKIP LOCKED"
        ).format(table=sql.Identifier(self.model._meta.db_table))
        return self._change(ABANDON, chosen, {"hours": hours, "limit": limit, "actor": "system", "detail": ""})

    def _change(self, change: Transition, chosen: sql.Composable, values: dict[str, Any]) -> int:
        statement = sql.SQL(
            "WITH chosen AS ({chosen}), changed AS (UPDATE {table} AS handoff SET {assignments} FROM chosen"
            " WHERE handoff.id = chosen.id AND handoff.status = ANY(%(sources)s) RETURNING handoff.id)"
            " INSERT INTO {events} {event_columns}"
            " SELECT id, %(event)s, now(), %(actor)s, %(evidence)s, %(detail)s FROM changed"
        ).format(
            chosen=chosen,
            table=sql.Identifier(self.model._meta.db_table),
            assignments=sql.SQL(change.assignments),  # a constant of this module
            events=_EVENT_TABLE,
            event_columns=_EVENT_COLUMNS,
        )
        sources = [str(source) for source in change.sources]
        return self._execute(
            statement, values | {"sources": sources, "event": change.event, "evidence": change.evidence}
        )

    def _execute(self, statement: sql.Composed, values: Any) -> int:
        with connections[self.db].cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)
