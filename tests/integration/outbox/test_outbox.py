"""Jobs: written with the change, done after it, tried again, given up and seen, never lost to a race."""

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from shared_apps.outbox import hooks, services
from shared_apps.outbox.models import Job
from shared_apps.outbox.selectors import find_next_due
from shared_apps.outbox.services import DELAYS, JOBS, MAX_TRIES, describe_error, enqueue, relay_jobs
from shared_apps.platform.lifecycle import RESUME, SUSPEND, take_step
from shared_apps.tenants.due import is_quiet_since
from shared_apps.tenants.scope import TenantRef, enter_tenant, public_scope
from tests.jobs import deliver, is_marked, make_due

KIND = "tests.note_call"
Calls = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What the handler of KIND was called with, and in which schema."""
    made: Calls = []

    def note(tenant: TenantRef, payload: hooks.Payload) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            made.append((tenant.client_id, cursor.fetchone()[0], dict(payload)))

    monkeypatch.setitem(hooks._handlers, KIND, note)
    return made


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind whose handler always raises, with personal data in the error's text."""

    def fail(tenant: TenantRef, payload: hooks.Payload) -> None:
        raise IntegrityError("Failing row contains (Jane Doe)")

    monkeypatch.setitem(hooks._handlers, "tests.fail", fail)
    return "tests.fail"


def test_job_is_done_in_its_tenant_and_gone(alpha: TenantRef, beta: TenantRef, calls: Calls) -> None:
    for tenant, number in ((alpha, 1), (beta, 2)):
        with enter_tenant(tenant):
            enqueue(kind=KIND, payload={"number": number})
    assert calls == []

    assert relay_jobs() == 2

    assert sorted(calls) == [
        ("alpha", alpha.schema_name, {"number": 1}),
        ("beta", beta.schema_name, {"number": 2}),
    ]
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            assert not Job.objects.exists()
        assert not is_marked(tenant)
    assert relay_jobs() == 0


def test_job_of_a_change_that_was_rolled_back_never_was(alpha: TenantRef, calls: Calls) -> None:
    with enter_tenant(alpha):
        with transaction.atomic():
            enqueue(kind=KIND, payload={"number": 1})
            transaction.set_rollback(True)
        assert not Job.objects.exists()

    assert relay_jobs() == 0
    assert calls == []
    assert not is_marked(alpha)


def test_enqueue_is_one_statement_and_marks_once(
    alpha: TenantRef, django_assert_num_queries: Any, calls: Calls
) -> None:
    with enter_tenant(alpha):
        Job.objects.count()  # the schema is entered by now
        with django_assert_num_queries(1):
            enqueue(kind=KIND, payload={"number": 1})
        enqueue(kind=KIND, payload={"number": 2})
    assert relay_jobs() == 2
    assert [payload["number"] for _, _, payload in calls] == [1, 2]


def test_enqueue_outside_a_tenant_is_refused(db: None) -> None:
    with public_scope(), pytest.raises(LookupError):
        enqueue(kind=KIND, payload={})


def test_same_key_waits_once_with_the_newest_payload(alpha: TenantRef, calls: Calls) -> None:
    with enter_tenant(alpha):
        for number in (1, 2):
            enqueue(kind=KIND, payload={"number": number}, key="digest")
        enqueue(kind=KIND, payload={"number": 3}, key="other")
        assert Job.objects.count() == 2

    relay_jobs()
    assert sorted(payload["number"] for _, _, payload in calls) == [2, 3]


def test_key_is_of_one_kind_alone(alpha: TenantRef, calls: Calls, failing: str) -> None:
    with enter_tenant(alpha):
        for kind in (KIND, failing):
            enqueue(kind=kind, payload={"number": 1}, key="k")
        assert set(Job.objects.values_list("kind", flat=True)) == {KIND, failing}


def test_key_asked_for_while_its_job_runs_is_done_once_more(alpha: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def work(tenant: TenantRef, payload: hooks.Payload) -> None:
        seen.append(int(payload["number"]))
        if len(seen) == 1:
            enqueue(kind="tests.again", payload={"number": 2}, key="k")

    monkeypatch.setitem(hooks._handlers, "tests.again", work)
    with enter_tenant(alpha):
        enqueue(kind="tests.again", payload={"number": 1}, key="k")

    relay_jobs()
    assert seen == [1, 2]
    assert not is_marked(alpha)


def test_delayed_job_waits_for_its_time(alpha: TenantRef, calls: Calls) -> None:
    with enter_tenant(alpha):
        enqueue(kind=KIND, payload={"number": 1}, not_before=timezone.now() + timedelta(hours=1))
        enqueue(kind=KIND, payload={"number": 2})
    relay_jobs()
    assert [payload["number"] for _, _, payload in calls] == [2]
    assert is_marked(alpha)

    deliver(alpha)
    assert [payload["number"] for _, _, payload in calls] == [2, 1]


def test_failing_job_blocks_nobody_and_waits_longer_each_time(
    alpha: TenantRef, beta: TenantRef, calls: Calls, failing: str, caplog: pytest.LogCaptureFixture
) -> None:
    for tenant in (alpha, beta):
        with enter_tenant(tenant):
            enqueue(kind=failing, payload={"id": 7})
            enqueue(kind=KIND, payload={"number": 1})

    with caplog.at_level(logging.WARNING):
        assert relay_jobs() == 4
    assert len(calls) == 2
    assert "Jane" not in caplog.text

    for number, delay in enumerate(DELAYS, start=1):
        with enter_tenant(alpha):
            job = Job.objects.get()
            assert (job.attempts, job.last_error) == (number, "IntegrityError")
            wait = (job.due_at - timezone.now()).total_seconds()
            assert 0.79 * delay - 5 < wait <= 1.2 * delay
        deliver(alpha)

    with enter_tenant(alpha):
        job = Job.objects.get()
        assert job.failed_at is not None
        assert job.attempts == MAX_TRIES
        assert find_next_due() is None
    assert not is_marked(alpha)
    assert sum(DELAYS) > 2.9 * 24 * 3600


def test_error_of_the_database_is_told_by_its_class_and_sqlstate_alone(alpha: TenantRef) -> None:
    with pytest.raises(DataError) as caught, enter_tenant(alpha), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 'Jane Doe'::integer")
    assert "Jane" in str(caught.value)
    assert describe_error(caught.value) == "DataError 22P02"


def test_tries_are_counted_by_how_they_went(alpha: TenantRef, calls: Calls, failing: str) -> None:
    before = JOBS.read()
    with enter_tenant(alpha):
        for kind in (KIND, failing):
            enqueue(kind=kind, payload={"number": 1})
    relay_jobs()
    with enter_tenant(alpha):
        Job.objects.update(attempts=MAX_TRIES - 1)
    make_due(alpha)
    relay_jobs()
    counted = {outcome: count - before[outcome] for outcome, count in JOBS.read().items()}
    assert counted == {("done",): 1, ("failed",): 1, ("dead",): 1}


def test_given_up_job_asked_for_by_key_lives_again(alpha: TenantRef, calls: Calls) -> None:
    with enter_tenant(alpha):
        enqueue(kind=KIND, payload={"number": 1}, key="k")
        Job.objects.update(failed_at=timezone.now(), attempts=MAX_TRIES, last_error="OSError")
        enqueue(kind=KIND, payload={"number": 1}, key="k")
        assert Job.objects.values_list("failed_at", "attempts", "last_error").get() == (None, 0, "")
    relay_jobs()
    assert len(calls) == 1


def test_job_that_was_given_up_is_kept_for_ninety_days(alpha: TenantRef, failing: str) -> None:
    with enter_tenant(alpha):
        for days in (91, 89, 0):
            enqueue(kind=failing, payload={"days": days})
            gone = timezone.now() - timedelta(days=days) if days else None
            Job.objects.filter(payload={"days": days}).update(failed_at=gone, attempts=MAX_TRIES - 1)
    relay_jobs()  # which gives the last one up
    with enter_tenant(alpha):
        kept = sorted(job.payload["days"] for job in Job.objects.exclude(failed_at=None))
    assert kept == [0, 89]


def test_given_up_job_is_not_begun_beside_others(alpha: TenantRef, calls: Calls) -> None:
    with enter_tenant(alpha):
        enqueue(kind=KIND, payload={"number": 1})
        Job.objects.update(failed_at=timezone.now(), attempts=MAX_TRIES)
        enqueue(kind=KIND, payload={"number": 2})
    relay_jobs()
    assert [payload["number"] for _, _, payload in calls] == [2]


def test_next_job_is_looked_for_when_it_is_known_whether_all_is_quiet(
    alpha: TenantRef, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What commits between the two would otherwise be seen by neither."""
    asked: list[str] = []

    def ask_first(after: datetime) -> bool:
        asked.append("quiet")
        return is_quiet_since(after)

    def ask_then() -> datetime | None:
        asked.append("next")
        return find_next_due()

    monkeypatch.setattr(services, "is_quiet_since", ask_first)
    monkeypatch.setattr(services, "find_next_due", ask_then)
    with enter_tenant(alpha):
        enqueue(kind=KIND, payload={"number": 1})
    relay_jobs()
    assert asked == ["quiet", "next"]


def test_job_that_waits_longest_is_begun_first(alpha: TenantRef, calls: Calls) -> None:
    with enter_tenant(alpha):
        for number in (1, 2):
            enqueue(kind=KIND, payload={"number": number}, key=str(number))
        Job.objects.filter(payload={"number": 2}).update(due_at=timezone.now() - timedelta(minutes=1))
    relay_jobs()
    assert [payload["number"] for _, _, payload in calls] == [2, 1]


def test_try_that_another_worker_took_over_has_no_say(alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        enqueue(kind=KIND, payload={"number": 1})
        job = Job.objects.begin_next(lease=timedelta(minutes=1))
        assert job is not None
        Job.objects.update(attempts=job.attempts + 1)

        assert not Job.objects.try_again(job, error="OSError", delay=timedelta(days=1))
        assert not Job.objects.bury(job, tenant_id=alpha.id, error="OSError")
        assert not Job.objects.finish(job)


def test_waiting_job_asked_for_later_keeps_its_time(alpha: TenantRef, calls: Calls) -> None:
    with enter_tenant(alpha):
        enqueue(kind=KIND, payload={"number": 1}, key="k")
        enqueue(kind=KIND, payload={"number": 2}, key="k", not_before=timezone.now() + timedelta(hours=1))
    relay_jobs()
    assert [payload["number"] for _, _, payload in calls] == [2]


def test_given_up_job_asked_for_later_waits_for_its_time(alpha: TenantRef, calls: Calls) -> None:
    with enter_tenant(alpha):
        enqueue(kind=KIND, payload={"number": 1}, key="k")
        Job.objects.update(failed_at=timezone.now(), attempts=MAX_TRIES)
        enqueue(kind=KIND, payload={"number": 1}, key="k", not_before=timezone.now() + timedelta(hours=1))
    relay_jobs()
    assert calls == []


def test_job_that_takes_its_worker_along_every_time_is_given_up(alpha: TenantRef, calls: Calls) -> None:
    with enter_tenant(alpha):
        enqueue(kind=KIND, payload={"number": 1})
        Job.objects.update(attempts=MAX_TRIES)
    relay_jobs()
    assert calls == []
    with enter_tenant(alpha):
        assert Job.objects.get().last_error == "lost"


def test_job_nobody_knows_waits_for_a_release_that_does(alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        enqueue(kind="tests.of_tomorrow", payload={})
    relay_jobs()
    with enter_tenant(alpha):
        job = Job.objects.get()
        assert (job.last_error, job.attempts, job.failed_at) == ("UnknownJobError", 1, None)


def test_jobs_of_a_suspended_tenant_wait(
    alpha: TenantRef, calls: Calls, django_capture_on_commit_callbacks: Any
) -> None:
    with enter_tenant(alpha):
        enqueue(kind=KIND, payload={"number": 1})
    with django_capture_on_commit_callbacks(execute=True):
        take_step(tenant=alpha, step=SUSPEND)
    assert relay_jobs() == 0
    with django_capture_on_commit_callbacks(execute=True):
        take_step(tenant=alpha, step=RESUME)
    assert relay_jobs() == 1


def test_kind_has_one_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_handlers", {})
    first, second = lambda _tenant, _payload: None, lambda _tenant, _payload: None
    hooks.register_job("tests.note_call", first)
    hooks.register_job("tests.note_call", first)

    with pytest.raises(ValueError, match="another handler"):
        hooks.register_job("tests.note_call", second)

    assert hooks.get_handler("tests.note_call") is first
