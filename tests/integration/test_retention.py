"""Retention: what visitors said of themselves goes when the tenant's days are over, everywhere and in bounded steps."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models import F
from django.utils import timezone

from shared_apps.outbox.services import enqueue
from shared_apps.tenants.due import scan_for_missed
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.business.models import BusinessProfile
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs import retention
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.retention import erase_overdue_handoffs
from tests.clients import TenantClient
from tests.factories import HandoffFactory
from tests.traces import LEAD, MARK, dump

MakeOld = Callable[..., BookingHandoff]


@pytest.fixture
def make_old() -> MakeOld:
    """Return a function that makes a handoff received so many days ago, in the schema that is entered."""

    def make(days: float) -> BookingHandoff:
        handoff: BookingHandoff = HandoffFactory.create(created_at=timezone.now() - timedelta(days=days))
        return handoff

    return make


def mark_of(tenant: TenantRef) -> datetime | None:
    """When the tenant is on the list for retention; None when it is not."""
    with public_scope():
        return DueWork.objects.filter(tenant_id=tenant.id, kind="retention").values_list("due_at", flat=True).first()


def scan(*tenants: TenantRef) -> None:
    """Look into the tenants as the worker does within the hour."""
    scan_for_missed(tenants, minute=0)


def age(tenant: TenantRef, key: str, **time: float) -> None:
    """Let a handoff, and what there is of it, have been received earlier."""
    ago = timedelta(**time)
    with enter_tenant(tenant):
        BookingHandoff.objects.filter(pk=key).update(created_at=F("created_at") - ago)
        HandoffEvent.objects.filter(handoff_id=UUID(key)).update(at=F("at") - ago)


# ---- nothing is left --------------------------------------------------------------------------------------------


def test_nothing_personal_is_left_anywhere_once_the_days_are_over(
    ready: TenantRef, owner: TenantClient, visitor: TenantClient
) -> None:
    key = visitor.post_json("/api/v1/handoffs", LEAD, idempotency_key=str(uuid4())).json()["id"]
    visitor.post(f"/go/{key}")
    owner.post_json(f"/api/v1/handoffs/{key}/complete", {})
    with enter_tenant(ready):
        HandoffEvent.objects.filter(handoff_id=key).update(detail=f"said {MARK}")
        enqueue(kind="handoffs.new_handoff", payload={"handoff": key})
    age(ready, key, days=366)
    assert MARK.lower() in dump(ready)
    assert MARK in visitor.get(f"/handoff/{key}").content.decode()  # by the visitor's receipt
    scan(ready)

    assert erase_overdue_handoffs() == 1

    left = dump(ready)
    assert key in left
    for trace in (MARK.lower(), "5550199", "555-0199"):
        assert trace not in left
    page = visitor.get(f"/handoff/{key}").content.decode()
    assert MARK not in page
    item = owner.get(f"/api/v1/handoffs/{key}").json()
    assert item["status"] == "completed_external"
    assert [event["type"] for event in item["events"]] == ["created", "redirected", "completed", "erased"]
    assert (item["events"][3]["actor"], item["events"][3]["evidence"]) == ("system", "system")
    assert MARK not in str(item)
    assert MARK not in str(owner.get("/api/v1/handoffs").json())


def test_young_ones_stay_and_the_oldest_of_them_is_next(alpha: TenantRef, beta: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        update_profile(tenant=alpha, changes={"retention_days": 30})
        for days in (1, 29.5, 30.5, 400):
            make_old(days)
    with enter_tenant(beta):
        make_old(100)  # beta keeps a year
    scan(alpha, beta)

    assert [erase_overdue_handoffs() for _ in range(2)] == [2, 0]

    with enter_tenant(alpha):
        kept = BookingHandoff.objects.filter(erased_at=None).order_by("created_at")
        assert len(kept) == 2
        assert mark_of(alpha) == kept[0].created_at + timedelta(days=30)
    with enter_tenant(beta):
        assert mark_of(beta) == BookingHandoff.objects.get().created_at + timedelta(days=365)
        assert BookingHandoff.objects.get().customer_name == "Jane Doe"


# ---- who is visited ---------------------------------------------------------------------------------------------


def test_tenant_that_can_have_nothing_due_is_not_visited(
    alpha: TenantRef, beta: TenantRef, make_old: MakeOld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with enter_tenant(alpha):
        make_old(364)
    scan(alpha, beta)
    assert mark_of(beta) is None  # it has no handoff at all
    assert mark_of(alpha) is not None
    monkeypatch.setattr(retention, "enter_tenant", None)  # whoever enters a schema fails

    assert erase_overdue_handoffs() == 0


def test_fewer_days_hold_at_once(alpha: TenantRef, owner: TenantClient, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        make_old(100)
    scan(alpha)
    assert erase_overdue_handoffs() == 0
    profile = owner.get("/api/v1/settings/profile").json()
    assert owner.put_json("/api/v1/settings/profile", profile | {"retentionDays": 90}).status_code == 200

    assert erase_overdue_handoffs() == 1


def test_all_erased_is_off_the_list_until_there_is_a_new_one(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        make_old(400)
    scan(alpha)
    assert erase_overdue_handoffs() == 1
    assert mark_of(alpha) is None
    scan(alpha)
    assert mark_of(alpha) is None
    with enter_tenant(alpha):
        new = make_old(0)
    scan(alpha)
    assert mark_of(alpha) == new.created_at + timedelta(days=365)


# ---- bounded ----------------------------------------------------------------------------------------------------


def test_long_work_is_left_off_and_taken_up_again(
    alpha: TenantRef, make_old: MakeOld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenant_apps.handoffs.services.SWEEP_BATCH", 2)
    monkeypatch.setattr(retention, "TENANT_SECONDS", 0.0)
    with enter_tenant(alpha):
        for days in range(400, 405):
            make_old(days)
    scan(alpha)

    assert erase_overdue_handoffs(seconds=0.0) == 0
    assert erase_overdue_handoffs() == 5  # in three turns of two, two and one
    with enter_tenant(alpha):
        assert HandoffEvent.objects.filter(type="erased").count() == 5


def test_mark_of_what_is_done_spares_the_next_run_the_way(alpha: TenantRef, make_old: MakeOld) -> None:
    with enter_tenant(alpha):
        for days in (800, 700, 600):
            make_old(days)
        make_old(10)
    scan(alpha)
    assert erase_overdue_handoffs() == 3
    with enter_tenant(alpha):
        until = BusinessProfile.objects.get().erased_until
        assert until is not None
        assert timedelta(days=394) < timezone.now() - until < timedelta(days=396)
        late = make_old(380)  # replayed late, yet not behind the mark
    scan(alpha)
    assert erase_overdue_handoffs() == 1
    with enter_tenant(alpha):
        assert BookingHandoff.objects.get(pk=late.pk).erased_at is not None
