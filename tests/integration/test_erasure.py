"""What is left of a visitor after erasure: nothing personal, and the counts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.services import erase_old_handoffs
from tests.clients import TenantClient
from tests.factories import HandoffFactory
from tests.isolation.helpers import read_everything
from tests.threads import at_once
from tests.traces import LEAD, MARK, dump

LIST = "/api/v1/handoffs"


def _capture(visitor: TenantClient, key: str = "", **changes: Any) -> str:
    answer = visitor.post_json(LIST, LEAD | changes, idempotency_key=key or str(uuid4()))
    assert answer.status_code == 201
    return str(answer.json()["id"])


def test_erasure_leaves_nothing_personal_anywhere_and_the_counts(
    ready: TenantRef, owner: TenantClient, visitor: TenantClient
) -> None:
    key = _capture(visitor)
    visitor.post(f"/go/{key}")
    with enter_tenant(ready):
        HandoffEvent.objects.update(detail=f"said {MARK}")
    before = owner.get(f"{LIST}/summary").json()
    assert MARK.lower() in dump(ready)

    assert owner.delete(f"{LIST}/{key}").status_code == 204

    left = dump(ready)
    assert MARK.lower() not in left
    assert "5550199" not in left
    assert owner.get(f"{LIST}/summary").json() == before
    item = owner.get(f"{LIST}/{key}").json()
    assert item["status"] == "redirected"
    assert item["redirectedAt"] is not None
    blanked = {
        "customerName": "", "customerEmail": None, "customerPhone": None, "notes": None, "externalBookingUrlUsed": None,
        "metadata": {"erased": True},
    }  # fmt: skip
    assert {name: item[name] for name in blanked} == blanked
    assert [event["type"] for event in item["events"]] == ["created", "redirected", "erased"]
    assert (item["events"][2]["actor"], item["events"][2]["evidence"]) == (owner.user.email, "manual")
    with enter_tenant(ready):
        assert BookingHandoff.objects.get().fingerprint is None


def test_erasure_of_one_leaves_the_others_as_they_are(
    ready: TenantRef, owner: TenantClient, visitor: TenantClient
) -> None:
    key, other = _capture(visitor), _capture(visitor)
    with enter_tenant(ready):
        HandoffEvent.objects.update(detail="said more")
    before = owner.get(f"{LIST}/{other}").json()
    owner.delete(f"{LIST}/{key}")

    assert before["events"][0]["detail"] == "said more"
    assert owner.get(f"{LIST}/{other}").json() == before


def test_what_the_house_knows_anyway_is_kept(ready: TenantRef, owner: TenantClient, visitor: TenantClient) -> None:
    with enter_tenant(ready):
        update_profile(tenant=ready, changes={"services": ["Haircut"]})
    key = _capture(visitor, requestedService="Haircut", sourcePage="/book", industrySlug="dental", website="trap")
    owner.delete(f"{LIST}/{key}")

    item = owner.get(f"{LIST}/{key}").json()
    assert (item["requestedService"], item["sourcePage"], item["industrySlug"]) == ("Haircut", "/book", "dental")
    assert item["metadata"] == {"flags": ["honeypot"], "erased": True}


def test_erasure_again_changes_nothing(ready: TenantRef, owner: TenantClient, visitor: TenantClient) -> None:
    key = _capture(visitor)
    owner.delete(f"{LIST}/{key}")
    before = read_everything(ready.schema_name)

    assert owner.delete(f"{LIST}/{key}").status_code == 204
    assert read_everything(ready.schema_name) == before
    assert owner.delete(f"{LIST}/{uuid4()}").status_code == 404


def test_staff_cannot_erase(ready: TenantRef, visitor: TenantClient, login: Callable[..., TenantClient]) -> None:
    key = _capture(visitor)
    staff = login(ready, Role.STAFF)
    before = read_everything(ready.schema_name)

    assert staff.delete(f"{LIST}/{key}").status_code == 403
    assert read_everything(ready.schema_name) == before


def test_receipt_shows_nothing_once_erased(ready: TenantRef, owner: TenantClient, visitor: TenantClient) -> None:
    key = _capture(visitor)
    before = visitor.get(f"/handoff/{key}").content.decode()
    assert MARK in before
    assert "555-0199" in before
    owner.delete(f"{LIST}/{key}")

    page = visitor.get(f"/handoff/{key}")
    assert page.status_code == 200
    assert MARK not in page.content.decode()
    assert "555-0199" not in page.content.decode()
    assert 'data-testid="handoff-cta"' in page.content.decode()


def test_capture_with_the_same_key_does_not_bring_it_back(
    ready: TenantRef, owner: TenantClient, visitor: TenantClient
) -> None:
    key = str(uuid4())
    owner.delete(f"{LIST}/{_capture(visitor, key)}")

    again = visitor.post_json(LIST, LEAD, idempotency_key=key)

    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "idempotency_key_reused")
    assert MARK.lower() not in dump(ready)
    with enter_tenant(ready):
        assert BookingHandoff.objects.count() == 1


def test_click_on_an_erased_one_goes_on_to_the_provider_without_personal_data(
    ready: TenantRef, owner: TenantClient, visitor: TenantClient
) -> None:
    key = _capture(visitor)
    owner.delete(f"{LIST}/{key}")

    click = visitor.post(f"/go/{key}")

    assert click.status_code == 303
    assert click["Location"].startswith("https://calendly.com/alpha-studio/visit?")
    assert MARK.lower() not in click["Location"].lower()
    assert owner.get(f"{LIST}/{key}").json()["status"] == "redirected"


def test_old_ones_are_erased_in_batches_and_young_ones_are_not(
    alpha: TenantRef, beta: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenant_apps.handoffs.services.SWEEP_BATCH", 3)
    now = timezone.now()
    with enter_tenant(beta):
        HandoffFactory.create(created_at=now - timedelta(days=100))
    with enter_tenant(alpha):
        for days in (1, 29, 31, 31, 40, 40, 40, 50, 60, 70):
            HandoffFactory.create(created_at=now - timedelta(days=days))
        assert erase_old_handoffs(days=30) == 8
        assert erase_old_handoffs(days=30) == 0
        assert BookingHandoff.objects.filter(erased_at=None).count() == 2
        assert HandoffEvent.objects.filter(type="erased", actor="system", evidence="system").count() == 8
    with enter_tenant(beta):
        assert BookingHandoff.objects.get().customer_name == "Jane Doe"


def test_turn_whose_time_is_over_ends_with_its_batch_of_the_oldest(
    alpha: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenant_apps.handoffs.services.SWEEP_BATCH", 3)
    with enter_tenant(alpha):
        for days in (40, 70, 50, 60):
            HandoffFactory.create(created_at=timezone.now() - timedelta(days=days))
        assert erase_old_handoffs(days=30, seconds=0.0) == 3
        [left] = BookingHandoff.objects.filter(erased_at=None)
        assert timezone.now() - left.created_at < timedelta(days=41)
        assert erase_old_handoffs(days=30, seconds=0.0) == 1


def test_erasures_at_once_leave_one_event(busy: TenantRef) -> None:
    with enter_tenant(busy):
        for _ in range(40):
            HandoffFactory.create(created_at=timezone.now() - timedelta(days=40))

    def sweep() -> int:
        with enter_tenant(busy):
            return erase_old_handoffs(days=30)

    at_once([sweep] * 4)
    sweep()  # what another run had locked is left for the next one
    with enter_tenant(busy):
        assert HandoffEvent.objects.filter(type="erased").count() == 40
        assert not BookingHandoff.objects.filter(erased_at=None).exists()
