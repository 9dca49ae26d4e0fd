"""What was given up is listed without anything personal, and done after all once somebody asks for it."""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from shared_apps.journal.drain import Drainer
from shared_apps.journal.ledger import host_journal
from shared_apps.journal.services import write_ahead
from shared_apps.outbox import hooks
from shared_apps.outbox.models import Job
from shared_apps.outbox.querysets import DEAD_KIND
from shared_apps.outbox.services import MAX_TRIES, enqueue, relay_jobs
from shared_apps.tenants.due import read_due_state
from shared_apps.tenants.models import DueWork
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tenant_apps.handoffs.models import BookingHandoff

done: list[int] = []
is_broken = True


def handler(tenant: TenantRef, payload: Any) -> None:
    if is_broken:
        raise ValueError("Zebedee Quux")
    done.append(payload["number"])


@pytest.fixture(autouse=True)
def broken_handler() -> Iterator[None]:
    global is_broken  # noqa: PLW0603 - the test mends what the handler is broken by
    is_broken = True
    done.clear()
    hooks._handlers["tests.break"] = handler
    yield
    del hooks._handlers["tests.break"]


def give_up(tenant: TenantRef, number: int) -> UUID:
    """Have a job fail for the last time."""
    with enter_tenant(tenant):
        enqueue(kind="tests.break", payload={"number": number})
        job = Job.objects.filter(failed_at=None).get()
        Job.objects.filter(pk=job.pk).update(attempts=MAX_TRIES - 1)
    relay_jobs(seconds=5)
    with enter_tenant(tenant):
        assert Job.objects.get(pk=job.pk).failed_at is not None
    return job.pk


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def dead_tenants() -> int:
    state = read_due_state().get(DEAD_KIND)
    return 0 if state is None else state.tenants


def mend() -> None:
    global is_broken  # noqa: PLW0603 - see above
    is_broken = False


def test_dead_jobs_are_counted_listed_and_replayed_one_by_one(committed_tenant: TenantRef) -> None:
    before = dead_tenants()
    first, second = give_up(committed_tenant, 1), give_up(committed_tenant, 2)
    assert dead_tenants() == before + 1
    listed = run("dead_jobs", "--tenant", committed_tenant.client_id)
    assert str(first) in listed
    assert str(second) in listed
    assert "ValueError" in listed
    assert "Zebedee" not in listed

    mend()
    assert "1 jobs are tried anew" in run("dead_jobs", "--replay", str(first))
    relay_jobs(seconds=5)
    assert done == [1]
    assert dead_tenants() == before + 1

    assert "1 jobs are tried anew" in run("dead_jobs", "--tenant", committed_tenant.client_id, "--all")
    relay_jobs(seconds=5)
    assert done == [1, 2]
    assert dead_tenants() == before
    with enter_tenant(committed_tenant):
        assert not Job.objects.exists()


def test_replay_twice_does_it_once(committed_tenant: TenantRef) -> None:
    job = give_up(committed_tenant, 7)
    mend()
    run("dead_jobs", "--replay", str(job))
    with pytest.raises(CommandError):
        run("dead_jobs", "--replay", str(job))
    relay_jobs(seconds=5)
    assert "0 jobs are tried anew" in run("dead_jobs", "--tenant", committed_tenant.client_id, "--all")
    relay_jobs(seconds=5)

    assert done == [7]


def test_replay_leaves_waiting_jobs_alone(committed_tenant: TenantRef) -> None:
    give_up(committed_tenant, 1)
    with enter_tenant(committed_tenant):
        enqueue(kind="tests.break", payload={"number": 2})
        Job.objects.filter(failed_at=None).update(attempts=3)
        run("dead_jobs", "--tenant", committed_tenant.client_id, "--all")
        assert sorted(Job.objects.values_list("attempts", flat=True)) == [0, 3]


def test_unknown_tenant_is_told_in_a_line(committed_tenant: TenantRef) -> None:
    with pytest.raises(CommandError, match="No active tenant"):
        run("dead_jobs", "--tenant", "nobody-here")


def test_no_worker_claims_the_mark(committed_tenant: TenantRef) -> None:
    give_up(committed_tenant, 1)
    relay_jobs(seconds=2)

    with public_scope():
        mark = DueWork.objects.get(tenant_id=committed_tenant.id, kind=DEAD_KIND)
    assert mark.due_at is not None
    assert mark.lease_until is None


# ---- the journal's ----------------------------------------------------------------------------------------------


@pytest.fixture
def journal(settings: Any, tmp_path: Path) -> Path:
    settings.STATE_DIR = tmp_path / "state"
    return host_journal().folder


def drain(folder: Path) -> Drainer:
    for writer in list(host_journal()._writers):
        writer.close()
    drainer = Drainer(folder)
    for later in range(10, 200, 40):
        drainer.run_once(now=time.time() + later)
    drainer.write_status(now=time.time())
    return drainer


def keep_click(tenant: TenantRef, kind: str) -> UUID:
    handoff_id = uuid4()
    entry = write_ahead(
        kind=kind,
        schema_name=tenant.schema_name,
        record_id=handoff_id,
        at=timezone.now(),
        payload={"url": "https://x.example/Zebedee"},
    )
    assert entry is not None
    entry.mark_waiting()
    return handoff_id


def test_dead_records_are_listed_and_put_back_beside_a_drainer(
    committed_tenant: TenantRef, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = keep_click(committed_tenant, "strange"), keep_click(committed_tenant, "strange")
    drainer = drain(journal)
    listed = run("dead_records")
    assert first.hex in listed
    assert second.hex in listed
    assert "Zebedee" not in listed
    assert "2 records were set aside." in listed

    stored: list[UUID] = []

    def replay(tenant: TenantRef, record: Any) -> Any:
        from shared_apps.journal.hooks import Outcome

        stored.append(record.id)
        return Outcome.STORED

    from shared_apps.journal.hooks import Kind, _kinds

    monkeypatch.setitem(_kinds, "strange", Kind("strange", 5, replay))
    name = f"kind.strange.{committed_tenant.schema_name}.{first.hex}"
    assert "1 records were put back" in run("dead_records", "--replay", name)
    drainer.run_once(now=time.time() + 10)
    assert stored == [first]
    with pytest.raises(CommandError):
        run("dead_records", "--replay", name)

    assert "1 records were put back" in run("dead_records", "--all")
    assert "0 records were put back" in run("dead_records", "--all")
    drainer.run_once(now=time.time() + 10)
    assert stored == [first, second]
    with enter_tenant(committed_tenant):
        assert not BookingHandoff.objects.exists()
