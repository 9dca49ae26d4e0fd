"""The worker as it runs everywhere, with two jobs and an impatient schedule for the tests that kill it."""

import os
import time
from pathlib import Path

from worker.app import app  # isort: skip - it sets Django up

from shared_apps.outbox.hooks import Payload, register_job
from shared_apps.tenants.scope import TenantRef

if "TESTS_SECONDS" in os.environ:
    for entry in app.conf.beat_schedule.values():
        entry["schedule"] = float(os.environ["TESTS_SECONDS"])


def note(tenant: TenantRef, payload: Payload) -> None:
    """Write down that the job began, take as long as it says, and write down that it ended."""
    with Path(os.environ["TESTS_NOTES"]).open("a") as notes:
        notes.write(f"begin {payload['number']} {os.getpid()} {tenant.schema_name}\n")
        notes.flush()
        time.sleep(float(payload.get("seconds", 0)))
        notes.write(f"end {payload['number']} {os.getpid()} {tenant.schema_name}\n")


register_job("tests.note", note)

__all__ = ["app"]
