"""The page behind the link at the foot of each notification. The link itself is the authority; nobody logs in here."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shared_apps.tenants.http import TenantRequest
from tenant_apps.notifications.selectors import find_subscriber, get_notification_settings
from tenant_apps.notifications.services import UnknownSubscriberError, set_subscription


@csrf_exempt  # a mail program posts here by itself (RFC 8058): it has no cookie, and whoever knows the link may use it
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: TenantRequest, subscriber: str) -> HttpResponse:
    """GET shows what the button does and changes nothing, since mail scanners follow links; POST does it."""
    tenant = request.tenant
    if request.method == "POST":
        try:
            is_wanted = request.POST.get("action") == "subscribe"
            set_subscription(tenant=tenant, token=subscriber, is_wanted=is_wanted)
        except UnknownSubscriberError:
            return _show(request, state="unknown", status=404)
        return _show(request, state="subscribed" if is_wanted else "unsubscribed")
    settings = get_notification_settings()
    address = find_subscriber(tenant, subscriber, settings=settings)
    if address is None:
        return _show(request, state="unknown", status=404)
    return _show(request, state="is_unsubscribed" if address in settings.unsubscribed else "is_subscribed")


def _show(request: TenantRequest, *, state: str, status: int = 200) -> HttpResponse:
    context = {"business_name": request.tenant.name, "state": state}
    return render(request, "notifications/unsubscribe.html", context, status=status)
