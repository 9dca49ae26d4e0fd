"""The one way to enter a tenant's schema, or public.

`with tenant:`, `schema_context` and `tenant_context` of django-tenants are banned by lint: their state is shared by
threads, and they fall back to public. These context managers keep their state in the call, verify the tenant, and
put back what was there before, which in a fresh thread is nothing at all.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_noop as _
from django_tenants.postgresql_backend.base import FakeTenant

from shared_apps.errors import DomainError
from shared_apps.tenants.backend.base import DatabaseWrapper
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Domain

Entered = TypeVar("Entered")


@dataclass(frozen=True, slots=True)
class TenantRef:
    """A tenant as requests and tasks carry it: plain, immutable, safe to share between threads.

    `client_id` is the subdomain under which the outside knows the tenant, `schema_name` never leaves the house. `host`
    is the domain of its own that links say, "" where they say the subdomain.
    """

    id: int
    schema_name: str
    client_id: str
    name: str
    status: str
    host: str = ""

    @property
    def is_active(self) -> bool:
        return self.status == TenantStatus.ACTIVE

    @classmethod
    def of(cls, primary: Domain) -> "TenantRef":
        """Return the tenant of its primary domain, both read."""
        tenant = primary.tenant
        return cls(
            id=tenant.pk,
            schema_name=tenant.schema_name,
            client_id=primary.domain,
            name=tenant.name,
            status=tenant.status,
            host=tenant.primary_host,
        )


class TenantNotActiveError(DomainError):
    """There is no such tenant, or it is suspended or deleted."""

    code = "tenant_not_active"
    message = _("This tenant is not active.")


def tenant_connection() -> DatabaseWrapper:
    """Return this thread's connection, typed. Its methods that change schema belong to this module."""
    return cast(DatabaseWrapper, connections["default"])


def current_tenant() -> TenantRef:
    """Return the tenant whose schema is entered. Raises LookupError in public, and outside of every schema."""
    tenant = tenant_connection().tenant
    if not isinstance(tenant, TenantRef):
        raise LookupError("no tenant is entered")
    return tenant


def find_current_tenant() -> TenantRef | None:
    """Return the tenant whose schema this thread has entered; None in public, and outside of every schema."""
    tenant = tenant_connection().tenant
    return tenant if isinstance(tenant, TenantRef) else None


def current_schema() -> str:
    """Return the name of the schema that is entered, public's too. Raises ImproperlyConfigured where none is."""
    schema_name: str | None = tenant_connection().schema_name
    if not schema_name:
        raise ImproperlyConfigured("no schema is entered")
    return schema_name


class _Scope(Generic[Entered]):
    """Enters a schema for the body; a class, since every request passes here and a generator takes twice as long."""

    def __init__(self, entered: Entered) -> None:
        self._entered = entered

    def __enter__(self) -> Entered:
        self._connection = tenant_connection()
        self._before = self._connection.tenant
        self._connection.set_tenant(self._entered)
        return self._entered

    def __exit__(self, *_error: object) -> None:
        if self._before is None:
            self._connection.forget_schema()
        else:
            self._connection.set_tenant(self._before)


def public_scope() -> AbstractContextManager[object]:
    """Run the body in the public schema."""
    return _Scope(FakeTenant(schema_name="public"))


def enter_tenant(tenant: TenantRef) -> AbstractContextManager[TenantRef]:
    """Run the body in the schema of a tenant that has just been looked up; sends no statement by itself."""
    return _Scope(tenant)


def load_tenant(domains: QuerySet[Domain]) -> TenantRef | None:
    """Return the tenant that one of `domains` belongs to, by one query in public; None when there is none."""
    primary = Domain.objects.filter(tenant=OuterRef("tenant"), is_primary=True).values("domain")[:1]
    with public_scope():
        row = (
            domains.annotate(client_id=Subquery(primary))
            .values(
                "client_id",
                "tenant__id",
                "tenant__schema_name",
                "tenant__name",
                "tenant__status",
                "tenant__primary_host",
            )
            .first()
        )
    if row is None:
        return None
    return TenantRef(
        id=row["tenant__id"],
        schema_name=row["tenant__schema_name"],
        client_id=row["client_id"],
        name=row["tenant__name"],
        status=row["tenant__status"],
        host=row["tenant__primary_host"],
    )


@contextmanager
def tenant_scope(schema_name: str) -> Iterator[TenantRef]:
    """Look the tenant up, check that it is active, and run the body in its schema.

    Raises TenantNotActiveError, without running the body, when it is missing, suspended or deleted.
    """
    tenant = load_tenant(Domain.objects.filter(tenant__schema_name=schema_name, is_primary=True))
    if tenant is None or not tenant.is_active:
        raise TenantNotActiveError
    with enter_tenant(tenant):
        yield tenant
