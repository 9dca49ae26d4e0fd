"""A handoff's life in any order: captured, clicked, completed, reopened, swept, erased, each again and again.

A model of a few lines stands beside the database. After every step they say the same, and every change of state has
exactly one event.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from shared_apps.accounts.enums import Role
from shared_apps.tenants.due import mark_due
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.selectors import SWEEP
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.services import sweep_handoffs
from tests.clients import TenantClient

LEAD = {
    "customerName": "Jane Doe",
    "customerPhone": "772-555-0177",
    "requestedService": "Haircut",
    "preferredDateTimeText": "Friday after 5",
}
BODIES = (LEAD, LEAD | {"notes": "more"})
KEYS = UUID(int=42)


@dataclass
class Expected:
    """What the model holds of one handoff."""

    body: int
    status: str = "new"
    is_stale: bool = False
    was_clicked: bool = False
    is_erased: bool = False
    events: list[str] = field(default_factory=lambda: ["created"])


def make_machine(tenant: TenantRef, owner: TenantClient) -> type[RuleBasedStateMachine]:
    """Return the machine at one tenant, as its visitor and its owner."""
    visitor = TenantClient(tenant)
    runs = iter(range(1_000_000))

    class Life(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.run = next(runs)
            self.known: dict[str, Expected] = {}
            self.by_key: dict[int, str] = {}

        key = st.integers(0, 3)
        body = st.integers(0, 1)
        which = st.integers(0, 10)

        def _pick(self, which: int) -> tuple[str, Expected]:
            names = sorted(self.known)
            return names[which % len(names)], self.known[names[which % len(names)]]

        @rule(key=key, body=body)
        def capture(self, key: int, body: int) -> None:
            header = str(uuid5(KEYS, f"{self.run}/{key}"))
            answer = visitor.post_json("/api/v1/handoffs", BODIES[body], idempotency_key=header)
            earlier = self.known.get(self.by_key.get(key, ""))
            if earlier is None:
                assert answer.status_code == 201
                self.by_key[key] = answer.json()["id"]
                self.known[answer.json()["id"]] = Expected(body)
            elif earlier.is_erased:  # whose body it was is no longer known, and nothing brings it back
                assert answer.status_code in (200, 422)
            else:
                assert answer.status_code == (200 if earlier.body == body else 422)
                if earlier.body == body:
                    assert answer.json()["id"] == self.by_key[key]
            self.check()

        @precondition(lambda self: self.known)
        @rule(which=which, by_api=st.booleans())
        def click(self, which: int, by_api: bool) -> None:
            name, expected = self._pick(which)
            path = f"/api/v1/handoffs/{name}/redirect" if by_api else f"/go/{name}"
            assert visitor.post(path).status_code == (200 if by_api else 303)
            if expected.status in ("new", "abandoned"):
                expected.status, expected.was_clicked = "redirected", True
                expected.events.append("redirected")
            self.check()

        @precondition(lambda self: self.known)
        @rule(which=which)
        def complete(self, which: int) -> None:
            name, expected = self._pick(which)
            assert owner.post(f"/api/v1/handoffs/{name}/complete").json()["status"] == "completed_external"
            if expected.status != "completed_external":
                expected.status = "completed_external"
                expected.events.append("completed")
            self.check()

        @precondition(lambda self: self.known)
        @rule(which=which)
        def reopen(self, which: int) -> None:
            name, expected = self._pick(which)
            assert owner.post(f"/api/v1/handoffs/{name}/reopen").status_code == 200
            if expected.status == "completed_external":
                expected.status, expected.is_stale = "redirected" if expected.was_clicked else "new", False
                expected.events.append("reopened")
            self.check()

        @precondition(lambda self: self.known)
        @rule(which=which)
        def complete_by_mistake(self, which: int) -> None:
            """Done and taken back: the wait starts again."""
            self.complete(which)
            self.reopen(which)

        @precondition(lambda self: self.known)
        @rule(which=which)
        def a_day_passes_for(self, which: int) -> None:
            name, expected = self._pick(which)
            with enter_tenant(tenant):
                BookingHandoff.objects.filter(pk=name).update(pending_since=timezone.now() - timedelta(hours=25))
                mark_due(tenant_id=tenant.id, kind=SWEEP)
            expected.is_stale = True
            self.check()

        @rule()
        def sweep(self) -> None:
            sweep_handoffs()
            for expected in self.known.values():
                if expected.status == "new" and expected.is_stale:
                    expected.status = "abandoned"
                    expected.events.append("abandoned")
            self.check()

        @precondition(lambda self: self.known)
        @rule(which=which, then=st.sampled_from(["click", "complete", "reopen"]))
        def wait_in_vain(self, which: int, then: str) -> None:
            """A day passes, the sweep comes by, and somebody takes up after all what is abandoned now."""
            self.a_day_passes_for(which)
            self.sweep()
            if then == "click":
                self.click(which, by_api=False)
            elif then == "complete":
                self.complete(which)
            else:
                self.reopen(which)

        @precondition(lambda self: self.known)
        @rule(which=which)
        def erase(self, which: int) -> None:
            name, expected = self._pick(which)
            assert owner.delete(f"/api/v1/handoffs/{name}").status_code == 204
            if not expected.is_erased:
                expected.is_erased = True
                expected.events.append("erased")
            self.check()

        @precondition(lambda self: self.known)
        @rule(which=which)
        def look(self, which: int) -> None:
            """What the owner is shown is the same story; looking changes nothing."""
            name, expected = self._pick(which)
            shown = owner.get(f"/api/v1/handoffs/{name}").json()
            assert (shown["status"], [event["type"] for event in shown["events"]]) == (expected.status, expected.events)
            assert visitor.get(f"/go/{name}").status_code == 303
            assert visitor.get(f"/handoff/{name}").status_code == 200
            self.check()

        def check(self) -> None:
            with enter_tenant(tenant):
                rows = {str(row.pk): row for row in BookingHandoff.objects.filter(pk__in=self.known)}
                events: dict[str, list[str]] = {name: [] for name in self.known}
                for handoff_id, kind in (
                    HandoffEvent.objects.filter(handoff__in=list(rows.values()))
                    .order_by("id")
                    .values_list("handoff_id", "type")
                ):
                    events[str(handoff_id)].append(kind)
            assert rows.keys() == self.known.keys()
            for name, expected in self.known.items():
                row = rows[name]
                assert row.status == expected.status
                assert events[name] == expected.events
                assert (row.redirected_at is not None) == expected.was_clicked
                assert (row.completed_at is not None) == (expected.status == "completed_external")
                assert (row.erased_at is not None) == expected.is_erased
                assert (row.customer_name == "") == expected.is_erased
                if expected.status != "completed_external":  # a completion keeps what had been abandoned before
                    assert (row.abandoned_at is not None) == (expected.status == "abandoned")

    return Life


def test_life_of_handoffs_in_any_order_is_as_the_model_says(ready: TenantRef, login: Any) -> None:
    run_state_machine_as_test(
        make_machine(ready, login(ready, Role.OWNER)),
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # a failure is told as it was found: to shorten it takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
