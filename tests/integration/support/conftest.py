"""The platform's people in the admin, and links opened from there."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings as django_settings
from django.test import Client

from shared_apps.accounts.enums import Role
from shared_apps.platform.services import ensure_platform_user
from shared_apps.tenants.scope import TenantRef, public_scope
from tests.clients import TenantClient

HELPER = "support@platform.example"
MakeLink = Callable[[TenantRef], str]
Visit = Callable[[TenantRef], TenantClient]


@pytest.fixture
def desk(db: None) -> Client:
    """One of the platform's support, logged in at the admin."""
    client = Client(headers={"host": django_settings.SAAS_DOMAIN})
    with public_scope():
        user = ensure_platform_user(email=HELPER, role=Role.SUPPORT, password=None)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def make_link(desk: Client) -> MakeLink:
    """Return a function that presses "Open dashboard" in the admin and returns the link's path at the tenant's host."""

    def make(tenant: TenantRef) -> str:
        page = desk.post(f"/admin/tenants/tenant/{tenant.id}/open/")
        assert page.status_code == 200
        found = re.search(rf"http://{tenant.client_id}\.localhost:8000(/support/[\w-]+)", page.content.decode())
        assert found is not None
        return found[1]

    return make


@pytest.fixture
def visit(make_link: MakeLink) -> Visit:
    """Return a function that gives a browser in which support has opened a tenant's dashboard."""

    def go(tenant: TenantRef) -> TenantClient:
        client = TenantClient(tenant)
        answer = client.get(make_link(tenant))
        assert (answer.status_code, answer["Location"]) == (303, "/dashboard")
        return client

    return go
