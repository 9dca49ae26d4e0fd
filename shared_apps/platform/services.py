"""Making tenants and platform people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from psycopg import sql

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.accounts.tokens import make_set_password_token
from shared_apps.accounts.validators import normalise_login_email
from shared_apps.errors import DomainError
from shared_apps.platform.blueprint import get_blueprint, schema_version
from shared_apps.platform.hooks import NewTenant, known_industries, make_first_rows
from shared_apps.tenants.backend.guard import patience
from shared_apps.tenants.due import forget_tenant
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope, tenant_connection
from shared_apps.tenants.services import announce_routing_change, forget_snapshots
from shared_apps.tenants.validators import check_subdomain
from shared_apps.texts import parse_email

Progress = Callable[[str], None]

DEFAULT_INDUSTRY = "other"


class SubdomainTakenError(DomainError):
    """Another tenant has the subdomain, or had it."""

    code = "subdomain_taken"
    field = "subdomain"
    message = "This subdomain is taken. Choose another one."


class InvalidTenantError(DomainError):
    """A field of the new tenant is not usable; `field` says which."""

    code = "tenant_invalid"


class SchemaNotPlacedError(DomainError):
    """Citus left a new schema on the coordinator, where it would grow unseen."""

    code = "schema_not_placed"
    message = "Citus placed the schema on no node. Does the database have Citus 14 and its nodes?"


DDL_SECONDS: Final = 60.0
"""How long one statement that makes or drops a schema may take."""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A tenant just made, and the single-use token by which its owner sets a password."""

    tenant: TenantRef
    set_password_token: str


@patience(DDL_SECONDS)
def provision_tenant(
    *,
    name: str,
    subdomain: str,
    owner_email: str,
    industry: str = DEFAULT_INDUSTRY,
    is_demo: bool = False,
    progress: Progress = lambda _step: None,
) -> Provisioned:
    """Make one tenant: row, domain, schema, tables, first rows, owner. All of it or nothing, in one transaction.

    Safe to repeat after a failure and to run several at once: the subdomain's unique key decides. `progress` gets
    each step's name, the first once the subdomain is this tenant's. Raises InvalidSubdomainError,
    ReservedSubdomainError, SubdomainTakenError, InvalidTenantError, StaleBlueprintError, and on Citus
    SchemaNotPlacedError.
    The new tenant answers in every process of this host once this returns, elsewhere within a second.
    """
    check_subdomain(subdomain)
    name, owner_email = _check_name(name), _check_email(owner_email)
    if industry not in known_industries():
        raise InvalidTenantError(
            f"Unknown industry. Use one of: {', '.join(sorted(known_industries()))}.", field="industry"
        )
    with public_scope(), transaction.atomic():
        wait_patiently()
        row = insert_tenant(name=name, subdomain=subdomain, is_demo=is_demo)
        tenant = TenantRef(
            id=row.pk, schema_name=row.schema_name, client_id=subdomain, name=name, status=TenantStatus.ACTIVE
        )
        progress("creating the schema")
        create_schema(tenant.schema_name)
        with enter_tenant(tenant):
            progress("creating the tables")
            run_script(get_blueprint().text)
            progress("writing the first rows")
            make_first_rows(NewTenant(name=name, industry=industry))
            owner = User.objects.create_user(owner_email, Role.OWNER)
            token = make_set_password_token(owner)
        Tenant.objects.filter(pk=tenant.id).update(status=TenantStatus.ACTIVE, schema_version=schema_version())
        announce_routing_change()
    return Provisioned(tenant=tenant, set_password_token=token)


def _check_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise InvalidTenantError("A business name has 1 to 120 characters on one line.", field="name")
    return name


def _check_email(email: str) -> str:
    if parse_email(email) is None:
        raise InvalidTenantError("This is not an e-mail address.", field="owner_email")
    return normalise_login_email(email)


def insert_tenant(*, name: str, subdomain: str, is_demo: bool) -> Tenant:
    """Write the rows of a tenant that is being made, in the caller's transaction. Raises SubdomainTakenError."""
    try:
        with transaction.atomic():
            tenant = Tenant(name=name, is_demo=is_demo)
            tenant.save(force_insert=True)
            Domain(domain=subdomain, tenant=tenant, is_primary=True).save(force_insert=True)
    except IntegrityError:
        raise SubdomainTakenError from None
    return tenant


def wait_patiently() -> None:
    """Let this transaction's statements take a minute: DDL is slow, and somebody may be making the same subdomain."""
    with tenant_connection().cursor() as cursor:
        cursor.execute(
            "SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '60s';"
            " SET LOCAL idle_in_transaction_session_timeout = '60s'"
        )


def create_schema(schema_name: str) -> None:
    """Make an empty schema; on Citus it is on one of the nodes, or SchemaNotPlacedError is raised."""
    with tenant_connection().cursor() as cursor:
        if settings.CITUS:
            cursor.execute("SET LOCAL citus.enable_schema_based_sharding = on")
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema_name)))
        if settings.CITUS:
            cursor.execute("SELECT count(*) FROM citus_schemas WHERE schema_name::text = %s", [schema_name])
            if cursor.fetchone() != (1,):
                raise SchemaNotPlacedError


def run_script(script: str) -> None:
    """Make the tables of a script in the schema just entered: as one string, or each statement alone on Citus.

    Citus hands each statement to the schema's node and refuses several in one. A script's statements end with a
    semicolon at the end of a line; no text in them does.
    """
    with tenant_connection().cursor() as cursor:
        for statement in script.split(";\n") if settings.CITUS else [script]:
            if statement.strip():
                cursor.execute(statement)


def ensure_platform_user(*, email: str, role: Role, password: str | None) -> User:
    """Return the platform user with that address, made when there is none."""
    with public_scope():
        user = User.objects.filter(email=normalise_login_email(email)).first()
        return user if user is not None else User.objects.create_user(email, role, password)


@patience(DDL_SECONDS)
def drop_tenant(*, tenant: TenantRef, only_demo: bool) -> bool:
    """Delete a tenant with its schema, all of it or nothing. With `only_demo` a real one is left alone: False."""
    with public_scope(), transaction.atomic():
        rows = Tenant.objects.filter(pk=tenant.id)
        if only_demo:
            rows = rows.filter(is_demo=True)
        if not rows.update(status=TenantStatus.DELETED):
            return False
        wait_patiently()
        drop_schema(tenant)
        rows.delete()
        announce_routing_change()
    return True


def drop_schema(tenant: TenantRef) -> None:
    """Drop a tenant's schema, and what the due list and this host keep of it, in the caller's transaction."""
    with tenant_connection().cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(tenant.schema_name)))
    forget_tenant(tenant.id)
    forget_snapshots(tenant)
