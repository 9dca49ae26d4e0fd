"""Who of the background work lives, by the database's clock, and which part is broken when not all do."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from shared_apps.outbox.tasks import relay
from shared_apps.tenants.heartbeats import EVERY_SECONDS, note_heartbeat, read_heartbeat_ages
from shared_apps.tenants.models import Heartbeat
from shared_apps.tenants.scope import public_scope
from worker.life import say_alive


@pytest.mark.django_db
def test_heartbeat_is_noted_and_aged_by_the_database() -> None:
    assert read_heartbeat_ages() == {"worker": None, "beat": None, "tasks": None}
    note_heartbeat("beat")
    with public_scope():
        Heartbeat.objects.update(at=timezone.now() - timedelta(hours=1))

    ages = read_heartbeat_ages()
    assert ages["beat"] == pytest.approx(3600, abs=30)
    note_heartbeat("beat")
    assert (read_heartbeat_ages()["beat"] or 0) < 30


@pytest.mark.django_db
def test_repeat_within_a_moment_writes_nothing() -> None:
    note_heartbeat("tasks")
    with public_scope():
        Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=EVERY_SECONDS / 4))
        before = Heartbeat.objects.get().at
    note_heartbeat("tasks")

    with public_scope():
        assert Heartbeat.objects.get().at == before


@pytest.mark.django_db
def test_repeat_after_its_time_is_written() -> None:
    note_heartbeat("tasks")
    with public_scope():
        Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=EVERY_SECONDS))
    note_heartbeat("tasks")

    assert (read_heartbeat_ages()["tasks"] or 0) < EVERY_SECONDS / 2


@pytest.mark.django_db
def test_unknown_role_is_refused() -> None:
    with pytest.raises(ValueError, match="somebody"):
        note_heartbeat("somebody")


@pytest.mark.django_db
def test_task_that_came_through_the_queue_says_so() -> None:
    relay()

    assert read_heartbeat_ages()["tasks"] is not None


@pytest.mark.django_db
def test_readiness_tells_the_heartbeats_and_does_not_depend_on_them() -> None:
    note_heartbeat("beat")
    response = Client(headers={"host": "localhost"}).get("/health/ready")

    assert response.status_code == 200
    told = response.json()["heartbeats"]
    assert set(told) == {"worker", "beat", "tasks", "drainer"}
    assert told["worker"] is None
    assert 0 <= told["beat"] < 30


@pytest.mark.django_db
def test_readiness_waits_for_the_migrations_of_public() -> None:
    with public_scope(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'tenants' AND name = '0001_initial'")
    response = Client(headers={"host": "localhost"}).get("/health/ready")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["parts"] == {"database": "ok", "migrations": "away", "redis": "ok"}


@pytest.mark.django_db
def test_heart_goes_on_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(role: str) -> None:
        raise OperationalError

    monkeypatch.setattr("worker.life.note_heartbeat", away)
    monkeypatch.setattr("worker.life.connection.close", lambda: None)

    say_alive("worker")
