"""The platform's own page: what the product is, the demo tenants, and a sign-up of interest where one is wanted."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from saas.metrics import is_local
from shared_apps.errors import InvalidFieldsError, translate
from shared_apps.interest.services import record_interest
from shared_apps.tenants.http import TenantRequest
from shared_apps.tenants.selectors import find_tenant_by_host, list_active_tenants, tenant_url
from shared_apps.tenants.validators import normalise_host
from tenant_apps.demo.data import DEMO_BY_SUBDOMAIN

_FIELDS = ("businessName", "email")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the product is, with the gallery of demo tenants."""
    return _render_home(request, form={"is_sent": "sent" in request.GET})


@require_POST
def sign_up(request: TenantRequest) -> HttpResponse:
    """Keep a sign-up of interest: 303 back to the page, or 422 with the input kept. 404 where it is switched off."""
    if not settings.INTEREST_SIGNUP:
        raise Http404
    values = {name: request.POST.get(name, "") for name in _FIELDS}
    try:
        if not request.POST.get("website"):  # people leave the hidden field empty
            record_interest(
                email=values["email"],
                business_name=values["businessName"],
                language=get_language() or settings.LANGUAGE_CODE,
                client_ip=request.client_ip,
            )
    except InvalidFieldsError as error:
        errors = {problem.field: translate(problem.message) for problem in error.problems}
        return _render_home(request, form={"values": values, "errors": errors}, status=422)
    response = HttpResponseRedirect("/?sent=1#interest")
    response.status_code = 303
    return response


def _render_home(request: HttpRequest, *, form: dict[str, object], status: int = 200) -> HttpResponse:
    gallery = []
    for tenant in list_active_tenants(demo_only=True):
        demo = DEMO_BY_SUBDOMAIN.get(tenant.client_id)
        if demo is not None:
            gallery.append(
                {
                    "name": tenant.name,
                    "industry": translate(demo.industry_label),
                    "url": tenant_url(tenant),
                    "provider_name": demo.provider_name,
                }
            )
    context = {"tenants": gallery, "form": form if settings.INTEREST_SIGNUP else None}
    return render(request, "platform/home.html", context, status=status)


@require_safe
def may_have_certificate(request: TenantRequest) -> HttpResponse:
    """Tell a proxy on this machine or a trusted one whether to get a certificate for `?domain=`: 200 for a proven one.

    404 for every other name, and for whoever else asks: what a proxy passes on bears X-Forwarded-For, its own question
    does not. Names below SAAS_DOMAIN have the wildcard's.
    """
    host = normalise_host(request.GET.get("domain", ""))
    if not _is_our_proxy(request) or host is None or host.endswith("." + settings.SAAS_DOMAIN):
        return HttpResponse(status=404)
    return HttpResponse(status=200 if find_tenant_by_host(host) is not None else 404)


def _is_our_proxy(request: TenantRequest) -> bool:
    return is_local(request) or (request.is_by_proxy and "X-Forwarded-For" not in request.headers)
