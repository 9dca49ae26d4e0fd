"""Rate limits, counted in Redis, or in this process while Redis is away.

Keys name the tenant, so one tenant's visitors never use up another's share. No request waits for Redis longer than
a quarter of a second, and after a failure Redis is left alone for five seconds.
"""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import cast

from django.conf import settings
from django.utils.translation import gettext_noop as _
from limits import (
    RateLimitItem,
    RateLimitItemPerDay,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
    RateLimitItemPerSecond,
)
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from redis import Connection, ConnectionPool, RedisError
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import NoScriptError
from redis.retry import Retry

from shared_apps.errors import DomainError

logger = logging.getLogger(__name__)

_UNITS: dict[str, type[RateLimitItem]] = {
    "s": RateLimitItemPerSecond,
    "m": RateLimitItemPerMinute,
    "h": RateLimitItemPerHour,
    "d": RateLimitItemPerDay,
}
_REST_SECONDS = 5.0


class RateLimitedError(DomainError):
    """Too many requests. `retry_after` is in whole seconds, at least 1."""

    code = "rate_limited"
    message = _("Too many requests. Please wait a moment and try again.")

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = max(1, retry_after)


@cache
def parse_rate(rate: str) -> RateLimitItem:
    """Return the limit written as `30/m` or `5/30m`: so many per one, or per several, s, m, h or d."""
    amount, _, window = rate.partition("/")
    return _UNITS[window[-1]](int(amount), int(window[:-1] or 1), namespace="rate")


@dataclass(frozen=True, slots=True)
class Use:
    """One use of the limit `name`, `factor` times as wide, for `key`."""

    name: str
    key: tuple[str, ...]
    factor: int = 1

    @property
    def limit(self) -> RateLimitItem:
        rate = parse_rate(settings.RATES[self.name])
        return type(rate)(rate.amount * self.factor, rate.multiples, namespace="rate") if self.factor != 1 else rate


# KEYS are windows, ARGV whether to count, then amount and seconds of each. Gives what is left of the first window that
# is used up, in seconds, and counts no further; nil where none is.
_SCRIPT = """
for i, key in ipairs(KEYS) do
  local used
  if ARGV[1] == '1' then
    used = redis.call('incr', key)
    if used == 1 then redis.call('expire', key, ARGV[2 * i + 1]) end
  else
    used = (tonumber(redis.call('get', key)) or 0) + 1
  end
  if used > tonumber(ARGV[2 * i]) then return redis.call('ttl', key) end
end
return false
"""


class _RedisWindows:
    """Fixed windows in Redis: however many limits a call asks of, it is one script and one round trip.

    Each thread has a connection of its own, which takes half the time of one from the client's pool. One that was
    closed while nobody asked (Redis was started again) is opened anew, once.
    """

    def __init__(self) -> None:
        self._own = threading.local()
        self._digest = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
        told = ConnectionPool.from_url(  # reads the address; a pool would not make more than a hundred
            settings.REDIS_URL,
            socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._connect = partial(told.connection_class, **told.connection_kwargs)

    def ask(self, uses: Sequence[Use], *, counts: bool) -> int | None:
        """Return the seconds until the first limit that is used up is not; None where none is."""
        limits = [(use.limit, use) for use in uses]
        keys = [limit.key_for(use.name, *use.key) for limit, use in limits]
        arguments = [part for limit, _ in limits for part in (limit.amount, limit.get_expiry())]
        question: tuple[str | int, ...] = (len(keys), *keys, int(counts), *arguments)
        connection = self._connection()
        was_open = connection._sock is not None  # noqa: SLF001 - the client has no other word for it
        try:
            return self._run(connection, question)
        except LostConnectionError:
            if not was_open:
                raise
            return self._run(connection, question)

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None or connection.pid != os.getpid():  # a fork's is its parent's
            connection = self._own.connection = cast(Connection, self._connect())
        return connection

    def _run(self, connection: Connection, question: tuple[str | int, ...]) -> int | None:
        try:
            try:
                left = self._send(connection, "EVALSHA", self._digest, *question)
            except NoScriptError:
                left = self._send(connection, "EVAL", _SCRIPT, *question)
        except BaseException:
            connection.disconnect()  # type: ignore[no-untyped-call]  # as below; no answer is left for the next question
            raise
        return left

    def _send(self, connection: Connection, *command: str | int) -> int | None:
        connection.send_command(*command)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        left: int | None = connection.read_response()
        return left


class _LocalWindows:
    """The same in this process."""

    def __init__(self) -> None:
        self._windows = FixedWindowRateLimiter(MemoryStorage())

    def ask(self, uses: Sequence[Use], *, counts: bool) -> int | None:
        ask = self._windows.hit if counts else self._windows.test
        for use in uses:
            if not ask(use.limit, use.name, *use.key):
                return int(self._windows.get_window_stats(use.limit, use.name, *use.key).reset_time - time.time()) + 1
        return None


class _Limiter:
    """Asks Redis where it answers, else this process."""

    def __init__(self) -> None:
        self._local = _LocalWindows()
        self._shared = _RedisWindows()
        self._rest_until = 0.0

    def ask(self, uses: Sequence[Use], *, counts: bool) -> int | None:
        if time.monotonic() >= self._rest_until:
            try:
                return self._shared.ask(uses, counts=counts)
            except (RedisError, OSError) as error:
                self._rest_until = time.monotonic() + _REST_SECONDS
                logger.warning("rate limits: Redis away (%s), counting in this process", type(error).__name__)
        return self._local.ask(uses, counts=counts)


@cache
def _limiter() -> _Limiter:
    return _Limiter()


def hit(name: str, *key: str, factor: int = 1) -> None:
    """Count one use of the limit `name`, `factor` times as wide, for `key`. Raises RateLimitedError when over it."""
    hit_each(Use(name, key, factor))


def hit_each(*uses: Use) -> None:
    """Count several uses at once; the first that is over its limit raises RateLimitedError and ends the counting."""
    _ask(uses, counts=True)


def check(name: str, *key: str, factor: int = 1) -> None:
    """Raise RateLimitedError when the limit is used up, without counting."""
    _ask((Use(name, key, factor),), counts=False)


def _ask(uses: Sequence[Use], *, counts: bool) -> None:
    left = _limiter().ask(uses, counts=counts)
    if left is not None:
        raise RateLimitedError(left)
