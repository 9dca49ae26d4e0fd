"""Looking at other processes, and making sure that ours end."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1


def is_alive(pid: int) -> bool:
    """Tell whether `pid` runs. A zombie does not: under some first processes they are never collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _state(pid) not in ("Z", "X", "")


def _state(pid: int) -> str:
    """Return the one letter the system gives for the state of `pid`, or "" when it is gone."""
    if sys.platform.startswith("linux"):
        try:
            return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return ""
    return _ask_ps(pid, "stat")[:1]


def command_line(pid: int) -> str:
    """Return the command line of `pid` as one string, "" when it is gone or hidden."""
    if sys.platform.startswith("linux"):
        try:
            raw = (_PROC / str(pid) / "cmdline").read_bytes()
        except OSError:
            return ""
        return os.fsdecode(raw.replace(b"\0", b" ")).strip()
    return _ask_ps(pid, "command")


def _ask_ps(pid: int, field: str) -> str:
    done = subprocess.run(
        ["ps", "-o", f"{field}=", "-p", str(pid)], capture_output=True, text=True, check=False, errors="replace"
    )
    return done.stdout.strip()


def can_list() -> bool:
    """Tell whether the system shows its processes under /proc."""
    return _PROC.is_dir()


def all_pids() -> Iterator[int]:
    """Yield the ids of all processes that can be seen; nothing where there is no /proc."""
    if can_list():
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def find_by_environment(name: str, value: str) -> list[int]:
    """Return the living processes whose environment at their start held `name`=`value`; needs /proc."""
    wanted = os.fsencode(f"{name}={value}")
    found = []
    for pid in all_pids():
        try:
            entries = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if wanted in entries and pid != os.getpid() and is_alive(pid):
            found.append(pid)
    return found


def read_pid(path: Path) -> int | None:
    """Return the number in the first line of a pid file; None when there is none that is one process's.

    A signal to 0 or less goes to a whole group: our own, or that of a PostgreSQL alone, which writes its id so.
    """
    try:
        pid = int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if pid > 0 else None


def wait_until(condition: Callable[[], bool], seconds: float, step: float = 0.05) -> bool:
    """Poll `condition` until it holds; False when it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(step)
    return True


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def send_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to every process of the group that `leader` made, even when the leader is gone."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return a `preexec_fn` after which the child gets `number` when its parent dies; None where Linux is not.

    The kernel ties this to the thread that starts the child, so start it from a thread that lives on.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)  # loaded here: after the fork only the call itself is left to do
    parent = os.getpid()

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died between the fork and the call above
            os._exit(1)

    return tie


def catches(pid: int, number: signal.Signals) -> bool:
    """Return whether that process has a handler for `number`; False where the system does not tell (no /proc)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)


def stop_with_parent(number: signal.Signals) -> None:
    """Ask the kernel to send this very process `number` when the process that started it dies (Linux only)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number))
