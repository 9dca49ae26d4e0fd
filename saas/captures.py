"""A visitor's capture by the API, answered by ninja without the middlewares that have no say in it.

Of the fourteen a capture needs the client's address, the tenant, the language and the headers of the answer; it has no
session, no CSRF token and no file. The operation is the API's own, with its checks, its parsing and its errors. The
headers are Django's own of an earlier capture of the same tenant, scheme and language, with request id and nonce put
in anew. The first goes through Django, and so does everybody who comes with anything another header may depend on.
"""

import re
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, NamedTuple, cast

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpResponse
from django.urls import resolve
from django.utils import translation

from saas.headers import KeptHeaders
from saas.logs import line_facts
from saas.middleware import ONE_PACKET, CompressMiddleware, TrustedProxies, make_nonce
from saas.observing import tell_request
from saas.visits import Django, Environ, Visit, read_visit
from shared_apps.tenants.cache import GenerationCache
from shared_apps.tenants.generations import tenant_slot
from shared_apps.tenants.scope import enter_tenant

_PATH: Final = "/api/v1/handoffs"
_OWN_HEADERS: Final = frozenset({"Content-Type", "Content-Length", "X-Request-Id"})  # of this one answer
_NONCE: Final = re.compile(r"'nonce-([^']+)'")


class _Question(NamedTuple):
    """All that the headers of an answer depend on, but for what is new every time."""

    schema_name: str
    host: str
    scheme: str
    language: str


def _keep(response: HttpResponse) -> KeptHeaders | None:
    """Return the headers of an answer for those to come; None where it is not like most of them."""
    if response.status_code != HTTPStatus.CREATED or "Content-Encoding" in response:
        return None
    nonce = _NONCE.search(response["Content-Security-Policy"])
    return None if nonce is None else _one_of(KeptHeaders.of(response, nonce=nonce[1], without=_OWN_HEADERS))


def _join(response: HttpResponse, kept: KeptHeaders, *, request_id: str) -> list[tuple[str, str]]:
    """Return all headers of an answer: its own, and of those kept what it does not say itself."""
    own = [*response.items(), *(("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values())]
    given = [(name, value) for name, value in kept.fill(make_nonce()) if name not in response]
    return [*own, *given, ("X-Request-Id", request_id)]


@lru_cache(maxsize=64)
def _one_of(headers: KeptHeaders) -> KeptHeaders:
    """Return the first of equal ones: a thousand tenants have the same."""
    return headers


_headers: GenerationCache[KeptHeaders] = GenerationCache(max_entries=2_000, ttl=30.0)


class Captures:
    """Answers captures where the headers are known, or has Django answer and keeps them."""

    def __init__(self, django: Django) -> None:
        self._django = django
        self._proxies = TrustedProxies()
        self._compress = CompressMiddleware(lambda _request: HttpResponse())
        self._answer = convert_exception_to_response(resolve(_PATH).func)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != _PATH or environ["REQUEST_METHOD"] != "POST" or environ.get("QUERY_STRING"):
            return self._django(environ, start_response)
        began = time.perf_counter()
        visit = read_visit(environ, self._proxies)
        if visit is None:
            return self._django(environ, start_response)
        question = _Question(visit.tenant.schema_name, visit.host, visit.scheme, visit.language)
        slot = tenant_slot(visit.tenant.id)
        headers = _headers.find(question, slot=slot)
        if headers is None:
            generation = _headers.read_generation(slot)
            answered = self._django(environ, start_response)
            if isinstance(answered, HttpResponse) and (kept := _keep(answered)) is not None:
                _headers.put(question, kept, generation=generation)
            return answered
        with line_facts(request=visit.request_id):
            response = self._capture(environ, visit, headers)
            tell_request(
                route=_PATH,
                method="POST",
                status=response.status_code,
                seconds=time.perf_counter() - began,
                tenant=visit.tenant.client_id,
            )
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, _join(response, headers, request_id=visit.request_id))
        return [response.content]

    def _capture(self, environ: Environ, visit: Visit, headers: KeptHeaders) -> HttpResponse:
        environ["wsgi.url_scheme"] = visit.scheme
        request: Any = WSGIRequest(environ)
        request.tenant, (request.client_ip, request.is_by_proxy) = visit.tenant, visit.client
        close_old_connections()  # as Django's signals do around a request
        with enter_tenant(visit.tenant), translation.override(visit.language):
            response = cast(HttpResponse, self._answer(request))
        if len(response.content) > ONE_PACKET:
            response["Vary"] = dict(headers.fixed)["Vary"]  # compressing adds to it
            self._compress.process_response(request, response)
        response["Content-Length"] = str(len(response.content))
        return response
