"""The link by which support comes in."""

from http import HTTPStatus

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from shared_apps.accounts.sessions import DEVICE_KEY, describe_device
from shared_apps.platform.grants import use_grant
from shared_apps.support.guests import ACCESS_KEY
from shared_apps.support.services import LASTS, begin_access
from shared_apps.tenants.http import TenantRequest

HOME = "/dashboard"


@never_cache
@require_safe
@sensitive_variables("token")
def open_dashboard(request: TenantRequest, token: str) -> HttpResponse:
    """Use the link up and go to the dashboard, in a session of half an hour that is none of the business's people's.

    Used, late, another tenant's, taken back or made up: one page, 404. Whoever only looks whether it is there (HEAD),
    or fetches ahead of a click (Fetch standard, `Sec-Purpose`), uses nothing up.
    """
    is_ahead = "prefetch" in (request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or "")
    if request.method != "GET" or is_ahead or not _begin(request, token):
        return render(request, "support/link_over.html", status=HTTPStatus.NOT_FOUND)
    rotate_token(request)
    return HttpResponseRedirect(HOME, status=HTTPStatus.SEE_OTHER)


def _begin(request: TenantRequest, token: str) -> bool:
    """Link, log and session in one transaction: all three, or none."""
    with transaction.atomic():
        opened = use_grant(tenant=request.tenant, token=token)
        if opened is None:
            return False
        access = begin_access(opened=opened)
        request.session.flush()
        request.session[ACCESS_KEY] = access.pk
        request.session[DEVICE_KEY] = describe_device(request.headers.get("User-Agent", ""))
        request.session.set_expiry(int(LASTS.total_seconds()))
        request.session.save()
    return True
