"""A tenant that is suspended and dropped while its visitors send: each gets an answer, and none is another tenant's."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from shared_apps.journal.drain import Drainer
from shared_apps.platform.lifecycle import SUSPEND, take_step
from shared_apps.platform.services import drop_tenant, provision_tenant
from shared_apps.tenants.cache import host_generations
from shared_apps.tenants.scope import TenantRef, public_scope
from tests.faults.processes import wait_for
from tests.faults.web import Load, web_server


@pytest.fixture
def on_this_host() -> Iterator[Callable[[Path], None]]:
    """Return a function that makes this process one of the host on that state folder, as an operator's command is."""

    def join(state: Path) -> None:
        settings.STATE_DIR = state
        host_generations.cache_clear()

    before = settings.STATE_DIR
    yield join
    settings.STATE_DIR = before
    host_generations.cache_clear()


def count_rows_elsewhere() -> int:
    """Return how many handoffs stand in public, where there must be no such table at all."""
    with public_scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_name = 'handoffs_bookinghandoff'"
            " AND table_schema = 'public'"
        )
        (count,) = cursor.fetchone()
    return int(count)


def test_tenant_that_goes_under_load_leaves_no_error(
    committed_tenant: TenantRef, on_this_host: Callable[[Path], None]
) -> None:
    leaving = provision_tenant(
        name="Leaving",
        subdomain=f"gone-{committed_tenant.client_id[-8:]}",
        owner_email="owner@gone.example",
        industry="salon",
    ).tenant
    with web_server() as web:
        on_this_host(web.folder / ".data" / "state")
        with Load(web, leaving) as load:
            wait_for(lambda: load.answers[201] > 20)
            take_step(tenant=leaving, step=SUSPEND)
            time.sleep(0.5)
            drop_tenant(tenant=leaving, only_demo=False)
            wait_for(lambda: web.ask(leaving, "GET", "/book")[0] == 404, seconds=10)
            time.sleep(0.5)
        assert load.failed == {}
        assert set(load.answers) <= {200, 201, 202, 404, 503}
        assert load.answers[201] > 0
        assert load.answers[404] > 0
        assert web.ask(committed_tenant, "GET", "/book")[0] == 200
        assert "Traceback" not in web.log.read_text()

        folder = web.folder / ".data" / "state" / "journal"
        web.process.terminate()
        web.process.wait(timeout=20)
        drainer = Drainer(folder)
        drainer.run_once(now=time.time() + 10)
        reasons = Counter(path.name.partition(".")[0] for path in (folder / "dead").glob("*.dead"))
        assert set(reasons) <= {"tenant"}
    assert count_rows_elsewhere() == 0
