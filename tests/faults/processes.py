"""Workers and beats in processes of their own, on the tests' database and a Redis that a test may freeze."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from saas.embedded.paths import DataPaths
from saas.embedded.redis import RedisServer
from tests.isolation.other_process import child_environment

ROOT = Path(__file__).resolve().parents[2]
_ROLES = {"worker": ["--concurrency", "2", "--without-gossip", "--without-mingle"], "beat": ["--pidfile="]}


def wait_for(holds: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait until `holds()`; the machine may be busy, so the limit is generous."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


class Backstage:
    """A Redis, and the workers and beats started on it. Ends all of them at the end."""

    def __init__(self, folder: Path, **environment: str) -> None:
        paths = DataPaths(folder / ".data")
        paths.create()
        self.folder = folder
        self.notes = folder / "notes"
        self.notes.touch()
        self.redis = RedisServer(paths, password="backstage", fast=True)
        self.redis.start()
        self._environment = environment
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self, role: str) -> subprocess.Popen[bytes]:
        """Start a `worker` or a `beat`, with a log in the folder."""
        number = len(self._children)
        environment = child_environment(
            REDIS_URL=self.redis.url(),
            HANDOFF_DATA_DIR=str(self.folder / ".data"),
            PYTHONPATH=str(ROOT),
            TESTS_NOTES=str(self.notes),
            **self._environment,
        )
        more = [*_ROLES[role], *(["--schedule", str(self.folder / f"schedule-{number}")] if role == "beat" else [])]
        with (self.folder / f"{role}-{number}.log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "tests.faults.worker_app", role, "--loglevel", "INFO", *more],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._children.append(child)
        return child

    def read_notes(self, what: str) -> list[str]:
        """Return the numbers of the jobs that began, or ended, in order."""
        lines = [line.split() for line in self.notes.read_text().splitlines()]
        return [line[1] for line in lines if line[0] == what]

    def read_logs(self) -> str:
        """Return what all processes said."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    @contextmanager
    def frozen_redis(self) -> Iterator[None]:
        """Run the body while Redis accepts connections and answers nobody."""
        pid = self.redis.running_pid()
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """End everything, whatever state it is in."""
        for child in self._children:
            kill(child)
        self.redis.stop()
        sys.stdout.write(self.read_logs())  # pytest shows it with a failure


def kill(child: subprocess.Popen[bytes]) -> None:
    """End a process and its children with SIGKILL, as a machine does that runs out of memory."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait(timeout=20)


@contextmanager
def backstage(**environment: str) -> Iterator[Backstage]:
    """A folder short enough for sockets, and what runs in it."""
    folder = Path(tempfile.mkdtemp(prefix="bs-", dir="/tmp"))
    folder.chmod(0o755)
    stage = Backstage(folder, **environment)
    try:
        yield stage
    finally:
        stage.stop()
        shutil.rmtree(folder, ignore_errors=True)
