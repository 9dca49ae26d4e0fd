"""Reads of a tenant's log of support sessions."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Now

from shared_apps.platform.grants import find_standing
from shared_apps.support.models import SupportAccess

MAX_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log. `ended_by` is an address, `support`, `platform`, or `time`; "" while it is open."""

    access: SupportAccess
    ended_at: datetime | None
    ended_by: str


def list_entries() -> list[Entry]:
    """Return the tenant's support sessions, the latest first, at most 100; by the database's clock.

    What the platform has taken back meanwhile is over, though nobody has come to be told.
    """
    rows = list(SupportAccess.objects.annotate(now=Now()).order_by("-id")[:MAX_SHOWN])
    is_running = [row for row in rows if row.ended_at is None and row.ends_at > row.now]
    standing = find_standing(grant_ids=[row.grant_id for row in is_running]) if is_running else frozenset()
    entries = []
    for row in rows:
        if row.ended_at is not None:
            entries.append(Entry(row, row.ended_at, row.ended_by))
        elif row.ends_at <= row.now:
            entries.append(Entry(row, row.ends_at, "time"))
        else:
            is_over = row.grant_id not in standing
            entries.append(Entry(row, row.now if is_over else None, "platform" if is_over else ""))
    return entries


def find_open(*, access_id: int) -> SupportAccess | None:
    """Return the open support session, with the database's `now`; None when it is over, or never was."""
    running = SupportAccess.objects.filter(pk=access_id, ended_at=None, ends_at__gt=Now()).annotate(now=Now()).first()
    if running is None or running.grant_id not in find_standing(grant_ids=[running.grant_id]):
        return None
    return running
