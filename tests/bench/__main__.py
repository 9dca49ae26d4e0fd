"""`make bench`: prints tables of what things cost, and writes them to `reports/BENCHMARKS.md`.

A section is a module beside this one that yields tables; a later round adds its own below.
"""

import os
import platform
import sys
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django comes first
from django.core.management import call_command  # noqa: E402

from shared_apps.tenants.scope import public_scope  # noqa: E402
from tests.bench import pipeline  # noqa: E402

REPORT = Path(__file__).resolve().parents[2] / "reports" / "BENCHMARKS.md"

_HEAD = """# Benchmarks

Written by `make bench` on {machine}. PostgreSQL and Redis are the embedded ones, without fsync; requests go
through the whole of Django in this process, session and user included, without a socket. Each cell is the median of
five rounds taken in turns, with the fastest and the slowest round: the ratios mean more than the milliseconds.

## The pipeline

{small:,} and {large:,} handoffs over three years, their timelines beside them.
"""


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Fill two tenants, measure, print and write."""
    settings.RATES = dict.fromkeys(settings.RATES, "100000000/m")
    with public_scope():
        call_command("migrate_schemas", "--shared", interactive=False, verbosity=0)
    _say(f"Filling a tenant with {pipeline.SMALL:,} handoffs ...")
    small = pipeline.make_tenant(pipeline.SMALL)
    _say(f"Filling a tenant with {pipeline.LARGE:,} handoffs, which takes a minute or two ...")
    large = pipeline.make_tenant(pipeline.LARGE)
    _say("Measuring ...")
    today = date.today()  # noqa: DTZ011 - any day will do
    days = {"month_ago": str(today - timedelta(days=30)), "year_ago": str(today - timedelta(days=364))}
    load = os.getloadavg()[0]
    machine = (
        f"{os.cpu_count()} CPUs with a load of {load:.0f}, {platform.system()}, Python {platform.python_version()}"
    )
    head = _HEAD.format(machine=machine, small=pipeline.SMALL, large=pipeline.LARGE)
    tables = list(pipeline.report(small, large, days))
    text = "\n".join([head, "\n\n".join(tables), ""])
    REPORT.write_text(text, encoding="utf-8")
    _say("\n" + "\n\n".join(tables))
    _say(f"\nWritten to {REPORT.relative_to(Path.cwd()) if REPORT.is_relative_to(Path.cwd()) else REPORT}")


main()
