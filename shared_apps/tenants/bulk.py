"""One statement in many schemas at once: a single call to the server, whatever the number of tenants.

Measured: a tenth of the time of a loop that enters each schema, and less with every tenant more (reports). Each tenant
has its own savepoint, so that a broken one stops nobody, and the whole is one transaction, so no more than BATCH of
them: PostgreSQL keeps the locks of all of them to its end, and 64 savepoints in memory.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from psycopg import sql

from shared_apps.tenants.scope import TenantRef, public_scope, tenant_connection

BATCH: Final = 60
_ANSWERS: Final = "handoff.answers"

# Time a tenant's statement may wait for a lock, such as that of its migration; it is then the next run's.
_LOCK_TIMEOUT: Final = "100ms"
_STATEMENT_TIMEOUT: Final = "60s"

_EACH = """
DECLARE
  tenant record;
  answer jsonb;
  answers text[] := '{{}}';
BEGIN
  FOR tenant IN SELECT * FROM unnest({ids}::bigint[], {schemas}::text[]) AS given (id, schema_name) LOOP
    BEGIN
      PERFORM set_config('search_path', tenant.schema_name, true);
      EXECUTE {statement} INTO STRICT answer;
      answers := answers || jsonb_build_array(tenant.id, answer, '')::text;
    EXCEPTION WHEN OTHERS THEN
      answers := answers || jsonb_build_array(tenant.id, NULL, SQLSTATE)::text;
    END;
  END LOOP;
  PERFORM set_config({setting}, '[' || array_to_string(answers, ',') || ']', true);
END
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the statement gave at one tenant: its JSON value, or the SQLSTATE of its failure."""

    tenant: TenantRef
    value: Any
    sqlstate: str


def in_batches(tenants: Sequence[TenantRef]) -> Iterator[Sequence[TenantRef]]:
    """Return the tenants by BATCH of them."""
    for at in range(0, len(tenants), BATCH):
        yield tenants[at : at + BATCH]


def execute_in_each(tenants: Sequence[TenantRef], statement: str) -> list[Outcome]:
    """Run `statement`, which gives one row of one jsonb value, in the schema of each of at most BATCH tenants.

    It is the caller's constant, with no values in it, and names its tables without a schema. What it changes at one
    tenant is kept or undone by itself; all is committed when this returns. Call outside a transaction.
    """
    if len(tenants) > BATCH:
        raise ValueError(f"at most {BATCH} tenants in one transaction")
    body = sql.SQL(_EACH).format(
        ids=sql.Literal([tenant.id for tenant in tenants]),
        schemas=sql.Literal([tenant.schema_name for tenant in tenants]),
        statement=sql.Literal(statement),
        setting=sql.Literal(_ANSWERS),
    )
    with public_scope(), transaction.atomic(), tenant_connection().cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
            [_LOCK_TIMEOUT, _STATEMENT_TIMEOUT],
        )
        cursor.execute(sql.SQL("DO {}").format(sql.Literal(body.as_string())))
        cursor.execute("SELECT current_setting(%s)", [_ANSWERS])
        (answers,) = cursor.fetchone()
    by_id = {tenant.id: tenant for tenant in tenants}
    return [Outcome(by_id[tenant_id], value, sqlstate) for tenant_id, value, sqlstate in json.loads(answers)]
