"""The list as a file: read in pieces by key, so that a million rows take no more memory than a thousand."""

import logging
import time
from collections.abc import Iterator
from typing import Any

from django.db import InterfaceError, OperationalError, connections

from shared_apps.spreadsheets import BYTE_ORDER_MARK, to_csv
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.selectors.filters import HandoffFilters, filter_handoffs

logger = logging.getLogger(__name__)

CHUNK = 2000  # rows
_WAITS = (0.5, 2.0, 5.0)  # seconds before the database is asked again

_COLUMNS = {
    "id": "id",
    "createdAt": "created_at",
    "status": "status",
    "customerName": "customer_name",
    "customerEmail": "customer_email",
    "customerPhone": "customer_phone",
    "requestedService": "requested_service",
    "preferredDateTimeText": "preferred_date_time_text",
    "notes": "notes",
    "sourcePage": "source_page",
    "industrySlug": "industry_slug",
    "redirectedAt": "redirected_at",
    "completedAt": "completed_at",
    "abandonedAt": "abandoned_at",
    "externalBookingUrlUsed": "external_booking_url_used",
    "utm_source": "metadata__attribution__utm_source",
    "utm_medium": "metadata__attribution__utm_medium",
    "utm_campaign": "metadata__attribution__utm_campaign",
    "referrer": "metadata__attribution__referrer",
}
EXPORT_HEADER = tuple(_COLUMNS)
INCOMPLETE = "INCOMPLETE: our records went away before the end of this file. Please download it again."


def export_handoffs(*, tenant: TenantRef, filters: HandoffFilters) -> Iterator[bytes]:
    """Yield the filtered list as CSV, newest first, header included, a piece of at most 2,000 rows at a time.

    Each piece is a statement of its own, in the tenant's schema: no transaction waits for a slow reader, and what
    arrives meanwhile stands before the first row. Raises what the database raises on the first piece. Later the answer
    has begun, and a server that speaks HTTP cannot take it back: a piece is asked for three times more, over 7.5 s,
    and then a last record says that the file is incomplete.
    """
    rows = _read(tenant, filters, None)
    yield to_csv([EXPORT_HEADER, *rows])
    while len(rows) == CHUNK:
        try:
            rows = _read_patiently(tenant, filters, rows[-1])
        except (OperationalError, InterfaceError) as error:
            logger.error("an export broke off: %s", type(error).__name__)
            yield to_csv([[INCOMPLETE] + [None] * (len(EXPORT_HEADER) - 1)])
            return
        yield to_csv(rows)


def export_all_handoffs(tenant: TenantRef) -> Iterator[bytes]:
    """Yield the file `handoffs.csv` of a tenant's archive: the whole list."""
    yield BYTE_ORDER_MARK
    yield from export_handoffs(tenant=tenant, filters=HandoffFilters())


def _read(tenant: TenantRef, filters: HandoffFilters, last: tuple[Any, ...] | None) -> list[tuple[Any, ...]]:
    with enter_tenant(tenant):
        rows = filter_handoffs(filters).newest_first()
        if last is not None:
            rows = rows.after(last[1], last[0])
        return list(rows.values_list(*_COLUMNS.values())[:CHUNK])


def _read_patiently(tenant: TenantRef, filters: HandoffFilters, last: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    for wait in _WAITS:
        try:
            return _read(tenant, filters, last)
        except (OperationalError, InterfaceError):
            connections["default"].close()
            time.sleep(wait)
    return _read(tenant, filters, last)
