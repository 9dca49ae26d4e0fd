"""Error reports as they arrive at a server that speaks Sentry's protocol: class, SQLSTATE, frames, nothing personal."""

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk

from saas.logs import line_facts
from saas.reporting import ReportHandler, make_event
from shared_apps.tenants.scope import TenantRef
from tests.faults.conftest import dead_port
from tests.isolation.other_process import child_environment

ROOT = Path(__file__).resolve().parents[3]
MARKS = ("Zebedee", "Quux", "5550199", "555-0199", "zq@marks.example", "marker-notes", "secret-q", "203.0.113.77")

# A process as the web server is one: settings, apps, a request that fails in each way there is, and its end.
_PROGRAM = """
import logging, sys, threading, time
import django
django.setup()
from django.db import IntegrityError, connection
from django.test import Client
from shared_apps.tenants.scope import find_current_tenant, tenant_scope
from tenant_apps.handoffs.querysets import HandoffQuerySet

schema, host = sys.argv[1:]
secret_local = "Zebedee Quux"

def fail(self, handoff, **options):
    personal = handoff.customer_name
    raise RuntimeError(f"invalid value {personal} zq@marks.example")

HandoffQuerySet.insert_once = fail
client = Client(headers={"host": host, "user-agent": "Quux"}, raise_request_exception=False, REMOTE_ADDR="203.0.113.77")
body = {"customerName": "Zebedee Quux", "customerPhone": "772-555-0199", "requestedService": "Haircut",
        "preferredDateTimeText": "Friday", "notes": "marker-notes"}
client.cookies["secret-q"] = "secret-q"
assert client.post("/api/v1/handoffs?secret-q=1", body, content_type="application/json").status_code == 500
assert client.post("/book?secret-q=1", body).status_code == 500
with tenant_scope(schema):
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO handoffs_bookinghandoff (id, customer_name) VALUES (NULL, %s)", [secret_local])
    except IntegrityError as error:
        logging.getLogger("saas.x").error("could not store", exc_info=error)
    context = {"name": "handoffs.sweep", "id": "1", "description": "raised", "exc": "Quux", "traceback": "Zebedee"}
    try:
        raise ValueError("Zebedee")
    except ValueError as error:
        logging.getLogger("celery.app.trace").error("Task %(name)s %(exc)s %(traceback)s", context, exc_info=error)
logging.getLogger("saas.x").warning("no report of a warning")
def die():
    raise KeyError("Quux")
thread = threading.Thread(target=die)
thread.start()
thread.join()
print("sentry_sdk" in sys.modules)
import atexit
if "sentry_sdk" in sys.modules:
    import sentry_sdk
    sentry_sdk.flush(5)
"""


class Sentry:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        sentry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sentry.headers.append(dict(self.headers))
                sentry.bodies.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
                assert self.path == "/api/7/envelope/"
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://public@127.0.0.1:{self._server.server_port}/7"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def events(self) -> list[dict[str, Any]]:
        """Return the events: an envelope is a header, then per item a header and a payload, a line each."""
        found = []
        for body in self.bodies:
            lines = body.split(b"\n")
            for head, payload in zip(lines[1::2], lines[2::2], strict=False):
                if head and json.loads(head)["type"] == "event":
                    found.append(json.loads(payload))
        return found

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    server = Sentry()
    yield server
    server.stop()


def run(tenant: TenantRef, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, tenant.schema_name, f"{tenant.client_id}.localhost"],
        cwd=ROOT,
        env=child_environment(HANDOFF_DATA_DIR=str(tmp_path), PYTHONPATH=str(ROOT), **environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_reports_arrive_with_places_and_without_anything_personal(
    committed_tenant: TenantRef, sentry: Sentry, tmp_path: Path
) -> None:
    done = run(committed_tenant, tmp_path, SENTRY_DSN=sentry.dsn)
    events = sentry.events()

    assert done.stdout.split() == ["True"]
    told = [(event["exception"]["values"][0]["type"], event["exception"]["values"][0]["value"]) for event in events]
    assert sorted(told) == [
        ("IntegrityError", "23502"),
        ("KeyError", ""),
        ("RuntimeError", ""),
        ("RuntimeError", ""),
        ("ValueError", ""),
    ]
    failed = next(event for event in events if event["exception"]["values"][0]["type"] == "RuntimeError")
    frames = failed["exception"]["values"][0]["stacktrace"]["frames"]
    assert {"filename": "tenant_apps/handoffs/services.py", "function": "store_handoff"} in [
        {name: frame[name] for name in ("filename", "function")} for frame in frames
    ]
    assert failed["tags"]["tenant"] == committed_tenant.schema_name
    assert len(failed["tags"]["request"]) == 16
    assert failed["release"] == "0.1.0"

    sent = b"\n".join(sentry.bodies).decode() + json.dumps(sentry.headers)
    assert [mark for mark in MARKS if mark.lower() in sent.lower()] == []
    assert committed_tenant.client_id not in sent
    for name in ("vars", "context_line", "pre_context", "breadcrumbs", "request", "user", "extra", "server_name"):
        assert f'"{name}":' not in json.dumps(events).replace('"request": "', "")
    assert not any(set(event) - {*_ALLOWED} for event in events)
    assert "Zebedee" not in done.stderr


_ALLOWED = (
    "event_id", "timestamp", "platform", "level", "logger", "logentry", "exception", "tags", "environment", "release",
)  # fmt: skip


def test_nothing_is_loaded_where_no_address_is_set(committed_tenant: TenantRef, sentry: Sentry, tmp_path: Path) -> None:
    done = run(committed_tenant, tmp_path, SENTRY_DSN="")

    assert done.stdout.split() == ["False"]
    assert sentry.bodies == []


def test_server_that_is_away_holds_up_nobody(committed_tenant: TenantRef, tmp_path: Path) -> None:
    began = time.monotonic()
    done = run(committed_tenant, tmp_path, SENTRY_DSN=f"http://public@127.0.0.1:{dead_port()}/7")

    assert done.stdout.split() == ["True"]
    assert time.monotonic() - began < 30
    assert os.environ.get("SENTRY_DSN") is None


def test_report_tells_the_request_and_nothing_else_of_a_line() -> None:
    with line_facts(request="abcd1234", taskName="handoffs.sweep"):
        event = make_event(logging.makeLogRecord({"name": "saas.x", "levelname": "ERROR", "msg": "could not store"}))

    assert event["tags"] == {"request": "abcd1234"}


@pytest.mark.parametrize("name", ["sentry_sdk.errors", "urllib3.connectionpool"])
def test_report_that_fails_is_not_reported(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentry_sdk, "capture_event", lambda _event: pytest.fail("reported"))

    ReportHandler().emit(logging.makeLogRecord({"name": name, "levelname": "ERROR", "msg": "no connection"}))
