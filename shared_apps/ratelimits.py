"""Rate limits, counted in Redis, or in this process while Redis is away.

Keys name the tenant, so one tenant's visitors never use up another's share. No request waits for Redis longer than
a quarter of a second, and after a failure Redis is left alone for five seconds.
"""

import logging
import time
from functools import cache

from django.conf import settings
from django.utils.translation import gettext_noop as _
from limits import (
    RateLimitItem,
    RateLimitItemPerDay,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
    RateLimitItemPerSecond,
)
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from redis import ConnectionPool, RedisError
from redis.backoff import NoBackoff
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


class _Limiter:
    """A fixed window per key, in Redis when it answers, else in this process."""

    def __init__(self) -> None:
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._shared = FixedWindowRateLimiter(self._redis_storage())
        self._rest_until = 0.0

    @staticmethod
    def _redis_storage() -> Storage:
        pool = ConnectionPool.from_url(
            settings.REDIS_URL,
            socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        return RedisStorage("redis://", connection_pool=pool)

    def call(self, method: str, *args: object) -> object:
        if time.monotonic() >= self._rest_until:
            try:
                return getattr(self._shared, method)(*args)
            except (RedisError, OSError) as error:
                self._rest_until = time.monotonic() + _REST_SECONDS
                logger.warning("rate limits: Redis away (%s), counting in this process", type(error).__name__)
        return getattr(self._local, method)(*args)


@cache
def _limiter() -> _Limiter:
    return _Limiter()


def hit(name: str, *key: str, factor: int = 1) -> None:
    """Count one use of the limit `name`, `factor` times as wide, for `key`. Raises RateLimitedError when over it."""
    _ask("hit", name, key, factor)


def check(name: str, *key: str, factor: int = 1) -> None:
    """Raise RateLimitedError when the limit is used up, without counting."""
    _ask("test", name, key, factor)


def _ask(method: str, name: str, key: tuple[str, ...], factor: int) -> None:
    rate = parse_rate(settings.RATES[name])
    limit = type(rate)(rate.amount * factor, rate.multiples, namespace="rate")
    if not _limiter().call(method, limit, name, *key):
        window = _limiter().call("get_window_stats", limit, name, *key)
        raise RateLimitedError(int(getattr(window, "reset_time", time.time() + 60) - time.time()) + 1)
