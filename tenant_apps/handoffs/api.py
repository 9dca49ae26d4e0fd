"""Operations on handoffs: the visitor's two, and the business's pipeline."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import conditional_page
from ninja import Query, Router, Status
from ninja.decorators import decorate_view

from shared_apps.accounts.models import User
from shared_apps.accounts.security import any_member
from shared_apps.schemas import check_query
from shared_apps.tenants.http import TenantRequest, check_origin
from tenant_apps.booking.selectors import TenantSnapshot, get_cta_label, get_message, get_snapshot
from tenant_apps.handoffs.intake import capture_handoff, click_handoff
from tenant_apps.handoffs.limits import limit_capture
from tenant_apps.handoffs.receipts import set_receipt
from tenant_apps.handoffs.schemas import (
    FILTER_NAMES,
    LIST_NAMES,
    REDIRECT_NAMES,
    CapturedBookingOut,
    CaptureOut,
    ContactOut,
    EventOut,
    FiltersIn,
    HandoffDetailOut,
    HandoffListOut,
    HandoffOut,
    LeadIn,
    ListIn,
    RedirectIn,
    RedirectOut,
    SummaryOut,
)
from tenant_apps.handoffs.selectors import (
    HandoffFilters,
    HandoffNotFoundError,
    get_handoff,
    list_events,
    list_handoffs,
    summarise_handoffs,
)
from tenant_apps.handoffs.services import (
    Capture,
    complete_handoff,
    get_outbound_url,
    reopen_handoff,
)
from tenant_apps.handoffs.validators import parse_idempotency_key

router = Router(by_alias=True)

_REPEATABLE = frozenset({"status"})


def _same_site(request: TenantRequest) -> bool:
    check_origin(request)
    return True


def _capture_gate(request: TenantRequest) -> bool:
    check_origin(request)
    limit_capture(request)
    return True


def to_capture_out(*, capture: Capture, snapshot: TenantSnapshot) -> CaptureOut:
    """Return the answer to a captured handoff, by what the settings say now."""
    handoff, booking = capture.handoff, snapshot.booking
    return CaptureOut(
        id=handoff.pk,
        status="queued" if capture.is_waiting else handoff.status,
        created_at=handoff.created_at,
        next_step="continue" if booking.ready else "contact",
        booking=CapturedBookingOut(
            mode=booking.mode,
            provider_name=booking.provider_name,
            embed_mode=booking.embed_mode,
            disclaimer=booking.disclaimer or None,
            url=get_outbound_url(booking=booking, handoff=handoff),
            continue_url=f"/go/{handoff.pk}",
            cta_label=get_cta_label(booking),
        )
        if booking.ready
        else None,
        message=get_message(snapshot),
        contact=ContactOut(phone=snapshot.business.phone or None, email=snapshot.business.email or None),
    )


@router.post(
    "/handoffs", response={200: CaptureOut, 201: CaptureOut, 202: CaptureOut}, auth=_capture_gate, tags=["visitor"]
)
def create_handoff(request: TenantRequest, response: HttpResponse, lead: LeadIn) -> Status[CaptureOut]:
    """Keep a visitor's wish, first of all, and say where to go next. The header Idempotency-Key makes retries safe.

    202, status `queued`: the database is away, the wish is kept elsewhere and will be the handoff with this very id.
    """
    key = parse_idempotency_key(request.headers.get("Idempotency-Key"))
    snapshot = get_snapshot(tenant=request.tenant)
    cleaned = lead.to_lead(region=snapshot.business.region, industry=snapshot.business.industry)
    capture = capture_handoff(
        tenant=request.tenant, booking=snapshot.booking, lead=cleaned, idempotency_key=key, now=timezone.now()
    )
    set_receipt(response, tenant=request.tenant, handoff=capture.handoff)
    status = 202 if capture.is_waiting else 201 if capture.is_new else 200
    return Status(status, to_capture_out(capture=capture, snapshot=snapshot))


@router.post("/handoffs/{handoff_id}/redirect", response=RedirectOut, auth=_same_site, tags=["visitor"])
def redirect(request: TenantRequest, handoff_id: str, query: Query[RedirectIn]) -> RedirectOut:
    """Mark the click and say where to go; a repeat keeps the first moment. `embed=1` gives the address for a frame."""
    check_query(request, allowed=REDIRECT_NAMES)
    booking = get_snapshot(tenant=request.tenant).booking
    key = parse_handoff_id(handoff_id)
    click = click_handoff(tenant=request.tenant, booking=booking, handoff_id=key, now=timezone.now(), trusts_id=False)
    url = booking.frame_url(url=click.url, our_host=request.META["HTTP_HOST"]) if query.embed else click.url
    return RedirectOut(id=key, status=click.status, redirected_at=click.redirected_at, url=url)


def parse_handoff_id(text: str) -> UUID:
    """Return the id; what is no UUID in its canonical form is as unknown as any other."""
    try:
        handoff_id = UUID(text)
    except ValueError:
        raise HandoffNotFoundError from None
    if str(handoff_id) != text.lower():
        raise HandoffNotFoundError
    return handoff_id


def _to_filters(request: TenantRequest, given: FiltersIn) -> HandoffFilters:
    return HandoffFilters(
        statuses=tuple(given.status),
        q=given.q,
        service=given.service or "",
        source=given.source or "",
        industry=given.industry or "",
        first_day=given.first_day,
        last_day=given.last_day,
        time_zone=get_snapshot(tenant=request.tenant).business.time_zone,
    )


@router.get("/handoffs", response=HandoffListOut, auth=any_member, tags=["handoffs"])
@decorate_view(conditional_page)
def list_all(request: TenantRequest, query: Query[ListIn]) -> HandoffListOut:
    """The pipeline, newest first. `nextCursor` asks for the next page; If-None-Match may answer 304."""
    check_query(request, allowed=LIST_NAMES, repeatable=_REPEATABLE)
    tenant = request.tenant
    page = list_handoffs(
        filters=_to_filters(request, query),
        limit=query.limit,
        cursor=query.cursor or "",
        schema_name=tenant.schema_name,
    )
    items = [HandoffOut.from_handoff(handoff, client_id=tenant.client_id) for handoff in page.items]
    return HandoffListOut(items=items, next_cursor=page.next_cursor)


@router.get("/handoffs/summary", response=SummaryOut, auth=any_member, tags=["handoffs"])
def summary(request: TenantRequest, query: Query[FiltersIn]) -> SummaryOut:
    """How many in each status, over the same filters as the list."""
    check_query(request, allowed=FILTER_NAMES, repeatable=_REPEATABLE)
    return SummaryOut(**summarise_handoffs(filters=_to_filters(request, query), now=timezone.now()))


@router.get("/handoffs/{handoff_id}", response=HandoffDetailOut, auth=any_member, tags=["handoffs"])
def detail(request: TenantRequest, handoff_id: str) -> HandoffOut:
    """One handoff with its timeline."""
    handoff = get_handoff(parse_handoff_id(handoff_id))
    events = [EventOut.from_event(event) for event in list_events(handoff.pk)]
    return HandoffDetailOut.from_handoff(handoff, client_id=request.tenant.client_id, events=events)


@router.post("/handoffs/{handoff_id}/complete", response=HandoffOut, auth=any_member, tags=["handoffs"])
def complete(request: TenantRequest, handoff_id: str) -> HandoffOut:
    """Mark completed on a person's word; a repeat changes nothing."""
    handoff = complete_handoff(handoff_id=parse_handoff_id(handoff_id), actor=_actor(request))
    return HandoffOut.from_handoff(handoff, client_id=request.tenant.client_id)


@router.post("/handoffs/{handoff_id}/reopen", response=HandoffOut, auth=any_member, tags=["handoffs"])
def reopen(request: TenantRequest, handoff_id: str) -> HandoffOut:
    """Take a completion back; a repeat changes nothing."""
    handoff = reopen_handoff(handoff_id=parse_handoff_id(handoff_id), actor=_actor(request))
    return HandoffOut.from_handoff(handoff, client_id=request.tenant.client_id)


def _actor(request: TenantRequest) -> str:
    user: User = request.auth  # type: ignore[attr-defined]  # set by ninja from `any_member`
    return user.email
