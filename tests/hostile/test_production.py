"""A server with the settings of production behind a proxy that speaks https: its cookies, its pages, its log."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import get_resolver

from shared_apps.tenants.scope import enter_tenant
from tests.factories import UserFactory
from tests.hostile.conftest import CSRF, LEAD, Stage
from tests.routes import walk_routes
from tests.serving import Answer, Server, running_server

MARK = "Quibbleworth"  # in everything that is sent here
DOMAIN = "handoff.example.com"
# What must not have `__Host-`, and why: the prefix asks for the path "/".
NOT_PREFIXED = {
    "receipt": "for one handoff's page alone, by its path; signed for tenant and handoff, a tossed one opens nothing"
}


@pytest.fixture(scope="module")
def production(stage: Stage, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with DEBUG off, on the stage's database; the stage's tenants are at the production's domain."""
    environment = {
        "DEBUG": "0",
        "SECRET_KEY": "k" * 20 + "0123456789" * 5,
        "SAAS_DOMAIN": DOMAIN,
        "EMAIL_URL": "smtp+tls://user:password@127.0.0.1:1",
        "TRUSTED_PROXIES": "127.0.0.0/8",
    }
    with (
        django_db_blocker.unblock(),
        running_server(tmp_path_factory.mktemp("production"), threads=4, **environment) as server,
    ):
        yield server


@pytest.fixture
def ask(production: Server, stage: Stage) -> Any:
    """Return a function that asks the production as its proxy does."""

    def do(method: str, target: str, *, host: str = "", headers: dict[str, str] | None = None, **more: Any) -> Answer:
        host = host or f"{stage.mine.tenant.client_id}.{DOMAIN}"
        return production.ask(
            method, target, host=host, headers={"X-Forwarded-Proto": "https"} | (headers or {}), **more
        )

    return do


def _paths(stage: Stage) -> list[str]:
    """Every address of a tenant's host, with a handoff's id or a mark in what varies."""
    from re import sub

    return [
        sub(r"<[^>]+>", MARK, sub(r"<(?:str:)?handoff_id>", stage.mine.handoff_id, path))
        for path in walk_routes(get_resolver("saas.urls_tenant"), "/")
    ]


def test_t06_every_cookie_is_of_this_host_alone(ask: Any, stage: Stage) -> None:
    with enter_tenant(stage.mine.tenant):
        user = UserFactory.create(password="correct-horse-battery")
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"__Host-csrftoken={CSRF}"}
    form |= {"Referer": f"https://{stage.mine.tenant.client_id}.{DOMAIN}/login"}
    body = f"csrfmiddlewaretoken={CSRF}&email={user.email}&password=correct-horse-battery".encode()
    answers = [ask("GET", path) for path in _paths(stage)]
    answers += [ask("GET", "/?lang=es"), ask("GET", "/admin/login/", host=DOMAIN), ask("GET", "/", host=DOMAIN)]
    answers += [ask("POST", "/login", headers=form, body=body), ask("POST", "/logout", headers=form, body=body)]
    answers.append(_post_json(ask, "/api/v1/handoffs", LEAD))

    cookies = [line for answer in answers for line in answer.headers("Set-Cookie")]

    found = {line.partition("=")[0] for line in cookies}
    assert found == {"__Host-sessionid", "__Host-csrftoken", "__Host-lang", *NOT_PREFIXED}
    for line in cookies:
        name, parts = line.partition("=")[0], {part.strip().lower() for part in line.split(";")[1:]}
        assert not any(part.startswith("domain") for part in parts), line
        assert "secure" in parts, line
        assert parts & {"samesite=lax", "samesite=strict"}, line
        assert name == "__Host-csrftoken" or "httponly" in parts, line
        assert name in NOT_PREFIXED or "path=/" in parts, line


def _post_json(ask: Any, target: str, body: Any) -> Answer:
    import json

    answer: Answer = ask("POST", target, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    return answer


@pytest.mark.parametrize(
    "path",
    ["/.git/HEAD", "/.env", "/api/openapi.json", "/openapi.json", "/api/docs", "/__debug__/", "/manage.py", "/admin/",
     "/static/../saas/settings.py", "/server-status", "/.well-known/x", "/metrics", "/docs", "/graphql", "/debug"],
)  # fmt: skip
def test_t34_what_is_not_for_visitors_is_not_there(path: str, ask: Any) -> None:
    answer = ask("GET", path)

    assert answer.status in (400, 404)
    for word in ("Traceback", "DEBUG", "urlpatterns", "Django", "settings", "Request Method"):
        assert word not in answer.body


def test_t34_every_page_is_locked_down(ask: Any, stage: Stage) -> None:
    for path in _paths(stage):
        answer = ask("GET", path)

        assert answer.status < 500, path
        assert answer.header("X-Content-Type-Options") == "nosniff", path
        assert (answer.header("Strict-Transport-Security") or "").startswith("max-age=31536000"), path
        assert "'none'" in (answer.header("Content-Security-Policy") or ""), path
        assert "unsafe" not in (answer.header("Content-Security-Policy") or "").replace("wasm-unsafe", ""), path
        assert "Traceback" not in answer.body


def test_t34_plain_http_leads_to_https(ask: Any, stage: Stage) -> None:
    answer = ask("GET", "/book", headers={"X-Forwarded-Proto": "http"})

    assert answer.status == 301
    assert (answer.header("Location") or "").startswith(f"https://{stage.mine.tenant.client_id}.{DOMAIN}/book")


def test_t21_log_holds_nothing_of_what_was_sent(ask: Any, production: Server, stage: Stage) -> None:
    """By every door, well and badly formed; a log that is silent proves nothing, so it must have said something."""
    texts = [MARK, f"{MARK}\n{MARK}", f"{MARK}\0", f"\x1b[31m{MARK}", MARK * 200]
    fields = ("customerName", "customerEmail", "customerPhone", "notes", "requestedService", "sourcePage", MARK)
    for text in texts:
        for name in fields:
            _post_json(ask, "/api/v1/handoffs", LEAD | {name: text})
        _post_json(ask, "/api/v1/assistant/messages", {"message": text, "slots": {"notes": text}, "asking": None})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/login", "/forgot-password", f"/set-password/{MARK}", "/book", "/logout"):
        ask("POST", path, headers=form, body=f"email={MARK}&password={MARK}&customerName={MARK}".encode())
    for path in (f"/{MARK}", f"/%0a{MARK}", f"/set-password/{MARK}", f"/go/{MARK}", f"/?q={MARK}"):
        ask("GET", path, headers={"Referer": f"http://x/{MARK}", "User-Agent": MARK, "Cookie": f"sessionid={MARK}"})
    ask("GET", "/api/v1/handoffs", headers={"Authorization": f"Bearer {MARK}"})
    ask("POST", "/api/v1/handoffs", headers={"Content-Type": "application/json"}, body=f'{{"{MARK}'.encode())
    ask("GET", "/", host=f"{MARK}.{DOMAIN}")

    log = production.log.read_text(encoding="utf-8")

    assert '"level"' in log
    assert MARK not in log
    assert MARK.lower() not in log.lower()
    assert "\x1b" not in log
