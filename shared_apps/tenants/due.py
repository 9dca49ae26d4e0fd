"""The due list: which tenants have something to do, and when. One row per tenant and kind of work, in public.

It is how the worker finds work among thousands of schemas without visiting the idle ones. Marking happens inside a
tenant's transaction, so these are the only statements that name public while a tenant is entered; they hold ids and
times. A mark that is not needed writes nothing and locks nothing: a busy tenant has no hot row.

No wake-up is lost. A mark is left out only where a standing row is due early enough, and a claim takes that away
(`due_at` becomes NULL), so what starts after a claim's commit marks anew. What started before may still be uncommitted
and unseen: `settle` forgets or postpones nothing while a transaction from before the claim is running, and looks are
made after that check. A worker that is killed leaves a lease that ends (docs/adr/0013).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import sql

from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.scope import TenantRef, public_scope, tenant_connection

_TABLE = sql.Identifier("public", "tenants_duework")

LOOK_AGAIN_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """A tenant whose work of one kind this worker looks after until `lease_until`."""

    tenant: TenantRef
    lease_until: datetime


def mark_due_sql(*, tenant_id: int, kind: str, source: str, due_at: str) -> sql.Composed:
    """Return the INSERT that marks the tenant due, for use in a statement with a CTE `source` of at most one row.

    `due_at` is SQL over `source`; both are constants of the caller's code. Nothing is written where `source` is empty,
    or where the tenant is due as early already.
    """
    return sql.SQL(
        "INSERT INTO {table} AS due (tenant_id, kind, due_at) SELECT {tenant}, {kind}, {at} FROM {source}"
        " WHERE NOT EXISTS (SELECT FROM {table} AS standing WHERE standing.tenant_id = {tenant}"
        " AND standing.kind = {kind} AND standing.due_at <= {at})"
        " ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = excluded.due_at"
        " WHERE due.due_at IS NULL OR due.due_at > excluded.due_at"
    ).format(
        table=_TABLE,
        tenant=sql.Literal(tenant_id),
        kind=sql.Literal(kind),
        at=sql.SQL(due_at),
        source=sql.Identifier(source),
    )


def claim_due(*, kind: str, limit: int, lease: timedelta) -> tuple[list[Claim], datetime]:
    """Claim at most `limit` active tenants that have work of `kind` due, the longest due first.

    Returns them, and the database's time after the claim was committed, which `settle_due` asks for. Call outside a
    transaction. Other workers pass over what is claimed until the lease ends or new work is marked.
    """
    statement = sql.SQL(
        "WITH due AS (SELECT due.tenant_id FROM {table} AS due"
        " JOIN public.tenants_tenant AS tenant ON tenant.id = due.tenant_id AND tenant.status = %(active)s"
        " WHERE due.kind = %(kind)s AND LEAST(due.due_at, due.lease_until) <= now()"
        " ORDER BY LEAST(due.due_at, due.lease_until) LIMIT %(limit)s FOR UPDATE OF due SKIP LOCKED)"
        " UPDATE {table} AS claimed SET due_at = NULL, lease_until = now() + %(lease)s"
        " FROM due JOIN public.tenants_tenant AS tenant ON tenant.id = due.tenant_id"
        " JOIN public.tenants_domain AS domain ON domain.tenant_id = tenant.id AND domain.is_primary"
        " WHERE claimed.tenant_id = due.tenant_id AND claimed.kind = %(kind)s"
        " RETURNING tenant.id, tenant.schema_name, domain.domain, tenant.name, tenant.status, claimed.lease_until"
    ).format(table=_TABLE)
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(statement, {"kind": kind, "limit": limit, "lease": lease, "active": TenantStatus.ACTIVE})
        claims = [Claim(TenantRef(*row[:5]), row[5]) for row in cursor.fetchall()]
        cursor.execute("SELECT clock_timestamp()")
        (after,) = cursor.fetchone()
    return claims, after


def forget_tenant(tenant_id: int) -> None:
    """Take a tenant that is being deleted off the list."""
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(_TABLE), [tenant_id])


def is_quiet_since(after: datetime) -> bool:
    """Whether every transaction that was running at `after` has ended, so that what it wrote can be seen by now.

    Ask before the look whose result `settle_due` is given. A transaction's start is reported before its first
    snapshot, and taken back after its rows can be seen, so none is missed.
    """
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND datname = current_database() AND pid <> pg_backend_pid()"
            " AND (xact_start <= %s OR state IS NULL))",
            [after],
        )
        (is_quiet,) = cursor.fetchone()
    return bool(is_quiet)


def settle_due(*, kind: str, claims: Iterable[Claim], next_due: Mapping[int, datetime], is_quiet: bool) -> None:
    """Give claims back: each tenant is due again when `next_due` (by tenant id) says, or not at all.

    `is_quiet` is what `is_quiet_since` said before `next_due` was looked up; where it is False all are looked at again
    in LOOK_AGAIN_SECONDS. What was marked meanwhile stands, and a claim that somebody else took over is left alone.
    """
    rows = [(claim.tenant.id, claim.lease_until, next_due.get(claim.tenant.id)) for claim in claims]
    if not rows:
        return
    again = sql.SQL("NULL" if is_quiet else f"now() + interval '{LOOK_AGAIN_SECONDS} s'")
    statement = sql.SQL(
        "WITH given AS (SELECT tenant_id, lease_until, LEAST(next_due, {again}) AS next_due"
        " FROM unnest(%(ids)s::bigint[], %(leases)s::timestamptz[], %(dues)s::timestamptz[])"
        " AS given (tenant_id, lease_until, next_due)),"
        " gone AS (DELETE FROM {table} AS due USING given WHERE due.tenant_id = given.tenant_id AND due.kind = %(kind)s"
        " AND due.lease_until = given.lease_until AND due.due_at IS NULL AND given.next_due IS NULL)"
        " UPDATE {table} AS due SET due_at = LEAST(due.due_at, given.next_due), lease_until = NULL FROM given"
        " WHERE due.tenant_id = given.tenant_id AND due.kind = %(kind)s AND due.lease_until = given.lease_until"
        " AND (due.due_at IS NOT NULL OR given.next_due IS NOT NULL)"
    ).format(table=_TABLE, again=again)
    ids, leases, dues = (list(column) for column in zip(*rows, strict=True))
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(statement, {"kind": kind, "ids": ids, "leases": leases, "dues": dues})
