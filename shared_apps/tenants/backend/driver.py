"""psycopg as Django sees it (PEP 249), with connections that never wait longer than the guard lets them."""

import time
from collections.abc import Callable, Generator
from typing import Any, Self, TypeVar

import psycopg
from psycopg import (
    Binary,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    errors,
)

from shared_apps.tenants.backend.guard import GUARD, DatabaseAwayError

__all__ = [
    "Binary",
    "BoundedConnection",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "connect",
]

_Given = TypeVar("_Given")
_Asked = TypeVar("_Asked")
_Result = TypeVar("_Result")

_INTERVAL = 0.1  # psycopg's own: how often a wait looks for signals
_SILENT, _REFUSED = "no answer in time", "no connection"


class BoundedConnection(psycopg.Connection[Any]):
    """A connection whose every wait, that for the connection itself included, ends when the guard says so.

    psycopg waits by generators that a selector drives, so a wait can simply be given up: no signal, no second thread.
    What was sent may still be carried out by the server, as with any lost connection.
    """

    probe: Callable[[], None] = staticmethod(lambda: None)
    """Finds out whether the server this connection is to can be reached anew."""

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        """Connect within the limit. A refusal opens the breaker, whatever its reason: nobody else gets in either."""
        GUARD.seconds_left()
        probe = _make_probe(conninfo, kwargs)
        try:
            connection = super().connect(conninfo, **kwargs)
        except OperationalError as error:
            GUARD.trip(f"{_REFUSED}, {type(error).__name__} {error.sqlstate or ''}".rstrip(), probe)
            raise
        connection.probe = probe
        return connection

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        # The selector wakes ten times a second; psycopg's own limit for connecting is two seconds or more.
        return _bounded(super()._connect_gen(conninfo), GUARD.seconds_left())

    def wait(self, gen: Any, interval: float = _INTERVAL, timeout: float | None = None) -> Any:
        """Wait for a statement. One that is out of time closes the connection and opens the breaker."""
        left = GUARD.seconds_left()
        if left is None:
            return super().wait(gen, interval, timeout)
        if left == 0:
            raise DatabaseAwayError("out of time before asking")
        try:
            return super().wait(gen, interval, left if timeout is None else min(left, timeout))
        except errors._WaitTimeout:  # noqa: SLF001 - what the documentation of `wait` says it raises
            self.pgconn.finish()
            GUARD.trip(_SILENT, self.probe)
            raise DatabaseAwayError(_SILENT) from None


def _bounded(steps: Generator[_Asked, _Given, _Result], seconds: float | None) -> Generator[_Asked, _Given, _Result]:
    """Run a generator that is driven at intervals, and give it up after `seconds`."""
    if seconds is None:
        return (yield from steps)
    ends = time.monotonic() + seconds
    asked = next(steps)
    while True:
        given = yield asked
        if not given and time.monotonic() >= ends:
            steps.close()
            raise DatabaseAwayError(_SILENT)
        try:
            asked = steps.send(given)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]  # a generator's result is untyped here


def _make_probe(conninfo: str, kwargs: dict[str, Any]) -> Callable[[], None]:
    """Return what finds out whether a server takes connections and answers."""

    def probe() -> None:
        with BoundedConnection.connect(conninfo, **kwargs | {"autocommit": True}) as connection:
            connection.execute("SELECT 1")

    return probe


connect = BoundedConnection.connect
