"""The one page behind login: the shell of the dashboard, an app that speaks to the JSON API alone."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shared_apps.accounts.enums import TENANT_ROLES
from shared_apps.accounts.models import User
from shared_apps.tenants.http import TenantRequest
from shared_apps.tenants.selectors import tenant_url
from tenant_apps.booking.selectors import get_snapshot
from tenant_apps.handoffs.api.requests import parse_handoff_id
from tenant_apps.handoffs.selectors import HandoffNotFoundError, get_handoff

View = Callable[..., HttpResponse]


def member_page(view: View) -> View:
    """Let a tenant's people in; send everyone else to the login page, from where they come back."""

    @wraps(view)
    def guarded(request: TenantRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and user.is_active and user.role in TENANT_ROLES:
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
    user, business = request.user, get_snapshot(tenant=request.tenant).business
    boot = {
        "email": user.email if isinstance(user, User) else "",
        "role": user.role if isinstance(user, User) else "",
        "businessName": request.tenant.name,
        "timeZone": business.time_zone,
        "language": business.language,
        "bookingUrl": tenant_url(request.tenant, "/book"),
        "csrf": get_token(request),
    }
    context = {"business_name": request.tenant.name, "boot": boot, "page": f"src/dashboard/pages/{page}/index.tsx"}
    return render(request, "dashboard/shell.html", context, status=status)
