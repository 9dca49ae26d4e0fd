"""How long this process waits for the database, and when it stops asking.

PostgreSQL's own limits (`statement_timeout`, `connect_timeout`, TCP's) are kept by a server that works. One that is
frozen, or a network that swallows packets, keeps none: a request then waits until somebody resumes it. So a process on
duty (the web server, the drainer) bounds every wait itself, and after the first that was in vain, or the first refused
connection, its breaker opens: whoever asks next is told at once that the database is away. One thread goes on trying
and closes the breaker when it is answered.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import psycopg

from shared_apps.counters import Counter, Level

logger = logging.getLogger(__name__)

PROBE_SECONDS: Final = 0.25  # between two attempts while the breaker is open
PROBE_LIMIT: Final = 1.0

OPENINGS: Final = Counter("handoff_breaker_openings_total", "How often a process stopped asking the database.")
OPEN: Final = Level("handoff_breaker_open", "How many processes are not asking the database at the moment.")

_ends: ContextVar[float | None] = ContextVar("database_limit", default=None)
_patience: ContextVar[float | None] = ContextVar("database_patience", default=None)
_is_probe: ContextVar[bool] = ContextVar("database_probe", default=False)


class DatabaseAwayError(psycopg.OperationalError):
    """The database did not answer in time, or has lately not answered anybody in this process."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Give the database `seconds` for all statements of the body together, connecting included.

    An outer limit that ends sooner stands. A statement that is out of time raises Django's OperationalError, and its
    connection is closed.
    """
    ends = time.monotonic() + seconds
    outer = _ends.get()
    token = _ends.set(ends if outer is None else min(ends, outer))
    try:
        yield
    finally:
        _ends.reset(token)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let each statement of the body take that long in a process on duty, too: for what is slow and rare, such as DDL.

    The server's own limit is the caller's to raise.
    """
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


class Breaker:
    """Open while the database is known to be away. One thread at a time looks whether it is back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opening = 0  # counts; a probe belongs to one opening
        self.is_open = False

    def trip(self, reason: str, probe: Callable[[], None]) -> None:
        """Open, and call `probe` from a thread until it raises nothing; nothing happens when it is open already."""
        with self._lock:
            if self.is_open:
                return
            self.is_open = True
            self._opening += 1
            opening = self._opening
        OPENINGS.add()
        OPEN.set(1.0)
        logger.error("database away (%s): not asking until it answers a probe", reason)
        threading.Thread(target=self._watch, args=(opening, probe), name="database-probe", daemon=True).start()

    def close(self) -> None:
        """Let everybody ask again."""
        with self._lock:
            self.is_open = False
        OPEN.set(0.0)

    def _watch(self, opening: int, probe: Callable[[], None]) -> None:
        _is_probe.set(True)
        since = time.monotonic()
        while self.is_open and self._opening == opening:
            time.sleep(PROBE_SECONDS)
            try:
                with time_limit(PROBE_LIMIT):
                    probe()
            except psycopg.Error:
                continue
            with self._lock:
                if self._opening != opening:
                    return
                self.is_open = False
                OPEN.set(0.0)
            logger.warning("database back after %.1f s", time.monotonic() - since)


class Guard:
    """The limits of this process; off duty there are none but those of `time_limit`."""

    def __init__(self) -> None:
        self.statement_seconds: float | None = None
        self.breaker = Breaker()

    @property
    def is_on_duty(self) -> bool:
        return self.statement_seconds is not None

    def start(self, *, statement_seconds: float) -> None:
        """From now on no statement of this process takes longer, and the breaker opens when the database is away."""
        self.statement_seconds = statement_seconds

    def stop(self) -> None:
        """Take the limits away, and close the breaker."""
        self.statement_seconds = None
        self.breaker.close()

    def seconds_left(self) -> float | None:
        """Return how long the next statement may take, None for as long as it likes; 0 when it is out of time.

        Raises DatabaseAwayError while the breaker is open, but for its probe.
        """
        if self.breaker.is_open and not _is_probe.get():
            raise DatabaseAwayError("the database is away")
        statement = self.statement_seconds and (_patience.get() or self.statement_seconds)
        ends = _ends.get()
        if ends is None:
            return statement
        left = max(0.0, ends - time.monotonic())
        return left if statement is None else min(left, statement)

    def trip(self, reason: str, probe: Callable[[], None]) -> None:
        """Open the breaker of a process on duty. A probe's own failure changes nothing."""
        if self.is_on_duty and not _is_probe.get():
            self.breaker.trip(reason, probe)


GUARD: Final = Guard()


def is_database_away() -> bool:
    """Whether this process has stopped asking the database."""
    return GUARD.breaker.is_open
