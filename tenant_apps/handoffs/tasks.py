"""The sweep: beat asks for one dispatch, which hands the active tenants out in chunks."""

import logging

from celery import shared_task
from django.db import DatabaseError, InterfaceError

from shared_apps.tenants.scope import TenantNotActiveError, tenant_scope
from shared_apps.tenants.selectors import list_active_tenants
from shared_apps.tenants.tasks import PlatformTask
from tenant_apps.handoffs.services import abandon_stale_handoffs

logger = logging.getLogger(__name__)

CHUNK = 50


@shared_task(name="handoffs.dispatch_sweep", base=PlatformTask, expires=120)
def dispatch_sweep() -> int:
    """Send out the sweep of every active tenant; returns how many chunks."""
    schemas = [tenant.schema_name for tenant in list_active_tenants()]
    chunks = [schemas[at : at + CHUNK] for at in range(0, len(schemas), CHUNK)]
    for chunk in chunks:
        sweep_handoffs.delay(chunk)
    return len(chunks)


@shared_task(name="handoffs.sweep_handoffs", base=PlatformTask)
def sweep_handoffs(schemas: list[str]) -> int:
    """Abandon what waited too long in each of `schemas`; returns how many. One failure does not stop the rest."""
    abandoned = 0
    for schema in schemas:
        try:
            with tenant_scope(schema):
                abandoned += abandon_stale_handoffs()
        except (TenantNotActiveError, DatabaseError, InterfaceError) as error:
            logger.warning("sweep of %s failed: %s", schema, type(error).__name__)
    return abandoned
