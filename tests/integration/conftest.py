"""What tests of several subjects start from."""

from typing import Any

import pytest

from shared_apps.tenants.scope import TenantRef
from tests.conftest import make_ready


@pytest.fixture
def busy(committed_tenant: TenantRef, django_capture_on_commit_callbacks: Any) -> TenantRef:
    """A committed tenant with a booking link."""
    make_ready(committed_tenant, django_capture_on_commit_callbacks)
    return committed_tenant
