"""The short form of `make chaos`: a demo of its own, two hundred leads, and the faults that hurt most."""

from pathlib import Path

from tests.faults.chaos import count_personal_lines, run_chaos
from tests.faults.havoc import FEW


def test_no_lead_and_no_click_is_lost_and_nobody_is_left_without_a_way_on() -> None:
    outcome = run_chaos(leads=200, faults=FEW, fault_seconds=2.0)

    assert outcome.accepted == outcome.stored == 200
    assert (outcome.lost, outcome.duplicated, outcome.ids_differ, outcome.clicks_lost) == (0, 0, 0, 0)
    assert outcome.without_link == 0
    assert outcome.personal_lines == 0
    assert outcome.answers["202"] > 0  # the faults were felt
    assert outcome.longest < 8.0  # twice the promise: other tests run on this machine
    assert outcome.drained_after < 60.0


def test_personal_line_of_a_log_is_found(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name in ("web", "worker", "beat", "drainer"):
        (tmp_path / "logs" / f"{name}.log").write_text('{"message": "request", "tenant": "coastal-cuts"}\n')
    (tmp_path / "logs" / "postgres.log").write_text("ERROR: x\nDETAIL: (Visitor 3-17, +17725550177)\n")

    assert count_personal_lines(tmp_path) == 1
