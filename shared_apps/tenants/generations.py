"""Counters that all processes of one host share, by which each knows that its cached copy is out of date.

A file of fixed size is mapped into every process; reading a counter is a memory access. A writer bumps the counter
after its commit and before it answers, so the first request that starts after that answer, in any process of the
host, sees the change. Two tenants may share a counter: then a change of one makes the other reload too, which costs
one query and is never wrong. Other hosts learn of the change from the tenant's row; see `shared_apps.tenants.watcher`.
"""

import fcntl
import mmap
import os
import threading
from pathlib import Path

_SLOTS = 8192
_SLOT_BYTES = 8
ROUTING_SLOT = 0


def tenant_slot(tenant_id: int) -> int:
    """Return the counter of the tenant with that id; 1 to 8,191. Slot 0 is that of host names and statuses."""
    return 1 + tenant_id % (_SLOTS - 1)


class Generations:
    """The counters in the file at `path`, made when it is not there. Safe for threads and after a fork."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(fd).st_size < _SLOTS * _SLOT_BYTES:
                os.ftruncate(fd, _SLOTS * _SLOT_BYTES)
            self._counters = memoryview(mmap.mmap(fd, _SLOTS * _SLOT_BYTES)).cast("Q")
        finally:
            os.close(fd)

    def read(self, slot: int) -> int:
        """Return the counter of `slot`."""
        return self._counters[slot]

    def bump(self, slot: int) -> None:
        """Add one to the counter of `slot`. The file is opened anew: a lock held open would be shared by forks."""
        with self._lock, self._path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._counters[slot] += 1
