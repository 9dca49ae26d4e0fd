"""What is done to a running demo: each fault lasts some seconds and ends by itself."""

import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

from saas.embedded import processes
from saas.embedded.environment import read_env_file
from tests.faults.servers import family, frozen, kill


class Victim:
    """The processes of the demo on one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._data = data_dir

    def database_url(self) -> str:
        return read_env_file(self._data / "env")["DATABASE_URL"]

    def part(self, name: str) -> int:
        """Return the process id of `web`, `drainer`, `worker` or `beat`; 0 while it is being started again."""
        return processes.read_pid(self._data / "run" / f"{name}.pid") or 0

    def postgres(self) -> int:
        return processes.read_pid(self._data / "postgres" / "postmaster.pid") or 0

    def redis(self) -> int:
        return processes.read_pid(self._data / "redis.pid") or 0

    def guard(self, name: str) -> int:
        """Return the process that starts a server again when it is gone."""
        wanted = re.compile(rf"guard {name} --data-dir {re.escape(str(self._data))}\b")
        return next(pid for pid in processes.all_pids() if wanted.search(processes.command_line(pid)))


@contextmanager
def _stopped(pid: int, guard: int, number: signal.Signals) -> Iterator[None]:
    """End a server, and keep its guard from starting it again before the body is over."""
    with frozen(guard):
        processes.send(pid, number)
        processes.wait_until(lambda: not processes.is_alive(pid), 10)
        yield


def database_stopped(victim: Victim, seconds: float) -> None:
    """PostgreSQL refuses connections: a fast stop, later a start."""
    with _stopped(victim.postgres(), victim.guard("postgres"), signal.SIGINT):
        time.sleep(seconds)


def database_crashed(victim: Victim, seconds: float) -> None:
    """PostgreSQL is killed with all its processes, and recovers when it is started again."""
    with frozen(victim.guard("postgres")):
        for pid in family(victim.postgres()):
            processes.send(pid, signal.SIGKILL)
        time.sleep(seconds)


def database_frozen(victim: Victim, seconds: float) -> None:
    """PostgreSQL keeps its sockets and answers nothing."""
    with frozen(victim.postgres()):
        time.sleep(seconds)


def database_without_connections(victim: Victim, seconds: float) -> None:
    """Somebody else holds every connection; ours are cut until that is so."""
    with ExitStack() as held, suppress(psycopg.OperationalError):
        first = held.enter_context(psycopg.connect(victim.database_url(), autocommit=True))
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            first.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'booking-handoff'"
            )
            with suppress(psycopg.OperationalError):
                while True:
                    held.enter_context(psycopg.connect(victim.database_url(), autocommit=True))
            time.sleep(0.2)


def backends_terminated(victim: Victim, seconds: float) -> None:
    """Connections are cut, again and again."""
    ends = time.monotonic() + seconds
    with psycopg.connect(victim.database_url(), autocommit=True) as connection:
        while time.monotonic() < ends:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'booking-handoff'"
            )
            time.sleep(seconds / 20)


def redis_frozen(victim: Victim, seconds: float) -> None:
    with frozen(victim.redis()):
        time.sleep(seconds)


def redis_stopped(victim: Victim, seconds: float) -> None:
    with _stopped(victim.redis(), victim.guard("redis"), signal.SIGTERM):
        time.sleep(seconds)


def database_and_redis_frozen(victim: Victim, seconds: float) -> None:
    with frozen(victim.postgres()), frozen(victim.redis()):
        time.sleep(seconds)


def web_worker_killed(victim: Victim, seconds: float) -> None:
    """One of the two processes that answer is gone in the middle of what it does."""
    workers = family(victim.part("web"))[1:]
    if workers:
        with suppress(ProcessLookupError):
            kill(random.choice(workers))
    time.sleep(seconds)


def web_worker_killed_in_an_outage(victim: Victim, seconds: float) -> None:
    """One of the two processes that answer dies with what it journaled, and is started without a database."""
    with frozen(victim.postgres()):
        time.sleep(seconds / 3)
        web_worker_killed(victim, seconds / 3 * 2)


def drainer_killed(victim: Victim, seconds: float) -> None:
    """The drainer is killed, and started again while it has work."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pid = victim.part("drainer")
        if pid and processes.is_alive(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(seconds / 3)


Fault = Callable[[Victim, float], None]

ALL: tuple[Fault, ...] = (
    database_stopped,
    drainer_killed,
    database_frozen,
    backends_terminated,
    web_worker_killed,
    database_without_connections,
    redis_frozen,
    database_crashed,
    web_worker_killed_in_an_outage,
    redis_stopped,
    database_and_redis_frozen,
    drainer_killed,
)
FEW: tuple[Fault, ...] = (database_frozen, drainer_killed, web_worker_killed_in_an_outage, database_stopped)


def wreak(
    victim: Victim, faults: tuple[Fault, ...], *, seconds: float, is_over: threading.Event, say: Callable[[str], None]
) -> None:
    """Do one fault after the other, with a pause between, until all are done or the load is over."""
    for fault in faults:
        if is_over.is_set():
            return
        say(fault.__name__.replace("_", " "))
        fault(victim, seconds)
        time.sleep(seconds / 2)
