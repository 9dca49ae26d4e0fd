"""These tests make schemas for good: their database commits, and what a test made is dropped at its end."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from shared_apps.platform.services import drop_tenant
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.scope import public_scope
from shared_apps.tenants.selectors import find_tenant_by_subdomain


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database, committing. Tenants a test made are dropped at its end."""
    with django_db_blocker.unblock(), public_scope():
        before = set(Tenant.objects.values_list("pk", flat=True))
        yield
        for subdomain in Domain.objects.exclude(tenant__in=before).values_list("domain", flat=True):
            tenant = find_tenant_by_subdomain(subdomain)
            assert tenant is not None
            drop_tenant(tenant=tenant, only_demo=False)
        connection.close()


@pytest.fixture
def subdomain(db: None) -> str:
    """A subdomain nobody has."""
    return f"new-{uuid.uuid4().hex[:10]}"
