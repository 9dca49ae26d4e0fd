"""Captures answered before Django's middlewares: nobody can tell them from Django's."""

import gzip
import io
import json
import logging
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.test import RequestFactory

from saas import captures
from saas.captures import Captures
from saas.logs import JsonFormatter
from saas.observing import request_figures
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Domain
from shared_apps.tenants.scope import TenantRef, current_schema, enter_tenant, public_scope
from shared_apps.tenants.selectors import tenant_host
from shared_apps.tenants.services import set_tenant_status
from tenant_apps.booking import selectors
from tenant_apps.booking.models import BookingSettings
from tenant_apps.handoffs.models import BookingHandoff
from tests.clients import answer_wsgi

PATH = "/api/v1/handoffs"
PROXY = "203.0.113.7"
OWN_HOST = "book.alpha-studio.com"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+Z")
_SEEN_IN_HEADERS = ("HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE")


@dataclass
class Answer:
    """What went over the wire."""

    status: str
    headers: dict[str, str]
    body: bytes
    was_djangos: bool

    @property
    def text(self) -> str:
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()

    def compared(self) -> tuple[object, ...]:
        """All of it but for what is new every time."""
        fixed = {name: value for name, value in self.headers.items() if name != "X-Request-Id"}
        fixed["Content-Security-Policy"] = re.sub(r"'nonce-[^']+'", "", fixed["Content-Security-Policy"])
        if "Content-Encoding" in fixed:
            del fixed["Content-Length"]  # random bytes stand in it, against guessing by length
        if "Set-Cookie" in fixed:
            fixed["Set-Cookie"] = re.sub(r"receipt=[^;]+|expires=[^;]+", "", _ID.sub("id", fixed["Set-Cookie"]))
        return self.status, fixed, _MOMENT.sub("at", _ID.sub("id", self.text))


@dataclass
class Web:
    """The web process's door, told apart from Django behind it."""

    host: str
    djangos: int = 0
    door: Captures = field(init=False)

    def __post_init__(self) -> None:
        self.door = Captures(self._ask_django)

    def _ask_django(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.djangos += 1
        return answer_wsgi(environ, start_response)

    def ask(
        self,
        body: bytes | dict[str, Any],
        *,
        path: str = PATH,
        method: str = "POST",
        content_type: str = "application/json",
        by_django: bool = False,
        **environ: Any,
    ) -> Answer:
        raw = json.dumps(body).encode() if isinstance(body, dict) else body
        given = RequestFactory().generic(method, path, raw, content_type=content_type).META
        given |= {"HTTP_HOST": self.host, "HTTP_ACCEPT_ENCODING": "gzip"} | environ
        said: list[Any] = []
        before = self.djangos
        application = self._ask_django if by_django else self.door
        sent = b"".join(application(given, lambda status, headers, *_: said.extend((status, headers))))
        names = [name for name, _ in said[1] if name != "Set-Cookie"]
        assert len(names) == len(set(names))
        return Answer(said[0], dict(said[1]), sent, self.djangos > before)


@pytest.fixture
def web(ready: TenantRef, lead: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Web:
    """Alpha's host, whose tenant and snapshot this process knows; a test's transaction is not to be closed."""
    monkeypatch.setattr(captures, "close_old_connections", lambda: None)
    web = Web(tenant_host(ready))
    web.ask(lead)  # Django looks the tenant up
    return web


def prime(web: Web, lead: dict[str, Any], **environ: Any) -> None:
    """Have the door know the headers of what is asked in that way."""
    for _ in range(2):  # to know the tenant, and then the headers
        web.ask(lead, **environ)
    assert not web.ask(lead, **environ).was_djangos


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTP_ACCEPT_LANGUAGE": "es-MX,es;q=0.9"},
        {"HTTP_COOKIE": "lang=es"},
        {"HTTP_ORIGIN": "http://alpha.localhost"},
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_IDEMPOTENCY_KEY": "no uuid"},
    ],
)
def test_answer_of_the_door_is_djangos(environ: dict[str, Any], web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead, **{name: value for name, value in environ.items() if name in _SEEN_IN_HEADERS})
    django, ours = web.ask(lead, by_django=True, **environ), web.ask(lead, **environ)

    assert not ours.was_djangos
    assert ours.compared() == django.compared()
    assert ours.headers["X-Request-Id"] != django.headers["X-Request-Id"]
    assert ours.headers["Content-Security-Policy"] != django.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(b"", "application/json", 422, id="F1 empty"),
        pytest.param(b"{", "application/json", 400, id="F2 broken"),
        pytest.param('{"a": 1}'.encode("utf-16"), "application/json", 400, id="F5 UTF-16"),
        pytest.param(b"{}", "text/plain", 415, id="F6 text"),
        pytest.param(b"{}", "application/x-www-form-urlencoded", 415, id="form"),
        pytest.param(b"{}", "multipart/form-data; boundary=x", 415, id="files"),
        pytest.param(b'{"a": "' + b"x" * 70_000 + b'"}', "application/json", 413, id="F9 large"),
        pytest.param(b"[" * 20_000, "application/json", 400, id="F10 deep"),
        pytest.param(b"[]", "application/json", 422, id="list"),
        pytest.param(b'{"customerName": NaN}', "application/json", 400, id="NaN"),
        pytest.param(b'{"customerName": "Zebedee"}', "application/json", 422, id="fields"),
    ],
)
def test_refusal_of_the_door_is_djangos(
    body: bytes, content_type: str, status: int, web: Web, lead: dict[str, Any]
) -> None:
    prime(web, lead)
    django, ours = (web.ask(body, content_type=content_type, by_django=each) for each in (True, False))

    assert not ours.was_djangos
    assert ours.status.startswith(str(status))
    assert ours.compared() == django.compared()
    assert "Zebedee" not in ours.text


def test_key_that_comes_again_is_the_same_handoff_by_either_way(web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead)
    key = str(uuid4())
    first, again, by_django = (web.ask(lead, by_django=each, HTTP_IDEMPOTENCY_KEY=key) for each in (False, False, True))
    other = web.ask(lead | {"notes": "another"}, HTTP_IDEMPOTENCY_KEY=key)

    assert [each.status[:3] for each in (first, again, by_django, other)] == ["201", "200", "200", "422"]
    assert json.loads(first.text)["id"] == json.loads(again.text)["id"] == json.loads(by_django.text)["id"]
    assert again.compared() == by_django.compared()


def test_who_sends_too_much_is_refused_by_either_way(web: Web, lead: dict[str, Any], settings: Any) -> None:
    prime(web, lead)
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_IP": "1/h"}
    address: dict[str, Any] = {"REMOTE_ADDR": "198.51.100.9"}
    first, ours, django = (web.ask(lead, by_django=each, **address) for each in (False, False, True))

    assert [each.status[:3] for each in (first, ours, django)] == ["201", "429", "429"]
    assert int(ours.headers["Retry-After"]) > 0
    assert json.loads(ours.text)["booking"]["providerName"] == "Calendly"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_long_answer_is_compressed_as_djangos_is(
    encoding: str, web: Web, ready: TenantRef, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(ready):
        BookingSettings.objects.update(external_booking_disclaimer="It is all done over there. " * 15)
    selectors._snapshots.clear()
    prime(web, lead, HTTP_ACCEPT_ENCODING="identity")
    django, ours = (web.ask(lead, by_django=each, HTTP_ACCEPT_ENCODING=encoding) for each in (True, False))

    assert len(ours.text) > 1_000
    assert ours.compared() == django.compared()
    assert ("Content-Encoding" in ours.headers) is (encoding == "gzip")


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "GET"},
        {"method": "PUT"},
        {"path": f"{PATH}?lang=es"},
        {"path": f"{PATH}/"},
        {"HTTP_COOKIE": "sessionid=whatever"},
        {"HTTP_COOKIE": "sessionid=abcdefghijklmnopqrstuvwxyz012345"},
        {"HTTP_HOST": "localhost"},
        {"HTTP_HOST": "nobody.localhost"},
        {"HTTP_HOST": "bad_host.localhost"},
    ],
)
def test_what_differs_is_djangos_every_time(asked: dict[str, Any], web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead)
    for _ in range(2):
        assert web.ask(lead, **asked).was_djangos


def test_each_tenant_gets_its_own(web: Web, beta: TenantRef, lead: dict[str, Any]) -> None:
    for host in (web.host, tenant_host(beta)):
        prime(web, lead, HTTP_HOST=host)
    ours = json.loads(web.ask(lead).text)
    theirs = json.loads(web.ask(lead, HTTP_HOST=tenant_host(beta)).text)

    assert (ours["nextStep"], theirs["nextStep"]) == ("continue", "contact")
    with enter_tenant(beta):
        assert BookingHandoff.objects.filter(pk=theirs["id"]).exists()
        assert not BookingHandoff.objects.filter(pk=ours["id"]).exists()


def test_no_schema_is_left_entered(web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead)
    with public_scope():
        web.ask(lead)
        assert current_schema() == "public"


def test_suspended_tenant_is_answered_no_longer(
    web: Web, ready: TenantRef, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    prime(web, lead)
    with django_capture_on_commit_callbacks(execute=True):
        set_tenant_status(tenant=ready, status=TenantStatus.SUSPENDED)
    assert web.ask(lead).status.startswith("503")


def test_proxys_word_counts_and_nobody_elses(settings: Any, web: Web, lead: dict[str, Any]) -> None:
    settings.TRUSTED_PROXIES = [f"{PROXY}/32"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 3600, True
    with public_scope():
        Domain.objects.create(domain=OWN_HOST, tenant_id=_tenant_id(web), is_primary=False)
    web = Web(web.host)
    secure: dict[str, Any] = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_REQUEST_ID": "given-by-the-proxy"}

    for host, includes in ((web.host, True), (OWN_HOST, False)):
        for _ in range(3):
            answer = web.ask(lead, REMOTE_ADDR=PROXY, HTTP_HOST=host, **secure)
        assert not answer.was_djangos
        assert answer.headers["X-Request-Id"] == "given-by-the-proxy"
        assert ("includeSubDomains" in answer.headers["Strict-Transport-Security"]) is includes
        foreign = web.ask(lead, REMOTE_ADDR=PROXY, HTTP_HOST=host, HTTP_ORIGIN=f"http://{host}", **secure)
        assert foreign.status.startswith("403")
    assert web.ask(lead, REMOTE_ADDR="198.51.100.9", **secure).status.startswith("301")


def _tenant_id(web: Web) -> int:
    with public_scope():
        return Domain.objects.get(domain=web.host.partition(".")[0]).tenant_id


def test_error_nobody_foresaw_is_djangos(web: Web, lead: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    prime(web, lead)

    def fail(self: object, *args: object, **options: object) -> bool:
        raise RuntimeError("Zebedee")

    monkeypatch.setattr("tenant_apps.handoffs.querysets.HandoffQuerySet.insert_once", fail)
    django, ours = web.ask(lead, by_django=True), web.ask(lead)

    assert not ours.was_djangos
    assert ours.status.startswith("500")
    assert ours.compared() == django.compared()


def test_capture_by_the_door_is_told_and_counted_like_any(web: Web, lead: dict[str, Any]) -> None:
    prime(web, lead)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    before = request_figures().requests.read()[PATH, "POST", "2xx"]
    answers = [web.ask(lead, by_django=each) for each in (True, False)]
    logging.getLogger().removeHandler(handler)

    assert request_figures().requests.read()[PATH, "POST", "2xx"] == before + 2
    django, ours = (json.loads(line) for line in stream.getvalue().splitlines())
    assert [django["request"], ours["request"]] == [each.headers["X-Request-Id"] for each in answers]
    assert {**ours, "at": 0, "ms": 0, "request": ""} == {**django, "at": 0, "ms": 0, "request": ""}
