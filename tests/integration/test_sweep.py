"""The sweep: what waited too long is abandoned, once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from shared_apps.tenants import due
from shared_apps.tenants.bulk import Outcome
from shared_apps.tenants.due import scan_for_missed
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs import services
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.services import sweep_handoffs
from tests.factories import HandoffFactory
from tests.metrics import scrape
from worker.app import app
from worker.schedule import SCHEDULE

SWEPT: tuple[str, frozenset[tuple[str, str]]] = ("handoff_swept_total", frozenset())
MakeOld = Callable[..., BookingHandoff]


@pytest.fixture
def make_old() -> MakeOld:
    """Return a function that makes a handoff received so many hours ago, in the schema that is entered."""

    def make(hours: float, **fields: Any) -> BookingHandoff:
        handoff: BookingHandoff = HandoffFactory.create(created_at=timezone.now() - timedelta(hours=hours), **fields)
        return handoff

    return make


def mark_of(tenant: TenantRef) -> datetime | None:
    """When the tenant is on the list for the sweep; None when it is not."""
    with public_scope():
        return DueWork.objects.filter(tenant_id=tenant.id, kind="sweep").values_list("due_at", flat=True).first()


def test_only_new_ones_that_waited_too_long_are_abandoned(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        stale = make_old(24.1)
        waiting = make_old(23.9)
        for status in ("redirected", "completed_external", "abandoned"):
            make_old(99, status=status)
    swept = scrape().get(SWEPT, 0)
    assert sweep_handoffs() == 1
    assert sweep_handoffs() == 0
    assert scrape()[SWEPT] == swept + 1

    with enter_tenant(alpha):
        stale.refresh_from_db()
        events = list(stale.events.order_by("id").values_list("type", "actor", "evidence"))
    assert stale.status == "abandoned"
    assert stale.abandoned_at is not None
    assert events == [("created", "visitor", "system"), ("abandoned", "system", "system")]
    assert mark_of(alpha) == waiting.pending_since + timedelta(hours=24)


def test_tenant_with_nothing_waiting_leaves_the_list(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        make_old(30)
    assert mark_of(alpha) is not None
    sweep_handoffs()
    with public_scope():
        assert not DueWork.objects.filter(tenant_id=alpha.id, kind="sweep").exists()


def test_tenants_own_hours_count(alpha: TenantRef, beta: TenantRef, make_old: MakeOld) -> None:
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            make_old(3)
    with enter_tenant(alpha):
        update_profile(tenant=alpha, changes={"abandon_after_hours": 2})

    assert sweep_handoffs() == 1
    with enter_tenant(beta):
        assert BookingHandoff.objects.get().status == "new"


def test_many_are_taken_in_batches(alpha: TenantRef, make_old: MakeOld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "SWEEP_BATCH", 3)
    with enter_tenant(alpha):
        for _ in range(7):
            make_old(30)
    assert sweep_handoffs() == 7
    with enter_tenant(alpha):
        assert HandoffEvent.objects.filter(type="abandoned").count() == 7


def test_sweep_whose_time_is_over_begins_nothing(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        make_old(30)
    assert sweep_handoffs(seconds=0.0) == 0
    assert sweep_handoffs() == 1


def test_more_tenants_than_are_claimed_at_once_are_all_swept(
    alpha: TenantRef, beta: TenantRef, make_old: MakeOld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "SWEEP_CLAIM", 1)
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            make_old(30)
    assert sweep_handoffs() == 2


def test_reopened_one_waits_anew(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        key = make_old(99).pk
        services.complete_handoff(handoff_id=key, actor="a@b.example")
    sweep_handoffs()
    with enter_tenant(alpha):
        reopened = services.reopen_handoff(handoff_id=key, actor="a@b.example")
    assert sweep_handoffs() == 0
    assert mark_of(alpha) == reopened.pending_since + timedelta(hours=24)


def test_reopened_one_that_was_clicked_is_none_of_the_sweeps(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        key = make_old(99, status="redirected", redirected_at=timezone.now()).pk
        services.complete_handoff(handoff_id=key, actor="a@b.example")
    sweep_handoffs()
    with enter_tenant(alpha):
        services.reopen_handoff(handoff_id=key, actor="a@b.example")
    assert mark_of(alpha) is None


def test_mark_that_is_early_enough_is_left_alone(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        first = make_old(2)
        make_old(1)
    assert mark_of(alpha) == first.pending_since + timedelta(hours=24)


def test_broken_tenant_does_not_stop_the_others(
    alpha: TenantRef, beta: TenantRef, make_old: MakeOld, caplog: pytest.LogCaptureFixture
) -> None:
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            make_old(30)
    with enter_tenant(alpha), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE handoffs_handoffevent RENAME TO lost")

    assert sweep_handoffs() == 1
    assert f"sweep of {alpha.schema_name} failed: 42P01" in caplog.text
    with enter_tenant(alpha):
        assert BookingHandoff.objects.get().status == "new"
    again = mark_of(alpha)
    assert again is not None
    assert again > timezone.now() + timedelta(minutes=4)


def test_scan_finds_what_came_without_a_mark(alpha: TenantRef, beta: TenantRef, make_old: MakeOld) -> None:
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            make_old(1)
    with enter_tenant(alpha):
        BookingHandoff.objects.update(pending_since=timezone.now() - timedelta(hours=30))
    with public_scope():
        DueWork.objects.filter(tenant_id=beta.id).delete()
    assert sweep_handoffs() == 0

    assert scan_for_missed([alpha, beta], minute=7) == 5  # beta's job too, and the day of each until which data is kept
    assert scan_for_missed([alpha, beta], minute=8) == 0
    assert sweep_handoffs() == 1
    assert mark_of(beta) is not None


def test_scan_of_many_takes_a_share_each_minute(alpha: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [replace(alpha, id=number) for number in range(1, 24_001)]
    seen: list[int] = []

    def look(tenants: Sequence[TenantRef], statement: str) -> list[Outcome]:
        seen.extend(tenant.id for tenant in tenants)
        return []

    monkeypatch.setattr(due, "execute_in_each", look)

    sizes = []
    for minute in range(60):
        before = len(seen)
        scan_for_missed(many, minute=minute)
        sizes.append(len(seen) - before)

    assert sorted(seen) == list(range(1, 24_001))
    assert set(sizes) == {400}


def test_schedule_asks_for_tasks_that_exist() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(app.tasks)
    assert {entry["schedule"] for entry in SCHEDULE.values() if "sweep" in entry["task"]} == {60.0}
