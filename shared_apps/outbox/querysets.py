"""The statements on jobs. Each commits by itself, so that a worker may be killed between any two."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connections, models
from psycopg import sql

from shared_apps.tenants.due import mark_after_commit, mark_due_sql

if TYPE_CHECKING:
    from shared_apps.outbox.models import Job  # noqa: F401 - ruff does not read the base class below

DUE_KIND = "outbox"
DEAD_KIND = "dead_jobs"  # nobody claims it: it says which tenants have jobs that were given up
NEXT_JOB_SQL = "SELECT min(due_at) FROM outbox_job WHERE failed_at IS NULL"
KEEP_FAILED = "90 days"


_PUT = (
    "WITH job AS (INSERT INTO outbox_job AS job (id, kind, payload, due_at)"
    " VALUES (%(id)s, %(kind)s, %(payload)s, GREATEST(statement_timestamp(), %(not_before)s::timestamptz))"
    " ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, attempts = 0, failed_at = NULL, last_error = '',"
    " due_at = CASE WHEN job.failed_at IS NULL THEN LEAST(job.due_at, excluded.due_at) ELSE excluded.due_at END"
    " RETURNING due_at) {mark}"
)


_BURY = sql.SQL(
    "WITH old AS (DELETE FROM outbox_job WHERE id IN (SELECT id FROM outbox_job"
    " WHERE failed_at < statement_timestamp() - %(keep)s::interval LIMIT 100)),"
    " buried AS (UPDATE outbox_job SET failed_at = statement_timestamp(), last_error = %(error)s"
    " WHERE id = %(id)s AND attempts = %(attempts)s RETURNING failed_at),"
    " mark AS ({mark}) SELECT count(*) FROM buried"
)

_REVIVE = sql.SQL(
    "WITH job AS (UPDATE outbox_job SET failed_at = NULL, attempts = 0, last_error = '',"
    " due_at = statement_timestamp() WHERE failed_at IS NOT NULL AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)"
    " RETURNING due_at), due AS (SELECT min(due_at) AS due_at FROM job HAVING count(*) > 0),"
    " mark AS ({mark}) SELECT count(*) FROM job"
)


def put_jobs_sql(*, schema: str, kind: str, source: str, payload: str) -> dict[str, sql.Composable]:
    """Return the CTEs, by name, that write a job of `kind` for each row of a CTE `source` and mark the tenant due.

    For the one statement of a hot path, which names its `schema`; everything else calls `enqueue`. `payload` is SQL
    over `source`, a JSON object of ids; `%(tenant_id)s` is given with the statement. All else is the caller's constant.
    """
    insert = sql.SQL(
        "INSERT INTO {table} (id, kind, payload) SELECT gen_random_uuid(), {kind}, {payload} FROM {source}"
        " RETURNING due_at"
    ).format(
        table=sql.Identifier(schema, "outbox_job"),
        kind=sql.Literal(kind),
        payload=sql.SQL(payload),
        source=sql.Identifier(source),
    )
    return {"job": insert, "job_due": mark_due_sql(kind=DUE_KIND, source="job", due_at="job.due_at")}


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
        self, *, tenant_id: int, job_id: UUID, kind: str, payload: Mapping[str, str | int], not_before: datetime | None
    ) -> None:
        """Write the job, or make the one of that id fresh again, and mark the tenant due. One statement."""
        values: dict[str, Any] = {
            "tenant_id": tenant_id,
            "id": job_id,
            "kind": kind,
            "payload": json.dumps(dict(payload)),
            "not_before": not_before,
        }
        with connections[self.db].cursor() as cursor:
            mark = mark_due_sql(kind=DUE_KIND, source="job", due_at="job.due_at")
            cursor.execute(sql.SQL(_PUT).format(mark=mark), values)
        mark_after_commit(tenant_id=tenant_id, kinds=[DUE_KIND])

    def begin_next(self, *, lease: timedelta) -> Running | None:
        """Begin the job that is due the longest, for at most `lease`; None when none is due or free."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                "UPDATE outbox_job SET attempts = attempts + 1,"
                " due_at = statement_timestamp() + make_interval(secs => %s) WHERE id = (SELECT id FROM outbox_job"
                " WHERE failed_at IS NULL AND due_at <= statement_timestamp()"
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
                "UPDATE outbox_job SET due_at = statement_timestamp() + make_interval(secs => %s), last_error = %s"
                " WHERE id = %s AND attempts = %s",
                [delay.total_seconds(), error, job.id, job.attempts],
            )
            return bool(cursor.rowcount)

    def bury(self, job: Running, *, tenant_id: int, error: str) -> bool:
        """Give a job up and keep it to be seen; those given up KEEP_FAILED ago go, a hundred at a time.

        The tenant is marked as one that has such jobs, which is how they are counted without visiting anybody.
        """
        statement = _BURY.format(mark=mark_due_sql(kind=DEAD_KIND, source="buried", due_at="buried.failed_at"))
        values: dict[str, Any] = {"tenant_id": tenant_id, "keep": KEEP_FAILED, "error": error}
        with connections[self.db].cursor() as cursor:
            cursor.execute(statement, values | {"id": job.id, "attempts": job.attempts})
            is_buried = bool(cursor.fetchone()[0])
        if is_buried:
            mark_after_commit(tenant_id=tenant_id, kinds=[DEAD_KIND])
        return is_buried

    def revive(self, *, tenant_id: int, job_id: UUID | None) -> int:
        """Make a job that was given up, or with None every one, as fresh as new, and mark the tenant due."""
        statement = _REVIVE.format(mark=mark_due_sql(kind=DUE_KIND, source="due", due_at="due.due_at"))
        with connections[self.db].cursor() as cursor:
            cursor.execute(statement, {"tenant_id": tenant_id, "id": job_id})
            count = int(cursor.fetchone()[0])
        if count:
            mark_after_commit(tenant_id=tenant_id, kinds=[DUE_KIND])
        return count
