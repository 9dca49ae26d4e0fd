"""What every response of this house has in common: who asked, what the page may load, and a way on when all fails."""

import gzip
import ipaddress
import logging
import secrets
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils.cache import patch_vary_headers

from saas.logs import describe_exception
from saas.problems import domain_page, is_outage, method_not_allowed_page, outage_page
from shared_apps.errors import DomainError

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
ONE_PACKET: Final = 1_000
"""Bytes of a body that travels in one packet of 1,460 with its headers, and so is not compressed."""
_GZIP, _HAS_NAME = 16 + zlib.MAX_WBITS, gzip.FNAME
_GZIP_LEVEL = 3  # the last of the quick ones: half the time of 6, which is the usual

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Client(NamedTuple):
    """Who sent a request, as far as it can be believed: an IPv6 address stands for its /64."""

    ip: str
    is_by_proxy: bool


class TrustedProxies:
    """Those whose word on client, scheme and request id counts: TRUSTED_PROXIES."""

    def __init__(self) -> None:
        self._networks = [ipaddress.ip_network(proxy, strict=False) for proxy in settings.TRUSTED_PROXIES]

    def __contains__(self, address: Address | None) -> bool:
        return address is not None and any(
            address.version == network.version and address in network for network in self._networks
        )

    def find_client(self, environ: Mapping[str, Any]) -> Client:
        """Return whose request it is.

        X-Forwarded-For is read from the right, where one of these sent it: the first address that is none of them is
        the client, so a client that sends the header itself changes nothing. IPv6 clients are told apart by their /64.
        """
        address = _parse(environ.get("REMOTE_ADDR", ""))
        if address not in self:
            return Client(_bucket(address), is_by_proxy=False)
        for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[-20:]):
            forwarded = _parse(hop.strip())
            if forwarded is None:
                break
            address = forwarded
            if address not in self:
                break
        return Client(_bucket(address), is_by_proxy=True)


def read_scheme(environ: Mapping[str, Any], *, is_by_proxy: bool) -> str:
    """Return the scheme that the visitor's browser spoke."""
    is_secure = is_by_proxy and environ.get("HTTP_X_FORWARDED_PROTO") == "https"
    return "https" if is_secure else str(environ["wsgi.url_scheme"])


class ProxyMiddleware:
    """Sets `request.client_ip`, and the scheme, believing forwarded headers from TRUSTED_PROXIES alone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._proxies = TrustedProxies()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        client = self._proxies.find_client(request.META)
        request.client_ip, request.is_by_proxy = client  # type: ignore[attr-defined]  # TenantRequest
        request.META["wsgi.url_scheme"] = read_scheme(request.META, is_by_proxy=client.is_by_proxy)
        return self.get_response(request)


@lru_cache(maxsize=1_000)
def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _bucket(address: Address | None) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


class CookieMiddleware:
    """Believes no session or CSRF cookie that came twice: one of the two was set by another host below our domain.

    A browser sends both, and nothing tells which is ours (RFC 6265 section 8.6). The visitor is then anonymous.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._names = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        header = request.META.get("HTTP_COOKIE", "")
        if header:
            given = [pair.partition("=")[0].strip() for pair in header.split(";")]
            for name in self._names:
                if given.count(name) > 1:
                    request.COOKIES.pop(name, None)
        return self.get_response(request)


class CompressMiddleware(GZipMiddleware):
    """Compresses answers, but for those that travel in one packet anyway.

    Django's own, which takes twice as long to make a list a tenth smaller; streams are left to it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not isinstance(response, HttpResponse):
            return super().process_response(request, response)
        content = response.content
        if len(content) <= ONE_PACKET or "Content-Encoding" in response:
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")) is None:
            return response
        compressed = _compress(content, max_random_bytes=self.max_random_bytes)
        if len(compressed) >= len(content):
            return response
        response.content = compressed
        response["Content-Length"] = str(len(compressed))
        response["Content-Encoding"] = "gzip"
        if (etag := response.get("ETag", "")).startswith('"'):
            response["ETag"] = f"W/{etag}"  # RFC 9110 section 8.8.1: not the same bytes
        return response


def _compress(content: bytes, *, max_random_bytes: int) -> bytes:
    """Return gzip (RFC 1952) with a file name at random, so that its length tells less of what is in it (BREACH)."""
    compressed = zlib.compress(content, _GZIP_LEVEL, wbits=_GZIP)
    name = b"a" * secrets.randbelow(max_random_bytes)
    return b"%b%c%b%b\0%b" % (compressed[:3], _HAS_NAME, compressed[4:10], name, compressed[10:])


def make_nonce() -> str:
    """Return what marks the one style element of a page, new at every visit."""
    return secrets.token_urlsafe(16)


def _write_policy(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


_NONCE, _NOBODY = "{nonce}", "'none'"
_POLICY = {
    "default-src": _NOBODY,
    "script-src": "'self'",
    "style-src": f"'self' 'nonce-{_NONCE}'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": _NOBODY,
    "frame-ancestors": _NOBODY,
}
_STRICT = _write_policy(_POLICY)


class ContentSecurityMiddleware:
    """Sends a strict Content-Security-Policy with every page, and forbids caches to keep what is not a file.

    A view changes single directives by `response.csp = {...}` (see `saas.problems.allow`).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        nonce = make_nonce()
        request.csp_nonce = nonce  # type: ignore[attr-defined]  # TenantRequest
        response = self.get_response(request)
        if not response.streaming and "Content-Length" not in response and isinstance(response, HttpResponse):
            response["Content-Length"] = str(len(response.content))
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        changes: dict[str, str] = getattr(response, "csp", {})
        policy = _write_policy(_POLICY | changes) if changes else _STRICT
        response["Content-Security-Policy"] = policy.replace(_NONCE, nonce)
        if changes.get("frame-ancestors", _NOBODY) == _NOBODY:
            response["X-Frame-Options"] = "DENY"
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), browsing-topics=()"
        return response


class ProblemMiddleware:
    """Turns business errors, and a database that is away, into pages that say how to go on."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return method_not_allowed_page(request, allow=response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return domain_page(request, error)
        if not is_outage(error):
            return None
        logger.error("database away: %s", describe_exception(error)["class"])
        return outage_page(request)
