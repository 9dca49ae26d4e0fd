"""The operator's numbers are read off the tallies, and are exact all the same."""

from django.db.models import F

from shared_apps.platform.hooks import facts_sql
from shared_apps.tenants.bulk import execute_in_each
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import HandoffTally
from tenant_apps.handoffs.services import complete_handoff, reopen_handoff
from tenant_apps.handoffs.tallies import move_tally
from tests.factories import HandoffFactory


def _counts(tenant: TenantRef) -> dict[str, int]:
    (outcome,) = execute_in_each([tenant], facts_sql("handoffs"))
    found: dict[str, int] = outcome.value["handoffs"]
    return found


def test_counts_are_exact_before_at_and_after_a_tally(db: None, committed_tenant: TenantRef) -> None:
    with enter_tenant(committed_tenant):
        ids = [HandoffFactory.create().pk for _ in range(5)]
        complete_handoff(handoff_id=ids[0], actor="a@b.example")
    expected = {"new": 4, "redirected": 0, "completed_external": 1, "abandoned": 0}
    assert _counts(committed_tenant) == expected

    with enter_tenant(committed_tenant):
        assert move_tally(time_zone="America/New_York")
    assert _counts(committed_tenant) == expected

    with enter_tenant(committed_tenant):
        complete_handoff(handoff_id=ids[1], actor="a@b.example")
        reopen_handoff(handoff_id=ids[0], actor="a@b.example")
        HandoffFactory.create()
    assert _counts(committed_tenant) == expected | {"new": 5}

    with enter_tenant(committed_tenant):
        HandoffTally.objects.update(new=F("new") + 100)
    assert _counts(committed_tenant) == expected | {"new": 105}  # it is the tally that is read, not the rows
