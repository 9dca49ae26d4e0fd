"""Raw HTTP at the real server: what a test client cannot say. Rows H of the threat list."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.serving import Answer, Server, running_server

Send = Callable[..., Answer]


@pytest.fixture(autouse=True)
def db() -> None:
    """Nothing here touches the database but the server; the name makes pytest-django provide one."""


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on the tests' database."""
    with django_db_blocker.unblock(), running_server(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture
def send(server: Server) -> Send:
    """Return a function that sends a request line and header lines, and returns the answer."""

    def do(line: str, *headers: str, body: str = "") -> Answer:
        lines = [line, *headers, "Connection: close", "", body]
        return server.exchange("\r\n".join(lines).encode("latin-1"), seconds=5)

    return do


def test_tenant_is_found_by_its_host(send: Send) -> None:
    for host in ("alpha.localhost", "ALPHA.localhost", "alpha.localhost.", "Alpha.localhost.:8000"):
        answer = send("GET / HTTP/1.1", f"Host: {host}")

        assert answer.status == 200
        assert "Alpha Studio" in answer.body


def test_absent_host_is_refused(send: Send) -> None:
    assert send("GET / HTTP/1.1").status in (400, 404)
    assert send("GET / HTTP/1.0").status in (400, 404)


def test_two_hosts_are_refused(send: Send) -> None:
    for hosts in (("alpha", "beta"), ("beta", "alpha"), ("alpha", "alpha")):
        answer = send("GET / HTTP/1.1", *(f"Host: {host}.localhost" for host in hosts))

        assert answer.status in (400, 404)
        assert "Studio" not in answer.body


def test_absolute_form_never_leads_past_the_host_header(send: Send) -> None:
    answer = send("GET http://beta.localhost/ HTTP/1.1", "Host: alpha.localhost")

    assert answer.status in (200, 400)
    assert "Beta Studio" not in answer.body


def test_underscore_headers_are_not_taken_for_the_real_ones(send: Send) -> None:
    """CVE-2026-3902 and its kin: `X_Forwarded_For` must not become the variable of `X-Forwarded-For`."""
    answer = send("GET / HTTP/1.1", "Host: alpha.localhost", "HTTP_HOST: beta.localhost", "http-host: beta.localhost")

    assert "Beta Studio" not in answer.body


def test_folded_and_spaced_host_headers_are_refused_or_plain(send: Send) -> None:
    for header in ("Host : beta.localhost", " Host: beta.localhost", "Host:\tbeta.localhost\r\n\t.evil.example"):
        answer = send("GET / HTTP/1.1", header)

        assert answer.status in (400, 404)
        assert "Beta Studio" not in answer.body


def test_unknown_transfer_encoding_is_refused(send: Send) -> None:
    answer = send(
        "POST /api/v1/handoffs HTTP/1.1",
        "Host: alpha.localhost",
        "Content-Type: application/json",
        "Transfer-Encoding: xchunked",
        body="{}",
    )

    assert 400 <= answer.status < 600
    assert answer.status not in (500, 503)


def test_length_and_chunks_together_smuggle_nothing(send: Send) -> None:
    smuggled = "GET / HTTP/1.1\r\nHost: beta.localhost\r\n\r\n"
    answer = send(
        "POST /api/v1/handoffs HTTP/1.1",
        "Host: alpha.localhost",
        "Content-Type: application/json",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        body=f"0\r\n\r\n{smuggled}",
    )

    assert "Beta Studio" not in answer.body


@pytest.mark.parametrize(
    "header",
    [
        "Accept: " + 'text/html;x="' + ";" * 50_000 + '"',
        "Accept: " + ";" * 50_000,
        "Content-Type: " + 'text/html;x="' + ";" * 50_000 + '"',
        "Accept-Language: " + "de-" * 3_400,
        "Accept-Language: " + "en," * 3_400,
        "Cookie: " + "a=b; " * 2_000,
        "Cookie: sessionid=" + "x" * 7_000,
    ],
    ids=["accept-quoted", "accept", "content-type", "language-long", "language-many", "cookies", "cookie"],
)
def test_huge_headers_are_answered_at_once(header: str, send: Send) -> None:
    send("GET /book HTTP/1.1", "Host: alpha.localhost")
    started = time.monotonic()

    answer = send("GET /book HTTP/1.1", "Host: alpha.localhost", header)

    assert answer.status in (200, 400, 431)
    assert time.monotonic() - started < 0.5  # 100 ms on a machine of its own


def test_tossed_session_cookies_are_nobodys(send: Send) -> None:
    answer = send(
        "GET /dashboard HTTP/1.1", "Host: alpha.localhost", f"Cookie: sessionid={'a' * 32}; sessionid={'b' * 32}"
    )

    assert answer.status == 302
    assert "location: /login?next=/dashboard" in answer.head.lower()


@pytest.mark.parametrize("line", ["TRACE / HTTP/1.1", "CONNECT beta.localhost:443 HTTP/1.1", "BREW /book HTTP/1.1"])
def test_strange_methods_are_refused(line: str, send: Send) -> None:
    answer = send(line, "Host: alpha.localhost")

    assert answer.status in (400, 404, 405, 501)
    assert "Studio" not in answer.head


@pytest.mark.parametrize(
    "path",
    ["/..%2f..%2fetc/passwd", "/../../etc/passwd", "/.git/HEAD", "/x%00", "/%ff%fe", "//", "/static/../manage.py"],
)
def test_odd_paths_are_not_found(path: str, send: Send) -> None:
    answer = send(f"GET {path} HTTP/1.1", "Host: alpha.localhost")

    assert answer.status in (400, 404)
    assert "root:" not in answer.body


@pytest.mark.parametrize(
    "line", ["GET", "GET /", "", "\0\0\0", "GET / HTTP/9.9", "GET /\x01 HTTP/1.1", "get / http/1.1"]
)
def test_garbage_is_refused(line: str, send: Send) -> None:
    assert send(line, "Host: alpha.localhost").status in (0, 400, 404, 405, 505)


@pytest.mark.parametrize("text", ["a\r\nX-Injected: 1", "a%0d%0aX-Injected:%201"])
def test_query_never_becomes_a_header(text: str, send: Send) -> None:
    answer = send(f"GET /?service={text} HTTP/1.1", "Host: www.alpha.localhost")

    assert "\r\nx-injected" not in answer.head.lower()


def test_no_answer_sets_a_cookie_for_other_hosts(send: Send) -> None:
    """T6: host-only cookies, so that no tenant's page sets another's."""
    answer = send("GET /login HTTP/1.1", "Host: alpha.localhost")

    cookies = [line for line in answer.head.split("\r\n") if line.lower().startswith("set-cookie:")]
    assert len(cookies) == 1
    assert "domain=" not in cookies[0].lower()
    assert "samesite=lax" in cookies[0].lower()
