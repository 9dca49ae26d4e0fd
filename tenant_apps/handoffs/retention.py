"""Retention: what a tenant's visitors said of themselves is erased when the tenant's number of days is over.

Nothing can be due before a tenant's oldest handoff is that old, and that moment stands on the due list: the slow scan
puts it there, which finds a new tenant's first handoff within the hour, and a change of the days does at once.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, InterfaceError, connection

from shared_apps.tenants.due import claim_due, is_quiet_since, settle_due
from shared_apps.tenants.scope import enter_tenant
from tenant_apps.business.selectors import RETENTION, get_profile
from tenant_apps.handoffs.querysets import ERASED_UNTIL_SQL, NEXT_OVERDUE_SQL
from tenant_apps.handoffs.services import erase_old_handoffs

logger = logging.getLogger(__name__)

RUN_SECONDS: Final = 40.0
TENANT_SECONDS: Final = 10.0  # then the next tenant has its turn
LEASE: Final = timedelta(minutes=2)
RETRY: Final = timedelta(minutes=5)  # for a tenant whose turn failed, or whose row somebody holds


def erase_overdue_handoffs(*, seconds: float = RUN_SECONDS) -> int:
    """Erase what is older than its tenant keeps it, wherever there is such, for about `seconds`; returns how many.

    Other tenants are not visited, and a broken one stops nobody. Safe to run several times at once and to be killed.
    Call outside a transaction.
    """
    deadline = time.monotonic() + seconds
    total = 0
    while time.monotonic() < deadline:
        claims, after = claim_due(kind=RETENTION, limit=1, lease=LEASE)
        if not claims:
            break
        is_quiet = is_quiet_since(after)
        tenant = claims[0].tenant
        next_due: dict[int, datetime] = {tenant.id: after + RETRY}
        try:
            with enter_tenant(tenant):
                erased, due = _erase_here()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("retention of %s failed: %s", tenant.schema_name, type(error).__name__)
        else:
            total += erased
            is_held = due is not None and due <= after and not erased
            if not is_held:
                next_due = {} if due is None else {tenant.id: due}
        settle_due(kind=RETENTION, claims=claims, next_due=next_due, is_quiet=is_quiet)
    return total


def _erase_here() -> tuple[int, datetime | None]:
    """Erase what the current tenant has kept too long, for a few seconds; how many, and when the next one is due."""
    profile = get_profile()
    erased = erase_old_handoffs(days=profile.retention_days, since=profile.erased_until, seconds=TENANT_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(ERASED_UNTIL_SQL)
        cursor.execute(NEXT_OVERDUE_SQL)
        (due,) = cursor.fetchone()
    return erased, due
