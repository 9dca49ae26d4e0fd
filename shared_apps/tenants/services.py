"""Writes that all processes must hear of."""

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from shared_apps.tenants.cache import host_generations
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.generations import ROUTING_SLOT, tenant_slot
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, public_scope


def touch_tenant(tenant_id: int) -> None:
    """Tell every process that what it holds of this tenant is out of date. Call inside the writing transaction.

    The row's new generation commits with the change and tells other hosts; this host's counter is bumped after the
    commit, before the caller answers.
    """
    with public_scope():
        Tenant.objects.filter(pk=tenant_id).update(generation=F("generation") + 1, changed_at=Now())
    transaction.on_commit(lambda: host_generations().bump(tenant_slot(tenant_id)))


def rename_tenant(*, tenant: TenantRef, name: str) -> None:
    """Give the tenant the name under which logins, mails and the gallery show it; at once in every process."""
    with public_scope():
        if Tenant.objects.filter(pk=tenant.id).exclude(name=name).update(name=name):
            announce_routing_change()


def announce_routing_change() -> None:
    """Make every process of this host look host names up anew, after the commit."""
    transaction.on_commit(lambda: host_generations().bump(ROUTING_SLOT))


def set_tenant_status(*, tenant: TenantRef, status: TenantStatus) -> bool:
    """Suspend or resume a tenant; True when that changed something. Takes effect at once in every process."""
    with public_scope(), transaction.atomic():
        changed = Tenant.objects.filter(pk=tenant.id).exclude(status=status).update(status=status)
        if changed:
            touch_tenant(tenant.id)
            announce_routing_change()
    return bool(changed)
