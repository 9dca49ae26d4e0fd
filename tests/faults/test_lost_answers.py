"""The database did it and its answer was lost: nothing is stored twice, and nothing is taken for lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from shared_apps.outbox.models import Job
from shared_apps.tenants.backend.guard import GUARD
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.services import sweep_handoffs
from tests.clients import TenantClient
from tests.faults.conftest import drain
from tests.faults.proxy import LosingProxy


@contextmanager
def losing(marker: bytes) -> Iterator[LosingProxy]:
    """Ask the database through a proxy that loses the answer to the first statement that holds `marker`."""
    connection.close()
    before = dict(connection.settings_dict)
    proxy = LosingProxy(before, marker=marker)
    connection.settings_dict.update(HOST="127.0.0.1", PORT=str(proxy.port))
    try:
        yield proxy
    finally:
        connection.close()
        connection.settings_dict.update(HOST=before["HOST"], PORT=before["PORT"])
        proxy.stop()
        GUARD.breaker.close()


def count(tenant: TenantRef) -> tuple[int, int, int]:
    with enter_tenant(tenant):
        return BookingHandoff.objects.count(), HandoffEvent.objects.count(), Job.objects.count()


def test_lost_answer_to_a_capture_stores_it_once(served_tenant: TenantRef, lead: dict[str, Any]) -> None:
    key = str(uuid4())
    visitor = TenantClient(served_tenant)
    with losing(b"INSERT INTO") as proxy:
        first = visitor.post_json("/api/v1/handoffs", lead, idempotency_key=key)
    assert proxy.lost == 1
    assert (first.status_code, first.json()["status"]) == (202, "queued")
    assert first.json()["booking"]["url"].startswith("https://")
    assert count(served_tenant)[:2] == (1, 1)  # it had been stored

    again = visitor.post_json("/api/v1/handoffs", lead, idempotency_key=key)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    before = count(served_tenant)
    drain()
    assert count(served_tenant) == before


def test_lost_answer_to_a_click_marks_it_once(served_tenant: TenantRef, lead: dict[str, Any]) -> None:
    visitor = TenantClient(served_tenant)
    handoff = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    with losing(b"UPDATE") as proxy:
        clicked = visitor.post(f"/go/{handoff}")
    assert proxy.lost == 1
    assert (clicked.status_code, clicked["Location"].split("?")[0]) == (303, "https://calendly.com/alpha-studio/visit")
    drain()

    with enter_tenant(served_tenant):
        assert BookingHandoff.objects.get().status == "redirected"
        assert HandoffEvent.objects.filter(type="redirected").count() == 1


@pytest.mark.parametrize("hours", [2, -2])
def test_clock_that_is_wrong_by_hours_abandons_nobody_and_loses_nothing(
    hours: int, served_tenant: TenantRef, lead: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The web server's clock alone; the database keeps its own, and by that one the sweep goes."""
    wrong = timezone.now() + timedelta(hours=hours)
    monkeypatch.setattr("django.utils.timezone.now", lambda: wrong)
    visitor = TenantClient(served_tenant)
    created = visitor.post_json("/api/v1/handoffs", lead)
    assert created.status_code == 201
    assert sweep_handoffs(seconds=2) == 0
    assert visitor.post(f"/go/{created.json()['id']}").status_code == 303

    with enter_tenant(served_tenant):
        handoff = BookingHandoff.objects.get()
        assert handoff.status == "redirected"
        assert abs(handoff.created_at - wrong) < timedelta(seconds=5)
        assert handoff.redirected_at is not None
