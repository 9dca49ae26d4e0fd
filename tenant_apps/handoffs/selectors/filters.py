"""Which handoffs: the filters that list, counts, export and insights share."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from tenant_apps.handoffs.expressions import contains
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.querysets import HandoffQuerySet

SHORT_SEARCH_ROWS = 10_000
_TRIGRAM = 3
_LOCAL_NUMBER = 7
# What gives the index a whole trigram: three letters or digits together, or two at the edge of a word.
_INDEXABLE = re.compile(r"[^\W_]{3}|[^\W_]{2}[\W_]|[\W_][^\W_]{2}")
_DIAL_SIGNS = re.compile(r"[\s()+./-]+")


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

    @property
    def is_empty(self) -> bool:
        """Whether they let everything pass."""
        return self == HandoffFilters(time_zone=self.time_zone)


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
    if filters.q.strip():
        found = _search(found, filters.q.strip())
    return found


def _search(found: HandoffQuerySet, text: str) -> HandoffQuerySet:
    """Return those of `found` with `text` in name, address, number or service.

    A number is found however it is written. What is too short for the search index is looked for in the newest
    handoffs only, so that no search reads without bound.
    """
    digits = _DIAL_SIGNS.sub("", text)
    if len(digits) >= _LOCAL_NUMBER:
        digits = digits.lstrip("0")  # dialled within the country; E.164 has the country's code there
    is_number = digits.isdecimal() and digits.isascii()
    if not (_INDEXABLE.search(text) or (is_number and len(digits) >= _TRIGRAM)):
        found = found.filter(created_at__gte=_newest_from())
    condition = Q(contains(text))
    return found.filter(condition | Q(contains(digits)) if is_number and digits != text else condition)


def _newest_from() -> datetime:
    """Return when the last of the newest 10,000 was received; read, not joined, so that the planner knows it too."""
    row = BookingHandoff.objects.newest_first().values_list("created_at", flat=True)[SHORT_SEARCH_ROWS - 1 :].first()
    return row or datetime.min.replace(tzinfo=UTC)
