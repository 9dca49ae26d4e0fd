"""The business's pages behind login: the pipeline, one handoff, and its two changes. Plain, without JavaScript."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import quote, urlencode
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from shared_apps.accounts.enums import TENANT_ROLES
from shared_apps.accounts.models import User
from shared_apps.tenants.http import TenantRequest
from shared_apps.tenants.selectors import tenant_url
from tenant_apps.booking.selectors import get_snapshot
from tenant_apps.handoffs.api.requests import parse_handoff_id
from tenant_apps.handoffs.enums import EventType, HandoffStatus
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.schemas import HandoffOut
from tenant_apps.handoffs.selectors import (
    HandoffFilters,
    get_handoff,
    list_events,
    list_handoffs,
    summarise_handoffs,
)
from tenant_apps.handoffs.services import complete_handoff, reopen_handoff

PAGE_SIZE = 50

View = Callable[..., HttpResponse]
_CHANGES: dict[str, Callable[..., BookingHandoff]] = {"complete": complete_handoff, "reopen": reopen_handoff}


def member_page(view: View) -> View:
    """Let a tenant's people in; send everyone else to the login page, from where they come back."""

    @wraps(view)
    def guarded(request: TenantRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and user.is_active and user.role in TENANT_ROLES:
            return view(request, *args, **kwargs)
        here = f"?next={quote(request.path)}" if request.method in ("GET", "HEAD") else ""
        return HttpResponseRedirect(f"/login{here}")

    return guarded


@require_safe
@member_page
def pipeline(request: TenantRequest) -> HttpResponse:
    """The newest handoffs, by status, a page at a time."""
    status = request.GET.get("status", "")
    filters = HandoffFilters(
        statuses=(status,) if status in HandoffStatus.values else (),
        time_zone=get_snapshot(tenant=request.tenant).business.time_zone,
    )
    page = list_handoffs(
        filters=filters,
        limit=PAGE_SIZE,
        cursor=request.GET.get("cursor", ""),
        schema_name=request.tenant.schema_name,
    )
    everything = HandoffFilters(time_zone=filters.time_zone)
    following = {"status": status, "cursor": page.next_cursor or ""}
    context = _frame(request) | {
        "rows": [_row(handoff) for handoff in page.items],
        "counts": summarise_handoffs(filters=everything, now=timezone.now()),
        "status": status if filters.statuses else "",
        "next_url": "?" + urlencode({k: v for k, v in following.items() if v}) if page.next_cursor else "",
        "booking_link": tenant_url(request.tenant, "/book"),
    }
    with timezone.override(filters.time_zone):
        return render(request, "dashboard/list.html", context)


def _frame(request: TenantRequest) -> dict[str, object]:
    user = request.user
    return {"business_name": request.tenant.name, "user_email": user.email if isinstance(user, User) else ""}


def _row(handoff: BookingHandoff) -> dict[str, object]:
    return {
        "id": str(handoff.pk),
        "customerName": handoff.customer_name,
        "contact": handoff.customer_phone or handoff.customer_email,
        "requestedService": handoff.requested_service,
        "preferredDateTimeText": handoff.preferred_date_time_text,
        "status": handoff.status,
        "statusLabel": HandoffStatus(handoff.status).label,
        "createdAt": handoff.created_at,
    }


@require_safe
@member_page
def detail(request: TenantRequest, handoff_id: str) -> HttpResponse:
    """One handoff with its timeline."""
    handoff = get_handoff(parse_handoff_id(handoff_id))
    item = HandoffOut.from_handoff(handoff, client_id=request.tenant.client_id)
    events = [
        {
            "type": event.type,
            "label": EventType(event.type).label,
            "at": event.at,
            "actor": event.actor,
            "evidence": event.evidence,
            "detail": event.detail,
        }
        for event in list_events(handoff.pk)
    ]
    is_completed = handoff.status == HandoffStatus.COMPLETED_EXTERNAL
    context = _frame(request) | {
        "item": item.model_dump(by_alias=True) | {"statusLabel": HandoffStatus(handoff.status).label},
        "events": events,
        "can_complete": not is_completed,
        "can_reopen": is_completed,
    }
    with timezone.override(get_snapshot(tenant=request.tenant).business.time_zone):
        return render(request, "dashboard/detail.html", context)


@require_POST
@member_page
def change(request: TenantRequest, handoff_id: str, action: str) -> HttpResponse:
    """Complete or reopen, then show the handoff again."""
    service = _CHANGES.get(action)
    if service is None:
        raise Http404
    key: UUID = parse_handoff_id(handoff_id)
    user = request.user
    service(handoff_id=key, actor=user.email if isinstance(user, User) else "")
    return HttpResponseRedirect(f"/dashboard/handoffs/{key}")
