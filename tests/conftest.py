"""What all tests share: a real PostgreSQL with two tenants in it, a real Redis, and clients of a tenant's host.

Each test runs in a transaction that is rolled back. `alpha` and `beta` are always there, so that every test can ask
what the other tenant sees.
"""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test.utils import setup_databases, teardown_databases

from shared_apps.accounts.enums import Role
from shared_apps.platform.services import Provisioned, provision_tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tests.clients import TenantClient
from tests.factories import UserFactory
from tests.house import House, furnish

LIVE_URL = "https://calendly.com/alpha-studio/visit"


@pytest.fixture(scope="session", autouse=True)
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Counters of this test process alone."""
    path = tmp_path_factory.mktemp("state")
    django_settings.STATE_DIR = path
    return path


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """A test database with two tenants, made by the service that makes them everywhere, before the first test.

    Ours instead of pytest-django's, which makes no test database when no collected test asks for `db`: a run of
    nothing but `committed_tenant` tests would then write into the real one.
    """
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False, aliases={"default"})  # type: ignore[arg-type]  # a set by the docs
        for name in ("alpha", "beta"):
            _provision(name)
    yield
    with django_db_blocker.unblock():
        teardown_databases(databases, verbosity=0)


def _provision(subdomain: str) -> Provisioned:
    return provision_tenant(
        name=f"{subdomain.title()} Studio",
        subdomain=subdomain,
        owner_email=f"owner@{subdomain}.example",
        industry="salon",
    )


def _find(subdomain: str) -> TenantRef:
    from shared_apps.tenants.selectors import find_tenant_by_subdomain

    tenant = find_tenant_by_subdomain(subdomain)
    assert tenant is not None
    return tenant


@pytest.fixture(autouse=True)
def fresh_caches(settings: Any) -> Iterator[None]:
    """No cached copy outlives a test, since what it was read from is rolled back; no rate limit is near."""
    from saas import captures, kept
    from shared_apps.tenants import selectors as tenant_selectors
    from tenant_apps.booking import selectors as booking_selectors
    from tenant_apps.handoffs import views as visitor_views

    settings.RATES = dict.fromkeys(settings.RATES, "1000000/m")
    yield
    tenant_selectors._hosts.clear()
    booking_selectors._snapshots.clear()
    visitor_views._kept.clear()
    kept._answers.clear()
    captures._headers.clear()


@pytest.fixture
def alpha(db: None) -> TenantRef:
    """An active tenant without a booking URL."""
    return _find("alpha")


@pytest.fixture
def beta(db: None) -> TenantRef:
    """Another active tenant."""
    return _find("beta")


@pytest.fixture
def ready(alpha: TenantRef, django_capture_on_commit_callbacks: Any) -> TenantRef:
    """Alpha, external and with a Calendly URL."""
    make_ready(alpha, django_capture_on_commit_callbacks)
    return alpha


def make_ready(tenant: TenantRef, capture: Any, url: str = LIVE_URL) -> None:
    """Save a booking URL for `tenant`, and let this process hear of it."""
    from tenant_apps.booking.services import SettingsInput, update_settings

    with capture(execute=True), enter_tenant(tenant):
        update_settings(
            tenant=tenant,
            given=SettingsInput(
                booking_mode="external",
                external_booking_provider_name="",
                external_booking_url=url,
                external_booking_embed_mode="redirect",
                external_booking_disclaimer="",
                external_booking_utm_source="treasurecoastai",
                external_booking_utm_campaign="industry-demo",
            ),
        )


@pytest.fixture
def visitor(alpha: TenantRef) -> TenantClient:
    """A visitor of alpha's host."""
    return TenantClient(alpha)


@pytest.fixture
def login() -> Callable[..., TenantClient]:
    """Return a function that gives a client logged in at a tenant: `login(alpha, Role.STAFF)`."""

    def make(tenant: TenantRef, role: Role = Role.OWNER, *, enforce_csrf_checks: bool = False) -> TenantClient:
        client = TenantClient(tenant, enforce_csrf_checks=enforce_csrf_checks)
        with enter_tenant(tenant):
            user = UserFactory.create(role=role)
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.user = user
        return client

    return make


@pytest.fixture
def owner(alpha: TenantRef, login: Callable[..., TenantClient]) -> TenantClient:
    """An owner logged in at alpha."""
    return login(alpha, Role.OWNER)


@pytest.fixture
def house(ready: TenantRef, beta: TenantRef, login: Callable[..., TenantClient], settings: Any) -> House:
    """Alpha, ready and with one of everything, beta with one, and all who call at alpha's host."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return furnish(ready, beta, login)


@pytest.fixture
def lead() -> dict[str, Any]:
    """A visitor's wish, as a page posts it."""
    return {
        "customerName": "Jane Doe",
        "customerPhone": "772-555-0177",
        "requestedService": "Haircut",
        "preferredDateTimeText": "Friday after 5",
    }


@pytest.fixture
def committed_tenant(django_db_blocker: Any, django_db_setup: None) -> Iterator[TenantRef]:
    """A tenant of its own whose writes are committed, for tests with threads or processes; dropped at the end."""
    from shared_apps.platform.services import drop_tenant

    with django_db_blocker.unblock():
        tenant = _provision(f"own-{uuid.uuid4().hex[:12]}").tenant
        try:
            yield tenant
        finally:
            drop_tenant(tenant=tenant, only_demo=False)
