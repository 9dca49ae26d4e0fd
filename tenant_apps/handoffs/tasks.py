"""The sweep, and the counts by day: beat asks for each once a minute, and as many workers as there are may run it."""

from celery import shared_task

from shared_apps.tenants.tasks import PlatformTask
from tenant_apps.handoffs import services


@shared_task(name="handoffs.sweep_handoffs", base=PlatformTask)
def sweep_handoffs() -> int:
    """Abandon what waited too long at the tenants that have something due; returns how many."""
    return services.sweep_handoffs()


@shared_task(name="handoffs.tally_handoffs", base=PlatformTask)
def tally_handoffs() -> int:
    """Bring the counts by day up to now where much has changed; returns at how many tenants."""
    return services.tally_tenants()
