"""The request as it is behind TenantMiddleware, and where it may come from."""

from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError
from shared_apps.tenants.scope import TenantRef


class TenantRequest(HttpRequest):
    """A request on a tenant's host."""

    tenant: TenantRef
    client_ip: str
    is_by_proxy: bool
    csp_nonce: str


class ForeignOriginError(DomainError):
    """A browser sent this from another site's page."""

    code = "foreign_origin"
    message = _("This request came from another site. Open our page and try again from there.")


def check_origin(request: HttpRequest) -> None:
    """Raise ForeignOriginError when the Origin header names another origin than ours, `null` included.

    An absent header is accepted: programs send none, and browsers send one with every cross-site POST (Fetch standard,
    "append a request Origin header").
    """
    origin = request.META.get("HTTP_ORIGIN")
    if origin is not None and origin.lower() != f"{request.scheme}://{request.META.get('HTTP_HOST', '').lower()}":
        raise ForeignOriginError
