"""Real servers to be stopped, frozen and filled up, beside those all other tests share."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from saas.embedded import processes


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = [pid]
    for one in found:
        found += [child for child, parent in parents if parent == one]
    return found


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process and all below it in the middle of what they do; they keep their sockets, and answer nothing."""
    pids = family(pid)
    for one in pids:
        processes.send(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in reversed(pids):
            processes.send(one, signal.SIGCONT)


def kill(pid: int) -> None:
    """End a process as the kernel does when memory is short."""
    os.kill(pid, signal.SIGKILL)
