"""`manage.py dead_jobs`: what the worker gave up, and having it tried anew once the cause is mended."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from shared_apps.outbox.selectors import DeadJob, list_dead_jobs
from shared_apps.outbox.services import replay_dead_jobs
from shared_apps.tenants.scope import TenantRef, enter_tenant
from shared_apps.tenants.selectors import find_tenant_by_subdomain, list_active_tenants


class Command(BaseCommand):
    """Lists jobs that were given up: ids, times and classes of errors, nothing personal."""

    help = "List jobs that were given up, and have them tried anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SUBDOMAIN", help="of this tenant alone")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--replay", type=UUID, metavar="ID", help="try that job anew")
        which.add_argument("--all", action="store_true", help="try all that are listed anew")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per job, then replay what was asked for. Safe to repeat. Exit code 1: no such tenant or job."""
        dead = list_dead_jobs(self._tenants(options["tenant"]))
        wanted = options["replay"]
        if wanted is not None:
            dead = [job for job in dead if job.id == wanted]
            if not dead:
                raise CommandError(f"No job {wanted} was given up.")
        for job in dead:
            self.stdout.write(_describe(job))
        if wanted is None and not options["all"]:
            self.stdout.write(f"{len(dead)} jobs were given up.")
            return
        count = 0
        for tenant in {job.tenant for job in dead}:
            with enter_tenant(tenant):
                count += replay_dead_jobs(job_id=wanted)
        self.stdout.write(f"{count} jobs are tried anew.")

    def _tenants(self, subdomain: str | None) -> list[TenantRef]:
        if subdomain is None:
            return list_active_tenants()
        tenant = find_tenant_by_subdomain(subdomain)
        if tenant is None or not tenant.is_active:
            raise CommandError(f"No active tenant answers to {subdomain}.")
        return [tenant]


def _describe(job: DeadJob) -> str:
    return f"{job.tenant.client_id} {job.id} {job.kind} given up {job.failed_at} after {job.attempts}: {job.last_error}"
