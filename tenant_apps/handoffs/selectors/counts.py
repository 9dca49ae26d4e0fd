"""How many."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q

from shared_apps.platform.hooks import TenantFacts
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.selectors.filters import HandoffFilters, filter_handoffs, start_of


def summarise_handoffs(*, filters: HandoffFilters, now: datetime) -> dict[str, int]:
    """Return {total, new, redirected, completed_external, abandoned, today} over `filters`, in one query.

    `today` are those received since midnight in the filters' time zone.
    """
    midnight = start_of(now.astimezone(ZoneInfo(filters.time_zone)).date(), filters.time_zone)
    counts = {status.value: Count("pk", filter=Q(status=status)) for status in HandoffStatus}
    return filter_handoffs(filters).aggregate(
        total=Count("pk"), **counts, today=Count("pk", filter=Q(created_at__gte=midnight))
    )


def read_facts() -> TenantFacts:
    """Return how many handoffs of the current tenant are in each state and when the last came, for the operator."""
    counts = {status.value: Count("pk", filter=Q(status=status)) for status in HandoffStatus}
    row = BookingHandoff.objects.aggregate(last=Max("created_at"), **counts)
    numbers = {HandoffStatus(name).label.lower(): row[name] for name in counts if row[name]}
    return TenantFacts(numbers, row["last"])
