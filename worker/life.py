"""Signs of life of worker and beat; see `shared_apps.tenants.heartbeats`."""

import logging
import threading
import time
from typing import Any, Final

from celery.beat import PersistentScheduler
from celery.signals import worker_ready
from django.db import DatabaseError, InterfaceError, connection

from shared_apps.tenants.backend.guard import time_limit
from shared_apps.tenants.heartbeats import EVERY_SECONDS, note_heartbeat

logger = logging.getLogger(__name__)

_LIMIT_SECONDS: Final = 1.0


def say_alive(role: str) -> None:
    """Note a heartbeat and let go of the connection; where the database is away, nobody waits longer than a second."""
    try:
        with time_limit(_LIMIT_SECONDS):
            note_heartbeat(role)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("no heartbeat of %s noted: %s", role, type(error).__name__)
    finally:
        connection.close()


class LivingScheduler(PersistentScheduler):
    """Celery's own, which says that it lives each time it looks at what is due."""

    _next = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Do what is due; returns the seconds until the next time."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_SECONDS
            say_alive("beat")
        seconds: float = super().tick(*args, **kwargs)
        return seconds


@worker_ready.connect
def start_heart(**kwargs: object) -> threading.Thread:
    """Have a thread of the worker's first process say every few seconds that it lives, whatever its tasks do."""

    def beat() -> None:
        while True:
            say_alive("worker")
            time.sleep(EVERY_SECONDS)

    thread = threading.Thread(target=beat, name="heart", daemon=True)
    thread.start()
    return thread
