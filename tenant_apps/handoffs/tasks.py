"""The sweep: beat asks for it once a minute, and as many workers as there are may run it at once."""

from celery import shared_task

from shared_apps.tenants.tasks import PlatformTask
from tenant_apps.handoffs import services


@shared_task(name="handoffs.sweep_handoffs", base=PlatformTask)
def sweep_handoffs() -> int:
    """Abandon what waited too long at the tenants that have something due; returns how many."""
    return services.sweep_handoffs()
