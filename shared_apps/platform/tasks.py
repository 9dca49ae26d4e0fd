"""What the platform does by itself."""

from celery import shared_task

from shared_apps.platform.claims import check_due_claims
from shared_apps.tenants.tasks import PlatformTask


@shared_task(name="platform.check_domains", base=PlatformTask, expires=60)
def check_domains() -> int:
    """Ask the DNS whether tenants' own domains are proven still; returns how many were asked."""
    return check_due_claims()
