"""Answers that are kept before Django: nobody can tell them from Django's, and what differs is Django's to answer."""

import gzip
import json
import logging
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from saas import kept
from saas.kept import KeptAnswers
from saas.logs import JsonFormatter
from saas.observing import request_figures
from shared_apps.platform.lifecycle import RESUME, SUSPEND, take_step
from shared_apps.tenants.models import Domain
from shared_apps.tenants.scope import TenantRef, public_scope
from shared_apps.tenants.selectors import tenant_host
from tests.clients import TenantClient
from tests.doors import Answer, Web

PROXY = "203.0.113.7"
OWN_HOST = "book.alpha-studio.com"
_NEW_EACH_TIME = re.compile(r'(?<=nonce=")[^"]+|(?<=name="idempotencyKey" value=")[^"]+')


def page(answer: Answer) -> str:
    return gzip.decompress(answer.body).decode()


def new_each_time(answer: Answer) -> set[str]:
    return {answer.headers["X-Request-Id"], *_NEW_EACH_TIME.findall(page(answer))}


def compared(answer: Answer) -> tuple[object, ...]:
    """All of it but for what is new at every visit."""
    policy = re.sub(r"'nonce-[^']+'", "", answer.headers["Content-Security-Policy"])
    fixed = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    return answer.status, fixed | {"Content-Security-Policy": policy}, _NEW_EACH_TIME.sub("", page(answer))


@pytest.fixture
def web(ready: TenantRef) -> Web:
    """Alpha's host, whose tenant and snapshot this process knows."""
    web = Web(tenant_host(ready), KeptAnswers)
    web.ask("/?known=now")
    return web


@pytest.mark.parametrize("path", ["/", "/book"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"accept_language": "es-MX,es;q=0.9"},
        {"cookie": "lang=es"},
        {"cookie": "lang=xx; other=1"},
        {"referer": 'https://search.example/results?q="><b>'},
    ],
)
def test_kept_answer_is_djangos(path: str, headers: dict[str, Any], web: Web) -> None:
    first, second, third = (web.ask(path, **headers) for _ in range(3))

    assert [each.was_djangos for each in (first, second, third)] == [True, False, False]
    assert compared(first) == compared(second) == compared(third)
    assert second.headers["Content-Length"] == str(len(second.body))
    assert not new_each_time(first) & new_each_time(second)
    assert not new_each_time(second) & new_each_time(third)
    assert any(f"'nonce-{each}'" in second.headers["Content-Security-Policy"] for each in new_each_time(second))


def test_language_decides_which_answer_is_kept(web: Web) -> None:
    asked: list[dict[str, Any]] = [
        {},
        {"accept_language": "es"},
        {"cookie": "lang=es"},
        {"cookie": "lang=en", "accept_language": "es"},
    ]
    for headers in asked:
        web.ask("/", **headers)

    languages = [web.ask("/", **headers) for headers in asked]
    assert [each.was_djangos for each in languages] == [False] * 4
    assert [each.headers["Content-Language"] for each in languages] == ["en", "es", "es", "en"]
    assert ["Horario" in page(each) for each in languages] == [False, True, True, False]


def test_referrer_is_this_visits_alone(web: Web) -> None:
    for number in (1, 2):
        html = page(web.ask("/", referer=f'https://search.example/"><b>{number}'))
        assert f'name="referrer" value="https://search.example/&quot;&gt;&lt;b&gt;{number}"' in html
    assert 'name="referrer"' not in page(web.ask("/"))


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/", {"method": "HEAD"}),
        ("/", {"method": "POST"}),
        ("/?service=Massage", {}),
        ("/?lang=es", {}),
        ("/book?embed=1", {}),
        ("/", {"accept_encoding": "br"}),
        ("/", {"cookie": "sessionid=whatever"}),
        ("/", {"cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"}),
        ("/handoff/x", {}),
        ("/", {"host": "localhost"}),
        ("/", {"host": "nobody.localhost"}),
        ("/", {"host": "bad_host.localhost"}),
    ],
)
def test_what_differs_is_djangos_every_time(path: str, asked: dict[str, Any], web: Web) -> None:
    for _ in range(2):
        web.ask("/")
        assert web.ask(path, **asked).was_djangos


def test_each_page_has_an_answer_of_its_own(web: Web) -> None:
    for _ in range(2):
        answers = {path: web.ask(path) for path in ("/", "/book")}
    assert not any(answer.was_djangos for answer in answers.values())
    assert ['data-testid="assistant"' in page(answers[path]) for path in ("/", "/book")] == [True, False]


def test_tenants_have_answers_of_their_own(web: Web, beta: TenantRef) -> None:
    other = tenant_host(beta)
    for _ in range(3):
        assert "Alpha Studio" in page(web.ask("/"))
        html = page(web.ask("/", host=other))
        assert "Beta Studio" in html
        assert "Alpha" not in html
    assert not web.ask("/").was_djangos
    assert not web.ask("/", host=other).was_djangos


def test_what_the_owner_saves_is_on_the_next_answer(
    web: Web, owner: TenantClient, django_capture_on_commit_callbacks: Any
) -> None:
    web.ask("/")
    assert not web.ask("/").was_djangos
    profile = owner.get("/api/v1/settings/profile").json()

    with django_capture_on_commit_callbacks(execute=True):
        changed = owner.put_json("/api/v1/settings/profile", profile | {"businessName": "Fuchsia Studio"})
    assert changed.status_code == 200

    assert "Fuchsia Studio" in page(web.ask("/"))
    assert "Fuchsia Studio" in page(web.ask("/"))


def test_suspended_tenant_is_answered_no_longer(
    web: Web, ready: TenantRef, django_capture_on_commit_callbacks: Any
) -> None:
    for _ in range(2):
        web.ask("/")
    with django_capture_on_commit_callbacks(execute=True):
        take_step(tenant=ready, step=SUSPEND)
    assert web.ask("/").status.startswith("503")

    with django_capture_on_commit_callbacks(execute=True):
        take_step(tenant=ready, step=RESUME)
    assert web.ask("/").status.startswith("200")


def test_scheme_and_request_id_are_a_trusted_proxys_to_tell(settings: Any, web: Web) -> None:
    settings.TRUSTED_PROXIES = [f"{PROXY}/32"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 3600
    web = Web(web.host, KeptAnswers)
    secure: dict[str, Any] = {"x_forwarded_proto": "https", "x_request_id": "given-by-the-proxy"}

    for _ in range(2):
        answer = web.ask("/", address=PROXY, **secure)
        assert answer.status.startswith("200")
        assert answer.headers["X-Request-Id"] == "given-by-the-proxy"
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=3600")
    assert not answer.was_djangos
    assert web.ask("/", address="198.51.100.9", **secure).status.startswith("301")


def test_request_id_of_anybody_else_is_not_taken_over(web: Web) -> None:
    answers = [web.ask("/", x_request_id="0199f0f0-abcd") for _ in range(2)]

    assert [each.was_djangos for each in answers] == [True, False]
    assert "0199f0f0-abcd" not in [each.headers["X-Request-Id"] for each in answers]


def test_day_that_begins_is_djangos_to_answer(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.ask("/")
    assert not web.ask("/").was_djangos
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(kept, "timezone", SimpleNamespace(now=lambda: tomorrow))

    assert web.ask("/").was_djangos


def test_own_domain_forces_https_for_its_name_alone(settings: Any, web: Web, ready: TenantRef) -> None:
    settings.TRUSTED_PROXIES = [f"{PROXY}/32"]
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 3600, True
    with public_scope():
        Domain.objects.create(domain=OWN_HOST, tenant_id=ready.id, is_primary=False)
    web = Web(web.host, KeptAnswers)

    for host, includes in ((web.host, True), (OWN_HOST, False)):
        for _ in range(3):
            answer = web.ask("/", host=host, address=PROXY, x_forwarded_proto="https")
        assert not answer.was_djangos
        assert ("includeSubDomains" in answer.headers["Strict-Transport-Security"]) is includes


def test_kept_answer_is_told_and_counted_like_any(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="saas.access")
    web.ask("/book")
    before = request_figures().requests.read()["/book", "GET", "2xx"]
    caplog.clear()
    answer = web.ask("/book")

    assert not answer.was_djangos
    assert request_figures().requests.read()["/book", "GET", "2xx"] == before + 1
    (line,) = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    told = {name: line[name] for name in ("logger", "request", "tenant", "route", "method", "status")}
    assert told == {
        "logger": "saas.access",
        "request": answer.headers["X-Request-Id"],
        "tenant": "alpha",
        "route": "/book",
        "method": "GET",
        "status": 200,
    }


def test_no_cookie_is_ever_kept(web: Web) -> None:
    web.ask("/")
    assert "Set-Cookie" in web.ask("/", cookie="sessionid=none").headers
    assert "Set-Cookie" not in web.ask("/").headers
