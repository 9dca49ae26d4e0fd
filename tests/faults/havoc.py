"""What is done to a running demo: each fault lasts some seconds and ends by itself."""

import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

from saas.embedded import processes
from saas.embedded.environment import read_env_file
from tests.faults.servers import family, frozen, kill


class SkippedError(Exception):
    """A fault that cannot be made on this machine; the reason is told."""


@contextmanager
def small_disks(folder: Path) -> Iterator[None]:
    """Give the demo's folder a disk of its own that can be filled, and its journal another; where that is allowed."""
    mounted = []
    for place, size in ((folder, "700m"), (folder / "state", "64m")):
        place.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=711", "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            break
        mounted.append(place)
    try:
        yield
    finally:
        for place in reversed(mounted):
            subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


class Victim:
    """The processes of the demo on one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data = data_dir

    def has_small_disks(self) -> bool:
        """Whether `small_disks` worked."""
        return self.data.is_mount() and (self.data / "state").is_mount()

    def database_url(self) -> str:
        return read_env_file(self.data / "env")["DATABASE_URL"]

    def part(self, name: str) -> int:
        """Return the process id of `web`, `drainer`, `worker` or `beat`."""
        return _wait_for_pid(self.data / "run" / f"{name}.pid")

    def postgres(self) -> int:
        return _wait_for_pid(self.data / "postgres" / "postmaster.pid")

    def redis(self) -> int:
        return _wait_for_pid(self.data / "redis.pid")

    def guard(self, name: str) -> int:
        """Return the process that starts a server again when it is gone."""
        wanted = re.compile(rf"guard {name} --data-dir {re.escape(str(self.data))}\b")
        return next(pid for pid in processes.all_pids() if wanted.search(processes.command_line(pid)))


def _wait_for_pid(path: Path) -> int:
    """Return the process that a file names; it has none while that is being started again."""
    assert processes.wait_until(lambda: processes.read_pid(path) is not None, 30), path.name
    pid = processes.read_pid(path)
    assert pid is not None
    return pid


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
        processes.send(victim.part("drainer"), signal.SIGKILL)
        time.sleep(seconds / 3)


def database_disk_full(victim: Victim, seconds: float) -> None:
    """PostgreSQL's disk takes no byte more; the journal has its own. Only where `small_disks` could make the two."""
    if not victim.has_small_disks():
        raise SkippedError("no right to mount a small disk here")
    filler = victim.data / "filler"
    try:
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 65536)
        time.sleep(seconds)
    finally:
        filler.unlink(missing_ok=True)


def web_reloaded(victim: Victim, seconds: float) -> None:
    """A rolling restart begins; it goes on below the next faults."""
    os.kill(victim.part("web"), signal.SIGHUP)
    time.sleep(seconds)


def web_ended(victim: Victim, seconds: float) -> None:
    """The whole web server is asked to end, and started again; until it answers, visitors try again."""
    os.kill(victim.part("web"), signal.SIGTERM)
    time.sleep(seconds)


def worker_and_beat_killed(victim: Victim, seconds: float) -> None:
    """All background work dies in the middle of what it does."""
    for name in ("worker", "beat"):
        for pid in family(victim.part(name)):
            processes.send(pid, signal.SIGKILL)
    time.sleep(seconds)


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
    worker_and_beat_killed,
    database_disk_full,
    web_ended,
    web_reloaded,
)
FEW: tuple[Fault, ...] = (database_frozen, drainer_killed, web_worker_killed_in_an_outage, database_stopped)


def wreak(
    victim: Victim, faults: tuple[Fault, ...], *, seconds: float, is_over: threading.Event, say: Callable[[str], None]
) -> None:
    """Do one fault after the other, with a pause between, until all are done or the load is over."""
    for fault in faults:
        if is_over.is_set():
            return
        name = fault.__name__.replace("_", " ")
        say(name)
        try:
            fault(victim, seconds)
        except SkippedError as error:
            say(f"NOT TRIED: {name}: {error}")
        time.sleep(seconds / 2)
