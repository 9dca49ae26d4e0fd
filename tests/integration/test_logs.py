"""What a log line holds of a failure: class, SQLSTATE and place; never the values."""

import io
import json
import logging
from typing import Any

import pytest
from django.db import DataError, IntegrityError

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tests.clients import TenantClient
from tests.factories import HandoffFactory

MARK = "Zebedee Quux"


def test_database_error_is_told_without_its_values(alpha: TenantRef, written: io.StringIO) -> None:
    logger = logging.getLogger("test")
    with enter_tenant(alpha):
        with pytest.raises(IntegrityError) as caught:
            HandoffFactory.create(customer_name=MARK, source_page=None)
        assert MARK in str(caught.value)  # PostgreSQL's text does hold it
        logger.error("capture failed", exc_info=caught.value)

    line = json.loads(written.getvalue())
    assert MARK not in written.getvalue()
    assert (line["error"]["class"], line["error"]["sqlstate"]) == ("IntegrityError", "23502")
    assert any("querysets.py" in frame for frame in line["error"]["frames"])


def test_failed_request_logs_one_line_without_what_was_sent(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, handoff: BookingHandoff, **options: object) -> bool:
        raise RuntimeError(f"invalid value {handoff.customer_name}")

    monkeypatch.setattr("tenant_apps.handoffs.querysets.HandoffQuerySet.insert_once", fail)
    api = visitor.post_json("/api/v1/handoffs", lead | {"customerName": MARK})
    page = visitor.post("/book", lead | {"customerName": MARK})

    assert (api.status_code, page.status_code) == (500, 500)
    assert api.json()["booking"]["url"].startswith("https://calendly.com/")
    assert b"https://calendly.com/alpha-studio/visit?" in page.content
    assert MARK not in written.getvalue() + api.content.decode() + page.content.decode()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["error"]["class"] for line in lines if "error" in line] == ["RuntimeError", "RuntimeError"]


def test_capture_the_database_will_not_take_is_kept_and_told_without_its_values(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, handoff: BookingHandoff, **options: object) -> bool:
        raise DataError(f"invalid value {handoff.customer_name}")

    monkeypatch.setattr("tenant_apps.handoffs.querysets.HandoffQuerySet.insert_once", fail)
    response = visitor.post_json("/api/v1/handoffs", lead | {"customerName": MARK})

    assert (response.status_code, response.json()["status"]) == (202, "queued")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["message"] for line in lines] == [
        "a capture waits in the journal: DataError, SQLSTATE none",
        "request",
    ]
    assert MARK not in response.content.decode()
