"""Redis for what can do without it: nobody waits longer than a quarter of a second, and after a failure it rests."""

import logging
import time
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

_REST_SECONDS = 5.0


class RedisAwayError(Exception):
    """Redis did not answer, or has lately not answered."""


class QuickRedis:
    """A client that gives up at once and then leaves Redis alone for five seconds."""

    def __init__(self, url: str) -> None:
        timeout = settings.REDIS_TIMEOUT_SECONDS
        self._client = Redis.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
        )
        self._rest_until = 0.0

    def call(self, command: str, *args: Any) -> Any:
        """Return what Redis answers to a command. Raises RedisAwayError."""
        if time.monotonic() < self._rest_until:
            raise RedisAwayError
        try:
            return self._client.execute_command(command, *args)  # type: ignore[no-untyped-call]  # redis-py leaves it so
        except (RedisError, OSError) as error:
            self._rest_until = time.monotonic() + _REST_SECONDS
            logger.warning("Redis away (%s): doing without", type(error).__name__)
            raise RedisAwayError from None


@cache
def _client(url: str) -> QuickRedis:
    return QuickRedis(url)


def quick_redis() -> QuickRedis:
    """Return this process's client."""
    return _client(settings.REDIS_URL)
