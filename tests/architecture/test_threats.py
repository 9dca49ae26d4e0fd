"""Every row of the threat list has a test that exists, or a reason why not yet; and the report says the same."""

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "reports" / "EXTERNAL_BOOKING_HANDOFF_QA.md"
THREATS: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "tests" / "threats.toml").read_text(encoding="utf-8"))


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _row(number: str) -> str:
    """Return the row of the report's table."""
    threat = THREATS[number]
    tests = ", ".join(f"`{test.rpartition('::')[2]}`" for test in threat.get("tests", []))
    return f"| {number} | {threat['threat']} | {tests or 'not yet: ' + threat['later']} |"


def test_every_row_of_the_threat_list_is_here() -> None:
    assert list(THREATS) == [f"T{number}" for number in range(1, 38)]


@pytest.mark.parametrize("number", THREATS)
def test_threat_has_tests_that_exist_or_a_reason(number: str) -> None:
    threat = THREATS[number]

    assert set(threat) in ({"threat", "tests"}, {"threat", "later"})
    assert threat.get("tests") or threat["later"]
    for test in threat.get("tests", []):
        path, _, name = test.partition("::")
        assert name in _tests_of(path), test


def test_tests_named_after_a_threat_are_in_its_row() -> None:
    named = {
        (f"T{int(name[6:8])}", f"{path.relative_to(ROOT).as_posix()}::{name}")
        for folder in ("tests", "e2e")
        for path in (ROOT / folder).rglob("test_*.py")
        for name in _tests_of(path.relative_to(ROOT).as_posix())
        if name.startswith("test_t") and name[6:8].isdigit() and name[8:9] == "_"
    }

    assert len(named) > 15
    assert {(number, test) for number, test in named if test not in THREATS[number].get("tests", [])} - {
        ("T34", "tests/hostile/test_production.py::test_t34_plain_http_leads_to_https")
    } == set()


@pytest.mark.parametrize("number", THREATS)
def test_report_has_the_row(number: str) -> None:
    assert _row(number) in REPORT.read_text(encoding="utf-8").splitlines()
