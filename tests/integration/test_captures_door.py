"""Captures answered before Django's middlewares: nobody can tell them from Django's."""

import gzip
import io
import json
import logging
import re
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings

from saas import captures
from saas.captures import Captures
from saas.logs import JsonFormatter
from saas.observing import request_figures
from shared_apps.platform.lifecycle import SUSPEND, take_step
from shared_apps.tenants.models import Domain
from shared_apps.tenants.scope import TenantRef, current_schema, enter_tenant, public_scope
from shared_apps.tenants.selectors import tenant_host
from tenant_apps.booking import selectors
from tenant_apps.booking.models import BookingSettings
from tenant_apps.handoffs.models import BookingHandoff
from tests.doors import Answer, Web
from tests.integration.test_capture_input import BAD_BODIES

PATH = "/api/v1/handoffs"
PROXY = "203.0.113.7"
OWN_HOST = "book.alpha-studio.com"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+Z")
WHY_PASSED_BY = {
    "saas.middleware.ProxyMiddleware": "the visit is read by the same class",
    "saas.observing.RequestMiddleware": "the door tells the request, by the same function",
    "django.middleware.security.SecurityMiddleware": "headers; who is to go to https never gets the 201 they are of",
    "whitenoise.middleware.WhiteNoiseMiddleware": "the address is no file's",
    "saas.middleware.CompressMiddleware": "the door calls it where an answer is long",
    "saas.middleware.CookieMiddleware": "who brings a session is Django's",
    "saas.middleware.ContentSecurityMiddleware": "headers",
    "shared_apps.tenants.middleware.TenantMiddleware": "the visit is of a tenant that is known and active",
    "saas.languages.LanguageMiddleware": "the visit has the language; the switch is a query, and Django's",
    "saas.middleware.ProblemMiddleware": "the API tells its errors itself",
    "django.contrib.sessions.middleware.SessionMiddleware": "who brings a session is Django's",
    "django.middleware.csrf.CsrfViewMiddleware": "the API's views are exempt, and ninja's gate refuses foreign origins",
    "shared_apps.accounts.middleware.AuthenticationMiddleware": "no session",
    "django.contrib.messages.middleware.MessageMiddleware": "no session",
}
_SEEN_IN_HEADERS = ("accept_language", "cookie")


def text(answer: Answer) -> str:
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(answer.body) if packed else answer.body).decode()


def compared(answer: Answer) -> tuple[object, ...]:
    """All of it but for what is new every time."""
    fixed = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    fixed["Content-Security-Policy"] = re.sub(r"'nonce-[^']+'", "", fixed["Content-Security-Policy"])
    if "Content-Encoding" in fixed:
        del fixed["Content-Length"]  # random bytes stand in it, against guessing by length
    if "Set-Cookie" in fixed:
        fixed["Set-Cookie"] = re.sub(r"receipt=[^;]+|expires=[^;]+", "", _ID.sub("id", fixed["Set-Cookie"]))
    return answer.status, fixed, _MOMENT.sub("at", _ID.sub("id", text(answer)))


@pytest.fixture
def web(ready: TenantRef, lead: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Web:
    """Alpha's host, whose tenant and snapshot this process knows; a test's transaction is not to be closed."""
    monkeypatch.setattr(captures, "close_old_connections", lambda: None)
    web = Web(tenant_host(ready), Captures)
    post(web, lead)  # Django looks the tenant up
    return web


def post(web: Web, body: bytes | dict[str, Any], *, path: str = PATH, method: str = "POST", **given: Any) -> Answer:
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    return web.ask(path, method=method, body=raw, **given)


def prime(web: Web, lead: dict[str, Any], **given: Any) -> None:
    """Have the door know the headers of what is asked in that way."""
    for _ in range(2):  # to know the tenant, and then the headers
        post(web, lead, **given)
    assert not post(web, lead, **given).was_djangos


def test_every_middleware_is_known_to_the_door() -> None:
    assert list(WHY_PASSED_BY) == django_settings.MIDDLEWARE


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"accept_language": "es-MX,es;q=0.9"},
        {"cookie": "lang=es"},
        {"origin": "http://alpha.localhost"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"idempotency_key": "no uuid"},
    ],
)
def test_answer_of_the_door_is_djangos(given: dict[str, Any], web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead, **{name: value for name, value in given.items() if name in _SEEN_IN_HEADERS})
    django, ours = post(web, lead, by_django=True, **given), post(web, lead, **given)

    assert not ours.was_djangos
    assert compared(ours) == compared(django)
    assert ours.headers["X-Request-Id"] != django.headers["X-Request-Id"]
    assert ours.headers["Content-Security-Policy"] != django.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [*BAD_BODIES, pytest.param(b'{"customerName": "Zebedee"}', "application/json", 422, id="fields")],
)
def test_refusal_of_the_door_is_djangos(
    body: bytes, content_type: str, status: int, web: Web, lead: dict[str, Any]
) -> None:
    prime(web, lead)
    django, ours = (post(web, body, content_type=content_type, by_django=each) for each in (True, False))

    assert not ours.was_djangos
    assert ours.status.startswith(str(status))
    assert compared(ours) == compared(django)
    assert "Zebedee" not in text(ours)


def test_key_that_comes_again_is_the_same_handoff_by_either_way(web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead)
    key = str(uuid4())
    first, again, by_django = (post(web, lead, by_django=each, idempotency_key=key) for each in (False, False, True))
    other = post(web, lead | {"notes": "another"}, idempotency_key=key)

    assert [each.status[:3] for each in (first, again, by_django, other)] == ["201", "200", "200", "422"]
    assert json.loads(text(first))["id"] == json.loads(text(again))["id"] == json.loads(text(by_django))["id"]
    assert compared(again) == compared(by_django)


def test_who_sends_too_much_is_refused_by_either_way(web: Web, lead: dict[str, Any], settings: Any) -> None:
    prime(web, lead)
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_IP": "1/h"}
    address: dict[str, Any] = {"address": "198.51.100.9"}
    first, ours, django = (post(web, lead, by_django=each, **address) for each in (False, False, True))

    assert [each.status[:3] for each in (first, ours, django)] == ["201", "429", "429"]
    assert int(ours.headers["Retry-After"]) > 0
    assert json.loads(text(ours))["booking"]["providerName"] == "Calendly"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_long_answer_is_compressed_as_djangos_is(
    encoding: str, web: Web, ready: TenantRef, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(ready):
        BookingSettings.objects.update(external_booking_disclaimer="It is all done over there. " * 15)
    selectors._snapshots.clear()
    for _ in range(3):  # the headers of what Django compressed are kept for nobody
        assert post(web, lead, accept_encoding="gzip").was_djangos
    prime(web, lead, accept_encoding="identity")
    django, ours = (post(web, lead, by_django=each, accept_encoding=encoding) for each in (True, False))

    assert len(text(ours)) > 1_000
    assert compared(ours) == compared(django)
    assert ("Content-Encoding" in ours.headers) is (encoding == "gzip")


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "GET"},
        {"method": "PUT"},
        {"path": f"{PATH}?lang=es"},
        {"path": f"{PATH}/"},
        {"cookie": "sessionid=whatever"},
        {"cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"},
        {"host": "localhost"},
        {"host": "nobody.localhost"},
        {"host": "bad_host.localhost"},
    ],
)
def test_what_differs_is_djangos_every_time(asked: dict[str, Any], web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead)
    for _ in range(2):
        assert post(web, lead, **asked).was_djangos


def test_each_language_has_its_own_headers(web: Web, lead: dict[str, Any]) -> None:
    for _ in range(3):
        answers = {language: post(web, lead, accept_language=language) for language in ("es", "en")}
    assert not any(answer.was_djangos for answer in answers.values())
    assert {language: answer.headers["Content-Language"] for language, answer in answers.items()} == {
        "es": "es",
        "en": "en",
    }


def test_each_tenant_gets_its_own(web: Web, beta: TenantRef, lead: dict[str, Any]) -> None:
    for host in (web.host, tenant_host(beta)):
        prime(web, lead, host=host)
    ours = json.loads(text(post(web, lead)))
    theirs = json.loads(text(post(web, lead, host=tenant_host(beta))))

    assert (ours["nextStep"], theirs["nextStep"]) == ("continue", "contact")
    with enter_tenant(beta):
        assert BookingHandoff.objects.filter(pk=theirs["id"]).exists()
        assert not BookingHandoff.objects.filter(pk=ours["id"]).exists()


def test_no_schema_is_left_entered(web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead)
    with public_scope():
        post(web, lead)
        assert current_schema() == "public"


def test_suspended_tenant_is_answered_no_longer(
    web: Web, ready: TenantRef, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    prime(web, lead)
    with django_capture_on_commit_callbacks(execute=True):
        take_step(tenant=ready, step=SUSPEND)
    assert post(web, lead).status.startswith("503")


def test_proxys_word_counts_and_nobody_elses(settings: Any, web: Web, lead: dict[str, Any]) -> None:
    settings.TRUSTED_PROXIES = [f"{PROXY}/32"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 3600, True
    with public_scope():
        Domain.objects.create(domain=OWN_HOST, tenant_id=_tenant_id(web), is_primary=False)
    web = Web(web.host, Captures)
    secure: dict[str, Any] = {"x_forwarded_proto": "https", "x_request_id": "given-by-the-proxy"}

    for host, includes in ((web.host, True), (OWN_HOST, False)):
        for _ in range(3):
            answer = post(web, lead, address=PROXY, host=host, **secure)
        assert not answer.was_djangos
        assert answer.headers["X-Request-Id"] == "given-by-the-proxy"
        assert ("includeSubDomains" in answer.headers["Strict-Transport-Security"]) is includes
        foreign = post(web, lead, address=PROXY, host=host, origin=f"http://{host}", **secure)
        assert foreign.status.startswith("403")
    assert post(web, lead, address="198.51.100.9", **secure).status.startswith("301")


def _tenant_id(web: Web) -> int:
    with public_scope():
        return Domain.objects.get(domain=web.host.partition(".")[0]).tenant_id


def test_error_nobody_foresaw_is_djangos(web: Web, lead: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    prime(web, lead)

    def fail(self: object, *args: object, **options: object) -> bool:
        raise RuntimeError("Zebedee")

    monkeypatch.setattr("tenant_apps.handoffs.querysets.HandoffQuerySet.insert_once", fail)
    django, ours = post(web, lead, by_django=True), post(web, lead)

    assert not ours.was_djangos
    assert ours.status.startswith("500")
    assert compared(ours) == compared(django)


def test_capture_by_the_door_is_told_and_counted_like_any(web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    before = request_figures().requests.read()[PATH, "POST", "2xx"]
    answers = [post(web, lead, by_django=each) for each in (True, False)]
    logging.getLogger().removeHandler(handler)

    assert request_figures().requests.read()[PATH, "POST", "2xx"] == before + 2
    django, ours = (json.loads(line) for line in stream.getvalue().splitlines())
    assert [django["request"], ours["request"]] == [each.headers["X-Request-Id"] for each in answers]
    assert {**ours, "at": 0, "ms": 0, "request": ""} == {**django, "at": 0, "ms": 0, "request": ""}
