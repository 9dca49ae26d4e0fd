"""The sweep: what waited too long is abandoned, once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs import services
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.services import abandon_stale_handoffs
from tenant_apps.handoffs.tasks import sweep_handoffs
from tests.factories import HandoffFactory
from worker.app import app
from worker.schedule import SCHEDULE

MakeOld = Callable[..., BookingHandoff]


@pytest.fixture
def make_old() -> MakeOld:
    """Return a function that makes a handoff received so many hours ago, in the schema that is entered."""

    def make(hours: float, **fields: Any) -> BookingHandoff:
        handoff: BookingHandoff = HandoffFactory.create(created_at=timezone.now() - timedelta(hours=hours), **fields)
        return handoff

    return make


def test_only_new_ones_that_waited_too_long_are_abandoned(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        stale = make_old(24.1)
        make_old(23.9)
        for status in ("redirected", "completed_external", "abandoned"):
            make_old(99, status=status)
        assert abandon_stale_handoffs() == 1
        assert abandon_stale_handoffs() == 0

        stale.refresh_from_db()
        events = list(stale.events.order_by("id").values_list("type", "actor", "evidence"))
    assert stale.status == "abandoned"
    assert stale.abandoned_at is not None
    assert events == [("created", "visitor", "system"), ("abandoned", "system", "system")]


def test_tenants_own_hours_count(alpha: TenantRef, beta: TenantRef, make_old: MakeOld) -> None:
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            make_old(3)
    with enter_tenant(alpha):
        update_profile(tenant=alpha, changes={"abandon_after_hours": 2})

    assert sweep_handoffs.apply(args=([alpha.schema_name, beta.schema_name],)).get() == 1
    with enter_tenant(beta):
        assert BookingHandoff.objects.get().status == "new"


def test_many_are_taken_in_batches(alpha: TenantRef, make_old: MakeOld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "SWEEP_BATCH", 3)
    with enter_tenant(alpha):
        for _ in range(7):
            make_old(30)
        assert abandon_stale_handoffs() == 7
        assert HandoffEvent.objects.filter(type="abandoned").count() == 7


def test_reopened_one_waits_anew(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        key = make_old(99).pk
        services.complete_handoff(handoff_id=key, actor="a@b.example")
        services.reopen_handoff(handoff_id=key, actor="a@b.example")
        assert abandon_stale_handoffs() == 0


def test_missing_tenant_does_not_stop_the_others(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        make_old(30)
    assert sweep_handoffs.apply(args=(["t_doesnotexist00", alpha.schema_name],)).get() == 1


def test_schedule_asks_for_tasks_that_exist() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(app.tasks)
    assert {entry["schedule"] for entry in SCHEDULE.values() if "sweep" in entry["task"]} == {60.0}
