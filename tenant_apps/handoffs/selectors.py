"""Reads of the pipeline. Lists go by key, not by offset: as fast on the thousandth page as on the first."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core import signing
from django.db.models import Count, Max, Q
from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError, FieldProblem, InvalidFieldsError
from shared_apps.platform.hooks import TenantFacts
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.querysets import HandoffQuerySet

_CURSOR_SALT = "handoff-cursor"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class HandoffNotFoundError(DomainError):
    """The current tenant has no such handoff; whether another has makes no difference to the answer."""

    code = "not_found"
    message = _("There is no such handoff.")


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


@dataclass(frozen=True, slots=True)
class HandoffPage:
    """One page, newest first; `next_cursor` is None on the last."""

    items: list[BookingHandoff]
    next_cursor: str | None


def get_handoff(handoff_id: UUID) -> BookingHandoff:
    """Return the handoff; raises HandoffNotFoundError."""
    handoff = BookingHandoff.objects.filter(pk=handoff_id).first()
    if handoff is None:
        raise HandoffNotFoundError
    return handoff


def list_events(handoff_id: UUID) -> list[HandoffEvent]:
    """Return the timeline, oldest first."""
    return list(HandoffEvent.objects.filter(handoff_id=handoff_id).order_by("id"))


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
        found = found.filter(created_at__gte=_start_of(filters.first_day, filters.time_zone))
    if filters.last_day:
        found = found.filter(created_at__lt=_start_of(filters.last_day + timedelta(days=1), filters.time_zone))
    if filters.q:
        found = found.filter(
            Q(customer_name__icontains=filters.q)
            | Q(customer_email__icontains=filters.q)
            | Q(customer_phone__icontains=filters.q)
            | Q(requested_service__icontains=filters.q)
        )
    return found


def _start_of(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)


def list_handoffs(*, filters: HandoffFilters, limit: int, cursor: str, schema_name: str) -> HandoffPage:
    """Return a page of at most `limit`. Raises InvalidFieldsError when `cursor` is not one this tenant gave out."""
    rows = filter_handoffs(filters).newest_first()
    if cursor:
        rows = rows.after(*_read_cursor(cursor, schema_name))
    page = list(rows.defer("fingerprint", "pending_since")[: limit + 1])
    items = page[:limit]
    return HandoffPage(items, _make_cursor(items[-1], schema_name) if len(page) > limit else None)


def _make_cursor(handoff: BookingHandoff, schema_name: str) -> str:
    microseconds = (handoff.created_at - _EPOCH) // timedelta(microseconds=1)
    return signing.Signer(salt=f"{_CURSOR_SALT}:{schema_name}").sign(f"{microseconds:x}.{handoff.pk.hex}")


def _read_cursor(cursor: str, schema_name: str) -> tuple[datetime, UUID]:
    try:
        microseconds, key = signing.Signer(salt=f"{_CURSOR_SALT}:{schema_name}").unsign(cursor).split(".")
    except (signing.BadSignature, ValueError):
        raise InvalidFieldsError(
            [FieldProblem("cursor", "This cursor is not valid here. Start again without one.", "cursor")]
        ) from None
    moment = _EPOCH + timedelta(microseconds=int(microseconds, 16))
    return moment, UUID(hex=key)


def summarise_handoffs(*, filters: HandoffFilters, now: datetime) -> dict[str, int]:
    """Return {total, new, redirected, completed_external, abandoned, today} over `filters`, in one query.

    `today` are those received since midnight in the filters' time zone.
    """
    midnight = _start_of(now.astimezone(ZoneInfo(filters.time_zone)).date(), filters.time_zone)
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
