"""Real threads, each with a connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections


def in_thread(job: Callable[[], Any]) -> Any:
    """Run `job` in a thread of its own, with a connection of its own, and return or raise what it does."""
    return at_once([job])[0]


def at_once(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run `jobs` in threads that start together; return what they return, in order."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=20)
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))
