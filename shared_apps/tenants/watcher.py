"""Hears of changes that another host made.

One daemon thread per web process asks, twice a second, which tenants changed in the last half minute, and bumps this
host's counters for those it has not seen. The database is the only party to it; while it is away cached entries stay
in use. Where the process is on duty, the thread's question is often the first that finds the database away.
"""

import logging
import threading
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from shared_apps.tenants.cache import host_generations
from shared_apps.tenants.generations import ROUTING_SLOT, tenant_slot
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import public_scope

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
_WINDOW = timedelta(seconds=30)


def read_changes(seen: dict[int, int]) -> dict[int, int]:
    """Return {tenant id: generation} of the last half minute and bump the counters of those not in `seen`."""
    with public_scope():
        recent = dict(Tenant.objects.filter(changed_at__gt=Now() - _WINDOW).values_list("id", "generation"))
    changed = [tenant_id for tenant_id, generation in recent.items() if seen.get(tenant_id) != generation]
    for tenant_id in changed:
        host_generations().bump(tenant_slot(tenant_id))
    if changed:
        host_generations().bump(ROUTING_SLOT)
    return recent


def _watch(stop: threading.Event) -> None:
    seen: dict[int, int] = {}
    is_away = False
    try:
        while not stop.wait(POLL_SECONDS):
            try:
                seen = read_changes(seen)
            except (DatabaseError, InterfaceError) as error:
                if not is_away:
                    logger.warning("tenant watcher: database away (%s)", type(error).__name__)
                is_away = True
                connection.close()
            else:
                is_away = False
    finally:
        connection.close()


def start_tenant_watcher() -> threading.Event:
    """Start the thread; set the returned event to end it."""
    stop = threading.Event()
    threading.Thread(target=_watch, args=(stop,), name="tenant-watcher", daemon=True).start()
    return stop
