"""The supervisor's own rules, with small children in place of web, worker and beat."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from saas.embedded import processes
from saas.embedded.paths import DataPaths
from saas.embedded.supervisor import FOLDER_MARK, PART_MARK, Part, Supervisor, end_left_overs

_SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
_STUBBORN = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(60)"
_WITH_CHILD = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(paths: DataPaths, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(paths, environ=os.environ, say=said.append)
    yield supervisor
    supervisor._signals = 2
    supervisor.stop()


def _part(name: str, code: str, stop_seconds: float = 5.0) -> Part:
    return Part(name, [sys.executable, "-c", code], stop_seconds)


def _logged_pids(paths: DataPaths, name: str) -> list[int]:
    log = paths.log(name)
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def _soon(condition: Callable[[], bool]) -> Callable[[], bool]:
    """Return an end for `watch` that fails the test instead of hanging it."""
    deadline = time.monotonic() + 15

    def check() -> bool:
        assert time.monotonic() < deadline
        return condition()

    return check


def test_dead_part_is_started_again_and_the_person_is_told(
    paths: DataPaths, supervisor: Supervisor, said: list[str]
) -> None:
    supervisor.start([_part("one", _SLEEPER), _part("two", _SLEEPER)])
    supervisor.watch(_soon(lambda: len(_logged_pids(paths, "one")) == 1))
    os.kill(_logged_pids(paths, "one")[0], signal.SIGKILL)
    supervisor.watch(_soon(lambda: len(_logged_pids(paths, "one")) == 2))
    assert len(_logged_pids(paths, "two")) == 1
    assert said == [f"one ended (SIGKILL): starting it again in 0.5 s; log: {paths.log('one')}"]


def test_part_that_keeps_dying_is_started_with_growing_pauses(supervisor: Supervisor) -> None:
    part = _part("one", "raise SystemExit(3)")
    supervisor.start([part])
    supervisor.watch(_soon(lambda: part.deaths == 3))
    assert part.pause == 2.0


def test_children_of_a_dead_part_are_ended_with_it(paths: DataPaths, supervisor: Supervisor) -> None:
    part = _part("one", _WITH_CHILD)
    supervisor.start([part])
    supervisor.watch(_soon(lambda: len(_logged_pids(paths, "one")) == 1))
    child = _logged_pids(paths, "one")[0]
    assert part.child is not None
    os.kill(part.child.pid, signal.SIGKILL)
    supervisor.watch(_soon(lambda: part.deaths == 1))
    assert processes.wait_until(lambda: not processes.is_alive(child), 5)


def test_stop_goes_stage_by_stage(paths: DataPaths, supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start([_part(name, _SLEEPER) for name in ("web", "worker", "beat")])
    supervisor.watch(_soon(lambda: all(_logged_pids(paths, name) for name in ("web", "worker", "beat"))))
    supervisor.stop(["web"], ["beat"])
    assert said == ["web: stopped", "beat: stopped", "worker: stopped"]
    assert not any(processes.is_alive(_logged_pids(paths, name)[0]) for name in ("web", "worker", "beat"))
    assert not list(paths.run.glob("*.pid"))


def test_part_that_ignores_sigterm_is_killed_when_its_time_is_up(paths: DataPaths, supervisor: Supervisor) -> None:
    supervisor.start([_part("one", _STUBBORN, stop_seconds=0.5)])
    supervisor.watch(_soon(lambda: len(_logged_pids(paths, "one")) == 1))
    began = time.monotonic()
    supervisor.stop()
    assert 0.4 < time.monotonic() - began < 5
    assert not processes.is_alive(_logged_pids(paths, "one")[0])


def test_second_signal_does_not_wait(paths: DataPaths, supervisor: Supervisor) -> None:
    supervisor.start([_part("one", _STUBBORN, stop_seconds=60)])
    supervisor.watch(_soon(lambda: len(_logged_pids(paths, "one")) == 1))
    supervisor._count_signal(signal.SIGINT, None)
    supervisor._count_signal(signal.SIGINT, None)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 2


def test_signal_ends_a_step_that_runs(supervisor: Supervisor) -> None:
    supervisor._count_signal(signal.SIGTERM, None)
    began = time.monotonic()
    assert supervisor.run_once("step", [sys.executable, "-c", "import time; time.sleep(60)"]) == -signal.SIGTERM
    assert time.monotonic() - began < 4


def test_step_returns_the_exit_code(supervisor: Supervisor) -> None:
    assert supervisor.run_once("step", [sys.executable, "-c", "raise SystemExit(7)"]) == 7


def test_large_log_is_rolled_when_a_part_starts(paths: DataPaths, supervisor: Supervisor) -> None:
    with paths.log("one").open("wb") as log:
        log.truncate(10_000_001)
    supervisor.start([_part("one", _SLEEPER)])
    supervisor.watch(_soon(lambda: len(_logged_pids(paths, "one")) == 1))
    assert paths.log("one").with_name("one.log.1").stat().st_size == 10_000_001


def test_work_of_each_second_is_called_while_watching(paths: DataPaths) -> None:
    calls: list[float] = []
    supervisor = Supervisor(paths, environ={}, say=lambda _: None, each_second=lambda: calls.append(time.monotonic()))
    supervisor.watch(_soon(lambda: len(calls) == 2))
    assert calls[1] - calls[0] >= 1.0


# ---- a whole supervisor in a process of its own -----------------------------------------------------------------

_WHOLE = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from saas.embedded.paths import DataPaths
    from saas.embedded.supervisor import Part, Supervisor
    supervisor = Supervisor(DataPaths(Path(sys.argv[1])), environ=os.environ, say=print)
    supervisor.catch_signals()
    supervisor.start([Part(name, [sys.executable, "-c", sys.argv[2]]) for name in ("web", "worker")])
    supervisor.watch(lambda: False)
    supervisor.stop(["web"])
    """
)


@pytest.fixture
def whole(paths: DataPaths, command_environment: dict[str, str]) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(code: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", _WHOLE, str(paths.root), code],
            env=command_environment,
            stdout=subprocess.DEVNULL,
        )
        started.append(process)
        both = lambda: bool(_logged_pids(paths, "web") and _logged_pids(paths, "worker"))  # noqa: E731 -- used once
        assert processes.wait_until(both, 10)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_stops_all(
    paths: DataPaths, whole: Callable[[str], subprocess.Popen[bytes]], number: signal.Signals
) -> None:
    process = whole(_SLEEPER)
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not any(processes.is_alive(_logged_pids(paths, name)[0]) for name in ("web", "worker"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the next start ends them")
def test_parts_do_not_outlive_a_killed_supervisor(
    paths: DataPaths, whole: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    process = whole(_SLEEPER)
    process.kill()
    parts = [_logged_pids(paths, name)[0] for name in ("web", "worker")]
    assert processes.wait_until(lambda: not any(map(processes.is_alive, parts)), 5)


def test_next_start_ends_parts_that_a_killed_supervisor_left(
    paths: DataPaths, whole: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    process = whole(_STUBBORN)  # deaf to the signal they get when the supervisor dies
    process.kill()
    process.wait()
    parts = [_logged_pids(paths, name)[0] for name in ("web", "worker")]
    assert all(map(processes.is_alive, parts))
    assert end_left_overs(paths, seconds=0.2) == 2
    assert not any(map(processes.is_alive, parts))


def test_parts_of_another_folder_are_left_alone(paths: DataPaths, short_folder: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", _SLEEPER],
        stdout=subprocess.DEVNULL,
        env=os.environ | {FOLDER_MARK: str(short_folder / "other"), PART_MARK: "web"},
    )
    try:
        assert end_left_overs(paths) == 0
        assert processes.is_alive(other.pid)
    finally:
        other.kill()
        other.wait()
