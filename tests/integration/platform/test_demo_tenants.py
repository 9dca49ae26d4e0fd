"""`manage.py create_demo_tenants`: the contract's demo data, and nobody else's."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.services import drop_tenant, provision_tenant
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from shared_apps.tenants.selectors import find_tenant_by_subdomain, list_active_tenants
from tenant_apps.booking.providers import recognise_provider
from tenant_apps.booking.selectors import get_settings, get_snapshot
from tenant_apps.booking.validators import parse_booking_url
from tenant_apps.business.models import BusinessProfile
from tenant_apps.business.selectors import INDUSTRIES
from tenant_apps.business.services import update_profile
from tenant_apps.demo.data import CORE_DEMOS, INDUSTRY_DEMOS
from tenant_apps.demo.management.commands import create_demo_tenants
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tests.clients import TenantClient
from tests.isolation.helpers import read_everything

CONTRACT = [
    ("coastal-cuts", "Coastal Cuts", "salon", "Calendly", "https://calendly.com/coastal-cuts-demo/haircut", "redirect"),
    (
        "harbor-wellness",
        "Harbor Wellness",
        "med-spa",
        "Acuity",
        "https://harborwellness.as.me/schedule.php",
        "iframe",
    ),
    ("sunrise-auto", "Sunrise Auto Detail", "auto-detailing", "Square", "", "redirect"),
]
PASSWORD = "handoff-demo"
ADMIN = "admin@platform.example"


@pytest.fixture(scope="module", autouse=True)
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[str]]:
    """What the command said when it made the three demo tenants, which are there for all tests of this module."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings, "IS_DEVELOPMENT", True)
        yield _run()
        for tenant in list_active_tenants(demo_only=True):
            drop_tenant(tenant=tenant, only_demo=True)
        with public_scope():
            User.objects.all().delete()
        connection.close()


@pytest.fixture
def made(db: None, committed: list[str]) -> list[str]:
    """What the command said. What a test does to the demo tenants is rolled back."""
    return committed


@pytest.fixture
def absent(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No demo tenant, until the rollback, and two for the command to make."""
    for tenant in list_active_tenants(demo_only=True):
        drop_tenant(tenant=tenant, only_demo=True)
    with public_scope():
        User.objects.all().delete()
    monkeypatch.setattr(create_demo_tenants, "CORE_DEMOS", (CORE_DEMOS[0], CORE_DEMOS[2]))


def _run(*arguments: str) -> list[str]:
    out, err = StringIO(), StringIO()
    call_command("create_demo_tenants", *arguments, stdout=out, stderr=err)
    return [*out.getvalue().splitlines(), *err.getvalue().splitlines()]


def _demo(subdomain: str) -> TenantRef:
    tenant = find_tenant_by_subdomain(subdomain)
    assert tenant is not None
    return tenant


def _said(lines: list[str]) -> list[str]:
    """Return what each line says was done, without numbers, names, seconds and addresses."""
    return [line.split(" (")[0].split(": ")[1] for line in lines]


# ---- what is made -----------------------------------------------------------------------------------------------


def test_demo_tenants_are_the_contracts(made: list[str]) -> None:
    found = []
    for tenant in list_active_tenants(demo_only=True):
        with enter_tenant(tenant):
            booking, profile = get_settings(), BusinessProfile.objects.get()
        found.append(
            (
                tenant.client_id,
                profile.name,
                profile.industry,
                booking.external_booking_provider_name,
                booking.external_booking_url,
                booking.external_booking_embed_mode,
            )
        )
        assert tenant.name == profile.name
        assert booking.booking_mode == "external"
        assert (booking.external_booking_utm_source, booking.external_booking_utm_campaign) == (
            "treasurecoastai",
            "industry-demo",
        )

    assert found == CONTRACT


@pytest.mark.parametrize(
    ("subdomain", "ready"), [("coastal-cuts", True), ("harbor-wellness", True), ("sunrise-auto", False)]
)
def test_demo_tenant_without_a_url_is_not_ready(subdomain: str, ready: bool, made: list[str]) -> None:
    tenant = _demo(subdomain)

    with enter_tenant(tenant):
        assert get_snapshot(tenant=tenant).booking.ready is ready
    answer = TenantClient(tenant).get("/api/v1/booking").json()
    assert (answer["ready"], answer["bookingMode"]) == (ready, "external")
    assert answer["contact"]["phone"].startswith("+1772555")
    assert answer["contact"]["email"] == f"hello@{subdomain}.example"


def test_services_of_the_salon_are_the_contracts(made: list[str]) -> None:
    services = TenantClient(_demo("coastal-cuts")).get("/api/v1/booking").json()["services"]

    assert {"Haircut", "Colour", "Highlights", "Blow-dry", "Beard trim"} <= set(services)


@pytest.mark.parametrize("subdomain", ["coastal-cuts", "harbor-wellness", "sunrise-auto"])
@pytest.mark.parametrize(("who", "can_save"), [("owner", True), ("staff", False)])
def test_demo_logins_have_the_contracts_password_and_role(
    who: str, can_save: bool, subdomain: str, made: list[str]
) -> None:
    client = TenantClient(_demo(subdomain))

    login = client.post("/login", {"email": f"{who}@{subdomain}.example", "password": PASSWORD})

    assert (login.status_code, login["Location"]) == (302, "/dashboard")
    assert client.get("/dashboard").status_code == 200
    saved = client.put_json("/api/v1/settings/booking", {})
    assert saved.status_code == (422 if can_save else 403)


def test_demo_tenants_have_two_users_each_and_the_platform_one_admin(made: list[str]) -> None:
    for subdomain, *_ in CONTRACT:
        with enter_tenant(_demo(subdomain)):
            assert sorted(User.objects.values_list("email", "role")) == [
                (f"owner@{subdomain}.example", Role.OWNER),
                (f"staff@{subdomain}.example", Role.STAFF),
            ]
    with public_scope():
        admin = User.objects.get(email=ADMIN)
        assert User.objects.count() == 1
    assert admin.role == Role.ADMIN
    assert admin.check_password(PASSWORD)


def test_demo_logins_are_nobody_at_another_demo(made: list[str]) -> None:
    response = TenantClient(_demo("harbor-wellness")).post(
        "/login", {"email": "owner@coastal-cuts.example", "password": PASSWORD}
    )

    assert response.status_code == 401


def test_command_says_what_it_made_and_where(made: list[str]) -> None:
    assert len(made) == 3
    for number, (line, (subdomain, name, *_)) in enumerate(zip(made, CONTRACT, strict=True), start=1):
        assert line.startswith(f"[{number}/3] {name}: created (")
        assert line.endswith(f"  http://{subdomain}.localhost:{settings.PORT}/")


def test_gallery_shows_the_demos_and_no_real_tenant(made: list[str], alpha: TenantRef) -> None:
    page = Client().get("/", headers={"host": "localhost"}).content.decode()

    assert all(name in page for _, name, *_ in CONTRACT)
    assert "Alpha Studio" not in page


def test_gallery_shows_the_name_that_the_business_gave_itself(made: list[str]) -> None:
    tenant = _demo("coastal-cuts")
    with enter_tenant(tenant):
        update_profile(tenant=tenant, changes={"name": "Coastal & Daughters"})
    page = Client().get("/", headers={"host": "localhost"}).content.decode()

    assert "<strong>Coastal &amp; Daughters</strong>" in page
    assert "<strong>Coastal Cuts</strong>" not in page


# ---- again ------------------------------------------------------------------------------------------------------


def test_second_run_changes_nothing(made: list[str], alpha: TenantRef, beta: TenantRef) -> None:
    schemas = [_demo(subdomain).schema_name for subdomain, *_ in CONTRACT]
    before = read_everything(*schemas)

    again = _run()

    assert read_everything(*schemas) == before
    assert _said(again) == ["there already"] * 3


def test_second_run_keeps_what_was_changed_by_hand(made: list[str]) -> None:
    with enter_tenant(_demo("coastal-cuts")):
        BusinessProfile.objects.update(phone="+17725550199")
        owner = User.objects.get(email="owner@coastal-cuts.example")
        owner.set_password("changed-by-hand")
        owner.save()

    _run()

    with enter_tenant(_demo("coastal-cuts")):
        assert BusinessProfile.objects.get().phone == "+17725550199"
        assert User.objects.get(email="owner@coastal-cuts.example").check_password("changed-by-hand")


def test_history_is_in_all_states_over_sixty_days(made: list[str]) -> None:
    before = timezone.now()

    lines = _run("--history", "40")

    assert _said(lines) == ["there already, 40 past handoffs added"] * 3
    for subdomain, *_ in CONTRACT:
        with enter_tenant(_demo(subdomain)):
            rows = list(BookingHandoff.objects.all())
            events = Counter(HandoffEvent.objects.values_list("handoff_id", flat=True))
            services = set(BusinessProfile.objects.get().services)
        assert len(rows) == 40
        assert {row.status for row in rows} == {"new", "redirected", "completed_external", "abandoned"}
        assert all(before - timedelta(days=61) < row.created_at < timezone.now() for row in rows)
        assert max(row.created_at for row in rows) - min(row.created_at for row in rows) > timedelta(days=30)
        assert {row.requested_service for row in rows} <= services
        assert all(row.customer_email or row.customer_phone for row in rows)
        for row in rows:
            moments = [moment for moment in (row.redirected_at, row.completed_at, row.abandoned_at) if moment]
            assert all(row.created_at < moment <= timezone.now() for moment in moments)
            assert events[row.pk] == 1 + len(moments)
            expected = {"new": 0, "redirected": 1, "completed_external": 2, "abandoned": 1}[row.status]
            assert len(moments) == expected
            if row.status == "new":
                assert timezone.now() - row.created_at < timedelta(hours=24)
            if row.status == "abandoned":
                assert timezone.now() - row.created_at > timedelta(hours=24)


@pytest.mark.parametrize("count", [4, 5, 7])
def test_small_history_is_in_all_states_too(count: int, made: list[str]) -> None:
    _run("--history", str(count))

    with enter_tenant(_demo("coastal-cuts")):
        statuses = Counter(BookingHandoff.objects.values_list("status", flat=True))
    assert sum(statuses.values()) == count
    assert set(statuses) == {"new", "redirected", "completed_external", "abandoned"}


def test_history_is_idempotent_and_can_grow(made: list[str]) -> None:
    _run("--history", "10")
    schemas = [_demo(subdomain).schema_name for subdomain, *_ in CONTRACT]
    before = read_everything(*schemas)

    again = _run("--history", "10")
    assert _said(again) == ["there already, 0 past handoffs added"] * 3
    assert read_everything(*schemas) == before

    grown = _run("--history", "25")
    assert _said(grown) == ["there already, 15 past handoffs added"] * 3


def test_history_differs_between_tenants(made: list[str]) -> None:
    _run("--history", "20")

    people = []
    for subdomain, *_ in CONTRACT:
        with enter_tenant(_demo(subdomain)):
            people.append(set(BookingHandoff.objects.values_list("customer_name", "preferred_date_time_text")))
    assert people[0] != people[1] != people[2]


def test_every_industry_has_a_demo_and_no_provider_follows_itself(made: list[str]) -> None:
    assert [demo.subdomain for demo in INDUSTRY_DEMOS] == [demo.industry for demo in INDUSTRY_DEMOS] == list(INDUSTRIES)
    recognised = [recognise_provider(parse_booking_url(demo.booking_url)).label for demo in INDUSTRY_DEMOS]
    assert recognised == [demo.provider_name for demo in INDUSTRY_DEMOS]
    assert all(one != following for one, following in pairwise(recognised))
    assert len({demo.name for demo in (*CORE_DEMOS, *INDUSTRY_DEMOS)}) == 3 + len(INDUSTRIES)


def test_all_industries_makes_one_more_tenant_each(
    made: list[str], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    chosen = (INDUSTRY_DEMOS[3], INDUSTRY_DEMOS[-1])
    monkeypatch.setattr(create_demo_tenants, "INDUSTRY_DEMOS", chosen)

    with django_capture_on_commit_callbacks(execute=True):
        lines = _run("--all-industries")

    assert _said(lines) == ["there already"] * 3 + ["created"] * 2
    for demo in chosen:
        tenant = _demo(demo.industry)
        answer = TenantClient(tenant).get("/api/v1/booking").json()
        assert (answer["ready"], answer["providerName"]) == (True, demo.provider_name)
        assert demo.name in TenantClient(tenant).get("/").content.decode()


# ---- reset, refusals, real tenants ------------------------------------------------------------------------------


def test_reset_makes_the_demos_anew(made: list[str], beta: TenantRef) -> None:
    old = _demo("coastal-cuts")
    with enter_tenant(old):
        BusinessProfile.objects.update(phone="+17725550199")
        User.objects.create_user("stray@example.com", Role.STAFF)

    lines = _run("--reset")

    new = _demo("coastal-cuts")
    assert _said(lines) == ["created"] * 3
    assert new.schema_name != old.schema_name
    with enter_tenant(new):
        assert BusinessProfile.objects.get().phone == "+17725550142"
        assert User.objects.count() == 2
    assert not Tenant.objects.filter(schema_name=old.schema_name).exists()
    assert _demo("beta") == beta


@pytest.mark.parametrize("arguments", [("--history", "5"), ("--reset", "--history", "5")])
def test_real_tenant_with_a_demos_name_is_left_alone(arguments: tuple[str, ...], absent: None) -> None:
    real = provision_tenant(name="Real Cuts", subdomain="coastal-cuts", owner_email="real@cuts.example").tenant
    before = {
        table: rows for table, rows in read_everything(real.schema_name).items() if not table.startswith("public.")
    }

    lines = _run(*arguments)

    assert _demo("coastal-cuts") == real
    after = {
        table: rows for table, rows in read_everything(real.schema_name).items() if not table.startswith("public.")
    }
    assert after == before
    assert "[1/2] Coastal Cuts: coastal-cuts belongs to a real tenant; it was left alone." in lines
    assert [tenant.client_id for tenant in list_active_tenants(demo_only=True)] == ["sunrise-auto"]


def test_production_refuses_known_passwords(settings: Any, absent: None) -> None:
    settings.IS_DEVELOPMENT = False
    before = Tenant.objects.count()

    with pytest.raises(CommandError, match=r"DEBUG is off here; use --force if you mean it\.$"):
        _run()

    assert Tenant.objects.count() == before
    with public_scope():
        assert User.objects.count() == 0
    assert _said(_run("--force")) == ["created"] * 2


@pytest.mark.parametrize("count", ["-1", "-100"])
def test_negative_history_is_refused(count: str, db: None) -> None:
    with pytest.raises(CommandError, match="0 or more"):
        _run(f"--history={count}")


def test_failure_half_way_leaves_no_demo_behind(absent: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenant_apps.demo import services

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError(str(uuid4()))

    with monkeypatch.context() as patched:
        patched.setattr(services, "update_profile", fail)
        with pytest.raises(RuntimeError):
            _run()
    assert find_tenant_by_subdomain("coastal-cuts") is None

    assert _said(_run()) == ["created"] * 2
