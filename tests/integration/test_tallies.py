"""The counts that are added up are the counts that are counted: in any order, at any moment, in one snapshot."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from saas.embedded import processes
from shared_apps.tenants.bulk import execute_in_each
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.booking.selectors import get_snapshot
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs import tallies
from tenant_apps.handoffs.ids import new_handoff_id
from tenant_apps.handoffs.models import HandoffEvent, HandoffTally, TallyHorizon
from tenant_apps.handoffs.querysets import sweep_sql
from tenant_apps.handoffs.selectors import HandoffFilters, summarise_handoffs
from tenant_apps.handoffs.selectors.counts import count_handoffs
from tenant_apps.handoffs.services import (
    complete_handoff,
    erase_handoff,
    redirect_handoff,
    reopen_handoff,
    tally_handoffs,
    tally_tenants,
)
from tenant_apps.handoffs.tallies import Days, read_tally
from tests.factories import HandoffFactory
from tests.threads import at_once

ZONE = "America/New_York"
NOW = datetime(2026, 3, 10, 3, 30, tzinfo=UTC)  # the 9th in New York
TODAY = date(2026, 3, 9)
FILTERS = (
    HandoffFilters(time_zone=ZONE),
    HandoffFilters(time_zone=ZONE, statuses=("new", "abandoned")),
    HandoffFilters(time_zone=ZONE, first_day=date(2026, 3, 8), last_day=date(2026, 3, 9)),
    HandoffFilters(time_zone=ZONE, last_day=date(2026, 3, 7), statuses=("completed_external",)),
)


@pytest.fixture(autouse=True)
def every_event_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenant_apps.handoffs.tallies._LOOK", _look_at_each())


def _look_at_each() -> str:
    assert "OFFSET 99 LIMIT 1" in tallies._LOOK
    return tallies._LOOK.replace("OFFSET 99 LIMIT 1", "OFFSET 0 LIMIT 1")


def _wait_for_others() -> None:
    """Wait until all that is running ends: a tally reaches no further, and other test processes share the cluster."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())")
        (following,) = cursor.fetchone()

        def is_over() -> bool:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8", [str(following)])
            return bool(cursor.fetchone()[0])

        assert processes.wait_until(is_over, 60.0), "a transaction beside this test does not end"


def _agree() -> None:
    for filters in FILTERS:
        assert summarise_handoffs(filters=filters, now=NOW) == count_handoffs(filters=filters, today=TODAY)


def _change(random: Random, tenant: TenantRef, keys: list[UUID]) -> None:
    """Make one of all the changes there are, at random."""
    key = random.choice(keys) if keys else None
    kind = random.randrange(7)
    if kind < 2 or key is None:
        created = NOW - timedelta(minutes=random.randrange(4 * 24 * 60))
        keys.append(HandoffFactory.create(id=new_handoff_id(now=created), created_at=created).pk)
    elif kind == 2:
        redirect_handoff(booking=get_snapshot(tenant=tenant).booking, handoff_id=key)
    elif kind == 3:
        complete_handoff(handoff_id=key, actor="a@b.example")
    elif kind == 4:
        reopen_handoff(handoff_id=key, actor="a@b.example")
    elif kind == 5:
        erase_handoff(handoff_id=key, actor="a@b.example")
    else:
        (outcome,) = execute_in_each([tenant], sweep_sql(limit=random.randrange(1, 4)))
        assert not outcome.sqlstate


@pytest.mark.parametrize("seed", range(3))
def test_counts_agree_after_every_change_wherever_the_horizon_was_moved(seed: int, busy: TenantRef) -> None:
    random = Random(seed)
    with enter_tenant(busy):
        keys: list[UUID] = []
        for _ in range(70):
            _change(random, busy, keys)
            if random.random() < 0.3:
                tally_handoffs()
            _agree()
        _wait_for_others()
        tally_handoffs()
        _agree()
        assert HandoffTally.objects.count() > 2


@pytest.mark.parametrize("seed", range(2))
def test_counts_agree_in_every_snapshot_while_all_of_it_goes_on(seed: int, busy: TenantRef) -> None:
    """Writers, the sweep and two movers at once; a reader compares both counts in one snapshot, again and again."""
    keys = [_create(busy) for _ in range(12)]
    done = Event()
    compared = 0

    def write(number: int) -> Callable[[], None]:
        def run() -> None:
            random = Random(f"{seed}.{number}")
            with enter_tenant(busy):
                for _ in range(60):
                    _change(random, busy, keys)
                    if random.random() < 0.2:
                        _change_two_slowly(random, keys)
            done.set()

        return run

    def move() -> int:
        moved = 0
        with enter_tenant(busy):
            while not done.is_set():
                moved += tally_handoffs()
        return moved

    def read() -> None:
        nonlocal compared
        with enter_tenant(busy):
            while not done.is_set() or compared < 3:
                with transaction.atomic():
                    with connection.cursor() as cursor:
                        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    _agree()
                compared += 1

    results = at_once([write(1), write(2), write(3), move, move, read])
    assert results[3] + results[4] > 2
    assert compared >= 3
    with enter_tenant(busy):
        tally_handoffs()
        _agree()
        assert read_tally(Days(ZONE, None, None, str(TODAY), ())) is not None


def _create(tenant: TenantRef) -> UUID:
    with enter_tenant(tenant):
        return UUID(str(HandoffFactory.create(created_at=NOW - timedelta(hours=5)).pk))


def _change_two_slowly(random: Random, keys: list[UUID]) -> None:
    """Two changes in a transaction that ends late: their events have low numbers and come to light after others."""
    try:
        with transaction.atomic():
            complete_handoff(handoff_id=random.choice(keys), actor="a@b.example")
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.03)")
            reopen_handoff(handoff_id=random.choice(keys), actor="a@b.example")
    except DatabaseError:
        pass  # a deadlock with another of the kind; all of it is rolled back


def test_nothing_is_counted_row_by_row_once_there_is_a_tally(busy: TenantRef) -> None:
    with enter_tenant(busy):
        HandoffFactory.create_batch(3, created_at=NOW - timedelta(hours=1))
        assert read_tally(Days(ZONE, None, None, str(TODAY), ())) is None
        _wait_for_others()
        tally_handoffs()
        key = HandoffFactory.create(created_at=NOW - timedelta(hours=30)).pk
        complete_handoff(handoff_id=key, actor="a@b.example")
        HandoffTally.objects.filter(day=TODAY).update(new=1000)  # seen in the answer, so it is from here

        assert read_tally(Days(ZONE, None, None, str(TODAY), ())) == {
            "new": 1000, "redirected": 0, "completed_external": 1, "abandoned": 0, "today": 1000,
        }  # fmt: skip
        for filters in (  # what the tallies say nothing of
            HandoffFilters(time_zone=ZONE, q="nobody"),
            HandoffFilters(time_zone=ZONE, service="Colour"),
            HandoffFilters(time_zone=ZONE, source="/x"),
            HandoffFilters(time_zone=ZONE, industry="dental"),
        ):
            assert summarise_handoffs(filters=filters, now=NOW)["total"] == 0


def test_tally_is_made_anew_for_another_time_zone_and_once_a_day(busy: TenantRef) -> None:
    with enter_tenant(busy):
        HandoffFactory.create_batch(2, created_at=NOW)
        _wait_for_others()
        tally_handoffs()
        HandoffTally.objects.update(new=77)
        update_profile(tenant=busy, changes={"time_zone": "UTC"})
        filters = HandoffFilters(time_zone="UTC")
        assert summarise_handoffs(filters=filters, now=NOW)["total"] == 2  # no tally of this zone yet: counted

        assert tally_handoffs()
        assert list(HandoffTally.objects.values_list("day", "new")) == [(date(2026, 3, 10), 2)]
        built_at = TallyHorizon.objects.get().built_at
        HandoffFactory.create(created_at=NOW)
        assert tally_handoffs()
        assert TallyHorizon.objects.get().built_at == built_at  # moved; when it was counted is what a day runs from
        HandoffTally.objects.update(new=77)
        TallyHorizon.objects.update(built_at=timezone.now() - timedelta(hours=25))
        assert tally_handoffs()
        assert summarise_handoffs(filters=filters, now=NOW)["total"] == 3


def test_tally_that_changes_between_the_two_statements_is_read_anew(
    busy: TenantRef,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with enter_tenant(busy):
        HandoffFactory.create(created_at=NOW)
        _wait_for_others()
        tally_handoffs()

        def change_once(change: Callable[[], object]) -> None:
            at_horizon = tallies._at_horizon

            def ask(cursor: Any, statement: str) -> str:
                monkeypatch.setattr(tallies, "_at_horizon", at_horizon)
                change()
                return at_horizon(cursor, statement)

            monkeypatch.setattr(tallies, "_at_horizon", ask)

        def move() -> None:
            HandoffFactory.create(created_at=NOW)
            _wait_for_others()
            assert tally_handoffs()

        days = Days(ZONE, None, None, str(TODAY), ())
        change_once(move)
        counts = read_tally(days)
        assert counts is not None
        assert (counts["new"], counts["today"]) == (2, 2)
        change_once(lambda: TallyHorizon.objects.update(time_zone="UTC"))
        assert read_tally(days) is None


def test_horizon_of_another_cluster_is_not_believed(busy: TenantRef) -> None:
    """A dump that is restored elsewhere brings numbers along that have not been given out there."""
    with enter_tenant(busy):
        HandoffFactory.create(created_at=NOW)
        tally_handoffs()
        TallyHorizon.objects.update(horizon=2**50)
        HandoffEvent.objects.update(transaction=2**50 - 1)
        HandoffFactory.create(created_at=NOW)

        _agree()
        assert tally_handoffs()
        _agree()
        assert TallyHorizon.objects.get().horizon < 2**50


def test_events_from_before_there_were_numbers_count(busy: TenantRef) -> None:
    with enter_tenant(busy):
        key = HandoffFactory.create(created_at=NOW).pk
        HandoffEvent.objects.update(transaction=None)
        tally_handoffs()
        complete_handoff(handoff_id=key, actor="a@b.example")
        _agree()
        assert tally_handoffs()
        _agree()


def test_tenants_with_news_are_found_and_one_failure_does_not_stop_it(
    busy: TenantRef,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = replace(busy, schema_name="t_doesnotexist00")
    monkeypatch.setattr("tenant_apps.handoffs.services.list_active_tenants", lambda: [broken, busy])
    with enter_tenant(busy):
        HandoffFactory.create(created_at=NOW)
    _wait_for_others()

    assert tally_tenants() == 1
    assert tally_tenants() == 0
    with enter_tenant(busy):
        assert list(HandoffTally.objects.values_list("day", flat=True)) == [TODAY]
        update_profile(tenant=busy, changes={"time_zone": "UTC"})
    assert tally_tenants() == 1
    for change in ({"built_at": timezone.now() - timedelta(hours=25)}, {"horizon": 2**50}):
        with enter_tenant(busy):
            TallyHorizon.objects.update(**change)
        assert tally_tenants() == 1
        assert tally_tenants() == 0


def test_little_news_is_not_worth_moving(busy: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("tenant_apps.handoffs.services.list_active_tenants", lambda: [busy])
    with enter_tenant(busy):
        _wait_for_others()
        assert tally_handoffs()
        HandoffFactory.create_batch(99, created_at=NOW)
        assert not tally_handoffs()
        _agree()
    assert tally_tenants() == 0
    with enter_tenant(busy):
        HandoffFactory.create(created_at=NOW)
    _wait_for_others()
    assert tally_tenants() == 1
    with enter_tenant(busy):
        HandoffFactory.create_batch(99, created_at=NOW)
        assert not tally_handoffs()
        HandoffFactory.create(created_at=NOW)
        assert tally_handoffs()
        _agree()
