"""Real workers and beats: killed in the middle of a job, there twice, and with a Redis that freezes and forgets."""

import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from redis import Redis

from shared_apps import ratelimits
from shared_apps.outbox.models import Job
from shared_apps.outbox.services import enqueue
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tests.clients import TenantClient
from tests.factories import HandoffFactory
from tests.faults.processes import Backstage, backstage, kill, wait_for
from tests.smtp import MailServer
from worker.schedule import SCHEDULE


@pytest.fixture
def stage(committed_tenant: TenantRef) -> Iterator[Backstage]:
    with backstage() as made:
        yield made


def jobs_left(tenant: TenantRef) -> int:
    with enter_tenant(tenant):
        return Job.objects.count()


def add(tenant: TenantRef, number: int, **more: int) -> None:
    with enter_tenant(tenant):
        enqueue(kind="tests.note", payload={"number": number, **more})


def test_job_of_a_killed_worker_is_done_by_the_next(committed_tenant: TenantRef, stage: Backstage) -> None:
    stage.start("beat")
    worker = stage.start("worker")
    add(committed_tenant, 1, seconds=60)
    wait_for(lambda: stage.read_notes("begin") == ["1"])
    kill(worker)
    assert jobs_left(committed_tenant) == 1

    with enter_tenant(committed_tenant):  # its lease ends, and what takes a minute here takes none
        job = Job.objects.get()
        assert (job.attempts, job.failed_at) == (1, None)
        assert timedelta(minutes=3) < job.due_at - timezone.now() < timedelta(minutes=5)
        Job.objects.update(due_at=timezone.now(), payload={"number": 1})
    with public_scope():
        lease = DueWork.objects.get(tenant_id=committed_tenant.id, kind="outbox").lease_until
        assert lease is not None
        assert lease <= timezone.now() + timedelta(minutes=1)
        DueWork.objects.filter(tenant_id=committed_tenant.id).update(lease_until=timezone.now())
    stage.start("worker")
    wait_for(lambda: stage.read_notes("end") == ["1"])
    wait_for(lambda: jobs_left(committed_tenant) == 0)
    assert stage.read_notes("begin") == ["1", "1"]


def test_child_killed_in_a_job_leaves_it_to_its_sibling(committed_tenant: TenantRef, stage: Backstage) -> None:
    """The child alone, as the kernel does it: Celery starts another, and the lease holds the job until it ends."""
    stage.start("beat")
    stage.start("worker")
    add(committed_tenant, 1, seconds=60)
    wait_for(lambda: stage.read_notes("begin") == ["1"])
    pid = stage.notes.read_text().split()[2]
    subprocess.run(["kill", "-9", pid], check=True)
    add(committed_tenant, 2)

    wait_for(lambda: stage.read_notes("end") == ["2"])
    wait_for(lambda: jobs_left(committed_tenant) == 1)
    assert stage.read_notes("begin") == ["1", "2"]


def test_frozen_and_flushed_redis_loses_nothing_and_holds_up_no_visitor(
    committed_tenant: TenantRef, stage: Backstage, lead: dict[str, Any], settings: Any
) -> None:
    settings.REDIS_URL = stage.redis.url()
    ratelimits._limiter.cache_clear()
    stage.start("beat")
    stage.start("worker")
    add(committed_tenant, 0)
    wait_for(lambda: stage.read_notes("end") == ["0"])

    visitor = TenantClient(committed_tenant)
    with stage.frozen_redis():
        began = time.monotonic()
        for number in range(1, 6):
            assert visitor.post_json("/api/v1/handoffs", lead).status_code == 201
            add(committed_tenant, number)
        assert time.monotonic() - began < 5.0
    ratelimits._limiter.cache_clear()

    with Redis.from_url(stage.redis.url()) as client:
        client.flushall()
    wait_for(lambda: set(stage.read_notes("end")) == set("012345"), seconds=90)
    wait_for(lambda: jobs_left(committed_tenant) == 0)


def test_mail_server_that_is_down_gets_everything_when_it_is_up(
    committed_tenant: TenantRef, lead: dict[str, Any]
) -> None:
    with MailServer() as server:
        port = server.port
    with backstage(EMAIL_URL=f"smtp://127.0.0.1:{port}") as stage:
        stage.start("beat")
        stage.start("worker")
        visitor = TenantClient(committed_tenant)
        for _ in range(3):
            assert visitor.post_json("/api/v1/handoffs", lead).status_code == 201
        wait_for(lambda: errors_of(committed_tenant) >= {"ConnectionRefusedError"})
        assert jobs_left(committed_tenant) == 3

        with MailServer(port=port) as server:
            wait_for(lambda: make_due(committed_tenant) and len(server.messages) == 3, seconds=90)
            wait_for(lambda: jobs_left(committed_tenant) == 0)
            assert {message["Subject"] for message in server.messages} == {"New request: Haircut, Jane Doe"}
            assert len({message["List-Unsubscribe"] for message in server.messages}) == 1
        for text in ("Jane", "7725550177", "772-555", "owner@"):
            assert text not in stage.read_logs()


def errors_of(tenant: TenantRef) -> set[str]:
    with enter_tenant(tenant):
        return set(Job.objects.values_list("last_error", flat=True))


def make_due(tenant: TenantRef) -> bool:
    """Let the time pass that failed jobs wait for; the server's rest, of fifteen seconds, is waited for."""
    with enter_tenant(tenant):
        Job.objects.filter(attempts__gt=0, last_error__gt="").update(due_at=timezone.now(), attempts=0, last_error="")
    with public_scope():
        DueWork.objects.filter(tenant_id=tenant.id, kind="outbox").update(due_at=timezone.now())
    return True


def test_two_workers_and_two_beats_change_nothing_but_speed(committed_tenant: TenantRef, lead: dict[str, Any]) -> None:
    """Every scheduled task four times as often as two beats may, on two workers with two processes each."""
    assert {entry["task"] for entry in SCHEDULE.values()} >= {"outbox.relay", "handoffs.sweep_handoffs"}
    with enter_tenant(committed_tenant):
        for _ in range(300):
            HandoffFactory.create(created_at=timezone.now() - timedelta(hours=30))
        Job.objects.all().delete()
    for number in range(100):
        add(committed_tenant, number)
    with backstage(TESTS_SECONDS="0.5") as stage:
        for role in ("worker", "worker", "beat", "beat"):
            stage.start(role)
        visitor = TenantClient(committed_tenant)
        while len(stage.read_notes("end")) < 100 or statuses(committed_tenant) != {"new", "abandoned"}:
            assert visitor.post_json("/api/v1/handoffs", lead).status_code == 201
            time.sleep(0.05)
        wait_for(lambda: jobs_left(committed_tenant) == 0)
        time.sleep(3)  # and nothing more happens
        assert sorted(stage.read_notes("end"), key=int) == [str(number) for number in range(100)]
        assert "Traceback" not in stage.read_logs()
    with enter_tenant(committed_tenant):
        assert BookingHandoff.objects.filter(status="abandoned").count() == 300
        assert HandoffEvent.objects.filter(type="abandoned").count() == 300


def statuses(tenant: TenantRef) -> set[str]:
    with enter_tenant(tenant):
        old = BookingHandoff.objects.filter(created_at__lt=timezone.now() - timedelta(hours=1))
        left = {"old"} if old.filter(status="new").exists() else set()
        return left | set(BookingHandoff.objects.values_list("status", flat=True))
