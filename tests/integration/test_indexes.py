"""The lists read only what they show: by an index, in order, without a sort."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.models import BusinessProfile
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.querysets import NEXT_OVERDUE_SQL
from tenant_apps.handoffs.selectors import HandoffFilters, filter_handoffs
from tenant_apps.handoffs.selectors.pages import newest_page_sql

ROWS = 4000


@pytest.fixture
def full(alpha: TenantRef) -> TenantRef:
    """A tenant with thousands of handoffs, one in fifty of them new, one in fifty redirected."""
    now = timezone.now()
    with enter_tenant(alpha):
        BookingHandoff.objects.bulk_create(
            [
                BookingHandoff(
                    id=uuid4(),
                    created_at=now - timedelta(minutes=number),
                    pending_since=now - timedelta(minutes=number),
                    customer_name="Jane Doe",
                    requested_service="Haircut",
                    preferred_date_time_text="Friday",
                    status={0: "new", 1: "redirected"}.get(number % 50, "completed_external"),
                )
                for number in range(ROWS)
            ],
            batch_size=500,  # each a statement, which has five seconds, its indexes included
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE handoffs_bookinghandoff")
    return alpha


def _plan(rows: "QuerySet[BookingHandoff]") -> str:
    return rows.explain()


def test_newest_first_reads_its_index(full: TenantRef) -> None:
    with enter_tenant(full):
        middle = BookingHandoff.objects.newest_first()[ROWS // 2]
        plans = [
            _plan(filter_handoffs(HandoffFilters()).newest_first()[:51]),
            _plan(filter_handoffs(HandoffFilters()).newest_first().after(middle.created_at, middle.pk)[:51]),
        ]
        with connection.cursor() as cursor:
            for is_first in (True, False):
                statement = newest_page_sql(full.schema_name, 51, is_first=is_first)
                for number, name in enumerate(("client_id", "at", "id"), 1):
                    statement = statement.replace(f"%({name})s", f"${number}")
                cursor.execute("EXPLAIN (GENERIC_PLAN) " + statement)  # the plan that is kept
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
    for plan in plans:
        assert "using handoff_newest" in plan
        assert "Sort" not in plan
        assert "Seq Scan" not in plan


def test_newest_of_a_status_reads_its_index(full: TenantRef) -> None:
    with enter_tenant(full):
        plan = _plan(filter_handoffs(HandoffFilters(statuses=("redirected",))).newest_first()[:51])
    assert "using handoff_status_newest" in plan
    assert "Sort" not in plan


def test_sweep_reads_the_index_of_what_waits(full: TenantRef) -> None:
    with enter_tenant(full), connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN SELECT id FROM handoffs_bookinghandoff WHERE status = 'new'"
            " AND pending_since < now() - make_interval(hours => 24) ORDER BY pending_since LIMIT 500"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "handoff_pending" in plan


def test_retention_does_not_read_through_what_is_erased_already(full: TenantRef) -> None:
    mark = timezone.now() - timedelta(minutes=100)
    with enter_tenant(full), connection.cursor() as cursor:
        BookingHandoff.objects.filter(created_at__lt=mark).update(erased_at=mark)
        BusinessProfile.objects.update(erased_until=mark)
        cursor.execute("ANALYZE handoffs_bookinghandoff")
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {NEXT_OVERDUE_SQL}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "using handoff_newest" in plan
    assert "Rows Removed by Filter" not in plan
    assert "Sort" not in plan
