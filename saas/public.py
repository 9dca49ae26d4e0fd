"""The platform's own page."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shared_apps.tenants.selectors import find_tenant_by_host, list_active_tenants, tenant_url
from shared_apps.tenants.validators import normalise_host
from tenant_apps.demo.data import DEMO_BY_SUBDOMAIN


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the product is, with the gallery of demo tenants."""
    gallery = []
    for tenant in list_active_tenants(demo_only=True):
        demo = DEMO_BY_SUBDOMAIN.get(tenant.client_id)
        if demo is not None:
            gallery.append(
                {
                    "name": tenant.name,
                    "industry": demo.industry_label,
                    "url": tenant_url(tenant),
                    "provider_name": demo.provider_name,
                }
            )
    return render(request, "platform/home.html", {"tenants": gallery})


@require_safe
def may_have_certificate(request: HttpRequest) -> HttpResponse:
    """Tell a proxy on this machine or a trusted one whether to get a certificate for `?domain=`: 200 for a proven one.

    404 for every other name, and for whoever else asks: what a proxy passes on bears X-Forwarded-For, its own question
    does not. Names below SAAS_DOMAIN have the wildcard's.
    """
    host = normalise_host(request.GET.get("domain", ""))
    if not _is_our_proxy(request) or host is None or host.endswith("." + settings.SAAS_DOMAIN):
        return HttpResponse(status=404)
    return HttpResponse(status=200 if find_tenant_by_host(host) is not None else 404)


def _is_our_proxy(request: HttpRequest) -> bool:
    if "X-Forwarded-For" in request.headers:
        return False
    try:
        peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    trusted = (ipaddress.ip_network(proxy, strict=False) for proxy in settings.TRUSTED_PROXIES)
    return peer.is_loopback or any(peer.version == network.version and peer in network for network in trusted)
