"""These tests stand in no transaction: what they write is committed, so that other threads and processes see it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.db import connection

from shared_apps.tenants.scope import TenantRef, public_scope


class Pair(NamedTuple):
    """The two tenants that are always there."""

    alpha: TenantRef
    beta: TenantRef


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database, open to the test and committing; the connection is closed at the end, whatever was done to it."""
    with django_db_blocker.unblock(), public_scope():
        assert connection.settings_dict["NAME"].startswith("test_")
        yield
        connection.close()


@pytest.fixture
def pair(alpha: TenantRef, beta: TenantRef) -> Pair:
    """Both tenants, to be read only."""
    return Pair(alpha, beta)


@pytest.fixture
def tenant(db: None, committed_tenant: TenantRef) -> TenantRef:
    """A tenant to do anything to, seen by nobody yet; dropped at the end."""
    return committed_tenant
