"""A visitor whose every word can be found again, and where to look."""

from typing import Any

from django.db import connection
from psycopg import sql

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.schemas import ATTRIBUTION_NAMES

MARK = "Zyxwolf"
LEAD: dict[str, Any] = {
    "customerName": f"Jane {MARK}",
    "customerEmail": f"{MARK}@example.com".lower(),
    "customerPhone": "772-555-0199",
    "requestedService": f"The {MARK} cut",
    "preferredDateTimeText": f"when {MARK} can",
    "notes": f"{MARK} notes",
    "sourcePage": f"/people/{MARK}",
    "industrySlug": MARK.lower(),
    "attribution": dict.fromkeys(ATTRIBUTION_NAMES, f"https://x.example/{MARK}"),
    "shareDetailsWithProvider": True,
}


def dump(tenant: TenantRef) -> str:
    """Every row of every table of the tenant's schema, as text, in lower case."""
    with enter_tenant(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [tenant.schema_name])
        tables = [name for (name,) in cursor.fetchall()]
        assert {"handoffs_bookinghandoff", "handoffs_handoffevent", "outbox_job"} <= set(tables)
        rows = []
        for name in tables:
            cursor.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(name)))
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows).lower()
