"""With CITUS set: no statement on a tenant's tables names another schema, and what is to follow still follows.

No Citus is here (docs/scale.md tells what was tried on one); PostgreSQL runs the same statements.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from shared_apps.tenants import due
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.handoffs import querysets
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.services import complete_handoff, reopen_handoff, tally_tenants
from tests.clients import TenantClient

LIST, SUMMARY = "/api/v1/handoffs", "/api/v1/handoffs/summary"
FOLLOWS = {"sweep", "outbox"}
OnCommit = Callable[..., AbstractContextManager[list[Callable[[], object]]]]


@pytest.fixture(autouse=True)
def on_citus(settings: Any) -> Iterator[None]:
    """The statements are those for Citus."""
    settings.CITUS = True
    querysets._insert_once_sql.cache_clear()
    yield
    querysets._insert_once_sql.cache_clear()


def _kinds(tenant: TenantRef) -> set[str]:
    with public_scope():
        return set(DueWork.objects.filter(tenant_id=tenant.id, due_at__isnull=False).values_list("kind", flat=True))


def _capture(client: TenantClient, lead: dict[str, Any]) -> str:
    response = client.post_json(LIST, lead)
    assert response.status_code == 201
    return str(response.json()["id"])


def test_capture_stays_in_its_schema_and_marks_after_the_commit(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks() as after, CaptureQueriesContext(connection) as statements:
        _capture(visitor, lead)

    writes = [query["sql"] for query in statements if "handoffs_bookinghandoff" in query["sql"]]
    assert len(writes) == 1
    assert "public" not in writes[0]
    assert _kinds(ready) & FOLLOWS == set()
    for mark in after:
        mark()
    assert _kinds(ready) & FOLLOWS == FOLLOWS


def test_mark_that_fails_is_left_to_the_scan(
    visitor: TenantClient,
    lead: dict[str, Any],
    django_capture_on_commit_callbacks: OnCommit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**_: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(due, "mark_due", fail)

    with django_capture_on_commit_callbacks(execute=True):
        _capture(visitor, lead)


def test_changes_stay_in_their_schema(ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    handoff_id = _capture(visitor, lead)
    with enter_tenant(ready), CaptureQueriesContext(connection) as statements:
        row = BookingHandoff.objects.get(pk=handoff_id)
        complete_handoff(handoff_id=row.pk, actor="a@b.example")
        reopen_handoff(handoff_id=row.pk, actor="a@b.example")
        types = list(HandoffEvent.objects.order_by("id").values_list("type", flat=True))

    assert types == ["created", "completed", "reopened"]
    assert [query["sql"] for query in statements if "public" in query["sql"]] == []


def test_dashboard_stays_in_its_schema(ready: TenantRef, owner: TenantClient) -> None:
    owner.get(LIST)
    with CaptureQueriesContext(connection) as statements:
        assert owner.get(LIST).status_code == 200

    tables = [query["sql"] for query in statements if "FROM" in query["sql"]]
    assert len(tables) == 3  # session with its person, version, rows; the numbers stand in no table
    assert [text for text in tables if f'FROM "{ready.schema_name}".' not in text or "public" in text] == []


def test_counts_and_polls_hold_by_the_coordinators_numbers(
    ready: TenantRef, owner: TenantClient, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    before = owner.get(LIST)
    assert owner.get(LIST, headers={"if-none-match": before["ETag"]}).status_code == 304
    _capture(visitor, lead)
    after = owner.get(LIST, headers={"if-none-match": before["ETag"]})

    assert after.status_code == 200
    tally_tenants()
    assert owner.get(SUMMARY).json()["new"] == len(after.json()["items"])
