"""The alarm rules ask for figures and labels that exist, and each alarm has its row in the operations page."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from saas.observing import METHODS, STATUSES
from shared_apps.tenants.due import known_work
from shared_apps.tenants.heartbeats import EVERY_SECONDS, ROLES, note_heartbeat

ROOT = Path(__file__).resolve().parents[2]
RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs" / "deployment" / "alerts.yml").read_text())["groups"][0][
    "rules"
]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()

# Labels whose values appear only once something happened.
_LATER = {"status": {*STATUSES}, "method": {*METHODS}, "role": {*ROLES}, "kind": {*known_work()}}


def read_figures(settings: Any, tmp_path: Path) -> dict[str, dict[str, set[str]]]:
    """Return every sample's name with the values its labels have."""
    settings.STATE_DIR = tmp_path / "state"
    folder = settings.STATE_DIR / "journal"
    folder.mkdir(parents=True)
    (folder / "status.json").write_text('{"at": 1}')
    for role in ROLES:
        note_heartbeat(role)
    client = Client(headers={"host": "localhost"})
    client.get("/health/live")
    text = client.get("/metrics").content.decode()
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for name, value in sample.labels.items():
                labels.setdefault(name, set(_LATER.get(name, ()))).add(value)
    return found


def find_wrong(expression: str, figures: dict[str, dict[str, set[str]]]) -> list[str]:
    """Return what an expression asks for that there is not."""
    wrong = []
    for name, selectors in re.findall(r"\b(handoff_\w+)(?:\{([^}]*)\})?", expression):
        if name not in figures:
            wrong.append(name)
            continue
        for label, operator, values in re.findall(r'(\w+)(=~|=)"([^"]*)"', selectors):
            known = figures[name].get(label, set())
            wanted = values.split("|") if operator == "=~" else [values]
            wrong += [f'{name}{{{label}="{value}"}}' for value in wanted if value not in known]
    return wrong


@pytest.mark.django_db
def test_rules_ask_for_figures_that_exist(settings: Any, tmp_path: Path) -> None:
    figures = read_figures(settings, tmp_path)

    assert [wrong for rule in RULES for wrong in find_wrong(rule["expr"], figures)] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "expression",
    [
        "handoff_no_such_total > 0",
        'handoff_heartbeat_seconds{role="nobody"} > 1',
        'handoff_captures_total{way="x"} > 1',
    ],
)
def test_rule_that_asks_for_nothing_is_found(expression: str, settings: Any, tmp_path: Path) -> None:
    assert len(find_wrong(expression, read_figures(settings, tmp_path))) == 1


def test_promised_alarms_are_there_with_their_limits() -> None:
    expressions = {rule["alert"]: rule["expr"] for rule in RULES}

    assert expressions["JournalNotDrained"] == "handoff_journal_oldest_seconds > 60"
    for role in ("worker", "beat"):
        assert f'role="{role}"}} > {3 * EVERY_SECONDS}' in expressions[f"{role.title()}Dead"]
    assert "handoff_breaker_open > 0" in expressions["DatabaseAway"]
    assert expressions["JobsDead"] == "handoff_dead_job_tenants > 0"
    assert "sweep" in expressions["WorkLate"]


def test_every_alarm_has_its_row_in_the_operations_page() -> None:
    rows = re.findall(r"^\| (\w+) \| .+ \| .+ \|$", OPERATIONS, re.MULTILINE)

    assert set(rows) - {"alarm"} == {rule["alert"] for rule in RULES}
    assert [rule["alert"] for rule in RULES if not rule["annotations"]["summary"]] == []
    assert {rule["labels"]["severity"] for rule in RULES} == {"page", "ticket"}
