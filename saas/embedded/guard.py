"""The keeper of one embedded server: starts it, starts it again when it dies, stops it when nobody uses it any more.

Users hold a lock in common; the guard waits for it to be free. The kernel frees the lock of a user that was killed,
so a server never outlives its users, and never goes while another one still needs it.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from saas.embedded.environment import POSTGRES_PASSWORD, REDIS_PASSWORD, ensure_secrets
from saas.embedded.errors import EmbeddedError
from saas.embedded.locks import FileLock
from saas.embedded.paths import DataPaths
from saas.embedded.postgres import PostgresServer
from saas.embedded.redis import RedisServer

_POLL_SECONDS = 0.1
_LONGEST_PAUSE = 10.0
_STEADY_SECONDS = 30.0  # a server that ran this long may fail once more without a pause


class Server(Protocol):
    """What a guard needs of a server."""

    name: str
    notes: list[str]

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def is_running(self) -> bool: ...
    def is_ready(self) -> bool: ...
    def url(self) -> str: ...


@dataclass(frozen=True)
class LockFiles:
    """The three locks of one server: its users', its starter's and its guard's."""

    users: Path
    start: Path
    guard: Path

    @classmethod
    def of(cls, paths: DataPaths, name: str) -> "LockFiles":
        return cls(paths.run / f"{name}.users", paths.run / f"{name}.start", paths.run / f"{name}.guard")


def make_server(name: str, paths: DataPaths, *, fast: bool) -> Server:
    """Return the server `name` ("postgres" or "redis") of a data folder, with the passwords of its env file."""
    values = ensure_secrets(paths)
    if name == PostgresServer.name:
        return PostgresServer(paths, password=values[POSTGRES_PASSWORD], fast=fast)
    return RedisServer(paths, password=values[REDIS_PASSWORD], fast=fast)


def run_guard(name: str, paths: DataPaths, *, fast: bool) -> int:
    """Become the guard of server `name`: leave the starter's side, report to it once by standard output, and stay.

    Returns the exit code: 0 after an orderly stop, 1 when the server did not start.
    """
    if os.fork():
        os._exit(0)  # the starter waits for this one only
    stop = _catch_signals()
    locks = LockFiles.of(paths, name)
    own = FileLock(locks.guard)
    if not own.try_alone(1.0):  # who only looks whether it is free holds it for a moment
        _report({"notes": []})  # another guard came first
        return 0
    server = make_server(name, paths, fast=fast)
    try:
        server.start()
    except (EmbeddedError, OSError) as error:
        _report({"error": str(error)})
        return 1
    _report({"notes": server.notes})
    users = FileLock(locks.users)
    keep(server, is_unused=users.try_alone, must_stop=stop)
    # Every newcomer waits for `users`, which is let go last, when all of this is over.
    server.stop()
    own.close()
    users.close()
    return 0


def keep(server: Server, *, is_unused: Callable[[], bool], must_stop: Callable[[], bool]) -> None:
    """Start `server` again whenever it is gone, until nobody uses it or a signal came; pauses grow to 10 seconds."""
    pause, started, not_before = 0.5, time.monotonic(), 0.0
    while not must_stop() and not is_unused():
        now = time.monotonic()
        if now >= not_before and not server.is_running():
            pause = 0.5 if now - started > _STEADY_SECONDS else min(pause * 2, _LONGEST_PAUSE)
            _note(f"{server.name} is gone: starting it again")
            try:
                server.start()
                _note(f"{server.name} is back")
            except (EmbeddedError, OSError) as error:
                _note(str(error))
            started = time.monotonic()
            not_before = started + pause
        time.sleep(_POLL_SECONDS)


def _catch_signals() -> Callable[[], bool]:
    """Survive the end of the terminal; end in order on SIGTERM, as when the machine is shut down."""
    caught: list[int] = []
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: caught.append(1))
    return lambda: bool(caught)


def _report(answer: dict[str, object]) -> None:
    """Write the one line the starter waits for, and close the pipe."""
    with suppress(BrokenPipeError):  # the starter is gone; the lock will tell
        os.write(1, json.dumps(answer).encode() + b"\n")
    os.dup2(2, 1)


def _note(text: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}", file=sys.stderr, flush=True)
