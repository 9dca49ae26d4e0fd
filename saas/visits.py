"""What a visitor's request says before Django builds anything of it. Nothing is looked up for it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpResponseBase, parse_cookie

from saas.languages import find_wanted_language
from saas.middleware import Client, TrustedProxies, read_scheme
from saas.observing import pick_request_id
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import find_known_tenant
from shared_apps.tenants.validators import normalise_host
from tenant_apps.booking.selectors import TenantSnapshot, find_known_snapshot

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Django = Callable[[Environ, Callable[..., Any]], HttpResponseBase]


class Visit(NamedTuple):
    """A request without a session, at a tenant that this process knows for certain."""

    tenant: TenantRef
    snapshot: TenantSnapshot
    host: str
    scheme: str
    language: str
    client: Client
    request_id: str


def read_visit(environ: Environ, proxies: TrustedProxies) -> Visit | None:
    """Return what a request says; None where there is a session, or where Django has to find out whose it is."""
    cookies = _read_cookies(environ)
    if settings.SESSION_COOKIE_NAME in cookies:  # Django takes one back that is none
        return None
    host = normalise_host(environ.get("HTTP_HOST", ""))
    tenant = find_known_tenant(host) if host is not None else None
    if host is None or tenant is None or not tenant.is_active:
        return None
    snapshot = find_known_snapshot(tenant=tenant)
    if snapshot is None:
        return None
    client = proxies.find_client(environ)
    wanted = find_wanted_language(
        remembered=cookies.get(settings.LANGUAGE_COOKIE_NAME, ""), accepted=environ.get("HTTP_ACCEPT_LANGUAGE", "")
    )
    return Visit(
        tenant=tenant,
        snapshot=snapshot,
        host=host,
        scheme=read_scheme(environ, is_by_proxy=client.is_by_proxy),
        language=wanted or snapshot.business.language,
        client=client,
        request_id=pick_request_id(environ, is_by_proxy=client.is_by_proxy),
    )


def _read_cookies(environ: Mapping[str, Any]) -> dict[str, str]:
    header = environ.get("HTTP_COOKIE", "")
    return parse_cookie(header) if header else {}
