"""The one page behind login: the shell of the dashboard, an app that speaks to the JSON API alone."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shared_apps.accounts.enums import TENANT_ROLES
from shared_apps.accounts.hooks import Visit
from shared_apps.accounts.security import SUPPORT, find_session_caller, get_caller
from shared_apps.tenants.http import TenantRequest
from shared_apps.tenants.selectors import platform_url, tenant_url
from tenant_apps.booking.selectors import get_snapshot
from tenant_apps.handoffs.api.requests import parse_handoff_id
from tenant_apps.handoffs.selectors import HandoffNotFoundError, get_handoff

View = Callable[..., HttpResponse]


def member_page(view: View) -> View:
    """Let a tenant's people in, and support; send everyone else to the login page, from where they come back."""

    @wraps(view)
    def guarded(request: TenantRequest, *args: object, **kwargs: object) -> HttpResponse:
        caller = find_session_caller(request)
        if caller is not None and (caller.visit is not None or caller.role in TENANT_ROLES):
            request.auth = caller  # type: ignore[attr-defined]  # as the API's operations find it
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(f"/login?next={quote(request.get_full_path())}")

    return guarded


@require_safe
@member_page
def dashboard(request: TenantRequest) -> HttpResponse:
    """Every page of the dashboard: which one is shown, the app reads off the address."""
    return _shell(request, page="handoffs" if request.path == "/dashboard" else request.path.rsplit("/", 1)[1])


@require_safe
@member_page
def handoff(request: TenantRequest, handoff_id: str) -> HttpResponse:
    """The page of one handoff; 404 where there is none, in the same shell."""
    try:
        get_handoff(parse_handoff_id(handoff_id))
    except HandoffNotFoundError:
        return _shell(request, page="handoff", status=404)
    return _shell(request, page="handoff")


def _shell(request: TenantRequest, *, page: str, status: int = 200) -> HttpResponse:
    caller, business = get_caller(request), get_snapshot(tenant=request.tenant).business
    visit = caller.visit
    boot = {
        "email": visit.email if visit is not None else caller.actor,
        "role": SUPPORT if visit is not None else caller.role,
        "support": None if visit is None else _describe(visit),
        "businessName": request.tenant.name,
        "timeZone": business.time_zone,
        "language": business.language,
        "bookingUrl": tenant_url(request.tenant, "/book"),
        "csrf": get_token(request),
    }
    context = {
        "business_name": request.tenant.name,
        "boot": boot,
        "page": f"src/dashboard/pages/{page}/index.tsx",
        "visit": visit,
        "minutes_left": -(-visit.seconds_left // 60) if visit is not None else 0,
    }
    return render(request, "dashboard/shell.html", context, status=status)


def _describe(visit: Visit) -> dict[str, object]:
    return {"mayWrite": visit.may_write, "secondsLeft": visit.seconds_left, "adminUrl": platform_url("/admin/")}
