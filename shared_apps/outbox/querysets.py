"""The statements on jobs. Each commits by itself, so that a worker may be killed between any two."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connections, models
from psycopg import sql

from shared_apps.tenants.due import mark_due_sql

if TYPE_CHECKING:
    from shared_apps.outbox.models import Job  # noqa: F401 - ruff does not read the base class below

DUE_KIND = "outbox"


@dataclass(frozen=True, slots=True)
class Running:
    """A job that this worker has begun: its `attempts`th try."""

    id: UUID
    kind: str
    payload: Mapping[str, str | int]
    attempts: int


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs of the current tenant."""

    def put(
        self, *, tenant_id: int, job_id: UUID, kind: str, payload: Mapping[str, str | int], delay: timedelta
    ) -> None:
        """Write the job, or make the one of that id fresh again, and mark the tenant due. One statement."""
        statement = sql.SQL(
            "WITH job AS (INSERT INTO outbox_job AS job (id, kind, payload, due_at)"
            " VALUES (%(id)s, %(kind)s, %(payload)s, now() + make_interval(secs => %(delay)s))"
            " ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, attempts = 0, failed_at = NULL,"
            " last_error = '', due_at = CASE WHEN job.failed_at IS NULL THEN LEAST(job.due_at, excluded.due_at)"
            " ELSE excluded.due_at END RETURNING due_at) {mark}"
        ).format(mark=mark_due_sql(tenant_id=tenant_id, kind=DUE_KIND, source="job", due_at="job.due_at"))
        values: dict[str, Any] = {
            "id": job_id,
            "kind": kind,
            "payload": json.dumps(dict(payload)),
            "delay": delay.total_seconds(),
        }
        with connections[self.db].cursor() as cursor:
            cursor.execute(statement, values)

    def begin_next(self, *, lease: timedelta) -> Running | None:
        """Begin the job that is due the longest, for at most `lease`; None when none is due or free."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                "UPDATE outbox_job SET attempts = attempts + 1, due_at = now() + make_interval(secs => %s)"
                " WHERE id = (SELECT id FROM outbox_job WHERE failed_at IS NULL AND due_at <= now()"
                " ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
                " RETURNING id, kind, payload, attempts",
                [lease.total_seconds()],
            )
            row = cursor.fetchone()
        return None if row is None else Running(row[0], row[1], json.loads(row[2]), row[3])

    def finish(self, job: Running) -> bool:
        """Delete a job that is done; False when it was asked for again meanwhile, or taken over."""
        return bool(self.filter(pk=job.id, attempts=job.attempts).delete()[0])

    def try_again(self, job: Running, *, error: str, delay: timedelta) -> bool:
        """Put a job back that failed, until `delay` has passed."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                "UPDATE outbox_job SET due_at = now() + make_interval(secs => %s), last_error = %s"
                " WHERE id = %s AND attempts = %s",
                [delay.total_seconds(), error, job.id, job.attempts],
            )
            return bool(cursor.rowcount)

    def bury(self, job: Running, *, error: str) -> bool:
        """Give a job up and keep it to be seen."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                "UPDATE outbox_job SET failed_at = now(), last_error = %s WHERE id = %s AND attempts = %s",
                [error, job.id, job.attempts],
            )
            return bool(cursor.rowcount)
