"""The sweep, the counts by day, and retention: beat asks for each, and as many workers as there are may run it."""

from celery import shared_task

from shared_apps.tenants.tasks import PlatformTask
from tenant_apps.handoffs import retention, services


@shared_task(name="handoffs.sweep_handoffs", base=PlatformTask)
def sweep_handoffs() -> int:
    """Abandon what waited too long at the tenants that have something due; returns how many."""
    return services.sweep_handoffs()


@shared_task(name="handoffs.tally_handoffs", base=PlatformTask)
def tally_handoffs() -> int:
    """Bring the counts by day up to now where much has changed; returns at how many tenants."""
    return services.tally_tenants()


@shared_task(name="handoffs.erase_overdue_handoffs", base=PlatformTask)
def erase_overdue_handoffs() -> int:
    """Erase what is older than its tenant keeps it; returns how many."""
    return retention.erase_overdue_handoffs()
