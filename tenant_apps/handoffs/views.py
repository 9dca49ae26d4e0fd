"""The visitor's pages: the business, the form, the hand-over, the click. All of it works without JavaScript."""

import hashlib
from collections.abc import Mapping
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from pydantic import ValidationError

from shared_apps.errors import FieldProblem, InvalidFieldsError, translate
from shared_apps.pages import KeptPage, KeptResponse
from shared_apps.ratelimits import RateLimitedError
from shared_apps.schemas import describe_errors
from shared_apps.tenants.backend.guard import time_limit
from shared_apps.tenants.cache import GenerationCache
from shared_apps.tenants.generations import tenant_slot
from shared_apps.tenants.http import TenantRequest, check_origin
from tenant_apps.booking.enums import FrameCheck
from tenant_apps.booking.selectors import (
    TenantSnapshot,
    get_cta_label,
    get_message,
    get_snapshot,
    get_visitor_context,
)
from tenant_apps.business.selectors import format_phone
from tenant_apps.handoffs.api.requests import parse_handoff_id
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.intake import STEP_SECONDS, capture_handoff, click_handoff, find_waiting_handoff
from tenant_apps.handoffs.limits import limit_capture
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.receipts import Receipt, read_receipt, set_receipt
from tenant_apps.handoffs.received import Received
from tenant_apps.handoffs.schemas import ATTRIBUTION_NAMES, CONTACT_REQUIRED, LeadIn
from tenant_apps.handoffs.selectors import HandoffNotFoundError, get_handoff
from tenant_apps.handoffs.services import BookingUnavailableError, Lead
from tenant_apps.handoffs.validators import is_uuid

_TEXT_FIELDS = (
    "customerName", "customerEmail", "customerPhone", "requestedService", "preferredDateTimeText", "notes",
    "sourcePage",
)  # fmt: skip
_PREFILLED_LIMIT = 120


class HttpResponseSeeOther(HttpResponseRedirect):
    """303: go there with GET (RFC 9110 section 15.4.4)."""

    status_code = 303


@require_safe
def home(request: TenantRequest) -> HttpResponse:
    """The business's page."""
    return _show_form(request, "visitor/home.html")


@csrf_exempt  # visitors carry no session; a foreign Origin is refused in `_capture_form`
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: TenantRequest) -> HttpResponse:
    """The form alone; POST captures and goes on to the hand-over page."""
    if request.method == "POST":
        return _capture_form(request)
    return _show_form(request, "visitor/book.html")


_kept: GenerationCache[KeptPage] = GenerationCache(max_entries=500, ttl=30.0)
# Marks that nobody can write into a profile, as long as what is put in their places; a referrer may be of any length.
_GAPS = {"nonce": token_hex(11), "key": str(uuid4()), "referrer": token_hex(16)}


def _show_form(request: TenantRequest, template: str) -> HttpResponse:
    """Return the page with the form still empty: the kept one where the address asks for nothing special."""
    if not may_be_kept(request.META):
        return _render_form(request, template, _fresh_values(request))
    tenant, referrer = request.tenant, read_referrer(request.META)
    today = get_snapshot(tenant=tenant).day_at(timezone.now())
    page = _kept.get(
        (tenant.schema_name, template, get_language(), today, bool(referrer)),
        slot=tenant_slot(tenant.id),
        load=lambda: _render_kept(request, template, is_referred=bool(referrer)),
    )
    return KeptResponse(page, make_values(nonce=request.csp_nonce, referrer=referrer))


def may_be_kept(environ: Mapping[str, Any]) -> bool:
    """Whether a visit asks for nothing special, so that a page of this tenant can be one for many."""
    return not environ.get("QUERY_STRING") and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")


def make_values(*, nonce: str, referrer: str) -> dict[str, str]:
    """Return what fills the gaps of a kept page at a visit."""
    return {"nonce": nonce, "key": str(uuid4()), "referrer": escape(referrer)}


def _render_kept(request: TenantRequest, template: str, *, is_referred: bool) -> KeptPage:
    context = _form_context(
        get_snapshot(tenant=request.tenant),
        values=_fresh_values(request),
        key=_GAPS["key"],
        attribution={"referrer": _GAPS["referrer"]} if is_referred else {},
    )
    return KeptPage(
        render_to_string(template, context | {"csp_nonce": _GAPS["nonce"]}, request),
        gaps=_GAPS,
        free=frozenset({"referrer"}),
    )


def _fresh_values(request: TenantRequest) -> dict[str, Any]:
    service = request.GET.get("service", "").replace("\0", "")[:_PREFILLED_LIMIT]
    return {"requestedService": service, "sourcePage": request.path}


def _render_form(
    request: TenantRequest,
    template: str,
    values: dict[str, Any],
    *,
    problems: tuple[FieldProblem, ...] = (),
    failure: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return a page with the form. `failure` says why sending failed: the page then offers the ways around it."""
    snapshot = get_snapshot(tenant=request.tenant)
    context = _form_context(
        snapshot,
        values=values,
        key=_page_nonce(request),
        attribution=_read_attribution(request),
        problems=problems,
        failure=failure,
    )
    if request.GET.get("embed") != "1":
        return render(request, template, context, status=status)
    context |= {"embed": True, "frame_origins": " ".join(snapshot.business.frame_origins)}
    response = render(request, template, context, status=status)
    ancestors = " ".join(["'self'", *snapshot.business.frame_origins])
    response.csp = {"frame-ancestors": ancestors}  # type: ignore[attr-defined]  # see saas.problems.allow
    return response


def _form_context(
    snapshot: TenantSnapshot,
    *,
    values: dict[str, Any],
    key: str,
    attribution: dict[str, str],
    problems: tuple[FieldProblem, ...] = (),
    failure: str = "",
) -> dict[str, object]:
    errors: dict[str, str] = {}
    for problem in problems:
        if problem != CONTACT_REQUIRED[1]:  # said once, beside the phone number
            errors.setdefault(problem.field, translate(problem.message))
    form = {
        "values": dict.fromkeys(_TEXT_FIELDS, "") | {"shareDetailsWithProvider": False} | values,
        "errors": errors,
        "has_errors": bool(errors),
        "failure": failure,
        "idempotency_key": key,
        "attribution": attribution,
    }
    return get_visitor_context(snapshot=snapshot, now=timezone.now()) | {"form": form}


def _page_nonce(request: TenantRequest) -> str:
    """Return the form's nonce: a posted form that comes back keeps its own, so that a retry is not a second handoff."""
    posted = request.POST.get("idempotencyKey", "") if request.method == "POST" else ""
    return posted if is_uuid(posted) else str(uuid4())


def _read_attribution(request: TenantRequest) -> dict[str, str]:
    """Return what says where the visitor came from: of a posted form, else of the query and the Referer header."""
    given = request.POST if request.method == "POST" else request.GET
    found = {name: given[name].replace("\0", "")[:300] for name in ATTRIBUTION_NAMES if given.get(name)}
    referrer = read_referrer(request.META)
    if referrer and "referrer" not in found:
        found["referrer"] = referrer
    return found


def read_referrer(environ: Mapping[str, Any]) -> str:
    """Return the other site's page that led here, without its query; "" for our own, none, or no address at all."""
    header = environ.get("HTTP_REFERER", "")
    if not header:
        return ""
    try:
        referrer = urlsplit(header)
    except ValueError:
        return ""
    if not referrer.netloc or referrer.netloc == environ.get("HTTP_HOST"):
        return ""
    return f"{referrer.scheme}://{referrer.netloc}{referrer.path}"[:300]


def _capture_form(request: TenantRequest) -> HttpResponse:
    check_origin(request)
    values: dict[str, Any] = {name: request.POST.get(name, "") for name in _TEXT_FIELDS}
    values["shareDetailsWithProvider"] = request.POST.get("shareDetailsWithProvider") in ("on", "true", "1")
    try:
        limit_capture(request)
        handoff = _capture(request, values)
    except InvalidFieldsError as error:
        return _render_form(request, "visitor/book.html", values, problems=error.problems, status=422)
    except RateLimitedError as error:
        response = _render_form(request, "visitor/book.html", values, failure=gettext(_BUSY), status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    except (OperationalError, InterfaceError):
        response = _render_form(request, "visitor/book.html", values, failure=gettext(_AWAY), status=503)
        response["Retry-After"] = "30"
        return response
    response = HttpResponseSeeOther(f"/handoff/{handoff.pk}")
    set_receipt(response, tenant=request.tenant, handoff=handoff)
    return response


_BUSY = _("A lot is going on right now")
_AWAY = _("That didn’t go through")


def _capture(request: TenantRequest, values: dict[str, Any]) -> Received | BookingHandoff:
    lead = _parse_form(request, values)
    capture = capture_handoff(
        tenant=request.tenant,
        booking=get_snapshot(tenant=request.tenant).booking,
        lead=lead,
        idempotency_key=_form_key(request.POST.get("idempotencyKey", ""), lead),
        now=timezone.now(),
    )
    return capture.handoff


def _parse_form(request: TenantRequest, values: dict[str, Any]) -> Lead:
    """Return the lead of a posted form. Raises InvalidFieldsError."""
    notes = values["notes"].replace("\r\n", "\n")  # browsers post line breaks as two characters, and count them as one
    body = {name: value for name, value in values.items() if value} | ({"notes": notes} if notes else {})
    body |= {"attribution": _read_attribution(request)}
    if request.POST.get("website"):
        body["website"] = request.POST["website"]
    try:
        parsed = LeadIn.model_validate(body)
    except ValidationError as error:
        problems = describe_errors(error.errors(include_input=False, include_url=False))
        raise InvalidFieldsError(_explain(problems, values)) from None
    business = get_snapshot(tenant=request.tenant).business
    return parsed.to_lead(region=business.region, industry=business.industry)


_MISSING = {
    "requestedService": _("Please tell us what you would like."),
    "preferredDateTimeText": _("Please tell us when would suit you."),
    "customerName": _("Please enter your name."),
}


def _explain(problems: list[FieldProblem], values: dict[str, Any]) -> list[FieldProblem]:
    """Return the problems of a form in its own words, a missing contact among them, so that one round is enough."""
    explained = [
        problem._replace(message=_MISSING.get(problem.field, problem.message)) if problem.code == "missing" else problem
        for problem in problems
    ]
    if not values["customerPhone"].strip() and not values["customerEmail"].strip():
        explained += CONTACT_REQUIRED
    return explained


def _form_key(nonce: str, lead: Lead) -> UUID | None:
    """Return the idempotency key of a posted form: its page's nonce and its content.

    A double click is the same handoff; going back, changing something and sending again is another one.
    """
    try:
        page = UUID(nonce)
    except ValueError:
        return None
    return UUID(bytes=hashlib.sha256(page.bytes + (lead.fingerprint or b"")).digest()[:16])


@require_safe
def hand_over(request: TenantRequest, handoff_id: str) -> HttpResponse:
    """What happens next, and the button that leads there. Shows what was typed only to the browser that typed it."""
    key = parse_handoff_id(handoff_id)
    receipt = read_receipt(request, tenant=request.tenant, handoff_id=key)
    try:
        with time_limit(STEP_SECONDS):
            handoff = get_handoff(key)
    except HandoffNotFoundError:
        if find_waiting_handoff(tenant=request.tenant, handoff_id=key) is None:
            raise
        status = HandoffStatus.NEW.value
    except (OperationalError, InterfaceError):
        status = HandoffStatus.NEW.value  # the way on needs no record
    else:
        status = handoff.status
        if handoff.erased_at is not None:
            receipt = None
    snapshot = get_snapshot(tenant=request.tenant)
    context = _hand_over_context(snapshot, key, status, receipt)
    # The click posts to us and is answered with a redirect to the provider, which browsers count as form-action.
    policy = {"form-action": "'self' https:"}
    if snapshot.booking.frames:
        origin = snapshot.booking.origin
        context["frame"] = {
            "origin": origin,
            "endpoint": f"/api/v1/handoffs/{key}/redirect?embed=1",
            "trusted": snapshot.booking.frame_check == FrameCheck.ALLOWED,
            "link": snapshot.booking.outbound_url(handoff_id=key),
        }
        # The object is the probe that tells a page from the error page a browser puts in its place.
        policy |= {"frame-src": origin, "object-src": origin}
    response = render(request, "visitor/handoff.html", context)
    response.csp = policy  # type: ignore[attr-defined]  # see saas.problems.allow
    return response


def _summarise(receipt: Receipt | None, *, region: str) -> dict[str, str] | None:
    """What the hand-over page repeats, the phone number as people of the tenant's region write it."""
    if receipt is None:
        return None
    return receipt._asdict() | {"contact": format_phone(receipt.contact, region=region)}


def _hand_over_context(
    snapshot: TenantSnapshot, handoff_id: UUID, status: str, receipt: Receipt | None
) -> dict[str, object]:
    return get_visitor_context(snapshot=snapshot, now=timezone.now()) | {
        "handoff": {"id": str(handoff_id), "status": status},
        "summary": _summarise(receipt, region=snapshot.business.region),
        "next_step": "continue" if snapshot.booking.ready else "contact",
        "continue_url": f"/go/{handoff_id}",
        "cta_label": get_cta_label(snapshot.booking),
        "message": get_message(snapshot),
        "provider_host": snapshot.booking.origin.removeprefix("https://"),
    }


@csrf_exempt  # a click carries nothing but a known id and changes nothing a second click would not
@require_http_methods(["GET", "HEAD", "POST"])
def go(request: TenantRequest, handoff_id: str) -> HttpResponse:
    """The click: POST marks the handoff redirected and goes to the provider. GET and HEAD change nothing."""
    key = parse_handoff_id(handoff_id)
    if request.method != "POST":
        return HttpResponseSeeOther(f"/handoff/{key}")
    booking = get_snapshot(tenant=request.tenant).booking
    try:
        click = click_handoff(
            tenant=request.tenant, booking=booking, handoff_id=key, now=timezone.now(), trusts_id=True
        )
    except BookingUnavailableError:
        return HttpResponseSeeOther(f"/handoff/{key}")
    return HttpResponseSeeOther(click.url)
