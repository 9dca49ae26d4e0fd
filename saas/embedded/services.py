"""Using the embedded servers: several commands at once, started by the first, stopped by the last."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, cast

from saas.embedded import processes
from saas.embedded.environment import ensure_secrets
from saas.embedded.errors import EmbeddedError
from saas.embedded.guard import LockFiles, Server, make_server
from saas.embedded.locks import FileLock, held_alone, is_free
from saas.embedded.paths import CHECKOUT, DataPaths
from saas.embedded.progress import Progress, Silent

_START_SECONDS = 90.0
_READY_SECONDS = 60.0  # another user's guard may be starting it again at this moment
_STOP_SECONDS = 45.0
_TITLES = {"postgres": "PostgreSQL", "redis": "Redis"}


class ServiceUse:
    """One command's use of one embedded server, from `acquire` to `release`."""

    def __init__(self, name: str, paths: DataPaths, *, fast: bool = False) -> None:
        self.name = name
        self._paths = paths
        self._fast = fast
        self._locks = LockFiles.of(paths, name)
        self._users = FileLock(self._locks.users)

    @property
    def server(self) -> Server:
        """Return the server as seen from here: its address and state; only its guard starts it."""
        return make_server(self.name, self._paths, fast=self._fast)

    def acquire(self) -> list[str]:
        """Count as a user and make sure the server runs. Returns what a person should know of the start.

        Raises:
            EmbeddedError: it could not be started.
        """
        self._paths.create()
        ensure_secrets(self._paths)
        self._users.share()  # waits here while a guard is stopping the server
        try:
            notes = self.ensure()
            if not processes.wait_until(self.server.is_ready, _READY_SECONDS):
                raise EmbeddedError(f"{_TITLES[self.name]} does not answer; see {self._paths.log(self.name)}.")
        except BaseException:
            self._users.close()
            raise
        return notes

    def ensure(self) -> list[str]:
        """See that a guard lives (it keeps the server up) and that the server can be reached; start what is not."""
        with held_alone(self._locks.start):
            return self._start_guard() if is_free(self._locks.guard) else []

    def is_guarded(self) -> bool:
        return not is_free(self._locks.guard)

    def fileno(self) -> int:
        """Return the descriptor that keeps the use counted for as long as a child holds it open."""
        return self._users.fileno()

    def release(self, *, wait: bool = True) -> bool:
        """Stop counting as a user. Returns whether the server is down then; the last user waits for that."""
        was_last = self._users.try_alone()
        self._users.close()
        if not was_last:
            return False
        return self._await_stop() if wait else False

    def _await_stop(self) -> bool:
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            if is_free(self._locks.guard):
                self._stop_unguarded()
                return True
            newcomer = FileLock(self._locks.users)
            shared, alone = newcomer.try_share(), newcomer.try_alone()
            newcomer.close()
            if shared and not alone:
                return False  # somebody else uses it by now
            time.sleep(0.02)
        return False

    def _stop_unguarded(self) -> None:
        """Stop a server whose guard was killed, unless somebody has just started another."""
        with held_alone(self._locks.start):
            guard = FileLock(self._locks.guard)
            try:
                if guard.try_alone():
                    self.server.stop()
            finally:
                guard.close()

    def _start_guard(self) -> list[str]:
        """Start the guard and wait for its one line: the server is up, or why it is not."""
        command = [sys.executable, "-m", "saas.embedded", "guard", self.name, "--data-dir", str(self._paths.root)]
        if self._fast:
            command.append("--fast")
        with self._paths.log("guard").open("ab") as log:
            guard = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=CHECKOUT,
                env=_guard_environment(),
                start_new_session=True,
            )
        with cast(IO[bytes], guard.stdout) as pipe:
            line = _read_line(pipe.fileno(), _START_SECONDS)
        guard.wait()  # the process it left behind is nobody's child
        try:
            answer = json.loads(line)
        except ValueError:
            raise EmbeddedError(
                f"The guard of {_TITLES[self.name]} did not answer; see {self._paths.log('guard')}."
            ) from None
        if "error" in answer:
            raise EmbeddedError(answer["error"])
        return [str(note) for note in answer["notes"]]


def _guard_environment() -> dict[str, str]:
    """Return our environment without the application's: a guard lives on after the command that started it."""
    dropped = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "HANDOFF_PART", "DJANGO_SETTINGS_MODULE")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PYTHONPATH": str(CHECKOUT)}


def _read_line(descriptor: int, seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    line = b""
    while b"\n" not in line:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(descriptor, 65536) if ready else b""
        if not part:
            break
        line += part
    return line


@dataclass
class Services:
    """The embedded servers in use, and the addresses they answer at."""

    uses: list[ServiceUse] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)

    def ensure(self) -> None:
        """Start again what has lost its guard; the guards see to the servers themselves."""
        for use in self.uses:
            if not use.is_guarded():
                use.ensure()

    def descriptors(self) -> tuple[int, ...]:
        """Return what a child inherits so that the servers outlive it too."""
        return tuple(use.fileno() for use in self.uses)


@contextmanager
def embedded_services(
    paths: DataPaths,
    *,
    postgres: bool = True,
    redis: bool = True,
    fast: bool = False,
    progress: Progress | None = None,
) -> Iterator[Services]:
    """Run the block with the embedded servers up; at its end the last user of each waits until it is down.

    Yields:
        their addresses by the name of the setting: `urls["DATABASE_URL"]`, `urls["REDIS_URL"]`.

    Raises:
        EmbeddedError: one could not be started.
    """
    progress = progress or Silent()
    services = Services()
    wanted = [("postgres", "DATABASE_URL")] * postgres + [("redis", "REDIS_URL")] * redis
    with ExitStack() as stack:
        for name, setting in wanted:
            use = ServiceUse(name, paths, fast=fast)
            new = name == "postgres" and not paths.postgres.exists()
            with progress.step(
                f"{_TITLES[name]}: {'making a new cluster' if new else 'starting'}", f"{_TITLES[name]}: ready"
            ):
                notes = use.acquire()
            for note in notes:
                progress.say(note)
            stack.callback(_leave, use, progress)
            services.uses.append(use)
            services.urls[setting] = use.server.url()
        yield services


def _leave(use: ServiceUse, progress: Progress) -> None:
    title = _TITLES[use.name]
    stopped = use.release()
    progress.say(f"{title}: stopped, its data stays" if stopped else f"{title}: left running, another command uses it")
