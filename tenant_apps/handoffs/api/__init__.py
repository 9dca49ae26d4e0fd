"""Operations on handoffs: the visitor's two, and the business's pipeline."""

import json
from itertools import chain

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Query, Router, Status

from shared_apps.accounts.security import any_member, any_member_or_writing_key, any_reader, get_caller, owner_only
from shared_apps.schemas import check_query
from shared_apps.spreadsheets import csv_response
from shared_apps.tenants.http import TenantRequest, check_origin
from tenant_apps.booking.selectors import TenantSnapshot, get_cta_label, get_message, get_snapshot
from tenant_apps.handoffs.api.insights import router as insights_router
from tenant_apps.handoffs.api.requests import (
    CSV_ANSWER,
    IF_NONE_MATCH,
    REPEATABLE,
    answer_if_changed,
    answer_tagged,
    get_today,
    parse_handoff_id,
    to_filters,
)
from tenant_apps.handoffs.intake import capture_handoff, click_handoff
from tenant_apps.handoffs.limits import limit_capture, limit_export
from tenant_apps.handoffs.receipts import set_receipt
from tenant_apps.handoffs.schemas import (
    FILTER_NAMES,
    LIST_NAMES,
    REDIRECT_NAMES,
    CapturedBookingOut,
    CaptureOut,
    ContactOut,
    EventOut,
    FacetsOut,
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
    export_handoffs,
    get_handoff,
    list_events,
    list_facets,
    list_handoffs_json,
    list_newest_json,
    summarise_handoffs,
)
from tenant_apps.handoffs.services import (
    Capture,
    complete_handoff,
    erase_handoff,
    get_outbound_url,
    reopen_handoff,
)
from tenant_apps.handoffs.validators import parse_idempotency_key

router = Router(by_alias=True)
router.add_router("", insights_router)


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
def create_handoff(request: TenantRequest, response: HttpResponse, lead: LeadIn) -> HttpResponse:
    """Keep a visitor's wish, first of all, and say where to go next. The header Idempotency-Key makes retries safe.

    202, status `queued`: the database is away, the wish is kept elsewhere and will be the handoff with this very id.
    """
    key = parse_idempotency_key(request.META.get("HTTP_IDEMPOTENCY_KEY"))
    snapshot = get_snapshot(tenant=request.tenant)
    cleaned = lead.to_lead(region=snapshot.business.region, industry=snapshot.business.industry)
    capture = capture_handoff(
        tenant=request.tenant, booking=snapshot.booking, lead=cleaned, idempotency_key=key, now=timezone.now()
    )
    response.status_code = 202 if capture.is_waiting else 201 if capture.is_new else 200
    response.content = to_capture_out(capture=capture, snapshot=snapshot).model_dump_json(by_alias=True)
    set_receipt(response, tenant=request.tenant, handoff=capture.handoff)
    return response


@router.post("/handoffs/{handoff_id}/redirect", response=RedirectOut, auth=_same_site, tags=["visitor"])
def redirect(request: TenantRequest, handoff_id: str, query: Query[RedirectIn]) -> RedirectOut:
    """Mark the click and say where to go; a repeat keeps the first moment. `embed=1` gives the address for a frame."""
    check_query(request, allowed=REDIRECT_NAMES)
    booking = get_snapshot(tenant=request.tenant).booking
    key = parse_handoff_id(handoff_id)
    click = click_handoff(tenant=request.tenant, booking=booking, handoff_id=key, now=timezone.now(), trusts_id=False)
    url = booking.frame_url(url=click.url, our_host=request.META["HTTP_HOST"]) if query.embed else click.url
    return RedirectOut(id=key, status=click.status, redirected_at=click.redirected_at, url=url)


@router.get("/handoffs", response=HandoffListOut, auth=any_reader, tags=["handoffs"])
def list_all(request: TenantRequest, query: Query[ListIn]) -> HttpResponse:
    """The pipeline, newest first. `nextCursor` asks for the next page; If-None-Match may answer 304."""
    check_query(request, allowed=LIST_NAMES, repeatable=REPEATABLE)
    tenant, filters, cursor = request.tenant, to_filters(request, query), query.cursor or ""
    question = ("list", tenant.client_id, filters, query.limit, cursor)
    if filters.is_empty and IF_NONE_MATCH not in request.META:
        version, answer = list_newest_json(
            limit=query.limit, cursor=cursor, schema_name=tenant.schema_name, client_id=tenant.client_id
        )
        return answer_tagged(answer, question=question, version=version)
    return answer_if_changed(
        request,
        question=question,
        answer=lambda: list_handoffs_json(
            filters=filters,
            limit=query.limit,
            cursor=cursor,
            schema_name=tenant.schema_name,
            client_id=tenant.client_id,
        ),
    )


@router.get("/handoffs/summary", response=SummaryOut, auth=any_reader, tags=["handoffs"])
def summary(request: TenantRequest, query: Query[FiltersIn]) -> HttpResponse:
    """How many in each status, over the same filters as the list. If-None-Match may answer 304."""
    check_query(request, allowed=FILTER_NAMES, repeatable=REPEATABLE)
    filters, now = to_filters(request, query), timezone.now()
    return answer_if_changed(
        request,
        question=("summary", filters, get_today(request)),
        answer=lambda: json.dumps(summarise_handoffs(filters=filters, now=now)).encode(),
    )


@router.get("/handoffs/facets", response=FacetsOut, auth=any_reader, tags=["handoffs"])
def facets(request: TenantRequest) -> FacetsOut:
    """What to choose from in the filters: at most 200 of each. A parameter is 422."""
    check_query(request, allowed=frozenset())
    return FacetsOut(**list_facets())


@router.get("/handoffs.csv", auth=any_member, tags=["handoffs"], openapi_extra=CSV_ANSWER)
def export(request: TenantRequest, query: Query[FiltersIn]) -> HttpResponseBase:
    """The filtered list as CSV, as long as it is. Where it breaks off, its last record begins with INCOMPLETE."""
    check_query(request, allowed=FILTER_NAMES, repeatable=REPEATABLE)
    limit_export(request)
    pieces = export_handoffs(tenant=request.tenant, filters=to_filters(request, query))
    first = next(pieces)  # before the answer begins: a database that is away is a 503
    return csv_response(f"{request.tenant.client_id}-handoffs-{get_today(request)}.csv", chain([first], pieces))


@router.get("/handoffs/{handoff_id}", response=HandoffDetailOut, auth=any_reader, tags=["handoffs"])
def detail(request: TenantRequest, handoff_id: str) -> HandoffOut:
    """One handoff with its timeline."""
    handoff = get_handoff(parse_handoff_id(handoff_id))
    events = [EventOut.from_event(event) for event in list_events(handoff.pk)]
    return HandoffDetailOut.from_handoff(handoff, client_id=request.tenant.client_id, events=events)


@router.delete("/handoffs/{handoff_id}", response={204: None}, auth=owner_only, tags=["handoffs"])
def erase(request: TenantRequest, handoff_id: str) -> Status[None]:
    """Erase the personal data for good; status and times stay, for the counts. A repeat changes nothing."""
    erase_handoff(handoff_id=parse_handoff_id(handoff_id), actor=get_caller(request).actor)
    return Status(204, None)


@router.post("/handoffs/{handoff_id}/complete", response=HandoffOut, auth=any_member_or_writing_key, tags=["handoffs"])
def complete(request: TenantRequest, handoff_id: str) -> HandoffOut:
    """Mark completed on a person's word; a repeat changes nothing."""
    handoff = complete_handoff(handoff_id=parse_handoff_id(handoff_id), actor=get_caller(request).actor)
    return HandoffOut.from_handoff(handoff, client_id=request.tenant.client_id)


@router.post("/handoffs/{handoff_id}/reopen", response=HandoffOut, auth=any_member_or_writing_key, tags=["handoffs"])
def reopen(request: TenantRequest, handoff_id: str) -> HandoffOut:
    """Take a completion back; a repeat changes nothing."""
    handoff = reopen_handoff(handoff_id=parse_handoff_id(handoff_id), actor=get_caller(request).actor)
    return HandoffOut.from_handoff(handoff, client_id=request.tenant.client_id)
