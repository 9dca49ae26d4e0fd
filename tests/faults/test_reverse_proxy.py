"""Behind the Caddy of production: https, the client's address, bodies too large or without end, and a restart."""

import http.client
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared_apps.platform.claims import check_claim, claim_host
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tests.dns import running
from tests.faults.caddy import DOMAIN, Caddy, caddy
from tests.faults.processes import wait_for
from tests.faults.web import LEAD, Web, web_server

CAPTURES = "/api/v1/handoffs"
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "a-key-of-this-test-alone-with-more-than-fifty-characters-0123",
    "SAAS_DOMAIN": DOMAIN,
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "TRUSTED_PROXIES": "127.0.0.0/8",
    "RATE_ASSISTANT": "2/m",
}


@pytest.fixture
def web(committed_tenant: TenantRef) -> Iterator[Web]:
    """The web server as in production, with addresses of its own for the limits."""
    with web_server(overlap=8.0, **PRODUCTION) as server:
        yield server


@pytest.fixture
def front(web: Web, tmp_path: Path) -> Iterator[Caddy]:
    """Caddy before it."""
    with caddy(tmp_path, web) as proxy:
        yield proxy


@pytest.fixture
def host(committed_tenant: TenantRef) -> str:
    return f"{committed_tenant.client_id}.{DOMAIN}"


def times_asked(web: Web, route: str) -> int:
    return web.log.read_text().count(f'"route": "{route}"')


def test_visitor_is_served_by_https_alone(front: Caddy, host: str, committed_tenant: TenantRef) -> None:
    page = front.ask(host, "GET", "/")
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")

    kept = front.ask(host, "POST", CAPTURES, LEAD)
    assert (kept.status, kept.json()["status"]) == (201, "new")
    assert "Secure" in kept.headers["Set-Cookie"]
    (cookie,) = front.ask(host, "GET", "/login").headers.get_all("Set-Cookie") or []
    assert cookie.startswith("__Host-csrftoken=")

    plain = http.client.HTTPConnection("127.0.0.1", front.plain_port, timeout=20)
    plain.request("GET", "/book?x=1", headers={"Host": host})
    answer = plain.getresponse()
    plain.close()
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{host}/book?x=1")

    assert front.ask(f"nobody.{DOMAIN}", "GET", "/").status == 404
    assert front.ask(DOMAIN, "GET", f"/tls/ask?domain={host}").status == 404  # that is for Caddy alone
    with enter_tenant(committed_tenant):
        assert BookingHandoff.objects.count() == 1


def test_address_that_a_visitor_claims_is_dropped(front: Caddy, host: str) -> None:
    said: dict[str, Any] = {"message": "A haircut", "slots": {}, "asking": None}
    answers = [
        front.ask(host, "POST", "/api/v1/assistant/messages", said, {"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(3)
    ]
    assert [answer.status for answer in answers] == [200, 200, 429]


def test_body_too_large_is_asked_about_once(front: Caddy, host: str, web: Web) -> None:
    """Sent again like a request that met a restart, it took sixty tries of fifteen seconds."""
    front.ask(host, "POST", CAPTURES, LEAD)
    asked = times_asked(web, CAPTURES)
    small = front.ask(host, "POST", CAPTURES, b"x" * 100_000, {"Content-Type": "application/json"})
    assert (small.status, small.json()["detail"]) == (413, "The request body is over 64 KiB. Send less.")
    for body in (b"x" * 300_000, iter([b"x" * 300_000])):
        assert send_large(front, host, body) in {413, None}
    wait_for(lambda: times_asked(web, CAPTURES) >= asked + 1)
    time.sleep(1)  # four more tries would be in the log by now
    assert times_asked(web, CAPTURES) <= asked + 3


def send_large(front: Caddy, host: str, body: Any) -> int | None:
    """Return the status; None where the connection was closed before all was sent."""
    try:
        return front.ask(host, "POST", CAPTURES, body, {"Content-Type": "application/json"}).status
    except (OSError, http.client.HTTPException):
        return None


def test_bodies_without_end_keep_nobody_from_the_web_server(front: Caddy, host: str, web: Web) -> None:
    head = f"POST /book HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    slow = []
    for _ in range(24):  # three times the threads of the web server
        connection = front.connect(host)
        connection.connect()
        connection.sock.sendall(f"{head}Content-Length: 50000\r\n\r\ncustomerName=".encode())
        slow.append(connection)
    time.sleep(1)
    assert [front.ask(host, "GET", "/").status for _ in range(8)] == [200] * 8
    assert times_asked(web, "/book") == 0
    for connection in slow:
        connection.close()


def test_lead_sent_while_the_web_server_starts_again_is_kept_once(
    front: Caddy, host: str, web: Web, committed_tenant: TenantRef
) -> None:
    web.send(signal.SIGTERM)
    assert web.process.wait(timeout=20) == 0
    answers = []
    key = {"Idempotency-Key": str(uuid4())}
    visitor = threading.Thread(target=lambda: answers.append(front.ask(host, "POST", CAPTURES, LEAD, key)))
    visitor.start()
    web.start()
    visitor.join(timeout=40)

    assert [answer.status for answer in answers] == [201]
    with enter_tenant(committed_tenant):
        assert [str(pk) for pk in BookingHandoff.objects.values_list("pk", flat=True)] == [answers[0].json()["id"]]


def test_own_domain_has_a_certificate_once_it_is_proven(
    committed_tenant: TenantRef, settings: Any, tmp_path: Path
) -> None:
    from shared_apps.dns_proof import record_name, record_value

    own, other = f"book.{committed_tenant.client_id}.com", f"claimed.{committed_tenant.client_id}.com"
    with running() as (names, address):
        settings.DNS_SERVERS = [address]
        claim_host(tenant=committed_tenant, host=other)
        claim = claim_host(tenant=committed_tenant, host=own)
        names.records[record_name(own)] = [record_value(claim.token)]
        check_claim(claim_id=claim.pk)

    with web_server(overlap=8.0, **PRODUCTION) as web, caddy(tmp_path, web) as front:
        answer = front.ask(own, "GET", "/")
        assert answer.status == 200
        assert committed_tenant.name in answer.body.decode()
        with pytest.raises((ssl.SSLError, ConnectionError, socket.timeout)):
            front.ask(other, "GET", "/")
