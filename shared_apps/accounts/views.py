"""Logging in and out at a tenant's host, and setting a password by a single-use link."""

from contextlib import suppress

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from shared_apps.accounts.hooks import end_visit
from shared_apps.accounts.models import User
from shared_apps.accounts.services import replace_password, request_password_reset
from shared_apps.accounts.sessions import DEVICE_KEY, describe_device
from shared_apps.accounts.tokens import find_user_by_token
from shared_apps.accounts.validators import normalise_login_email
from shared_apps.ratelimits import RateLimitedError, check, hit
from shared_apps.tenants.http import TenantRequest

HOME = "/dashboard"
_WRONG = _("This e-mail address and password do not go together.")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login_page(request: TenantRequest) -> HttpResponse:
    """GET shows the form; POST logs in and goes on. Unknown address, wrong password, inactive: one answer."""
    target = _safe_target(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method != "POST":
        return _login_form(request, target=target, email="", error="", status=200)
    email = _read_email(request)
    try:
        for key, factor in _limits(request, email):
            check("RATE_LOGIN", *key, factor=factor)
    except RateLimitedError as error:
        minutes = _minutes(error)
        text = ngettext(
            "Too many failed attempts. Try again in %(minutes)d minute.",
            "Too many failed attempts. Try again in %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
        response = _login_form(request, target=target, email=email, error=text, status=429)
        response["Retry-After"] = str(error.retry_after)
        return response
    user = authenticate(request, username=email, password=request.POST.get("password", ""))
    if user is None:
        for key, factor in _limits(request, email):
            _count_failure(key, factor)
        return _login_form(request, target=target, email=email, error=gettext(_WRONG), status=401)
    _log_in(request, user)
    return HttpResponseRedirect(target)


def _log_in(request: TenantRequest, user: User) -> None:
    end_visit(request)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[DEVICE_KEY] = describe_device(request.headers.get("User-Agent", ""))


def _read_email(request: TenantRequest) -> str:
    return normalise_login_email(request.POST.get("email", ""))[:254].replace("\0", "")


def _minutes(error: RateLimitedError) -> int:
    return -(-error.retry_after // 60)


def _limits(request: TenantRequest, email: str, *, of: str = "") -> tuple[tuple[tuple[str, ...], int], ...]:
    """What is counted by address of the login, and ten times as wide by the caller's: an office shares one."""
    schema = request.tenant.schema_name
    return ((schema, f"{of}email", email), 1), ((schema, f"{of}ip", request.client_ip), 10)


def _count_failure(key: tuple[str, ...], factor: int) -> None:
    with suppress(RateLimitedError):  # a parallel attempt used the last one; the next attempt is told
        hit("RATE_LOGIN", *key, factor=factor)


def _login_form(request: TenantRequest, *, target: str, email: str, error: str, status: int) -> HttpResponse:
    context = {"business_name": request.tenant.name, "error": error, "email": email, "next": target}
    return render(request, "accounts/login.html", context, status=status)


def _safe_target(request: HttpRequest, target: str) -> str:
    """Return where to go after the login: a path of this host, else the dashboard."""
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return HOME


@require_POST
def logout_page(request: TenantRequest) -> HttpResponse:
    """End the session, a support session too."""
    end_visit(request)
    logout(request)
    return HttpResponseRedirect("/login")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot_password_page(request: TenantRequest) -> HttpResponse:
    """GET shows the form; POST has a link mailed. One answer, after the same work, whether somebody has the address."""
    context: dict[str, object] = {"business_name": request.tenant.name, "is_sent": False, "email": "", "error": ""}
    if request.method != "POST":
        return render(request, "accounts/forgot_password.html", context)
    email = _read_email(request)
    try:
        for key, factor in _limits(request, email, of="reset-"):
            hit("RATE_LOGIN", *key, factor=factor)
    except RateLimitedError as error:
        minutes = _minutes(error)
        text = ngettext(
            "Too many links were asked for. Try again in %(minutes)d minute.",
            "Too many links were asked for. Try again in %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
        response = render(
            request, "accounts/forgot_password.html", context | {"email": email, "error": text}, status=429
        )
        response["Retry-After"] = str(error.retry_after)
        return response
    request_password_reset(email=email)
    return render(request, "accounts/forgot_password.html", context | {"is_sent": True})


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def set_password_page(request: TenantRequest, token: str) -> HttpResponse:
    """GET shows the form while the link is unspent; POST sets the password, which spends it, and logs in."""
    user = find_user_by_token(token)
    context: dict[str, object] = {
        "business_name": request.tenant.name,
        "valid": user is not None,
        "errors": [],
    }
    if user is None:
        return render(request, "accounts/set_password.html", context, status=400)
    if request.method != "POST":
        return render(request, "accounts/set_password.html", context)
    password = request.POST.get("password", "")
    try:
        validate_password(password, user)
    except ValidationError as error:
        return render(request, "accounts/set_password.html", context | {"errors": error.messages}, status=422)
    if not replace_password(user=user, password=password):
        return render(request, "accounts/set_password.html", context | {"valid": False}, status=400)
    _log_in(request, user)
    return HttpResponseRedirect(HOME)
