"""What the operations read from a request alike."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone

from shared_apps.tenants.http import TenantRequest
from tenant_apps.booking.selectors import get_snapshot
from tenant_apps.handoffs.schemas import FiltersIn
from tenant_apps.handoffs.selectors import HandoffFilters, HandoffNotFoundError, Version, read_version

JSON = "application/json; charset=utf-8"
IF_NONE_MATCH = "HTTP_IF_NONE_MATCH"
REPEATABLE = frozenset({"status"})
CSV_ANSWER = {"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}}


def parse_handoff_id(text: str) -> UUID:
    """Return the id; what is no UUID in its canonical form is as unknown as any other."""
    try:
        handoff_id = UUID(text)
    except ValueError:
        raise HandoffNotFoundError from None
    if str(handoff_id) != text.lower():
        raise HandoffNotFoundError
    return handoff_id


def get_time_zone(request: TenantRequest) -> str:
    """Return the business's time zone, from what the process holds."""
    return get_snapshot(tenant=request.tenant).business.time_zone


def get_today(request: TenantRequest) -> date:
    """Return the day it is at the business."""
    return get_snapshot(tenant=request.tenant).day_at(timezone.now())


def to_filters(request: TenantRequest, given: FiltersIn) -> HandoffFilters:
    """Return the filters of a query, its days in the business's time zone."""
    return HandoffFilters(
        statuses=tuple(given.status),
        q=given.q,
        service=given.service or "",
        source=given.source or "",
        industry=given.industry or "",
        first_day=given.first_day,
        last_day=given.last_day,
        time_zone=get_time_zone(request),
    )


def answer_if_changed(request: TenantRequest, *, question: object, answer: Callable[[], bytes]) -> HttpResponse:
    """Return `answer()` as JSON with its ETag, or 304 without asking for it, where If-None-Match names what still is.

    `question` is all the answer depends on besides the handoffs.
    """
    version, known = read_version(known_tags=request.META.get(IF_NONE_MATCH, ""), question=question)
    if known:
        return HttpResponseNotModified(headers={"ETag": known})
    return answer_tagged(answer(), question=question, version=version)


def answer_tagged(answer: bytes, *, question: object, version: Version) -> HttpResponse:
    """Return JSON with the ETag that it has at this version, if one can be given."""
    response = HttpResponse(answer, content_type=JSON)
    if tag := version.tag(question):
        response["ETag"] = tag
    return response
