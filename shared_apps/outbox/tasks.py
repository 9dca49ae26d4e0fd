"""The relay: beat asks for it every few seconds, and as many workers as there are may run it at once."""

from celery import shared_task

from shared_apps.outbox.services import relay_jobs
from shared_apps.tenants.heartbeats import note_heartbeat
from shared_apps.tenants.tasks import PlatformTask


@shared_task(name="outbox.relay", base=PlatformTask)
def relay() -> int:
    """Do the jobs that are due; returns how many were begun."""
    done = relay_jobs()
    note_heartbeat("tasks")
    return done
