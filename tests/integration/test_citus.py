"""With CITUS set: no statement on a tenant's tables names another schema, and what is to follow still follows.

No Citus is here (docs/scale.md tells what was tried on one); PostgreSQL runs the same statements.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.outbound import Answer
from shared_apps.outbox.models import Job
from shared_apps.outbox.services import enqueue, replay_dead_jobs
from shared_apps.platform import archives
from shared_apps.tenants import due
from shared_apps.tenants.bulk import execute_in_each
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.selectors import LINK_WORK
from tenant_apps.booking.services import check_links
from tenant_apps.business.selectors import RETENTION
from tenant_apps.handoffs import querysets
from tenant_apps.handoffs.enums import EventType
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.retention import erase_overdue_handoffs
from tenant_apps.handoffs.services import complete_handoff, erase_handoff, reopen_handoff, tally_tenants
from tests.clients import TenantClient
from tests.factories import HandoffFactory

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


def test_reopening_marks_after_the_commit(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: OnCommit
) -> None:
    handoff_id = UUID(_capture(visitor, lead))
    with enter_tenant(ready):
        complete_handoff(handoff_id=handoff_id, actor="a@b.example")
        with django_capture_on_commit_callbacks(execute=True):
            reopen_handoff(handoff_id=handoff_id, actor="a@b.example")
    assert _kinds(ready) & FOLLOWS == {"sweep"}


def test_nothing_is_reckoned_in_a_returning_list(ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    """Citus refuses there what is not immutable, such as a moment and an interval added up."""
    with CaptureQueriesContext(connection) as statements:
        first, second = (UUID(_capture(visitor, lead)) for _ in range(2))
        assert visitor.post(f"/go/{first}").status_code == 303
        with enter_tenant(ready):
            complete_handoff(handoff_id=first, actor="a@b.example")
            reopen_handoff(handoff_id=first, actor="a@b.example")
            BookingHandoff.objects.update(pending_since=timezone.now() - timedelta(days=60))
        [swept] = execute_in_each([ready], querysets.sweep_sql(limit=5))
        with enter_tenant(ready):
            erase_handoff(handoff_id=second, actor="a@b.example")
            types = set(HandoffEvent.objects.values_list("type", flat=True))

    assert swept.value["abandoned"] == 1
    assert types == set(EventType.values)
    lists = [
        given
        for query in statements
        if "handoffs_bookinghandoff" in query["sql"]
        for given in re.findall(r"RETURNING ([^)]*)", query["sql"])
    ]
    assert len(lists) >= len(types)
    assert [given for given in lists if not re.fullmatch(r"[\w., ]+", given)] == []


def test_no_column_stands_beside_the_time_where_a_row_is_set(ready: TenantRef) -> None:
    with enter_tenant(ready):
        HandoffFactory.create(created_at=timezone.now() - timedelta(days=366))
        due.mark_due(tenant_id=ready.id, kind=RETENTION)
    with CaptureQueriesContext(connection) as statements:
        assert erase_overdue_handoffs() == 1

    set_lists = re.findall(r"SET (erased_until = .*?) FROM", "\n".join(query["sql"] for query in statements))
    assert set_lists == ["erased_until = mark.at"]


def test_job_that_is_given_up_or_replayed_is_marked_after_the_commit(
    ready: TenantRef, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with enter_tenant(ready), CaptureQueriesContext(connection) as statements:
        enqueue(kind="tests.lost", payload={})
        job = Job.objects.begin_next(lease=timedelta(minutes=1))
        assert job is not None
        with django_capture_on_commit_callbacks() as after_burial:
            assert Job.objects.bury(job, tenant_id=ready.id, error="lost")
        with django_capture_on_commit_callbacks() as after_replay:
            assert replay_dead_jobs() == 1

    written = [query["sql"] for query in statements if "UPDATE outbox_job" in query["sql"]]
    assert len(written) == 3
    assert [text for text in written if "public" in text] == []
    [mark] = after_burial
    mark()
    assert _kinds(ready) & {"outbox", "dead_jobs"} == {"dead_jobs"}
    [mark] = after_replay
    mark()
    assert _kinds(ready) & {"outbox", "dead_jobs"} == {"outbox", "dead_jobs"}


def test_failing_link_is_kept_without_the_time_in_a_coalesce(ready: TenantRef) -> None:
    def look(address: str) -> Answer:
        return Answer(404, (), None)

    due.mark_due(tenant_id=ready.id, kind=LINK_WORK)
    with CaptureQueriesContext(connection) as statements:
        assert check_links(look=look) == 1

    with enter_tenant(ready):
        kept = BookingSettings.objects.get()
    assert (kept.link_failures, kept.link_failing_since) == (1, kept.link_checked_at)
    [written] = [query["sql"] for query in statements if 'SET "link_result"' in query["sql"]]
    assert "COALESCE" not in written


def test_restored_rows_are_numbered_on_by_a_statement_that_reads_no_table(ready: TenantRef) -> None:
    """One that does runs at the table's node, whose numbers are others than the coordinator's."""
    with enter_tenant(ready), CaptureQueriesContext(connection) as statements, connection.cursor() as cursor:
        User.objects.update(id=1_000)
        archives._advance_identity(cursor, "accounts_user")
        assert User.objects.create_user("next@alpha.example", Role.STAFF).pk == 1_001

    [numbered] = [query["sql"] for query in statements if "setval" in query["sql"]]
    assert "FROM" not in numbered


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
