"""The due list: which tenants have something to do, and when. One row per tenant and kind of work, in public.

It is how the worker finds work among thousands of schemas without visiting the idle ones. Marking happens inside a
tenant's transaction, so these are the only statements that name public while a tenant is entered; they hold ids and
times. A mark that is not needed writes nothing and locks nothing: a busy tenant has no hot row.

No wake-up is lost. A mark is left out only where a standing row is due early enough, and a claim takes that away
(`due_at` becomes NULL), so what starts after a claim's commit marks anew. What started before may still be uncommitted
and unseen: `settle_due` forgets or postpones nothing while a transaction from before the claim is running, and looks
are made after that check. A worker that is killed leaves a lease that ends (docs/adr/0013).
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, transaction
from psycopg import sql

from shared_apps.tenants.bulk import execute_in_each, in_batches
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.scope import TenantRef, public_scope, tenant_connection

_TABLE = sql.Identifier("public", "tenants_duework")

LOOK_AGAIN_SECONDS: Final = 2

_SCAN_AT_LEAST: Final = 200
_SCAN_WITHIN: Final = 60

_looks: dict[str, str] = {}

logger = logging.getLogger(__name__)


def register_work(kind: str, *, look: str) -> None:
    """Have the slow scan look for work of `kind`: `look` is SQL that gives, in a tenant's schema, when the next is due.

    One value, NULL for none. It must be cheap: an index's first entry.
    """
    _looks[kind] = look


def known_work() -> frozenset[str]:
    """Return the kinds of work there are."""
    return frozenset(_looks)


@dataclass(frozen=True, slots=True)
class Claim:
    """A tenant whose work of one kind this worker looks after until `lease_until`."""

    tenant: TenantRef
    lease_until: datetime


def mark_due_sql(*, kind: str, source: str, due_at: str) -> sql.Composed:
    """Return the INSERT that marks the tenant `%(tenant_id)s` due, for a statement with a CTE `source`.

    `source` has one row or none, `due_at` is SQL over it; all three are constants of the caller's code. Nothing is
    written, and nothing locked, where `source` is empty or the tenant is due as early already. On Citus, where no
    statement spans nodes, it marks nothing: `mark_after_commit` does.
    """
    if settings.CITUS:
        return sql.SQL("SELECT FROM {}").format(sql.Identifier(source))
    return _mark_sql(kind=kind, source=source, due_at=due_at)


def _mark_sql(*, kind: str, source: str, due_at: str) -> sql.Composed:
    return sql.SQL(
        "INSERT INTO {table} AS due (tenant_id, kind, due_at) SELECT %(tenant_id)s, {kind}, {at} FROM {source}"
        " WHERE NOT EXISTS (SELECT FROM {table} AS standing WHERE standing.tenant_id = %(tenant_id)s"
        " AND standing.kind = {kind} AND standing.due_at <= {at})"
        " ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = excluded.due_at"
        " WHERE due.due_at IS NULL OR due.due_at > excluded.due_at"
    ).format(table=_TABLE, kind=sql.Literal(kind), at=sql.SQL(due_at), source=sql.Identifier(source))


def mark_due(*, tenant_id: int, kind: str) -> None:
    """Mark the tenant due now, in the current transaction: somebody will look. One statement."""
    statement = sql.SQL("WITH given AS (SELECT statement_timestamp() AS at) {}").format(
        _mark_sql(kind=kind, source="given", due_at="given.at")
    )
    with tenant_connection().cursor() as cursor:
        cursor.execute(statement, {"tenant_id": tenant_id})


def mark_after_commit(*, tenant_id: int, kinds: Iterable[str]) -> None:
    """On Citus, mark the tenant due now for each of `kinds`; elsewhere `mark_due_sql` did, in the change's statement.

    After the commit, since public is on another node than the tenant. What dies in between, or cannot be marked, is
    found by `scan_for_missed`.
    """
    if not settings.CITUS:
        return

    def mark() -> None:
        for kind in kinds:
            try:
                with public_scope():
                    mark_due(tenant_id=tenant_id, kind=kind)
            except DatabaseError as error:
                logger.warning("a mark is left to the scan: %s", type(error).__name__)

    transaction.on_commit(mark)


def claim_due(*, kind: str, limit: int, lease: timedelta) -> tuple[list[Claim], datetime]:
    """Claim at most `limit` active tenants that have work of `kind` due, the longest due first.

    Returns them, and the database's time after the claim was committed, which `settle_due` asks for. Call outside a
    transaction. Other workers pass over what is claimed until the lease ends or new work is marked.
    """
    statement = sql.SQL(
        "WITH due AS (SELECT tenant.id, tenant.schema_name, domain.domain, tenant.name, tenant.status,"
        " tenant.primary_host FROM {table} AS due JOIN public.tenants_tenant AS tenant ON tenant.id = due.tenant_id"
        " AND tenant.status = %(active)s"
        " JOIN public.tenants_domain AS domain ON domain.tenant_id = tenant.id AND domain.is_primary"
        " WHERE due.kind = %(kind)s AND LEAST(due.due_at, due.lease_until) <= statement_timestamp()"
        " ORDER BY LEAST(due.due_at, due.lease_until) LIMIT %(limit)s FOR UPDATE OF due SKIP LOCKED)"
        " UPDATE {table} AS claimed SET due_at = NULL, lease_until = statement_timestamp() + %(lease)s"
        " FROM due WHERE claimed.tenant_id = due.id AND claimed.kind = %(kind)s"
        " RETURNING due.id, due.schema_name, due.domain, due.name, due.status, due.primary_host, claimed.lease_until"
    ).format(table=_TABLE)
    values: dict[str, Any] = {"kind": kind, "limit": limit, "lease": lease, "active": TenantStatus.ACTIVE}
    connection = tenant_connection()
    claims = [Claim(TenantRef(*row[:6]), row[6]) for row in connection.ask(statement.as_string(), values).fetchall()]
    (after,) = connection.ask("SELECT clock_timestamp()", {}).fetchone()
    return claims, after


@dataclass(frozen=True, slots=True)
class DueState:
    """How much of one kind of work is due, at how many tenants, and how late the longest due is, in seconds."""

    tenants: int
    oldest_seconds: float


def read_due_state() -> dict[str, DueState]:
    """Return what is due at active tenants, by kind of work; one statement, whose cost grows with what is marked."""
    statement = sql.SQL(
        "SELECT due.kind, count(*), extract(epoch FROM statement_timestamp() - min(LEAST(due.due_at, due.lease_until)))"
        "::float8 FROM {table} AS due JOIN public.tenants_tenant AS tenant ON tenant.id = due.tenant_id"
        " AND tenant.status = %s WHERE LEAST(due.due_at, due.lease_until) <= statement_timestamp() GROUP BY due.kind"
    ).format(table=_TABLE)
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(statement, [TenantStatus.ACTIVE])
        return {kind: DueState(tenants, oldest) for kind, tenants, oldest in cursor.fetchall()}


def unmark(*, tenant_id: int, kind: str) -> None:
    """Take a mark that nobody claims off the list: what it stood for is seen to."""
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(sql.SQL("DELETE FROM {} WHERE tenant_id = %s AND kind = %s").format(_TABLE), [tenant_id, kind])


def forget_tenant(tenant_id: int) -> None:
    """Take a tenant that is being deleted off the list."""
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(_TABLE), [tenant_id])


def is_quiet_since(after: datetime) -> bool:
    """Whether every transaction that was running at `after` has ended, so that what it wrote can be seen by now.

    Ask before the look whose result `settle_due` is given. A transaction's start is reported before its first
    snapshot, and taken back after its rows can be seen, so none is missed. Only those of our own role count: of others
    the server tells no times, and they do not enqueue.
    """
    statement = (
        "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        " AND xact_start <= %(after)s)"
    )
    (is_quiet,) = tenant_connection().ask(statement, {"after": after}).fetchone()
    return bool(is_quiet)


def settle_due(*, kind: str, claims: Iterable[Claim], next_due: Mapping[int, datetime], is_quiet: bool) -> None:
    """Give claims back: each tenant is due again when `next_due` (by tenant id) says, or not at all.

    `is_quiet` is what `is_quiet_since` said before `next_due` was looked up; where it is False all are looked at again
    in LOOK_AGAIN_SECONDS. What was marked meanwhile stands, and a claim that somebody else took over is left alone.
    """
    rows = [(claim.tenant.id, claim.lease_until, next_due.get(claim.tenant.id)) for claim in claims]
    if not rows:
        return
    again = sql.SQL("NULL" if is_quiet else f"statement_timestamp() + interval '{LOOK_AGAIN_SECONDS} s'")
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
    tenant_connection().ask(statement.as_string(), {"kind": kind, "ids": ids, "leases": leases, "dues": dues})


def scan_for_missed(tenants: Iterable[TenantRef], *, minute: int) -> int:
    """Look into a part of `tenants` whatever the list says, and mark what it lacks; returns how many marks that were.

    The net below the list: for rows that came another way than through our statements. All are looked into within an
    hour, a minute's share in each minute; where they are few, all of them every minute. Safe to run several times.
    """
    everyone = list(tenants)
    shares = max(1, min(_SCAN_WITHIN, len(everyone) // _SCAN_AT_LEAST))
    missing = 0
    parts = ", ".join(f"'{kind}', ({look})" for kind, look in sorted(_looks.items()))
    for batch in in_batches([tenant for tenant in everyone if tenant.id % shares == minute % shares]):
        outcomes = execute_in_each(batch, f"SELECT jsonb_build_object({parts})")
        for failed in (outcome for outcome in outcomes if outcome.sqlstate):
            logger.warning("scan of %s failed: %s", failed.tenant.schema_name, failed.sqlstate)
        missing += _mark_missing(
            [(outcome.tenant.id, kind, at) for outcome in outcomes for kind, at in (outcome.value or {}).items() if at]
        )
    return missing


def _mark_missing(found: list[tuple[int, str, str]]) -> int:
    """Mark the tenants of `found` (tenant id, kind, when) that no standing mark or lease covers; returns how many."""
    if not found:
        return 0
    statement = sql.SQL(
        "INSERT INTO {table} AS due (tenant_id, kind, due_at)"
        " SELECT * FROM unnest(%(ids)s::bigint[], %(kinds)s::text[], %(dues)s::timestamptz[]) AS found (id, kind, at)"
        " WHERE NOT EXISTS (SELECT FROM {table} AS standing WHERE standing.tenant_id = found.id"
        " AND standing.kind = found.kind AND LEAST(standing.due_at, standing.lease_until)"
        " <= GREATEST(found.at, statement_timestamp() + interval '1 minute'))"
        " ON CONFLICT (tenant_id, kind) DO UPDATE SET due_at = LEAST(due.due_at, excluded.due_at)"
    ).format(table=_TABLE)
    ids, kinds, dues = (list(column) for column in zip(*found, strict=True))
    with public_scope(), tenant_connection().cursor() as cursor:
        cursor.execute(statement, {"ids": ids, "kinds": kinds, "dues": dues})
        return int(cursor.rowcount)
