"""Reads of tenants and domains."""

from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Now

from shared_apps.tenants.cache import GenerationCache
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.generations import ROUTING_SLOT
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef, load_tenant, public_scope
from shared_apps.tenants.snapshots import ROUTES

_hosts: GenerationCache[TenantRef | None] = GenerationCache(max_entries=20_000, ttl=30.0)


def domain_key(host: str) -> str | None:
    """Return the key under which a normalised host stands in Domain: the label below SAAS_DOMAIN, else the host.

    None for a host without a dot: it would be taken for somebody's label.
    """
    if "." not in host:
        return None
    label = host.removesuffix("." + settings.SAAS_DOMAIN)
    return label if "." not in label else host


def find_tenant_by_host(host: str) -> TenantRef | None:
    """Return the active or suspended tenant that answers to a normalised host; None when there is none.

    No query when warm; unknown hosts are remembered too. Status changes and new domains are seen at once on this
    host and within a second on others (`shared_apps.tenants.generations`). While the database is away a process that
    does not know the host takes what was kept of it (`shared_apps.tenants.snapshots`).
    """
    key = domain_key(host)
    if key is None:
        return None
    return _hosts.get(key, slot=ROUTING_SLOT, load=lambda: _load_by_domain(key), recall=lambda: _recall_route(key))


def find_known_tenant(host: str) -> TenantRef | None:
    """Return the tenant of a normalised host where this process knows it for certain; asks nobody."""
    key = domain_key(host)
    return None if key is None else _hosts.find(key, slot=ROUTING_SLOT)


def _load_by_domain(key: str) -> TenantRef | None:
    hidden = (TenantStatus.CREATING, TenantStatus.DELETED, TenantStatus.DROPPED)
    tenant = load_tenant(Domain.objects.filter(domain=key).exclude(tenant__status__in=hidden))
    keep_route(key, tenant)
    return tenant


def keep_route(key: str, tenant: TenantRef | None) -> None:
    """Keep, for when the database is away, which active tenant answers to a domain; of any other nothing is kept."""
    if tenant is not None and tenant.is_active:
        ROUTES.keep(key, asdict(tenant))
    elif ROUTES.holds(key):
        ROUTES.drop(key)


def _recall_route(key: str) -> tuple[TenantRef, float] | None:
    found = ROUTES.recall(key)
    try:
        return None if found is None else (TenantRef(**found.value), found.age)
    except TypeError:  # kept by another version of this code
        return None


def find_tenant_by_subdomain(subdomain: str) -> TenantRef | None:
    """Return the tenant with that domain, of any status, read from the database; None when there is none."""
    return load_tenant(Domain.objects.filter(domain=subdomain))


def is_demo_tenant(tenant: TenantRef) -> bool:
    """Return whether the tenant was made as a demo, and may be dropped and filled as one."""
    with public_scope():
        return Tenant.objects.filter(pk=tenant.id, is_demo=True).exists()


def count_tenants() -> dict[str, int]:
    """Return how many tenants there are of each status, by one query."""
    with public_scope():
        rows = dict(Tenant.objects.values_list("status").annotate(count=Count("pk")).order_by())
    return {status: rows.get(status, 0) for status in TenantStatus.values}


def list_active_tenants(*, demo_only: bool = False) -> list[TenantRef]:
    """Return the active tenants, oldest first, read in one query."""
    return _list_active(tenant__is_demo=True) if demo_only else _list_active()


def list_changed_tenants(*, seconds: int) -> list[TenantRef]:
    """Return the active tenants something was saved for within the last `seconds` by the database's clock."""
    return _list_active(tenant__changed_at__gt=Now() - timedelta(seconds=seconds))


def _list_active(**wanted: object) -> list[TenantRef]:
    primaries = Domain.objects.filter(is_primary=True, tenant__status=TenantStatus.ACTIVE, **wanted)
    with public_scope():
        return [TenantRef.of(domain) for domain in primaries.select_related("tenant").order_by("tenant_id")]


def tenant_host(tenant: TenantRef) -> str:
    """Return the tenant's canonical host name, without a port."""
    return tenant.host or f"{tenant.client_id}.{settings.SAAS_DOMAIN}"


def platform_url(path: str = "/") -> str:
    """Return the absolute address of `path` on the platform's own host."""
    return f"{settings.PUBLIC_SCHEME}://{settings.SAAS_DOMAIN}{settings.PUBLIC_PORT_SUFFIX}{path}"


def tenant_url(tenant: TenantRef, path: str = "/") -> str:
    """Return the absolute address of `path` on the tenant's canonical host, as a visitor types it."""
    return f"{settings.PUBLIC_SCHEME}://{tenant_host(tenant)}{settings.PUBLIC_PORT_SUFFIX}{path}"
