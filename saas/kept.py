"""Visitors' pages that this process has ready, answered before Django builds a request.

What is sent is Django's own answer to the same question, its headers too, with what is new at every visit put in: the
request's id, the nonce, the form's key, the referrer. The first who asks goes through Django, and so does everybody
who asks for anything that another answer may depend on. Nothing is looked up here: where this process does not know
the tenant and its snapshot for certain, Django is asked.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Self

from django.utils import timezone

from saas.headers import KeptHeaders
from saas.middleware import TrustedProxies, make_nonce
from saas.observing import tell_request
from saas.visits import Application, Environ, StartResponse, Visit, read_visit
from shared_apps.pages import KeptPage, KeptResponse
from shared_apps.tenants.cache import GenerationCache
from shared_apps.tenants.generations import tenant_slot
from tenant_apps.handoffs.views import make_values, may_be_kept, read_referrer

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


@dataclass(frozen=True, slots=True)
class _Answer:
    """Django's answer."""

    page: KeptPage
    headers: KeptHeaders

    @classmethod
    def of(cls, response: KeptResponse) -> Self:
        headers = KeptHeaders.of(response, nonce=response.values["nonce"], without=_OWN_HEADERS)
        return cls(response.page, headers)

    def send(self, visit: Visit, *, referrer: str, start_response: StartResponse) -> list[bytes]:
        nonce = make_nonce()
        body = self.page.fill(make_values(nonce=nonce, referrer=referrer))
        own = [("Content-Length", str(len(body))), ("X-Request-Id", visit.request_id)]
        start_response(_OK, [*self.headers.fill(nonce), *own])
        return [body]


_answers: GenerationCache[_Answer] = GenerationCache(max_entries=500, ttl=30.0)


class KeptAnswers:
    """Answers from what is kept, or has Django answer and keeps that."""

    def __init__(self, django: Application) -> None:
        self._django = django
        self._proxies = TrustedProxies()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path not in _PATHS or environ["REQUEST_METHOD"] != "GET" or not may_be_kept(environ):
            return self._django(environ, start_response)
        began = time.perf_counter()
        visit = read_visit(environ, self._proxies)
        if visit is None:
            return self._django(environ, start_response)
        referrer, slot = read_referrer(environ), tenant_slot(visit.tenant.id)
        question = _ask(visit, path=path, is_referred=bool(referrer))
        answer = _answers.find(question, slot=slot)
        if answer is None:
            generation = _answers.read_generation(slot)
            response = self._django(environ, start_response)
            if isinstance(response, KeptResponse) and not response.cookies:
                _answers.put(question, _Answer.of(response), generation=generation)
            return response
        sent = answer.send(visit, referrer=referrer, start_response=start_response)
        tell_request(
            route=path,
            method="GET",
            status=HTTPStatus.OK,
            seconds=time.perf_counter() - began,
            request=visit.request_id,
            tenant=visit.tenant.client_id,
        )
        return sent


def _ask(visit: Visit, *, path: str, is_referred: bool) -> _Question:
    return _Question(
        schema_name=visit.tenant.schema_name,
        host=visit.host,
        path=path,
        scheme=visit.scheme,
        language=visit.language,
        day=visit.snapshot.day_at(timezone.now()),
        is_referred=is_referred,
    )
