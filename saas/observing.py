"""What every request leaves behind: an id in its answer and its lines, a line in the log, and its figures."""

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from secrets import token_hex
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver

from saas.logs import line_facts
from shared_apps.counters import Counter, Histogram

logger = logging.getLogger("saas.access")

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
STATUSES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")
BOUNDS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 4.0)

STATIC: Final = "static"
NO_ROUTE: Final = "none"
"""Of what ended before a route was found: an unknown host, a redirect, a refused body."""

_QUIET: Final = frozenset({STATIC, "/health/live", "/health/ready", "/metrics"})
_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_CONVERTER: Final = re.compile(r"<(?:\w+:)?(\w+)>")


def list_routes(patterns: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterable[str]:
    """Yield the route of every pattern as a resolver match gives it."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from list_routes(pattern.url_patterns, route)
        else:
            yield route


def route_name(route: str) -> str:
    """Return a route as it is told: `/go/<handoff_id>`; what stands for the variable part is never in it."""
    return "/" + _CONVERTER.sub(r"<\1>", route)


class RequestFigures:
    """How many requests, of which route and method, ended how, and how long they took."""

    def __init__(self) -> None:
        maps = (settings.ROOT_URLCONF, settings.PUBLIC_URLCONF)
        routes = {route for urlconf in maps for route in list_routes(get_resolver(urlconf).url_patterns)}
        self._names = {route: route_name(route) for route in routes}
        names = (*sorted(set(self._names.values())), STATIC, NO_ROUTE)
        self.requests = Counter(
            "handoff_http_requests_total",
            "Requests by route, method and class of status.",
            route=names,
            method=METHODS,
            status=STATUSES,
        )
        self.seconds = Histogram(
            "handoff_http_request_seconds",
            "How long requests took, until their answer began.",
            label="route",
            values=names,
            bounds=BOUNDS,
        )

    def name(self, request: HttpRequest) -> str:
        """Return the name of a request's route."""
        match = request.resolver_match
        if match is not None:
            return self._names.get(match.route, NO_ROUTE)
        return STATIC if request.path_info.startswith(settings.STATIC_URL) else NO_ROUTE

    def add(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self.requests.add(route, method if method in METHODS else "GET", f"{status // 100}xx")
        self.seconds.observe(route, seconds)


@cache
def request_figures() -> RequestFigures:
    """Return the figures of this process, made when the URL maps can be read."""
    return RequestFigures()


def pick_request_id(environ: Mapping[str, Any], *, is_by_proxy: bool) -> str:
    """Return the id that a trusted proxy gave a request, else a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "") if is_by_proxy else ""
    return given if _GIVEN_ID.fullmatch(given) else token_hex(8)


def tell_request(*, route: str, method: str, status: int, seconds: float, **more: str) -> None:
    """Count a request and, where it is one that is told, write its line; `more` are facts of the line."""
    request_figures().add(route=route, method=method, status=status, seconds=seconds)
    if route in _QUIET and status < 500:
        return
    facts = {
        "route": route,
        "method": method if method in METHODS else "other",
        "status": status,
        "ms": round(seconds * 1000, 1),
        **more,
    }
    logger.info("request", extra={"facts": facts})


class RequestMiddleware:
    """Gives each request an id, and writes one line about it: route, method, status, time; no address, no path.

    The id of a proxy that is trusted is taken over (X-Request-Id); everybody else gets a new one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = pick_request_id(request.META, is_by_proxy=getattr(request, "is_by_proxy", False))
        began = time.perf_counter()
        with line_facts(request=request_id):
            response = self.get_response(request)
            tenant = getattr(request, "tenant", None)
            tell_request(
                route=request_figures().name(request),
                method=request.method or "",
                status=response.status_code,
                seconds=time.perf_counter() - began,
                **({} if tenant is None else {"tenant": tenant.client_id}),
            )
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - Django's mark: ours told it
        response["X-Request-Id"] = request_id
        return response
