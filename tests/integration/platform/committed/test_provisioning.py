"""Making tenants: all of it or nothing, one of many at once, and the schema the migrations say."""

import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform import services
from shared_apps.platform.services import (
    InvalidTenantError,
    Provisioned,
    SubdomainTakenError,
    drop_tenant,
    provision_tenant,
)
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from shared_apps.tenants.selectors import find_tenant_by_subdomain
from shared_apps.tenants.validators import InvalidSubdomainError, ReservedSubdomainError
from tenant_apps.booking.models import BookingSettings
from tenant_apps.business.models import BusinessProfile
from tests.clients import TenantClient
from tests.isolation.other_process import child_environment
from tests.threads import at_once

ROOT = Path(__file__).resolve().parents[4]
STEPS = ["creating the schema", "creating the tables", "writing the first rows"]


def _provision(subdomain: str, **more: Any) -> Provisioned:
    given = {"name": "New Studio", "owner_email": "Owner@New.example", "industry": "salon"} | more
    return provision_tenant(subdomain=subdomain, **given)


def _everything() -> tuple[int, int, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%'")
        schemas = {name for (name,) in cursor.fetchall()}
    return Tenant.objects.count(), Domain.objects.count(), schemas


# ---- one --------------------------------------------------------------------------------------------------------


def test_tenant_is_made_with_all_it_starts_with(subdomain: str) -> None:
    steps: list[str] = []

    made = _provision(subdomain, progress=steps.append)

    assert steps == STEPS
    tenant = made.tenant
    assert (tenant.client_id, tenant.name, tenant.status) == (subdomain, "New Studio", "active")
    row = Tenant.objects.get(pk=tenant.id)
    assert (row.schema_name, row.status, row.is_demo, row.generation) == (tenant.schema_name, "active", False, 0)
    with enter_tenant(tenant):
        profile, settings = BusinessProfile.objects.get(), BookingSettings.objects.get()
        owner = User.objects.get()
    assert (profile.name, profile.industry) == ("New Studio", "salon")
    assert (settings.booking_mode, settings.external_booking_url) == ("external", "")
    assert (owner.email, owner.role, owner.is_active, owner.has_usable_password()) == (
        "owner@new.example",
        Role.OWNER,
        True,
        False,
    )
    assert find_tenant_by_subdomain(subdomain) == tenant
    assert TenantClient(tenant).get("/").status_code == 200


def test_tenant_of_somebody_else_is_taken(subdomain: str) -> None:
    _provision(subdomain)
    before = _everything()

    with pytest.raises(SubdomainTakenError) as caught:
        _provision(subdomain)

    assert (caught.value.code, caught.value.field) == ("subdomain_taken", "subdomain")
    assert _everything() == before


@pytest.mark.parametrize("status", list(TenantStatus))
def test_subdomain_stays_taken_whatever_became_of_its_tenant(status: str, subdomain: str) -> None:
    made = _provision(subdomain)
    Tenant.objects.filter(pk=made.tenant.id).update(status=status)

    with pytest.raises(SubdomainTakenError):
        _provision(subdomain)


@pytest.mark.parametrize(
    ("field", "given", "error"),
    [
        ("subdomain", {"subdomain": "ALPHA"}, InvalidSubdomainError),
        ("subdomain", {"subdomain": "pg_x"}, InvalidSubdomainError),
        ("subdomain", {"subdomain": "xn--80ak6aa92e"}, InvalidSubdomainError),
        ("subdomain", {"subdomain": "admin"}, ReservedSubdomainError),
        ("subdomain", {"subdomain": "public"}, ReservedSubdomainError),
        ("name", {"name": "  "}, InvalidTenantError),
        ("name", {"name": "x" * 121}, InvalidTenantError),
        ("name", {"name": "two\nlines"}, InvalidTenantError),
        ("name", {"name": "nul\0"}, InvalidTenantError),
        ("owner_email", {"owner_email": "nobody"}, InvalidTenantError),
        ("owner_email", {"owner_email": "a@b.example,c@d.example"}, InvalidTenantError),
        ("owner_email", {"owner_email": ""}, InvalidTenantError),
        ("industry", {"industry": "piracy"}, InvalidTenantError),
    ],
)
def test_unusable_field_is_refused_before_anything_is_made(
    field: str, given: dict[str, str], error: type[Exception], subdomain: str
) -> None:
    before = _everything()

    with pytest.raises(error) as caught:
        _provision(given.pop("subdomain", subdomain), **given)

    assert getattr(caught.value, "field", None) == field
    assert _everything() == before


# ---- all or nothing ---------------------------------------------------------------------------------------------


class KilledError(BaseException):
    """What no `except Exception` catches."""


@pytest.mark.parametrize("step", STEPS)
def test_failure_before_a_step_leaves_nothing_and_can_be_repeated(step: str, subdomain: str) -> None:
    before = _everything()

    def fail(at: str) -> None:
        if at == step:
            raise KilledError

    with pytest.raises(KilledError):
        _provision(subdomain, progress=fail)

    assert _everything() == before
    assert _provision(subdomain).tenant.client_id == subdomain


@pytest.mark.parametrize(
    "part",
    [
        "wait_patiently", "insert_tenant", "create_schema", "run_script", "make_first_rows",
        "make_set_password_token", "announce_routing_change",
    ],
)  # fmt: skip
def test_failure_after_a_part_leaves_nothing_and_can_be_repeated(
    part: str, subdomain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _everything()
    original: Callable[..., Any] = getattr(services, part)

    def fail_afterwards(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(services, part, fail_afterwards)
        with pytest.raises(KilledError):
            _provision(subdomain)

    assert _everything() == before
    assert find_tenant_by_subdomain(subdomain) is None
    assert _provision(subdomain).tenant.client_id == subdomain


def test_database_error_in_the_first_rows_leaves_nothing(subdomain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _everything()
    monkeypatch.setattr(services, "make_first_rows", lambda _new: User.objects.create_user("x" * 300, Role.OWNER))

    with pytest.raises(Exception, match="value too long"):
        _provision(subdomain)

    assert _everything() == before


def test_process_killed_half_way_leaves_nothing_and_can_be_repeated(subdomain: str) -> None:
    before = _everything()
    script = f"""
import os, django
django.setup()
from shared_apps.platform.services import provision_tenant
def die(step):
    if step == "writing the first rows":
        os.kill(os.getpid(), 9)
provision_tenant(name="New", subdomain={subdomain!r}, owner_email="a@b.example", progress=die)
"""

    died = subprocess.run(
        [sys.executable, "-c", script], env=child_environment(), cwd=ROOT, check=False, capture_output=True, timeout=60
    )

    assert died.returncode == -9
    made = _provision(subdomain)  # waits for the server to notice, where it has not yet
    assert _everything() == (before[0] + 1, before[1] + 1, before[2] | {made.tenant.schema_name})


# ---- several at once --------------------------------------------------------------------------------------------


def _try_to_provision(subdomain: str, **more: Any) -> Provisioned | SubdomainTakenError:
    try:
        return _provision(subdomain, **more)
    except SubdomainTakenError as error:
        return error


def test_one_of_four_threads_gets_the_subdomain(subdomain: str) -> None:
    before = _everything()

    outcomes = at_once([lambda: _try_to_provision(subdomain)] * 4)

    winners = [outcome for outcome in outcomes if isinstance(outcome, Provisioned)]
    assert len(winners) == 1
    assert sum(isinstance(outcome, SubdomainTakenError) for outcome in outcomes) == 3
    assert _everything() == (before[0] + 1, before[1] + 1, before[2] | {winners[0].tenant.schema_name})


def test_loser_waits_for_a_slow_winner_instead_of_failing(subdomain: str) -> None:
    reserved, losing = threading.Event(), threading.Event()

    def win() -> Provisioned | SubdomainTakenError:
        def wait_at_the_first_step(step: str) -> None:
            if step == STEPS[0]:
                reserved.set()
                assert losing.wait(10)
                threading.Event().wait(0.4)  # four times as long as the loser's connection waits for locks

        return _try_to_provision(subdomain, progress=wait_at_the_first_step)

    def lose() -> Provisioned | SubdomainTakenError:
        assert reserved.wait(10)
        with public_scope(), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 100; SET statement_timeout = 100")
        losing.set()
        return _try_to_provision(subdomain)

    winner, loser = at_once([win, lose])

    assert isinstance(winner, Provisioned)
    assert isinstance(loser, SubdomainTakenError)


def test_loser_of_a_winner_that_fails_gets_the_subdomain(subdomain: str) -> None:
    reserved, waiting = threading.Event(), threading.Event()

    def fail() -> str:
        def break_off(step: str) -> None:
            reserved.set()
            assert waiting.wait(10)
            raise KilledError

        try:
            _provision(subdomain, progress=break_off)
        except KilledError:
            return "failed"
        return "made"

    def follow() -> Provisioned | SubdomainTakenError:
        assert reserved.wait(10)
        threading.Timer(0.2, waiting.set).start()
        return _try_to_provision(subdomain)

    failed, made = at_once([fail, follow])

    assert failed == "failed"
    assert isinstance(made, Provisioned)


def test_different_subdomains_at_once_are_all_made_alike(db: None) -> None:
    subdomains = [f"new-{uuid.uuid4().hex[:10]}" for _ in range(4)]

    def make(subdomain: str) -> Callable[[], TenantRef]:
        return lambda: _provision(subdomain, name=subdomain).tenant

    tenants = at_once([make(subdomain) for subdomain in subdomains])

    assert [tenant.client_id for tenant in tenants] == subdomains
    assert len({tenant.schema_name for tenant in tenants}) == 4
    for tenant in tenants:
        with enter_tenant(tenant):
            assert BusinessProfile.objects.get().name == tenant.client_id
            assert len(connection.introspection.table_names()) == 13


def test_thread_that_entered_nothing_may_provision(subdomain: str) -> None:
    (made,) = at_once([lambda: _provision(subdomain)])

    assert isinstance(made, Provisioned)


# ---- dropping ---------------------------------------------------------------------------------------------------


def test_dropped_tenant_is_gone_and_its_subdomain_free(subdomain: str) -> None:
    before = _everything()
    tenant = _provision(subdomain).tenant

    assert drop_tenant(tenant=tenant, only_demo=False)

    assert _everything() == before
    assert not drop_tenant(tenant=tenant, only_demo=False)
    assert _provision(subdomain).tenant.schema_name != tenant.schema_name


def test_real_tenant_is_not_dropped_as_a_demo(subdomain: str) -> None:
    tenant = _provision(subdomain).tenant

    assert not drop_tenant(tenant=tenant, only_demo=True)

    assert TenantClient(tenant).get("/").status_code == 200


def test_drop_that_fails_leaves_the_tenant_whole(subdomain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = _provision(subdomain).tenant
    before = _everything()

    def fail() -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(services, "announce_routing_change", fail)
        with pytest.raises(KilledError):
            drop_tenant(tenant=tenant, only_demo=False)

    assert _everything() == before
    assert TenantClient(tenant).get("/").status_code == 200


def test_tenant_whose_schema_is_gone_already_can_be_dropped(subdomain: str) -> None:
    tenant = _provision(subdomain).tenant
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {tenant.schema_name} CASCADE")

    assert drop_tenant(tenant=tenant, only_demo=False)

    assert find_tenant_by_subdomain(subdomain) is None
