"""Each request has an id, in its answer and in every line it wrote, and one line that tells how it went."""

import io
import json
import logging
import re
import threading
from typing import Any

import pytest
from django.test import Client

from saas.logs import log_uncaught
from saas.observing import tell_request
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient

MARKS = ("Zebedee", "Quux", "5550199", "555-0199", "zq@marks.example", "marker-notes", "203.0.113.77", "secret-q")


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_request_leaves_one_line_with_its_id_route_and_tenant(visitor: TenantClient, written: io.StringIO) -> None:
    response = visitor.get("/handoff/0199f0f0-0000-7000-8000-00000000dead?secret-q=1")

    (line,) = [line for line in lines_of(written) if line["logger"] == "saas.access"]
    assert line["request"] == response["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{16}", line["request"])
    assert (line["route"], line["method"], line["status"], line["tenant"]) == (
        "/handoff/<handoff_id>",
        "GET",
        404,
        "alpha",
    )
    assert line["ms"] > 0
    assert "dead" not in json.dumps(line)


@pytest.mark.parametrize(("status", "lines"), [(200, 0), (404, 0), (503, 1)])
def test_what_machines_ask_for_is_told_when_it_fails(status: int, lines: int, written: io.StringIO) -> None:
    tell_request(route="/health/ready", method="GET", status=status, seconds=0.1)

    assert len(lines_of(written)) == lines


def test_every_line_of_a_request_has_its_id_and_tenant(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, *args: object, **options: object) -> bool:
        raise RuntimeError("Zebedee")

    monkeypatch.setattr("tenant_apps.handoffs.querysets.HandoffQuerySet.insert_once", fail)
    response = visitor.post_json("/api/v1/handoffs", lead)

    lines = lines_of(written)
    assert len(lines) >= 2
    assert {line["request"] for line in lines} == {response["X-Request-Id"]}
    assert {line["tenant"] for line in lines} == {"alpha"}


def test_lines_after_a_request_have_no_id(visitor: TenantClient, alpha: TenantRef, written: io.StringIO) -> None:
    visitor.get("/")
    logging.getLogger("shared_apps.x").info("after")
    with enter_tenant(alpha):
        logging.getLogger("shared_apps.x").info("inside")

    after, inside = lines_of(written)[-2:]
    assert "request" not in after
    assert "tenant" not in after
    assert inside["tenant"] == "alpha"


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        ("0199f0f0-abcd", True),
        ("A" * 64, True),
        ("short", False),
        ("A" * 65, False),
        ("with space1", False),
        ('"}{"level":"x', False),
        ("Jane.Doe.7725550199", False),
    ],
)
def test_trusted_proxys_id_is_taken_where_it_is_one(
    given: str, is_taken: bool, alpha: TenantRef, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1/32"]
    response = TenantClient(alpha).get("/", headers={"x-request-id": given})

    assert (response["X-Request-Id"] == given) is is_taken


def test_anybody_elses_id_is_not_taken(visitor: TenantClient) -> None:
    response = visitor.get("/", headers={"x-request-id": "0199f0f0-abcd"})

    assert response["X-Request-Id"] != "0199f0f0-abcd"


def test_health_and_files_leave_no_line(written: io.StringIO, alpha: TenantRef) -> None:
    Client(headers={"host": "localhost"}).get("/health/live")
    TenantClient(alpha).get("/static/nothing.css")

    assert lines_of(written) == []


def test_no_line_holds_what_was_sent(
    ready: TenantRef, visitor: TenantClient, owner: TenantClient, written: io.StringIO
) -> None:
    body = {
        "customerName": "Zebedee Quux",
        "customerPhone": "772-555-0199",
        "customerEmail": "zq@marks.example",
        "requestedService": "Haircut",
        "preferredDateTimeText": "Friday",
        "notes": "marker-notes",
    }
    sent: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.77"}
    created = visitor.post("/api/v1/handoffs", body, content_type="application/json", **sent)
    assert created.status_code == 201
    visitor.post("/book", body, **sent)
    visitor.post("/book?secret-q=1", body | {"customerPhone": "x"}, **sent)
    visitor.post("/api/v1/handoffs", body | {"status": "Quux"}, content_type="application/json", **sent)
    owner.get("/api/v1/handoffs?q=Quux")
    owner.get("/api/v1/handoffs.csv?q=Zebedee")
    owner.get("/api/v1/handoffs?Zebedee=Quux")
    visitor.get("/set-password/Zebedee")
    visitor.post("/login", {"email": "zq@marks.example", "password": "Quux"}, **sent)
    visitor.get("/Zebedee%0aQuux")

    text = written.getvalue()
    assert text.count("saas.access") >= 9
    assert [mark for mark in MARKS if mark in text] == []
    assert created.json()["id"] not in text


def test_foreign_loggers_text_of_a_failure_is_not_told(written: io.StringIO) -> None:
    """Celery prints exception and traceback into the message itself."""
    try:
        raise ValueError("Zebedee Quux")
    except ValueError as error:
        context = {
            "name": "handoffs.sweep_handoffs",
            "id": "1",
            "description": "raised",
            "exc": error,
            "traceback": "Quux",
        }
        logging.getLogger("celery.app.trace").error(
            "Task %(name)s[%(id)s] %(description)s: %(exc)s\n%(traceback)s", context, exc_info=error
        )

    (line,) = lines_of(written)
    assert line["message"] == "failed: handoffs.sweep_handoffs"
    assert line["error"]["class"] == "ValueError"
    assert "Quux" not in written.getvalue()


def test_thread_that_dies_is_told_without_its_text(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr("sys.excepthook", lambda *_: None)
    log_uncaught()

    def die() -> None:
        raise ValueError("Zebedee")

    thread = threading.Thread(target=die, name="watcher")
    thread.start()
    thread.join()

    (line,) = lines_of(written)
    assert (line["message"], line["error"]["class"]) == ("thread watcher ended", "ValueError")
    assert "Zebedee" not in written.getvalue()
