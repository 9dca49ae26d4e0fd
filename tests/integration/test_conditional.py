"""A poll that finds nothing new costs one small statement, and a change is never missed."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from shared_apps.accounts.enums import Role
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.expressions import HORIZON, NEXT
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.selectors import changes, pages, read_version
from tests.clients import TenantClient
from tests.factories import HandoffFactory

LIST = "/api/v1/handoffs"
POLLED = (LIST, f"{LIST}/summary", f"{LIST}?status=new&q=jane", f"{LIST}/summary?service=Haircut")


@pytest.mark.parametrize("path", POLLED)
def test_unchanged_answer_is_304_for_one_statement(
    path: str, alpha: TenantRef, beta: TenantRef, owner: TenantClient, django_assert_num_queries: Any
) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create_batch(3)
    etag = owner.get(path)["ETag"]
    with enter_tenant(beta):
        HandoffFactory.create()
    owner.get(path)  # back in alpha's schema

    with django_assert_num_queries(2) as asked:  # session with its person, version
        again = owner.get(path, headers={"if-none-match": etag})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert "handoffs_bookinghandoff" not in asked.captured_queries[1]["sql"]


@pytest.mark.parametrize("path", POLLED)
@pytest.mark.parametrize("change", ["capture", "go", "complete", "erase"])
def test_each_change_is_noticed(change: str, path: str, ready: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(ready):
        key = HandoffFactory.create().pk
    etag = owner.get(path)["ETag"]
    if change == "capture":
        with enter_tenant(ready):
            HandoffFactory.create()
    elif change == "go":
        owner.post(f"/go/{key}")
    elif change == "complete":
        owner.post(f"{LIST}/{key}/complete")
    else:
        owner.delete(f"{LIST}/{key}")

    answer = owner.get(path, headers={"if-none-match": etag})
    assert answer.status_code == 200
    assert answer["ETag"] != etag


@pytest.mark.parametrize(
    "header", ["*", '""', '"0.0.00000000000000000000"', 'W/"x"', '"ffffffffffffffff.0.{digest}"', '"0.ffff.{digest}"']
)
def test_foreign_or_forged_tag_gets_the_answer(header: str, alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create()
    digest = owner.get(LIST)["ETag"].strip('"').rpartition(".")[2]

    assert owner.get(LIST, headers={"if-none-match": header.format(digest=digest)}).status_code == 200


def test_tag_of_one_question_answers_no_other(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create()
    etag = owner.get(LIST)["ETag"]

    for path in (f"{LIST}?limit=5", f"{LIST}?status=new", f"{LIST}/summary"):
        assert owner.get(path, headers={"if-none-match": etag}).status_code == 200


def test_tag_of_a_page_answers_no_other_page(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create_batch(2)
    first = owner.get(LIST, {"limit": 1})
    rest = {"limit": 1, "cursor": first.json()["nextCursor"]}
    assert owner.get(LIST, rest, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_tag_of_one_summary_answers_no_other(alpha: TenantRef, owner: TenantClient) -> None:
    etag = owner.get(f"{LIST}/summary")["ETag"]
    assert owner.get(f"{LIST}/summary?status=new", headers={"if-none-match": etag}).status_code == 200


def test_weak_tag_and_a_list_of_tags_are_understood(alpha: TenantRef, owner: TenantClient) -> None:
    etag = owner.get(LIST)["ETag"]

    for header in (f"W/{etag}", f'"other", {etag}', f'W/"1", W/{etag}'):
        assert owner.get(LIST, headers={"if-none-match": header}).status_code == 304


def test_summary_of_yesterday_is_not_todays(
    alpha: TenantRef, owner: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = owner.get(f"{LIST}/summary")["ETag"]
    monkeypatch.setattr("tenant_apps.handoffs.api.get_today", lambda _request: timezone.now().date().replace(year=2030))

    assert owner.get(f"{LIST}/summary", headers={"if-none-match": etag}).status_code == 200


def test_no_tag_is_given_where_too_much_is_unsettled(
    alpha: TenantRef, owner: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create_batch(4)  # in this test's transaction, so none of them is settled
    monkeypatch.setattr(changes, "MAX_SEEN", 3)
    pages._versioned_page_sql.cache_clear()
    changes._newest_sql.cache_clear()

    assert "ETag" not in owner.get(LIST)
    assert "ETag" not in owner.get(LIST, headers={"if-none-match": '"of another"'})
    pages._versioned_page_sql.cache_clear()
    changes._newest_sql.cache_clear()


def test_change_committed_out_of_order_is_noticed(
    committed_tenant: TenantRef, login: Callable[..., TenantClient], django_db_blocker: Any
) -> None:
    """Begun first, numbered lower, committed last: by its number alone nobody would see it come."""
    with enter_tenant(committed_tenant):
        early, late = HandoffFactory.create(), HandoffFactory.create()
    client = login(committed_tenant, Role.OWNER)
    written, go_on = Event(), Event()

    def change_slowly() -> None:
        with django_db_blocker.unblock(), enter_tenant(committed_tenant):
            try:
                with transaction.atomic():
                    assert BookingHandoff.objects.erase(handoff_id=early.pk, actor="a@b.example", kept=_nothing())
                    written.set()
                    assert go_on.wait(20)
            finally:
                connection.close()

    thread = Thread(target=change_slowly)
    thread.start()
    try:
        assert written.wait(20)
        client.post(f"{LIST}/{late.pk}/complete")
        between = client.get(LIST)
        assert client.get(LIST, headers={"if-none-match": between["ETag"]}).status_code == 304
    finally:
        go_on.set()
        thread.join()

    with enter_tenant(committed_tenant):
        types = list(HandoffEvent.objects.order_by("-id").values_list("type", flat=True)[:2])
    assert types == ["completed", "erased"]  # the later commit does not have the last number
    after = client.get(LIST, headers={"if-none-match": between["ETag"]})
    assert after.status_code == 200
    assert after.json()["items"] != between.json()["items"]
    assert client.get(LIST, headers={"if-none-match": after["ETag"]}).status_code == 304


def _nothing() -> Any:
    from tenant_apps.handoffs.querysets import Kept

    return Kept([], [], [])


def test_version_is_read_from_its_index_alone(alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create_batch(3)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE handoffs_handoffevent")
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")  # for three rows
            statement = changes.newest_sql(alpha.schema_name, HORIZON, NEXT)
            statement = statement.replace("%(known)s", "$1").replace("%(expected)s", "$2")
            cursor.execute(sql.SQL("EXPLAIN (GENERIC_PLAN) {}").format(sql.SQL(statement)))  # the plan that is kept
            plan = "\n".join(line for (line,) in cursor.fetchall())
        version, _ = read_version(known_tags="", question="x")

    assert version.seen == 3
    assert plan.count("Index Only Scan using handoff_event_transaction") == 2
    assert "Seq Scan" not in plan


def test_version_that_comes_with_the_list_is_as_good_as_one_that_is_asked_for_alone(
    alpha: TenantRef, owner: TenantClient
) -> None:
    """Without If-None-Match both are read by one statement, of an empty list too."""
    for _ in range(2):
        together = owner.get(LIST, {"limit": 1})
        alone = owner.get(LIST, {"limit": 1}, headers={"if-none-match": '"of another"'})

        assert together.content == alone.content
        for answer in (together, alone):
            assert owner.get(LIST, {"limit": 1}, headers={"if-none-match": answer["ETag"]}).status_code == 304
        with enter_tenant(alpha):
            HandoffFactory.create_batch(2)


def test_version_is_read_from_its_index_before_there_are_statistics(alpha: TenantRef) -> None:
    """As after the first hundreds of captures: what is planned then without an end reads the whole table."""
    with enter_tenant(alpha), connection.cursor() as cursor:
        key = HandoffFactory.create().pk
        cursor.execute(
            "INSERT INTO handoffs_handoffevent (handoff_id, type, at, actor, evidence, detail)"
            " SELECT %s, 'created', now(), 'visitor', 'system', '' FROM generate_series(1, 2000)",
            [key],
        )
        for statement in (
            changes.newest_sql(alpha.schema_name, HORIZON, NEXT),
            changes.with_version_sql(alpha.schema_name, "SELECT 1 AS one"),
        ):
            numbered = statement.replace("%(known)s", "$1").replace("%(expected)s", "$2")
            cursor.execute("EXPLAIN (GENERIC_PLAN) " + numbered)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Index Only Scan using handoff_event_transaction" in plan
            assert "Seq Scan" not in plan
