"""What the assistant understands, measured on the corpus."""

from pathlib import Path

import pytest

from tests.unit.assistant.corpus import SLOT_BY_KEY, Row, load, measure

REPORT = Path(__file__).parents[3] / "reports" / "EXTERNAL_BOOKING_HANDOFF_QA.md"
ROWS = {"en": list(load("en")), "es": list(load("es"))}


def test_corpus_holds_sentences_enough_and_none_twice() -> None:
    keys = [
        (row.say, row.context.asking, row.context.services, row.context.region)
        for rows in ROWS.values()
        for row in rows
    ]
    assert len(keys) == len(set(keys)) >= 150
    assert min(map(len, ROWS.values())) >= 75


@pytest.mark.parametrize("language", ROWS)
def test_every_slot_is_exact_in_ninety_five_of_a_hundred(language: str) -> None:
    accuracy = measure(ROWS[language])
    assert {slot: share for slot, share in accuracy.items() if share < 95} == {}


@pytest.mark.parametrize("slot", SLOT_BY_KEY.values())
def test_a_slot_is_exact_where_it_is_given_too(slot: str) -> None:
    """An absent slot is easily right: those that are given are measured on their own."""
    given = [row for rows in ROWS.values() for row in rows if slot in row.slots]
    right = [row for row in given if row.read().get(slot) == row.slots[slot]]
    assert len(given) >= 15
    assert len(right) / len(given) >= 0.95


def test_report_tells_the_accuracy_as_measured() -> None:
    both: list[Row] = [*ROWS["en"], *ROWS["es"]]
    columns = [measure(ROWS["en"]), measure(ROWS["es"]), measure(both)]
    report = REPORT.read_text(encoding="utf-8")
    assert f"{len(ROWS['en'])} English and {len(ROWS['es'])} Spanish messages" in report
    for slot in SLOT_BY_KEY.values():
        assert f"| `{slot}` | " + " | ".join(f"{column[slot]:.1f} %" for column in columns) + " |" in report
