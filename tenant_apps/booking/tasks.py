"""The frame check: soon after a URL is saved the worker asks the provider's page whether our pages may frame it.

No request waits for it and none talks to the broker: beat asks which tenants changed lately, by an index of the public
schema, and those among them whose check is due are asked. And the link check: each page is looked at now and then.
"""

import logging
from urllib.parse import urlsplit

from celery import shared_task
from django.db import DatabaseError, InterfaceError

from shared_apps.outbound import GuardedClient
from shared_apps.tenants.scope import TenantNotActiveError, enter_tenant, tenant_scope
from shared_apps.tenants.selectors import list_changed_tenants, tenant_url
from shared_apps.tenants.tasks import PlatformTask
from tenant_apps.booking import services
from tenant_apps.booking.selectors import is_frame_check_due
from tenant_apps.booking.services import run_frame_check

logger = logging.getLogger(__name__)


@shared_task(name="booking.dispatch_frame_checks", base=PlatformTask)
def dispatch_frame_checks(seconds: int) -> int:
    """Send out the due checks of tenants that changed within the last `seconds`; returns how many."""
    due = 0
    for tenant in list_changed_tenants(seconds=seconds):
        try:
            with enter_tenant(tenant):
                is_due = is_frame_check_due()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("frame check of %s not dispatched: %s", tenant.schema_name, type(error).__name__)
            continue
        if is_due:
            check_frame.apply_async((tenant.schema_name,), expires=60)
            due += 1
    return due


@shared_task(name="booking.check_frame", base=PlatformTask)
def check_frame(schema: str) -> str | None:
    """Ask one tenant's booking page, unless somebody just did; returns the result."""
    try:
        with tenant_scope(schema) as tenant:
            if not is_frame_check_due():
                return None
            origin = tenant_url(tenant, "")
            return run_frame_check(
                tenant=tenant,
                our_host=urlsplit(origin).netloc,
                our_origin=origin,
                look=GuardedClient().fetch_headers,
            )
    except TenantNotActiveError:
        return None


@shared_task(name="booking.check_links", base=PlatformTask)
def check_links() -> int:
    """Look at the booking pages that are due; returns at how many."""
    return services.check_links(look=GuardedClient().fetch_headers)
