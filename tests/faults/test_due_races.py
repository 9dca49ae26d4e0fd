"""The due list loses no wake-up: marks and claims at the same moment, in real threads on committed rows."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from shared_apps.outbox import hooks
from shared_apps.outbox.models import Job
from shared_apps.outbox.services import enqueue, relay_jobs
from shared_apps.platform.services import drop_tenant, provision_tenant
from shared_apps.tenants.due import mark_due
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.services import sweep_handoffs
from tests.factories import HandoffFactory
from tests.jobs import is_marked

KIND = "tests.count"


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the jobs that were done."""
    numbers: list[int] = []
    monkeypatch.setitem(hooks._handlers, KIND, lambda _tenant, payload: numbers.append(int(payload["number"])))
    return numbers


@pytest.fixture
def aside() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Return a function that runs work in another thread, with a connection of its own, and waits for it."""

    def close() -> None:
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield lambda work: pool.submit(work).result(timeout=20)
        pool.submit(close).result(timeout=20)


def test_job_committed_after_the_relay_looked_is_found(
    committed_tenant: TenantRef, done: list[int], aside: Callable[[Callable[[], Any]], Any]
) -> None:
    """Its mark was left out, because one stood; the relay then finds nothing, and must not take that one away."""
    with enter_tenant(committed_tenant):
        enqueue(kind=KIND, payload={"number": 1})
        with transaction.atomic():
            enqueue(kind=KIND, payload={"number": 2})
            assert aside(lambda: relay_jobs(seconds=1)) == 1
            assert done == [1]
            assert aside(lambda: is_marked(committed_tenant))

    deadline = time.monotonic() + 15
    while len(done) < 2 and time.monotonic() < deadline:
        relay_jobs(seconds=1)
        time.sleep(0.1)
    assert done == [1, 2]


def test_handoff_that_somebody_holds_is_swept_later_and_holds_up_no_other(
    committed_tenant: TenantRef, aside: Callable[[Callable[[], Any]], Any]
) -> None:
    old = timezone.now() - timedelta(hours=30)
    with enter_tenant(committed_tenant):
        held, free = (HandoffFactory.create(created_at=old).pk for _ in range(2))
        with transaction.atomic():
            BookingHandoff.objects.select_for_update().get(pk=held)
            assert aside(sweep_handoffs) == 1
        abandoned = BookingHandoff.objects.filter(status="abandoned").values_list("pk", flat=True)
        assert list(abandoned) == [free]

        deadline = time.monotonic() + 15
        while sweep_handoffs() == 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert set(abandoned.all()) == {held, free}


def test_handoff_committed_after_the_sweep_looked_is_swept(
    committed_tenant: TenantRef, aside: Callable[[Callable[[], Any]], Any]
) -> None:
    """Its mark was left out, because one stood; the sweep then sees one handoff, and must not forget the tenant."""
    old = timezone.now() - timedelta(hours=30)
    with enter_tenant(committed_tenant):
        HandoffFactory.create(created_at=old)
        with transaction.atomic():
            HandoffFactory.create(created_at=old)
            assert aside(sweep_handoffs) == 1

        deadline = time.monotonic() + 15
        while sweep_handoffs() == 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not BookingHandoff.objects.filter(status="new").exists()


def test_mark_rolled_back_leaves_the_list_in_the_end(
    committed_tenant: TenantRef, done: list[int], aside: Callable[[Callable[[], Any]], Any]
) -> None:
    with enter_tenant(committed_tenant), transaction.atomic():
        enqueue(kind=KIND, payload={"number": 1})
        assert not aside(lambda: is_marked(committed_tenant))
        transaction.set_rollback(True)
    assert relay_jobs(seconds=1) == 0
    assert not is_marked(committed_tenant)


def has_jobs(tenant: TenantRef) -> bool:
    with enter_tenant(tenant):
        return Job.objects.exists()


def test_nothing_is_lost_between_many_who_enqueue_and_many_who_relay(
    committed_tenant: TenantRef, done: list[int]
) -> None:
    """Four threads write in transactions of all lengths, three relay without a pause; no scan helps them.

    A mark may stay: who looks while another does the last job sees its lease, and comes again when that ends.
    """
    writing = threading.Event()
    writing.set()

    def write(first: int) -> None:
        try:
            with enter_tenant(committed_tenant):
                for number in range(first, first + 60):
                    with transaction.atomic():
                        enqueue(kind=KIND, payload={"number": number})
                        time.sleep(random.choice((0, 0, 0.001, 0.01, 0.03)))
                    time.sleep(random.choice((0, 0, 0.005, 0.02)))
        finally:
            connection.close()

    def relay() -> None:
        try:
            while writing.is_set() or has_jobs(committed_tenant):
                relay_jobs(seconds=1)
        finally:
            connection.close()

    with ThreadPoolExecutor(7) as pool:
        relays = [pool.submit(relay) for _ in range(3)]
        writers = [pool.submit(write, first) for first in (0, 1000, 2000, 3000)]
        for writer in writers:
            writer.result(timeout=60)
        writing.clear()
        for each in relays:
            each.result(timeout=60)

    assert sorted(set(done)) == [first + number for first in (0, 1000, 2000, 3000) for number in range(60)]
    assert len(done) == len(set(done))  # nobody was killed, so none was done twice
    with enter_tenant(committed_tenant):
        assert not Job.objects.exists()


def test_who_looks_while_the_last_job_is_done_comes_again_when_its_lease_would_end(
    committed_tenant: TenantRef, aside: Callable[[Callable[[], Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_meanwhile(tenant: TenantRef, _payload: dict[str, Any]) -> None:
        mark_due(tenant_id=tenant.id, kind="outbox")
        assert aside(lambda: relay_jobs(seconds=1)) == 0

    monkeypatch.setitem(hooks._handlers, KIND, look_meanwhile)
    with enter_tenant(committed_tenant):
        enqueue(kind=KIND, payload={"number": 1})
    assert relay_jobs(seconds=1) == 1

    assert not has_jobs(committed_tenant)
    with public_scope():
        due_at = DueWork.objects.get(tenant_id=committed_tenant.id, kind="outbox").due_at
    assert due_at is not None
    assert timedelta(minutes=4) < due_at - timezone.now() < timedelta(minutes=6)


@pytest.fixture
def other_tenant(committed_tenant: TenantRef) -> Iterator[TenantRef]:
    """A second tenant whose writes are committed."""
    name = f"own-{uuid4().hex[:12]}"
    tenant = provision_tenant(name="Other", subdomain=name, owner_email="owner@other.example").tenant
    yield tenant
    drop_tenant(tenant=tenant, only_demo=False)


def test_broken_tenant_does_not_stop_the_others(
    committed_tenant: TenantRef, other_tenant: TenantRef, done: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    for number, tenant in enumerate((committed_tenant, other_tenant)):
        with enter_tenant(tenant):
            enqueue(kind=KIND, payload={"number": number})
    with enter_tenant(committed_tenant), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE outbox_job RENAME TO lost")

    assert relay_jobs(seconds=5) == 1
    assert done == [1]
    assert f"jobs of {committed_tenant.schema_name} not done: ProgrammingError 42P01" in caplog.text
    assert is_marked(committed_tenant)
    assert not is_marked(other_tenant)

    with enter_tenant(committed_tenant), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lost RENAME TO outbox_job")
    with public_scope():
        DueWork.objects.filter(tenant_id=committed_tenant.id).update(due_at=timezone.now())
    assert relay_jobs(seconds=5) == 1
    assert done == [1, 0]
