"""The worker that runs in the demo abandons what waited too long; the visitor who comes back is welcome."""

import os
import subprocess
import sys
import time

from e2e.stack import ROOT, Stack

LEAD = {
    "customerName": "Slow Visitor",
    "customerPhone": "772-555-0177",
    "requestedService": "Haircut",
    "preferredDateTimeText": "some day",
}
_AGE = """
from datetime import timedelta
from django.utils import timezone
from saas.celery import configure
from shared_apps.tenants.due import mark_due
from shared_apps.tenants.scope import enter_tenant
from shared_apps.tenants.selectors import find_tenant_by_subdomain
from tenant_apps.handoffs.models import BookingHandoff
with enter_tenant(find_tenant_by_subdomain("coastal-cuts")) as tenant:
    mark_due(tenant_id=tenant.id, kind="sweep")
    BookingHandoff.objects.filter(pk="{key}").update(pending_since=timezone.now() - timedelta(hours=25))
configure().send_task("handoffs.sweep_handoffs")
"""
_STATUS = """
from shared_apps.tenants.scope import enter_tenant
from shared_apps.tenants.selectors import find_tenant_by_subdomain
from tenant_apps.handoffs.models import BookingHandoff
with enter_tenant(find_tenant_by_subdomain("coastal-cuts")):
    print(BookingHandoff.objects.get(pk="{key}").status)
"""


def _manage(stack: Stack, code: str) -> str:
    """Run code beside the demo, as its README says: `manage.py` reads where the demo's servers are."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "DEBUG")
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
        cwd=ROOT,
        env=environment | {"HANDOFF_DATA_DIR": str(stack.data_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_worker_abandons_what_waited_too_long_and_a_click_revives_it(stack: Stack) -> None:
    host = "coastal-cuts.localhost"
    key = stack.ask("POST", "/api/v1/handoffs", host=host, json_body=LEAD).body["id"]
    _manage(stack, _AGE.format(key=key))

    deadline = time.monotonic() + 30
    while (status := _manage(stack, _STATUS.format(key=key))) != "abandoned":
        assert time.monotonic() < deadline, f"still {status}"
        time.sleep(0.5)

    assert stack.ask("POST", f"/go/{key}", host=host).status == 303
    assert _manage(stack, _STATUS.format(key=key)) == "redirected"
