"""What one process changes, the first request after it in any other process sees."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from django.conf import settings

from shared_apps.platform.lifecycle import SUSPEND, take_step
from shared_apps.platform.services import drop_tenant
from shared_apps.tenants import watcher
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import find_tenant_by_subdomain
from tests.clients import TenantClient
from tests.conftest import make_ready
from tests.isolation.other_process import OtherProcess

SAVE = """
from contextlib import nullcontext
from tests.conftest import make_ready
make_ready(find_tenant_by_subdomain({subdomain!r}), lambda **_: nullcontext(), url={url!r})
"""
TAKE_STEP = """
from shared_apps.platform import lifecycle
lifecycle.take_step(tenant=find_tenant_by_subdomain({subdomain!r}), step=lifecycle.{step})
"""
RENAME = """
from tenant_apps.business.services import update_profile
tenant = find_tenant_by_subdomain({subdomain!r})
with enter_tenant(tenant):
    update_profile(tenant=tenant, changes={{"name": {name!r}}})
"""
ASK = "answer = TenantClient(find_tenant_by_subdomain({subdomain!r})).get('/api/v1/booking').json()['providerName']"


@pytest.fixture(scope="module")
def neighbour(django_db_setup: None) -> Iterator[OtherProcess]:
    """Another process of this host."""
    with OtherProcess(Path(settings.STATE_DIR)) as process:
        yield process


@pytest.fixture(scope="module")
def far_host(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherProcess]:
    """A process of another host: it shares the database with us, and nothing else."""
    with OtherProcess(tmp_path_factory.mktemp("far")) as process:
        yield process


def _provider(tenant: TenantRef) -> str | None:
    answer: str | None = TenantClient(tenant).get("/api/v1/booking").json()["providerName"]
    return answer


def test_settings_saved_in_another_process_are_seen_by_the_next_request(
    tenant: TenantRef, neighbour: OtherProcess
) -> None:
    assert [_provider(tenant), _provider(tenant)] == [None, None]

    for url, name in (("https://calendly.com/one/visit", "Calendly"), ("https://one.as.me/schedule.php", "Acuity")):
        neighbour.run(SAVE.format(subdomain=tenant.client_id, url=url))
        assert _provider(tenant) == name


def test_profile_saved_in_another_process_is_seen_by_the_next_request(
    tenant: TenantRef, neighbour: OtherProcess
) -> None:
    client = TenantClient(tenant)
    assert "Renamed" not in client.get("/").content.decode() + client.get("/login").content.decode()

    neighbour.run(RENAME.format(subdomain=tenant.client_id, name="Renamed & Co"))

    assert "Renamed &amp; Co" in client.get("/").content.decode()  # from the snapshot
    assert "Renamed &amp; Co" in client.get("/login").content.decode()  # from the tenant's row


def test_settings_saved_here_are_seen_by_the_next_request_of_another_process(
    tenant: TenantRef, neighbour: OtherProcess
) -> None:
    assert neighbour.run(ASK.format(subdomain=tenant.client_id)) is None

    make_ready(tenant, lambda **_: nullcontext(), url="https://one.as.me/schedule.php")

    assert neighbour.run(ASK.format(subdomain=tenant.client_id)) == "Acuity"


def test_tenant_suspended_in_another_process_is_refused_by_the_next_request(
    tenant: TenantRef, neighbour: OtherProcess
) -> None:
    client = TenantClient(tenant)
    assert client.get("/").status_code == 200

    neighbour.run(TAKE_STEP.format(subdomain=tenant.client_id, step="SUSPEND"))
    assert client.get("/").status_code == 503
    neighbour.run(TAKE_STEP.format(subdomain=tenant.client_id, step="RESUME"))
    assert client.get("/").status_code == 200


def test_host_known_as_unknown_answers_once_its_tenant_is_made_elsewhere(
    tenant: TenantRef, neighbour: OtherProcess
) -> None:
    subdomain = f"late-{uuid.uuid4().hex[:8]}"
    client = TenantClient(tenant)
    assert [client.get("/", headers={"host": f"{subdomain}.localhost"}).status_code for _ in range(2)] == [404, 404]

    neighbour.run(
        "from shared_apps.platform.services import provision_tenant\n"
        f"provision_tenant(name='Late', subdomain={subdomain!r}, owner_email='late@example.com')"
    )
    page = client.get("/", headers={"host": f"{subdomain}.localhost"})
    assert page.status_code == 200
    assert "Late" in page.content.decode()

    neighbour.run(
        "from shared_apps.platform.services import drop_tenant\n"
        f"drop_tenant(tenant=find_tenant_by_subdomain({subdomain!r}), only_demo=False)"
    )
    assert client.get("/", headers={"host": f"{subdomain}.localhost"}).status_code == 404


def test_tenant_dropped_here_is_unknown_to_the_next_request(tenant: TenantRef) -> None:
    client = TenantClient(tenant)
    assert client.get("/").status_code == 200

    drop_tenant(tenant=tenant, only_demo=False)

    assert client.get("/").status_code == 404
    assert find_tenant_by_subdomain(tenant.client_id) is None


def test_change_of_another_host_is_seen_when_the_watcher_has_looked(tenant: TenantRef, far_host: OtherProcess) -> None:
    seen = watcher.read_changes({})
    assert _provider(tenant) is None

    far_host.run(SAVE.format(subdomain=tenant.client_id, url="https://calendly.com/one/visit"))
    assert _provider(tenant) is None  # nothing has told this host: that is what makes the far one far

    seen = watcher.read_changes(seen)
    assert _provider(tenant) == "Calendly"
    assert seen[tenant.id] == 1


def test_suspension_by_another_host_is_seen_when_the_watcher_has_looked(
    tenant: TenantRef, far_host: OtherProcess
) -> None:
    seen = watcher.read_changes({})
    client = TenantClient(tenant)
    assert client.get("/").status_code == 200

    far_host.run(TAKE_STEP.format(subdomain=tenant.client_id, step="SUSPEND"))
    assert client.get("/").status_code == 200
    watcher.read_changes(seen)

    assert client.get("/").status_code == 503


def test_watcher_bumps_only_for_what_it_has_not_seen(tenant: TenantRef) -> None:
    from shared_apps.tenants.cache import host_generations
    from shared_apps.tenants.generations import tenant_slot

    seen = watcher.read_changes({})
    before = host_generations().read(tenant_slot(tenant.id))

    assert watcher.read_changes(seen) == seen
    assert host_generations().read(tenant_slot(tenant.id)) == before

    take_step(tenant=tenant, step=SUSPEND)
    own = host_generations().read(tenant_slot(tenant.id))
    assert own == before + 1
    watcher.read_changes(seen)
    assert host_generations().read(tenant_slot(tenant.id)) == own + 1


def test_watcher_thread_hears_of_another_hosts_change_within_a_second(
    tenant: TenantRef, far_host: OtherProcess
) -> None:
    before = set(threading.enumerate())
    stop = watcher.start_tenant_watcher()
    (thread,) = [thread for thread in threading.enumerate() if thread not in before]
    try:
        assert thread.daemon
        assert _provider(tenant) is None
        far_host.run(SAVE.format(subdomain=tenant.client_id, url="https://calendly.com/one/visit"))
        deadline = time.monotonic() + 5  # a busy machine; it takes half a second
        while _provider(tenant) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _provider(tenant) == "Calendly"
    finally:
        stop.set()
        thread.join(timeout=5)
    assert not thread.is_alive()
