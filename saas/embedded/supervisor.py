"""Keeps a set of child processes alive: one log each, started again when they die, stopped in order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from saas.embedded import processes
from saas.embedded.paths import DataPaths

# In the environment of every part, so that a later start finds what a killed supervisor left.
PART_MARK = "HANDOFF_PART"
FOLDER_MARK = "HANDOFF_PART_OF"

_POLL_SECONDS = 0.1
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_STEADY_SECONDS = 30.0
_LARGEST_LOG = 10_000_000


@dataclass
class Part:
    """One process to keep alive.

    Args:
        name: names its log, too.
        command: the command line.
        stop_seconds: how long it may take to end on SIGTERM before it is killed.
    """

    name: str
    command: Sequence[str]
    stop_seconds: float = 10.0
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started: float = 0.0
    pause: float = 0.0
    not_before: float = 0.0
    deaths: int = 0

    def is_running(self) -> bool:
        return self.child is not None and self.child.poll() is None


class Supervisor:
    """Runs the parts of one data folder.

    Args:
        paths: where logs and process ids go.
        environ: of the parts; two marks are added.
        inherited: open descriptors every part keeps, the use counts of the embedded servers.
        say: gets one line for what a person should know.
        each_second: called about once a second while the parts run.
        stop_when: asked about once a second; True has the effect of a first signal.
    """

    def __init__(
        self,
        paths: DataPaths,
        *,
        environ: Mapping[str, str],
        inherited: Sequence[int] = (),
        say: Callable[[str], None],
        each_second: Callable[[], None] = lambda: None,
        stop_when: Callable[[], bool] = lambda: False,
    ) -> None:
        self._paths = paths
        self._environ = dict(environ) | {FOLDER_MARK: str(paths.root), "PYTHONUNBUFFERED": "1"}
        self._inherited = tuple(inherited)
        self._say = say
        self._each_second = each_second
        self._stop_when = stop_when
        self._looked = 0.0
        self._signals = 0
        self.parts: list[Part] = []

    # ---- signals ------------------------------------------------------------------------------------------------

    def catch_signals(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal ask for an end in order; a second one for a quick end."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # `nohup make demo &` stays
                signal.signal(number, self._count_signal)

    def _count_signal(self, number: int, frame: object) -> None:
        self._signals += 1

    @property
    def must_stop(self) -> bool:
        return self._signals > 0

    @property
    def must_hurry(self) -> bool:
        return self._signals > 1

    # ---- running ------------------------------------------------------------------------------------------------

    def run_once(self, name: str, command: Sequence[str]) -> int:
        """Run a command whose output the person sees, to its end or to a signal. Returns its exit code."""
        child = self._spawn(name, command, None)
        while child.poll() is None:
            if self.must_stop:
                self._end([Part(name, command, 5.0, child)])
            time.sleep(0.05)
        return child.returncode

    def start(self, parts: Sequence[Part]) -> None:
        """Start the parts; from here on `watch` keeps them up."""
        for part in parts:
            self.parts.append(part)
            self._start(part)

    def watch(self, until: Callable[[], bool]) -> None:
        """Keep the parts alive until `until()` holds or a signal came."""
        while not self.must_stop and not until():
            for part in self.parts:
                self._revive(part)
            if time.monotonic() - self._looked >= 1.0:
                self._looked = time.monotonic()
                self._each_second()
                self._signals = self._signals or int(self._stop_when())
            time.sleep(_POLL_SECONDS)

    def _revive(self, part: Part) -> None:
        if part.is_running():
            return
        now = time.monotonic()
        if part.child is not None:
            processes.send_group(part.child.pid, signal.SIGKILL)  # its own children would hold the port
            steady = now - part.started >= _STEADY_SECONDS
            part.pause = _FIRST_PAUSE if steady or not part.pause else min(part.pause * 2, _LONGEST_PAUSE)
            part.not_before = now + part.pause
            part.deaths += 1
            self._say(
                f"{part.name} ended ({_reason(part.child.returncode)}): starting it again in {part.pause:g} s; "
                f"log: {self._paths.log(part.name)}"
            )
            part.child = None
        if now >= part.not_before:
            self._start(part)

    def _start(self, part: Part) -> None:
        log = self._paths.log(part.name)
        _roll(log)
        part.started = time.monotonic()
        part.child = self._spawn(part.name, part.command, log)
        (self._paths.run / f"{part.name}.pid").write_text(f"{part.child.pid}\n")

    def _spawn(self, name: str, command: Sequence[str], log: Path | None) -> subprocess.Popen[bytes]:
        output = None if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environ | {PART_MARK: name},
                pass_fds=self._inherited,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops the parts in order
                preexec_fn=processes.die_with_parent(signal.SIGTERM),
            )
        finally:
            if output is not None:
                os.close(output)

    # ---- stopping -----------------------------------------------------------------------------------------------

    def stop(self, *stages: Sequence[str]) -> None:
        """End the parts named in each stage together, stage after stage, then whatever is left."""
        for names in (*stages, [part.name for part in self.parts]):
            ending = [part for part in self.parts if part.name in names and part.child is not None]
            self._end(ending)
            for part in ending:
                self._say(f"{part.name}: stopped")

    def _end(self, parts: Sequence[Part]) -> None:
        """SIGTERM, wait as long as each may take, SIGKILL for its whole group; SIGKILL at once on a second signal."""
        asked = time.monotonic()
        for part in parts:
            if part.is_running() and part.child is not None:
                processes.send(part.child.pid, signal.SIGTERM)
        for part in parts:
            child = part.child
            if child is None:
                continue
            while child.poll() is None and not self.must_hurry and time.monotonic() - asked < part.stop_seconds:
                time.sleep(0.02)
            processes.send_group(child.pid, signal.SIGKILL)
            child.wait()
            part.child = None
            (self._paths.run / f"{part.name}.pid").unlink(missing_ok=True)


def end_left_overs(paths: DataPaths, *, seconds: float = 8.0) -> int:
    """End the parts a killed supervisor left behind on this data folder. Returns how many processes that were.

    They are known by the mark in their environment; without /proc, by a pid file whose process is still such a part.
    """
    if processes.can_list():
        left = processes.find_by_environment(FOLDER_MARK, str(paths.root))
    else:
        left = [pid for pid in map(processes.read_pid, paths.run.glob("*.pid")) if pid and _looks_like_part(pid)]
    for number, wait in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        for pid in filter(processes.is_alive, left):
            processes.send(pid, number)
        if processes.wait_until(lambda: not any(map(processes.is_alive, left)), wait):
            break
    return len(left)


def _looks_like_part(pid: int) -> bool:
    command = processes.command_line(pid)
    return any(word in command for word in ("saas.wsgi:application", "worker.app", "drain_journal"))


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _roll(log: Path) -> None:
    """Start a new log when the last one has grown large; one old one is kept."""
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_name(log.name + ".1"))
