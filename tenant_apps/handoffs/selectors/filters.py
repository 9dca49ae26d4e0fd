"""Which handoffs: the filters that list, counts, export and insights share."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.querysets import HandoffQuerySet


@dataclass(frozen=True, slots=True)
class HandoffFilters:
    """Which handoffs; an empty field does not filter. Dates are whole days in `time_zone`, both included."""

    statuses: tuple[str, ...] = ()
    q: str = ""
    service: str = ""
    source: str = ""
    industry: str = ""
    first_day: date | None = None
    last_day: date | None = None
    time_zone: str = "UTC"


def start_of(day: date, time_zone: str) -> datetime:
    """Return the moment, in UTC, at which a day begins in a time zone."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)


def filter_handoffs(filters: HandoffFilters) -> HandoffQuerySet:
    """Return the handoffs of the current tenant that pass `filters`, in no order."""
    found = BookingHandoff.objects.all()
    if filters.statuses:
        found = found.filter(status__in=filters.statuses)
    if filters.service:
        found = found.filter(requested_service=filters.service)
    if filters.source:
        found = found.filter(source_page=filters.source)
    if filters.industry:
        found = found.filter(industry_slug=filters.industry)
    if filters.first_day:
        found = found.filter(created_at__gte=start_of(filters.first_day, filters.time_zone))
    if filters.last_day:
        found = found.filter(created_at__lt=start_of(filters.last_day + timedelta(days=1), filters.time_zone))
    if filters.q:
        found = found.filter(
            Q(customer_name__icontains=filters.q)
            | Q(customer_email__icontains=filters.q)
            | Q(customer_phone__icontains=filters.q)
            | Q(requested_service__icontains=filters.q)
        )
    return found
