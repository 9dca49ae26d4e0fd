"""Reads of the current tenant's jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Min

from shared_apps.outbox.models import Job
from shared_apps.tenants.bulk import execute_in_each, in_batches
from shared_apps.tenants.scope import TenantRef

FAILED_JOBS_SQL: Final = "SELECT to_jsonb(count(*)) FROM outbox_job WHERE failed_at IS NOT NULL"
"""How many jobs of a tenant were given up, for the operator to see."""


def find_next_due() -> datetime | None:
    """Return when the next job of the current tenant is due; None when none waits."""
    next_due: datetime | None = Job.objects.filter(failed_at=None).aggregate(at=Min("due_at"))["at"]
    return next_due


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was given up. `failed_at` is ISO 8601, `last_error` a class and a SQLSTATE."""

    tenant: TenantRef
    id: UUID
    kind: str
    attempts: int
    failed_at: str
    last_error: str


_DEAD_SQL: Final = (
    "SELECT coalesce(jsonb_agg(jsonb_build_array(id, kind, attempts, failed_at, last_error)"
    " ORDER BY failed_at, id), '[]')"
    " FROM outbox_job WHERE failed_at IS NOT NULL"
)


def list_dead_jobs(tenants: Sequence[TenantRef]) -> list[DeadJob]:
    """Return the jobs of `tenants` that were given up. One statement for many tenants; call outside a transaction."""
    return [
        DeadJob(outcome.tenant, UUID(job_id), kind, attempts, failed_at, last_error)
        for batch in in_batches(tenants)
        for outcome in execute_in_each(batch, _DEAD_SQL)
        for job_id, kind, attempts, failed_at, last_error in outcome.value or []
    ]
