"""The short form of `make chaos`: a demo of its own, two hundred leads, and the faults that hurt most."""

from tests.faults.chaos import run_chaos
from tests.faults.havoc import FEW


def test_no_lead_and_no_click_is_lost_and_nobody_is_left_without_a_way_on() -> None:
    outcome = run_chaos(leads=200, faults=FEW, fault_seconds=2.0)

    assert outcome.accepted == outcome.stored == 200
    assert (outcome.lost, outcome.duplicated, outcome.ids_differ, outcome.clicks_lost) == (0, 0, 0, 0)
    assert outcome.without_link == 0
    assert outcome.answers["202"] > 0  # the faults were felt
    assert outcome.longest < 8.0  # twice the promise: other tests run on this machine
    assert outcome.drained_after < 60.0
