"""The platform's own page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shared_apps.tenants.selectors import list_active_tenants, tenant_url
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
