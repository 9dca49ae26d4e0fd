"""Reads of the current tenant's jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Min, Q

from shared_apps.outbox.models import Job

FAILED_JOBS_SQL: Final = "SELECT to_jsonb(count(*)) FROM outbox_job WHERE failed_at IS NOT NULL"
"""How many jobs of a tenant were given up, for the operator to see."""


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How many jobs of a tenant are in which state. Finished ones are gone."""

    waiting: int  # not tried yet
    trying: int  # begun at least once: running, or to be tried again
    failed: int  # given up


def find_next_due() -> datetime | None:
    """Return when the next job of the current tenant is due; None when none waits."""
    next_due: datetime | None = Job.objects.filter(failed_at=None).aggregate(at=Min("due_at"))["at"]
    return next_due


def count_jobs() -> JobCounts:
    """Return the current tenant's counts, in one query."""
    counts = Job.objects.aggregate(
        waiting=Count("pk", filter=Q(failed_at=None, attempts=0)),
        trying=Count("pk", filter=Q(failed_at=None, attempts__gt=0)),
        failed=Count("pk", filter=Q(failed_at__isnull=False)),
    )
    return JobCounts(**counts)
