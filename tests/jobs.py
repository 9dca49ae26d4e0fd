"""The jobs of a tenant, and the time they wait for."""

from datetime import timedelta

from django.utils import timezone

from shared_apps.outbox.models import Job
from shared_apps.outbox.services import relay_jobs
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope


def make_due(tenant: TenantRef) -> None:
    """Let all the time pass that the tenant's jobs wait for."""
    past = timezone.now() - timedelta(minutes=1)
    with enter_tenant(tenant):
        Job.objects.filter(failed_at=None).update(due_at=past)
    with public_scope():
        DueWork.objects.filter(tenant_id=tenant.id, kind="outbox").update(due_at=past, lease_until=None)


def deliver(tenant: TenantRef) -> None:
    """Let that time pass, and the worker do the jobs."""
    make_due(tenant)
    relay_jobs()


def is_marked(tenant: TenantRef) -> bool:
    """Whether the due list names the tenant for its jobs."""
    with public_scope():
        return DueWork.objects.filter(tenant_id=tenant.id, kind="outbox").exists()
