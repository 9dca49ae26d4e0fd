"""File locks of the kernel: they are free again the moment their holder is gone, however it went."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """One open `flock` file. Holders may share it or hold it alone; closing lets go.

    The lock belongs to the open file: a child that inherits the descriptor keeps it held after the parent is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def fileno(self) -> int:
        if self._fd is None:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._fd

    def share(self) -> None:
        """Hold the lock with others; waits while somebody holds it alone."""
        fcntl.flock(self.fileno(), fcntl.LOCK_SH)

    def try_share(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def try_alone(self, seconds: float = 0) -> bool:
        """Hold the lock alone if that is possible within `seconds`. False also drops a lock that was shared."""
        deadline = time.monotonic() + seconds
        while not self._try(fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        return True

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self.fileno(), kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def is_free(path: Path) -> bool:
    """Tell whether nobody holds the lock at `path` at this moment."""
    lock = FileLock(path)
    try:
        return lock.try_alone()
    finally:
        lock.close()


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Hold the lock at `path` alone, waiting for it as long as it takes."""
    lock = FileLock(path)
    try:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        yield
    finally:
        lock.close()
