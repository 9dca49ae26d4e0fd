"""What happens at the same moment, in real threads on committed rows."""

from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.services import complete_handoff, redirect_handoff, sweep_handoffs
from tests.clients import TenantClient
from tests.factories import HandoffFactory
from tests.threads import at_once

THREADS = 8


def test_same_capture_at_once_is_one_handoff(busy: TenantRef, lead: dict[str, Any]) -> None:
    key = str(uuid4())

    def post() -> list[tuple[int, str]]:
        client = TenantClient(busy)
        answers = [client.post_json("/api/v1/handoffs", lead, idempotency_key=key) for _ in range(7)]
        return [(answer.status_code, answer.json()["id"]) for answer in answers]

    answers = list(chain.from_iterable(at_once([post] * THREADS)))
    assert sorted(status for status, _ in answers) == [200] * (7 * THREADS - 1) + [201]
    assert len({handoff_id for _, handoff_id in answers}) == 1
    with enter_tenant(busy):
        assert BookingHandoff.objects.count() == 1
        assert HandoffEvent.objects.count() == 1


def test_clicks_at_once_are_one_redirect(busy: TenantRef) -> None:
    with enter_tenant(busy):
        key = HandoffFactory.create().pk
    answers = at_once([lambda: [TenantClient(busy).post(f"/go/{key}").status_code for _ in range(7)]] * THREADS)

    assert set(chain.from_iterable(answers)) == {303}
    with enter_tenant(busy):
        assert list(HandoffEvent.objects.order_by("id").values_list("type", flat=True)) == ["created", "redirected"]


def test_api_clicks_at_once_all_tell_the_first_moment(busy: TenantRef) -> None:
    """Who comes second by a hair reads what the first one wrote, and never `new` without a moment."""
    told = set()
    for _ in range(5):
        with enter_tenant(busy):
            key = HandoffFactory.create().pk

        def click(path: str = f"/api/v1/handoffs/{key}/redirect") -> tuple[str, str | None]:
            answer = TenantClient(busy).post(path).json()
            return answer["status"], answer["redirectedAt"]

        answers = set(at_once([click] * THREADS))
        assert len(answers) == 1
        told |= answers

    assert {(status, at is not None) for status, at in told} == {("redirected", True)}
    assert len(told) == 5


def test_sweeps_at_once_abandon_each_once(busy: TenantRef) -> None:
    with enter_tenant(busy):
        for _ in range(60):
            HandoffFactory.create(created_at=timezone.now() - timedelta(hours=30))

    assert sum(at_once([sweep_handoffs] * THREADS)) == 60
    with enter_tenant(busy):
        assert BookingHandoff.objects.filter(status="abandoned").count() == 60
        assert HandoffEvent.objects.filter(type="abandoned").count() == 60


@pytest.mark.parametrize("attempt", range(5))
def test_click_completion_and_sweep_at_once_leave_a_story_that_adds_up(attempt: int, busy: TenantRef) -> None:
    from tenant_apps.booking.selectors import get_snapshot

    with enter_tenant(busy):
        key = HandoffFactory.create(created_at=timezone.now() - timedelta(hours=30)).pk
        booking = get_snapshot(tenant=busy).booking

    def inside(work: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with enter_tenant(busy):
                return work()

        return run

    at_once(
        [
            inside(lambda: redirect_handoff(booking=booking, handoff_id=key)),
            inside(lambda: complete_handoff(handoff_id=key, actor="a@b.example")),
            sweep_handoffs,
        ]
    )
    with enter_tenant(busy):
        handoff = BookingHandoff.objects.get()
        kinds = list(handoff.events.order_by("id").values_list("type", flat=True))
    assert handoff.status == "completed_external"  # nothing but a person's reopening takes it back
    assert len(kinds) == len(set(kinds))
    assert (handoff.redirected_at is not None) == ("redirected" in kinds)
    assert kinds.count("completed") == 1
