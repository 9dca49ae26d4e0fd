"""Finds the tenant by host, before anything else of Django looks at the request."""

from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.utils.module_loading import import_string

from shared_apps.tenants.scope import enter_tenant, public_scope
from shared_apps.tenants.selectors import find_tenant_by_host, tenant_host
from shared_apps.tenants.validators import is_machine, normalise_host

_TEXT = "text/plain; charset=utf-8"


def _not_found() -> HttpResponse:
    return HttpResponse("Not found\n", status=404, content_type=_TEXT)


def _unavailable(text: str) -> HttpResponse:
    return HttpResponse(
        text, status=503, content_type=_TEXT, headers={"Retry-After": "30", "Cache-Control": "no-store"}
    )


def _is_ours(host: str) -> bool:
    return host.endswith("." + settings.SAAS_DOMAIN)


class TenantMiddleware:
    """Sets `request.tenant` and the tenant's schema for the request's time; public's on the platform's own host.

    An unknown or malformed host is a plain 404 that names no tenant, a suspended tenant a plain 503. `www.` goes to
    the canonical host by 301. X-Forwarded-Host is never read. Health checks answer on any host.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in settings.ANY_HOST_PATHS:
            return self._serve_public(request)
        raw_host = request.META.get("HTTP_HOST", "")
        host = normalise_host(raw_host)
        if host is None:
            return _not_found()
        if host == settings.SAAS_DOMAIN or (request.path_info in settings.MACHINE_PATHS and is_machine(host)):
            return self._serve_public(request)
        response = self._answer(request, host)
        if not _is_ours(host) and request.is_secure():
            # For this name alone: what stands below a business's own domain is not ours to force to https.
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return response

    def _answer(self, request: HttpRequest, host: str) -> HttpResponseBase:
        if host.startswith("www.") and (_is_ours(host) or not self._is_known(host)):
            return self._redirect_to_canonical(request, host.removeprefix("www."))
        return self._serve_tenant(request, host)

    def _is_known(self, host: str) -> bool:
        """Whether a tenant's own domain is called www.… itself; what cannot be looked up is said further on."""
        try:
            return find_tenant_by_host(host) is not None
        except (OperationalError, InterfaceError):
            return True

    def _serve_public(self, request: HttpRequest) -> HttpResponseBase:
        request.urlconf = settings.PUBLIC_URLCONF
        with public_scope():
            return self.get_response(request)

    def _serve_tenant(self, request: HttpRequest, host: str) -> HttpResponseBase:
        try:
            tenant = find_tenant_by_host(host)
        except (OperationalError, InterfaceError):
            return self._cannot_tell(request)
        if tenant is None:
            return _not_found()
        if not tenant.is_active:
            return _unavailable("This page is not available at the moment.\n")
        request.tenant = tenant  # type: ignore[attr-defined]  # TenantRequest, to all that stands behind this
        with enter_tenant(tenant):
            return self.get_response(request)

    def _cannot_tell(self, request: HttpRequest) -> HttpResponseBase:
        """The database is away and this process has not served the host before: nobody knows whose page it is."""
        page: Callable[[HttpRequest], HttpResponseBase] = import_string(settings.UNREACHABLE_PAGE)
        return page(request)

    def _redirect_to_canonical(self, request: HttpRequest, host: str) -> HttpResponseBase:
        if host == settings.SAAS_DOMAIN:
            canonical = host
        else:
            try:
                tenant = find_tenant_by_host(host)
            except (OperationalError, InterfaceError):
                return self._cannot_tell(request)
            if tenant is None:
                return _not_found()
            canonical = tenant_host(tenant)
        port = request.META["HTTP_HOST"].partition(":")[2]
        authority = f"{canonical}:{port}" if port else canonical
        return HttpResponsePermanentRedirect(f"{request.scheme}://{authority}{request.get_full_path()}")
