"""How many."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.selectors.filters import HandoffFilters, filter_handoffs, start_of
from tenant_apps.handoffs.tallies import Days, read_tally


def summarise_handoffs(*, filters: HandoffFilters, now: datetime) -> dict[str, int]:
    """Return {total, new, redirected, completed_external, abandoned, today} over `filters`, exactly.

    `today` are those received since midnight in the filters' time zone. Over days and states alone they are added up
    from the tallies where there are some, in two statements that take the same for any number of handoffs; else, and
    with any other filter, they are counted.
    """
    today = now.astimezone(ZoneInfo(filters.time_zone)).date()
    counts = None
    if not (filters.q.strip() or filters.service or filters.source or filters.industry):
        counts = read_tally(
            Days(
                filters.time_zone, _iso(filters.first_day), _iso(filters.last_day), today.isoformat(), filters.statuses
            )
        )
    if counts is None:
        return count_handoffs(filters=filters, today=today)
    return {"total": sum(counts[status] for status in HandoffStatus.values), **counts}


def count_handoffs(*, filters: HandoffFilters, today: date) -> dict[str, int]:
    """Return the same, counted row by row in one statement."""
    midnight = start_of(today, filters.time_zone)
    counts = {status.value: Count("pk", filter=Q(status=status)) for status in HandoffStatus}
    return filter_handoffs(filters).aggregate(
        total=Count("pk"), **counts, today=Count("pk", filter=Q(created_at__gte=midnight))
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
