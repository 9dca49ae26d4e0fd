"""What tests of several subjects start from."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from saas.logs import JsonFormatter
from shared_apps.tenants.scope import TenantRef
from tests.conftest import make_ready


@pytest.fixture
def busy(committed_tenant: TenantRef, django_capture_on_commit_callbacks: Any) -> TenantRef:
    """A committed tenant with a booking link."""
    make_ready(committed_tenant, django_capture_on_commit_callbacks)
    return committed_tenant


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything logged during the test, as our formatter writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
