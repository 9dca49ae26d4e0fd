"""Retention beside a tenant that is broken, and beside a row that somebody holds. Writes are committed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from shared_apps.platform.services import drop_tenant
from shared_apps.tenants.due import scan_for_missed
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.retention import erase_overdue_handoffs
from tests.conftest import _provision
from tests.factories import HandoffFactory
from tests.isolation.other_process import database_url


@pytest.fixture
def tenants(django_db_blocker: Any, django_db_setup: None) -> Iterator[list[TenantRef]]:
    """Two tenants of their own, each with two handoffs that are too old, alone on the list."""
    with django_db_blocker.unblock():
        made = [_provision(f"old-{uuid4().hex[:12]}").tenant for _ in range(2)]
        try:
            with public_scope():
                DueWork.objects.filter(kind="retention").delete()
            for tenant in made:
                with enter_tenant(tenant):
                    for days in (400, 500):
                        HandoffFactory.create(created_at=timezone.now() - timedelta(days=days))
            scan_for_missed(made, minute=0)
            yield made
        finally:
            for tenant in made:
                drop_tenant(tenant=tenant, only_demo=False)


def count_left(tenant: TenantRef) -> int:
    with enter_tenant(tenant):
        return BookingHandoff.objects.filter(erased_at=None).count()


def test_broken_tenant_stops_nobody_and_is_tried_later(tenants: list[TenantRef]) -> None:
    broken, sound = tenants
    with public_scope(), connection.cursor() as cursor:
        table = sql.Identifier(broken.schema_name, "business_businessprofile")
        cursor.execute(sql.SQL("ALTER TABLE {} RENAME TO gone").format(table))

    assert erase_overdue_handoffs() == 2

    assert count_left(sound) == 0
    with public_scope():
        again = DueWork.objects.get(tenant_id=broken.id, kind="retention").due_at
    assert again is not None
    assert timedelta(minutes=4) < again - timezone.now() < timedelta(minutes=6)


def test_row_that_somebody_holds_is_erased_later(tenants: list[TenantRef]) -> None:
    busy, _ = tenants
    with psycopg.connect(database_url()) as other:
        other.execute(
            sql.SQL("SELECT FROM {} ORDER BY created_at LIMIT 1 FOR UPDATE").format(
                sql.Identifier(busy.schema_name, "handoffs_bookinghandoff")
            )
        )
        assert erase_overdue_handoffs() == 3
    assert count_left(busy) == 1
    with public_scope():
        again = DueWork.objects.get(tenant_id=busy.id, kind="retention")
        assert again.due_at is not None
        DueWork.objects.filter(pk=again.pk).update(due_at=timezone.now() - timedelta(minutes=1))

    assert erase_overdue_handoffs() == 1
    assert count_left(busy) == 0
