"""Writes that all processes must hear of, and what is kept of tenants for when the database is away."""

import logging
import time
from collections import defaultdict

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F
from django.db.models.functions import Now

from shared_apps.tenants.cache import host_generations
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.generations import ROUTING_SLOT, tenant_slot
from shared_apps.tenants.hooks import list_refreshers
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope, tenant_connection
from shared_apps.tenants.selectors import keep_route
from shared_apps.tenants.snapshots import ROUTES, TENANTS

logger = logging.getLogger(__name__)


def touch_tenant(tenant_id: int) -> None:
    """Tell every process that what it holds of this tenant is out of date. Call inside the writing transaction.

    The row's new generation commits with the change and tells other hosts; this host's counter is bumped after the
    commit, before the caller answers; then what is kept for an outage is written anew.
    """
    with public_scope():
        Tenant.objects.filter(pk=tenant_id).update(generation=F("generation") + 1, changed_at=Now())
    transaction.on_commit(lambda: _announce(tenant_id))


def _announce(tenant_id: int) -> None:
    host_generations().bump(tenant_slot(tenant_id))
    entered = tenant_connection().tenant
    if isinstance(entered, TenantRef) and entered.id == tenant_id:
        _refresh(entered)


def _refresh(tenant: TenantRef) -> bool:
    """Keep what the entered tenant's visitors need; False where its records do not answer."""
    try:
        for refresh in list_refreshers():
            refresh(tenant=tenant)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("no snapshot of %s: %s", tenant.schema_name, type(error).__name__)
        return False
    return True


def refresh_snapshots(known: dict[int, int], *, seconds: float = float("inf")) -> tuple[dict[int, int], bool]:
    """Bring what this host keeps of its tenants in line with the database.

    `known` is what the last run returned, {tenant id: generation}: only what changed since is read, the rest is
    confirmed, which is what keeps it good for the next 24 hours. What is kept of tenants that are not active is
    forgotten. One query, and two for each changed tenant; one tenant's failure does not stop the others. Returns the
    new generations, and whether all was read within about `seconds`.
    """
    ends = time.monotonic() + seconds
    domains: dict[int, list[Domain]] = defaultdict(list)
    with public_scope():
        rows = Domain.objects.filter(tenant__status=TenantStatus.ACTIVE).select_related("tenant")
        for domain in rows.order_by("tenant_id", "-is_primary"):
            domains[domain.tenant_id].append(domain)
    seen, is_complete = {}, True
    for tenant_id, own in domains.items():
        tenant = TenantRef.of(own[0])
        for domain in own:
            keep_route(domain.domain, tenant)
        if known.get(tenant_id) == own[0].tenant.generation and TENANTS.confirm(tenant.schema_name):
            seen[tenant_id] = own[0].tenant.generation
            continue
        if time.monotonic() > ends:
            is_complete = False
            continue
        with enter_tenant(tenant):
            if _refresh(tenant):
                seen[tenant_id] = own[0].tenant.generation
    _forget_others(
        hosts={domain.domain for own in domains.values() for domain in own},
        schemas={own[0].tenant.schema_name for own in domains.values()},
    )
    return seen, is_complete


def _forget_others(*, hosts: set[str], schemas: set[str]) -> None:
    for store, wanted in ((ROUTES, hosts), (TENANTS, schemas)):
        for key in store.list_keys() - wanted:
            store.drop(key)


def forget_snapshots(tenant: TenantRef) -> None:
    """Have nothing of a tenant served any more while the database is away, once this transaction is committed."""
    with public_scope():
        hosts = list(Domain.objects.filter(tenant_id=tenant.id).values_list("domain", flat=True))

    def forget() -> None:
        TENANTS.drop(tenant.schema_name)
        for host in hosts:
            ROUTES.drop(host)

    transaction.on_commit(forget)


def forget_route(domain: str) -> None:
    """Have nobody served at a domain any more while the database is away, once this transaction is committed."""
    transaction.on_commit(lambda: ROUTES.drop(domain))


def rename_tenant(*, tenant: TenantRef, name: str) -> None:
    """Give the tenant the name under which logins, mails and the gallery show it; at once in every process."""
    with public_scope():
        if Tenant.objects.filter(pk=tenant.id).exclude(name=name).update(name=name):
            announce_routing_change()


def announce_routing_change() -> None:
    """Make every process of this host look host names up anew, after the commit."""
    transaction.on_commit(lambda: host_generations().bump(ROUTING_SLOT))
