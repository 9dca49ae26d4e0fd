"""Jobs leave after the commit: `enqueue` in a request's transaction, `relay_jobs` in the worker."""

import logging
import random
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4, uuid5

from django.db import DatabaseError

from shared_apps.counters import Counter
from shared_apps.outbox.hooks import get_handler
from shared_apps.outbox.models import Job
from shared_apps.outbox.querysets import DEAD_KIND, DUE_KIND, Running, put_jobs_sql
from shared_apps.outbox.selectors import find_next_due
from shared_apps.tenants.due import claim_due, is_quiet_since, settle_due, unmark
from shared_apps.tenants.scope import TenantRef, current_tenant, enter_tenant

__all__ = [
    "DEAD_KIND",
    "DELAYS",
    "DUE_KIND",
    "MAX_TRIES",
    "describe_error",
    "enqueue",
    "put_jobs_sql",
    "relay_jobs",
    "replay_dead_jobs",
]

logger = logging.getLogger(__name__)

# After the first try and before each next one, in seconds: about three days in all, then the job is given up.
DELAYS: Final = (15, 60, 240, 900, 3600, 4 * 3600, 8 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)
MAX_TRIES: Final = len(DELAYS) + 1

JOB_LEASE: Final = timedelta(minutes=5)  # as long as a task may run at all
TENANT_LEASE: Final = timedelta(minutes=1)
TENANT_SECONDS: Final = 10.0  # then the next tenant has its turn
RELAY_SECONDS: Final = 25.0
BROKEN_PAUSE: Final = timedelta(minutes=1)

JOBS: Final = Counter(
    "handoff_jobs_total", "Tries of outbox jobs; dead ones wait for a person.", outcome=("done", "failed", "dead")
)

_NAMESPACE = UUID("6f0f2b0e-6a53-5b0d-9a0c-2f3f2f6c8f11")


def enqueue(*, kind: str, payload: Mapping[str, str | int], key: str = "", not_before: datetime | None = None) -> None:
    """Have the handler of `kind` called with `payload` after the commit of the current transaction, or never.

    `payload` holds ids only, never personal data. With a `key` at most one job of that kind and key waits at a time:
    asked for again it is as fresh as new, and one that is being done meanwhile is done once more. It waits until
    `not_before`, where that is given. One statement in the tenant's schema; the broker is not asked.
    Raises LookupError in public.
    """
    job_id = uuid5(_NAMESPACE, f"{kind}|{key}") if key else uuid4()
    Job.objects.put(tenant_id=current_tenant().id, job_id=job_id, kind=kind, payload=payload, not_before=not_before)


def relay_jobs(*, seconds: float = RELAY_SECONDS) -> int:
    """Do what is due at any tenant, for about `seconds`; returns how many jobs were begun.

    Call outside a transaction. Safe to run several times at once and to be killed.
    """
    deadline = time.monotonic() + seconds
    begun = 0
    while time.monotonic() < deadline:
        claims, after = claim_due(kind=DUE_KIND, limit=1, lease=TENANT_LEASE)
        if not claims:
            break
        tenant, is_quiet = claims[0].tenant, True
        next_due: datetime | None
        try:
            with enter_tenant(tenant):
                begun += _relay_tenant(tenant)
                is_quiet = is_quiet_since(after)
                next_due = find_next_due()
        except DatabaseError as error:  # its schema is being migrated, or broken: the others go on
            logger.warning("jobs of %s not done: %s", tenant.schema_name, describe_error(error))
            next_due = after + BROKEN_PAUSE
        dues = {} if next_due is None else {tenant.id: next_due}
        settle_due(kind=DUE_KIND, claims=claims, next_due=dues, is_quiet=is_quiet)
    return begun


def _relay_tenant(tenant: TenantRef) -> int:
    """Do the due jobs of the tenant that is entered, for a few seconds; returns how many were begun."""
    deadline = time.monotonic() + TENANT_SECONDS
    begun = 0
    while time.monotonic() < deadline:
        job = Job.objects.begin_next(lease=JOB_LEASE)
        if job is None:
            break
        _run(tenant, job)
        begun += 1
    return begun


def _run(tenant: TenantRef, job: Running) -> None:
    """Do one job, and note how it went. Its failure is its own: nothing is raised."""
    if job.attempts > MAX_TRIES:  # the last try took the worker with it
        _give_up(tenant, job, "lost")
        return
    try:
        get_handler(job.kind)(tenant, job.payload)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises, the other jobs are done
        name = describe_error(error)
        if job.attempts >= MAX_TRIES:
            _give_up(tenant, job, name)
            return
        delay = DELAYS[job.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
        logger.warning("job %s of %s failed at try %s: %s", job.kind, tenant.schema_name, job.attempts, name)
        Job.objects.try_again(job, error=name, delay=timedelta(seconds=delay))
        JOBS.add("failed")
    else:
        Job.objects.finish(job)
        JOBS.add("done")


def _give_up(tenant: TenantRef, job: Running, error: str) -> None:
    logger.error("job %s %s of %s given up: %s", job.kind, job.id, tenant.schema_name, error)
    if Job.objects.bury(job, tenant_id=tenant.id, error=error):
        JOBS.add("dead")


def replay_dead_jobs(*, job_id: UUID | None = None) -> int:
    """Have jobs of the current tenant that were given up tried anew, one or all; returns how many.

    Safe to repeat: what is not given up is left alone. Raises LookupError in public.
    """
    tenant = current_tenant()
    count = Job.objects.revive(tenant_id=tenant.id, job_id=job_id)
    if not Job.objects.exclude(failed_at=None).exists():
        unmark(tenant_id=tenant.id, kind=DEAD_KIND)
    return count


def describe_error(error: BaseException) -> str:
    """Return the class of an error and its SQLSTATE; never its text, which may hold personal data."""
    sqlstate = getattr(error.__cause__, "sqlstate", None) or getattr(error, "sqlstate", None)
    name = type(error).__qualname__
    return (f"{name} {sqlstate}" if sqlstate else name)[:80]
