"""Several users of one server: the first starts it, the last stops it, whatever happens to any of them."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from saas.embedded import processes
from saas.embedded.errors import EmbeddedError
from saas.embedded.guard import LockFiles, keep
from saas.embedded.locks import is_free
from saas.embedded.paths import DataPaths
from saas.embedded.progress import Progress
from saas.embedded.redis import RedisServer
from saas.embedded.services import ServiceUse, embedded_services

_USER = """
import sys, time
from pathlib import Path
from saas.embedded.paths import DataPaths
from saas.embedded.progress import Progress
from saas.embedded.services import ServiceUse
use = ServiceUse("redis", DataPaths(Path(sys.argv[1])), fast=True)
use.acquire()
print("using", flush=True)
sys.stdin.readline()
print(use.release(), flush=True)
"""


@pytest.fixture
def start_user(paths: DataPaths, command_environment: dict[str, str]) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts another process that uses Redis until it reads a line."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        user = subprocess.Popen(
            [sys.executable, "-c", _USER, str(paths.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=command_environment,
        )
        started.append(user)
        assert user.stdout is not None
        assert user.stdout.readline() == "using\n"
        return user

    yield start
    for user in started:
        user.kill()
        user.communicate()
    assert processes.wait_until(lambda: is_free(LockFiles.of(paths, "redis").guard), 20)


def _server(paths: DataPaths) -> RedisServer:
    return RedisServer(paths, password="unused")


def test_both_servers_come_up_and_go_with_the_only_user(paths: DataPaths) -> None:
    with embedded_services(paths, fast=True) as services:
        assert set(services.urls) == {"DATABASE_URL", "REDIS_URL"}
        assert all(use.server.is_ready() for use in services.uses)
        assert (paths.postgres / "postmaster.pid").is_file()
    assert not (paths.postgres / "postmaster.pid").exists()
    assert not _server(paths).is_running()


def test_last_one_out_stops_the_server(paths: DataPaths, start_user: Callable[[], subprocess.Popen[str]]) -> None:
    first, second = start_user(), start_user()
    pid = _server(paths).running_pid()
    assert first.communicate("\n")[0] == "False\n"
    assert _server(paths).running_pid() == pid
    assert second.communicate("\n")[0] == "True\n"
    assert not _server(paths).is_running()


def test_killed_user_does_not_keep_the_server(
    paths: DataPaths, start_user: Callable[[], subprocess.Popen[str]]
) -> None:
    user = start_user()
    user.kill()
    assert processes.wait_until(lambda: not _server(paths).is_running(), 10)


def test_newcomer_during_the_stop_gets_a_server(
    paths: DataPaths, start_user: Callable[[], subprocess.Popen[str]]
) -> None:
    for _ in range(3):
        user = start_user()
        assert user.stdin is not None
        user.stdin.write("\n")
        user.stdin.flush()
        with embedded_services(paths, postgres=False, fast=True) as services:
            assert services.uses[0].server.is_ready()


def test_guard_starts_a_killed_server_again(paths: DataPaths) -> None:
    with embedded_services(paths, postgres=False, fast=True) as services:
        server = services.uses[0].server
        pid = _server(paths).running_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert processes.wait_until(lambda: _server(paths).running_pid() not in (None, pid), 10)
        assert processes.wait_until(server.is_ready, 10)


def test_killed_guard_takes_its_server_along_and_ensure_brings_both_back(paths: DataPaths) -> None:
    with embedded_services(paths, postgres=False, fast=True) as services:
        pid = _server(paths).running_pid()
        guards = [
            number
            for number in processes.all_pids()
            if f"guard redis --data-dir {paths.root} --fast" in processes.command_line(number)
        ]
        assert len(guards) == 1
        os.kill(guards[0], signal.SIGKILL)
        assert processes.wait_until(lambda: not services.uses[0].is_guarded(), 5)
        services.ensure()
        assert services.uses[0].is_guarded()
        assert processes.wait_until(lambda: _server(paths).running_pid() not in (None, pid), 10)
        assert processes.wait_until(services.uses[0].server.is_ready, 10)


def test_note_of_the_start_reaches_the_person(paths: DataPaths) -> None:
    paths.postgres.mkdir()
    (paths.postgres / "left-over").touch()
    told = io.StringIO()
    with embedded_services(paths, redis=False, fast=True, progress=Progress(told)):
        pass
    assert f"it was kept as {paths.root / 'postgres.unusable-1'}." in told.getvalue()


def test_server_that_cannot_start_is_told_to_the_user(paths: DataPaths) -> None:
    paths.redis.write_text("a file where the folder should be")
    with pytest.raises(EmbeddedError), embedded_services(paths, postgres=False, fast=True):
        pass
    assert is_free(LockFiles.of(paths, "redis").users)


def test_use_survives_in_a_child_that_inherits_it(paths: DataPaths) -> None:
    use = ServiceUse("redis", paths, fast=True)
    use.acquire()
    child = subprocess.Popen(["sleep", "60"], pass_fds=(use.fileno(),))
    use._users.close()  # as when the parent is killed
    assert not processes.wait_until(lambda: not _server(paths).is_running(), 1)
    child.kill()
    child.wait()
    assert processes.wait_until(lambda: not _server(paths).is_running(), 10)


class _Dying:
    """A server that comes up only at the third try."""

    def __init__(self) -> None:
        self.name = "dying"
        self.notes: list[str] = []
        self.tries = 0

    def start(self) -> None:
        self.tries += 1
        if self.tries < 3:
            raise EmbeddedError("not yet")

    def stop(self) -> None:
        return

    def is_running(self) -> bool:
        return self.tries >= 3

    def is_ready(self) -> bool:
        return self.is_running()

    def url(self) -> str:
        return ""


def test_guard_keeps_trying_with_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    tried_at: list[float] = []
    server = _Dying()
    start = server.start

    def counted() -> None:
        tried_at.append(clock[0])
        start()

    monkeypatch.setattr(server, "start", counted)
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("time.sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    keep(server, is_unused=lambda: clock[0] > 20, must_stop=lambda: False)
    assert [round(at, 0) for at in tried_at] == [0, 1, 3]
