"""docs/scale.md: what is reckoned there follows from what is said to be measured."""

import re

from saas.embedded.paths import CHECKOUT

_DOC = (CHECKOUT / "docs" / "scale.md").read_text(encoding="utf-8")
HANDOFFS_A_MONTH, HANDOFFS_STORED, BUSIEST, TENANTS_TO_A_DATABASE = 200, 5_000, 10, 2_000


def _rows(heading: str) -> list[list[str]]:
    section = _DOC.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def test_sizes_are_reckoned_from_what_was_measured() -> None:
    tenant_kb, relations, handoff_kb, _memory_mb = (_number(row[1]) for row in _rows("What a tenant costs"))
    sizes = [[_number(cell) for cell in row] for row in _rows("How far that goes")]

    assert [row[0] for row in sizes] == [1e3, 1e4, 1e5, 1e6]
    for tenants, disk_gb, tables, captures, databases in sizes:
        assert _is_near(disk_gb, tenants * (tenant_kb + HANDOFFS_STORED * handoff_kb) / 1e6)
        assert _is_near(tables, tenants * relations)
        assert _is_near(captures, tenants * HANDOFFS_A_MONTH * BUSIEST / (30 * 24 * 3600))
        assert databases == max(1, tenants / TENANTS_TO_A_DATABASE)


def test_assumptions_stand_in_the_text() -> None:
    text = re.sub(r"\s+", " ", _DOC)
    assert f"{HANDOFFS_A_MONTH} handoffs a month and {HANDOFFS_STORED:,} stored" in text
    assert f"{TENANTS_TO_A_DATABASE:,} tenants to a database" in text


def _is_near(given: float, reckoned: float) -> bool:
    return abs(given - reckoned) <= 0.06 * reckoned
