"""`make bench`: measures, prints tables and goals, writes `reports/BENCHMARKS.md` and `reports/bench.json`.

`--quick` measures next to nothing, to show that all of it runs; it writes where `--output` says.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from shared_apps.tenants.scope import public_scope
from tests.bench import http, pipeline, sweep, tenants
from tests.bench.measuring import to_table
from tests.bench.report import Section
from tests.bench.web import Effort

REPORTS = Path(__file__).resolve().parents[2] / "reports"
_PACKAGES = ("django", "django-ninja", "pydantic", "psycopg", "granian", "redis", "celery", "django-tenants",
             "djangorestframework", "gunicorn")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    effort: Effort
    handoffs: tuple[int, int] = (10_000, 1_000_000)
    tenants: int = 1_000
    tasks: int = 200
    rounds: int = 3
    births: int = 3


FULL = Size(effort=Effort())
QUICK = Size(
    effort=Effort(connections=2, seconds=0.2, rounds=1),
    handoffs=(1_100, 1_200),
    tenants=6,
    tasks=3,
    rounds=1,
    births=1,
)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def measure(size: Size, folder: Path) -> Iterator[Section]:
    """Measure everything, one section after the other; tenants are made on the way, so their order matters."""
    _say("Over HTTP ...")
    yield http.report(size.effort, durability=(_show("fsync"), _show("synchronous_commit")))
    _say("The pipeline: filling two tenants, which takes minutes ...")
    small, large = (pipeline.make_tenant(rows) for rows in size.handoffs)
    today = date.today()  # noqa: DTZ011 - any day will do
    days = {"month_ago": str(today - timedelta(days=30)), "year_ago": str(today - timedelta(days=364))}
    yield pipeline.report(small, large, days, sizes=size.handoffs, rounds=size.rounds)
    _say(f"Making {size.tenants:,} tenants ...")
    made = sweep.make_tenants(size.tenants, _say)
    _say("The sweep ...")
    yield sweep.report(made, rounds=size.rounds, tasks=size.tasks, folder=folder)
    _say("Tenants ...")
    yield tenants.report(made, rounds=size.rounds, births=size.births, folder=folder)


def _show(name: str) -> str:
    with public_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def _describe_machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{os.cpu_count()} CPUs ({platform.machine()}), {platform.system()} {platform.release()}, load at the start"
        f" {load}. Python {platform.python_version()}, PostgreSQL {_show('server_version')}, {versions}."
    )


def _write(sections: list[Section], machine: str, output: Path) -> str:
    goals = [goal for section in sections for goal in section.goals]
    head = [
        "# Benchmarks",
        f"Written by `make bench` on {machine}",
        "What stands beside each other was measured beside each other, in turns: ratios mean more than figures.",
        "## Goals",
        to_table(("goal", "bound", "measured", ""), [goal.cells() for goal in goals]),
    ]
    body = [part for each in sections for part in (f"## {each.title}", each.text.strip(), *each.tables)]
    text = "\n\n".join([*head, *body]) + "\n"
    output.mkdir(parents=True, exist_ok=True)
    (output / "BENCHMARKS.md").write_text(text, encoding="utf-8")
    figures = {
        "machine": machine,
        "goals": {
            goal.what: {"bound": goal.bound, "measured": round(goal.value, 3), "holds": goal.holds} for goal in goals
        },
        "figures": {name: round(value, 3) for each in sections for name, value in each.figures.items()},
    }
    (output / "bench.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return text


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="as little as shows that it runs")
    parser.add_argument("--output", type=Path, default=REPORTS, help="the folder to write to")
    options = parser.parse_args()
    settings.RATES = dict.fromkeys(settings.RATES, "100000000/m")
    machine = _describe_machine()
    with public_scope():
        call_command("migrate_schemas", "--shared", interactive=False, verbosity=0)
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder:
        sections = []
        for section in measure(QUICK if options.quick else FULL, Path(folder)):
            sections.append(section)
            _say("\n" + "\n\n".join([f"## {section.title}", *section.tables]) + "\n")
    _say(_write(sections, machine, options.output))


main()
