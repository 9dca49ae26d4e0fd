"""Real workers and beats give signs of life, and a dead one falls silent alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F

from shared_apps.tenants.heartbeats import read_heartbeat_ages
from shared_apps.tenants.models import Heartbeat
from shared_apps.tenants.scope import TenantRef, public_scope
from tests.faults.processes import backstage, kill, wait_for


@pytest.fixture
def no_heartbeats(committed_tenant: TenantRef) -> Iterator[None]:
    """Nobody has ever said that it lives; what is said during the test is forgotten after it."""
    with public_scope():
        Heartbeat.objects.all().delete()
    yield
    with public_scope():
        Heartbeat.objects.all().delete()


def living() -> set[str]:
    return {role for role, age in read_heartbeat_ages().items() if age is not None and age < 45}


@pytest.mark.usefixtures("no_heartbeats")
def test_heartbeats_tell_which_part_is_dead() -> None:
    with backstage() as stage:
        stage.start("worker")
        wait_for(lambda: living() == {"worker"})  # nobody asks it for a task
        beat = stage.start("beat")
        wait_for(lambda: living() == {"worker", "beat", "tasks"})

        kill(beat)
        with public_scope():  # a minute goes by
            Heartbeat.objects.update(at=F("at") - timedelta(minutes=1))
        wait_for(lambda: living() == {"worker"}, seconds=30)
        assert (read_heartbeat_ages()["beat"] or 0) > 45
