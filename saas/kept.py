"""Visitors' pages that this process has ready, answered before Django builds a request.

What is sent is Django's own answer to the same question, its headers too, with what is new at every visit put in: the
request's id, the nonce, the form's key, the referrer. The first who asks goes through Django, and so does everybody
who asks for anything that another answer may depend on. Nothing is looked up here: where this process does not know
the tenant and its snapshot for certain, Django is asked.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Self

from django.conf import settings
from django.http import HttpResponseBase, parse_cookie
from django.utils import timezone

from saas.languages import find_wanted_language
from saas.middleware import TrustedProxies, make_nonce, read_scheme
from saas.observing import pick_request_id, tell_request
from shared_apps.pages import KeptPage, KeptResponse
from shared_apps.tenants.cache import GenerationCache
from shared_apps.tenants.generations import tenant_slot
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import find_known_tenant
from shared_apps.tenants.validators import normalise_host
from tenant_apps.booking.selectors import find_known_snapshot
from tenant_apps.handoffs.views import make_values, may_be_kept, read_referrer

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Django = Callable[[Environ, Callable[..., Any]], HttpResponseBase]

_PATHS: Final = frozenset({"/", "/book"})  # each is the name of its route, too
_OK: Final = f"{HTTPStatus.OK.value} {HTTPStatus.OK.phrase}"
_OWN_HEADERS: Final = frozenset({"Content-Length", "X-Request-Id"})


class _Question(NamedTuple):
    """All that an answer depends on, but for what is new at every visit."""

    schema_name: str
    host: str
    path: str
    scheme: str
    language: str
    day: date
    is_referred: bool


class _Visit(NamedTuple):
    question: _Question
    tenant: TenantRef
    referrer: str
    request_id: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """Django's answer; a header that names the nonce is cut at it."""

    page: KeptPage
    headers: tuple[tuple[str, str], ...]
    cut_headers: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, response: KeptResponse) -> Self:
        nonce = response.values["nonce"]
        given = [(name, value) for name, value in response.items() if name not in _OWN_HEADERS]
        return cls(
            response.page,
            tuple((name, value) for name, value in given if nonce not in value),
            tuple((name, tuple(value.split(nonce))) for name, value in given if nonce in value),
        )

    def send(self, visit: _Visit, start_response: StartResponse) -> list[bytes]:
        nonce = make_nonce()
        body = self.page.fill(make_values(nonce=nonce, referrer=visit.referrer))
        cut = [(name, nonce.join(parts)) for name, parts in self.cut_headers]
        own = [("Content-Length", str(len(body))), ("X-Request-Id", visit.request_id)]
        start_response(_OK, [*self.headers, *cut, *own])
        return [body]


_answers: GenerationCache[_Answer] = GenerationCache(max_entries=500, ttl=30.0)


class KeptAnswers:
    """Answers from what is kept, or has Django answer and keeps that."""

    def __init__(self, django: Django) -> None:
        self._django = django
        self._proxies = TrustedProxies()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        visit = self._read(environ)
        if visit is None:
            return self._django(environ, start_response)
        question, slot = visit.question, tenant_slot(visit.tenant.id)
        answer = _answers.find(question, slot=slot)
        if answer is None:
            generation = _answers.read_generation(slot)
            response = self._django(environ, start_response)
            if isinstance(response, KeptResponse) and not response.cookies:
                _answers.put(question, _Answer.of(response), generation=generation)
            return response
        sent = answer.send(visit, start_response)
        tell_request(
            route=question.path,
            method="GET",
            status=HTTPStatus.OK,
            seconds=time.perf_counter() - began,
            request=visit.request_id,
            tenant=visit.tenant.client_id,
        )
        return sent

    def _read(self, environ: Environ) -> _Visit | None:
        """Return what a visit asks, where it asks for what can be kept and this process knows whose page it is."""
        path = environ["PATH_INFO"]
        if path not in _PATHS or environ["REQUEST_METHOD"] != "GET" or not may_be_kept(environ):
            return None
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
        is_by_proxy, referrer = self._proxies.sent(environ), read_referrer(environ)
        question = _Question(
            schema_name=tenant.schema_name,
            host=host,
            path=path,
            scheme=read_scheme(environ, is_by_proxy=is_by_proxy),
            language=find_wanted_language(
                remembered=cookies.get(settings.LANGUAGE_COOKIE_NAME, ""),
                accepted=environ.get("HTTP_ACCEPT_LANGUAGE", ""),
            )
            or snapshot.business.language,
            day=snapshot.day_at(timezone.now()),
            is_referred=bool(referrer),
        )
        return _Visit(question, tenant, referrer, pick_request_id(environ, is_by_proxy=is_by_proxy))


def _read_cookies(environ: Mapping[str, Any]) -> dict[str, str]:
    header = environ.get("HTTP_COOKIE", "")
    return parse_cookie(header) if header else {}
