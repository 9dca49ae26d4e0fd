"""What a host keeps of its tenants is written, renewed and forgotten as the database has it."""

import os
import time
from typing import Any

import pytest
from django.db import connection, transaction

from shared_apps.tenants.cache import host_generations
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.generations import ROUTING_SLOT, tenant_slot
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from shared_apps.tenants.services import (
    announce_routing_change,
    forget_route,
    forget_snapshots,
    refresh_snapshots,
    touch_tenant,
)
from shared_apps.tenants.snapshots import ROUTES, TENANTS
from tenant_apps.booking import selectors
from tests.clients import TenantClient
from tests.conftest import make_ready
from tests.faults.conftest import Outage, forget_all

OTHER = "https://calendly.com/alpha-studio/another"


@pytest.fixture
def kept(served_tenant: TenantRef) -> TenantRef:
    """A tenant of which this host keeps a file for the host name and one for the pages."""
    assert ROUTES.holds(served_tenant.client_id)
    assert TENANTS.holds(served_tenant.schema_name)
    return served_tenant


def url_kept(tenant: TenantRef) -> str:
    recalled = TENANTS.recall(tenant.schema_name)
    assert recalled is not None
    url: str = recalled.value["booking"]["external_booking_url"]
    return url


def test_save_writes_it_at_once(kept: TenantRef, django_capture_on_commit_callbacks: Any) -> None:
    make_ready(kept, django_capture_on_commit_callbacks, url=OTHER)
    assert url_kept(kept) == OTHER


def test_process_that_never_asked_the_database_serves_what_was_saved_last(
    kept: TenantRef, outage: Outage, django_capture_on_commit_callbacks: Any
) -> None:
    make_ready(kept, django_capture_on_commit_callbacks, url=OTHER)
    with outage():
        forget_all()
        body = TenantClient(kept).get("/api/v1/booking").json()
    assert body["ready"] is True


def test_address_that_a_rule_forbids_by_now_is_not_served(kept: TenantRef, outage: Outage) -> None:
    recalled = TENANTS.recall(kept.schema_name)
    assert recalled is not None
    recalled.value["booking"]["external_booking_url"] = "http://127.0.0.1/"
    TENANTS.keep(kept.schema_name, recalled.value)
    with outage():
        forget_all()
        assert TenantClient(kept).get("/api/v1/booking").json()["ready"] is False


def test_file_of_another_version_of_this_code_is_nothing(kept: TenantRef, outage: Outage) -> None:
    TENANTS.keep(kept.schema_name, {"business": {}, "booking": {"no_such_setting": 1}})
    with outage():
        forget_all()
        assert TenantClient(kept).get("/").status_code == 503


def test_route_of_another_version_of_this_code_is_nothing(kept: TenantRef, outage: Outage) -> None:
    ROUTES.keep(kept.client_id, {"no_such_field": 1})
    with outage():
        forget_all()
        assert TenantClient(kept).get("/").status_code == 503


def test_refresh_reads_what_changed_and_confirms_the_rest(kept: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    known, is_complete = refresh_snapshots({})
    assert (is_complete, kept.id in known) == (True, True)
    path = TENANTS._folder / kept.schema_name
    os.utime(path, (1, 1))
    monkeypatch.setattr(selectors, "get_settings", lambda: pytest.fail("read though nothing changed"))
    assert refresh_snapshots(known) == (known, True)
    assert time.time() - path.stat().st_mtime < 60


def test_refresh_forgets_whoever_is_not_active(kept: TenantRef) -> None:
    TENANTS.keep("t_gone", {})
    ROUTES.keep("gone", {})
    refresh_snapshots({})
    assert (TENANTS.holds("t_gone"), ROUTES.holds("gone")) == (False, False)
    assert TENANTS.holds(kept.schema_name)


def test_refresh_forgets_whom_another_host_suspended(kept: TenantRef) -> None:
    with public_scope():
        Tenant.objects.filter(pk=kept.id).update(status=TenantStatus.SUSPENDED)
    refresh_snapshots({})
    assert (TENANTS.holds(kept.schema_name), ROUTES.holds(kept.client_id)) == (False, False)


def test_refresh_knows_a_tenant_by_its_primary_domain(kept: TenantRef) -> None:
    own = f"book.{kept.client_id}.example"
    with public_scope():
        Domain.objects.create(domain=own, tenant_id=kept.id, is_primary=False)
        Domain.objects.get(domain=kept.client_id).delete()
        Domain.objects.create(domain=kept.client_id, tenant_id=kept.id)
    refresh_snapshots({})
    recalled = ROUTES.recall(own)
    assert recalled is not None
    assert recalled.value["client_id"] == kept.client_id


def test_change_that_is_taken_back_is_announced_to_nobody(kept: TenantRef) -> None:
    slots = (ROUTING_SLOT, tenant_slot(kept.id))
    before = [host_generations().read(slot) for slot in slots]
    with transaction.atomic():
        touch_tenant(kept.id)
        announce_routing_change()
        forget_route(kept.client_id)
        forget_snapshots(kept)
        transaction.set_rollback(True)
    assert (ROUTES.holds(kept.client_id), TENANTS.holds(kept.schema_name)) == (True, True)
    assert [host_generations().read(slot) for slot in slots] == before


def test_refresh_goes_past_a_tenant_whose_schema_is_gone(kept: TenantRef, caplog: pytest.LogCaptureFixture) -> None:
    with enter_tenant(kept), connection.cursor() as cursor:
        cursor.execute(f"ALTER SCHEMA {kept.schema_name} RENAME TO {kept.schema_name}_away")
    try:
        known, _ = refresh_snapshots({})
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER SCHEMA {kept.schema_name}_away RENAME TO {kept.schema_name}")
    assert kept.id not in known
    assert len(known) >= 2
    assert "ProgrammingError" in caplog.text


def test_refresh_without_time_reads_nothing_and_says_so(kept: TenantRef) -> None:
    known, is_complete = refresh_snapshots({}, seconds=-1.0)
    assert (known, is_complete) == ({}, False)
    assert TENANTS.holds(kept.schema_name)
