"""What this host knows of tenants when the database is away: small signed files, with copies in Redis.

A file holds what visitors may see anyway, no secrets. It is written whenever the database was read, and after every
save; it is read only while the database is away, by a process that has nothing in memory. Writing never fails a
request: a host without a disk that can be written serves from memory and Redis.
"""

import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer

from shared_apps.quick_redis import RedisAwayError, quick_redis

logger = logging.getLogger(__name__)

STALE_SECONDS: Final = 24 * 3600.0
RENEW_SECONDS: Final = 3600.0
"""How often a process gives Redis a value anew that has not changed: the copy there ends by itself."""


class Recalled(NamedTuple):
    """A value kept earlier, and how many seconds ago the database was last seen to agree."""

    value: Any
    age: float


class SnapshotStore:
    """Values of one kind by key. Keys are schema names or host names: letters, digits, hyphens, dots, underscores."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._copied: dict[str, float] = {}

    @property
    def _folder(self) -> Path:
        return Path(settings.STATE_DIR) / "snapshots" / self._kind

    def _signer(self, key: str) -> Signer:
        return Signer(salt=f"snapshot:{self._kind}:{key}")

    def _redis_key(self, key: str) -> str:
        return f"snapshot:{self._kind}:{key}"

    def keep(self, key: str, value: Any) -> None:
        """Keep a JSON value that was read from the database just now."""
        signed = self._signer(key).sign_object(value)
        if self._read(key) == signed and self.confirm(key):
            return
        try:
            self._write(key, signed)
        except OSError as error:
            logger.error("a snapshot could not be written: %s", type(error).__name__)
        self._copy(key, signed)

    def confirm(self, key: str) -> bool:
        """Note that the database still says what is kept; False when nothing is kept."""
        try:
            os.utime(self._folder / key)
        except OSError:
            return False
        is_old = time.monotonic() - self._copied.get(key, float("-inf")) > RENEW_SECONDS
        if is_old and (signed := self._read(key)) is not None:
            self._copy(key, signed)
        return True

    def _copy(self, key: str, signed: str) -> None:
        with suppress(RedisAwayError):
            quick_redis().call("SET", self._redis_key(key), signed, "EX", int(STALE_SECONDS))
            self._copied[key] = time.monotonic()

    def recall(self, key: str) -> Recalled | None:
        """Return what was kept within the last 24 hours: of this host's file, else of Redis; None when there is none.

        What is not signed by us for this very key is nothing.
        """
        signed, age = self._read(key), self._age(key)
        if signed is None or age is None:
            try:
                answer = quick_redis().call("GET", self._redis_key(key))
            except RedisAwayError:
                return None
            signed, age = (answer.decode(errors="replace") if answer else None), 0.0
        if signed is None or age > STALE_SECONDS:
            return None
        try:
            return Recalled(self._signer(key).unsign_object(signed), age)
        except (BadSignature, ValueError):
            logger.error("a snapshot is not signed by us")
            return None

    def drop(self, key: str) -> None:
        """Forget a key: it must not be served again."""
        self._copied.pop(key, None)
        with suppress(OSError):
            (self._folder / key).unlink()
        with suppress(RedisAwayError):
            quick_redis().call("DEL", self._redis_key(key))

    def holds(self, key: str) -> bool:
        """Tell whether this host has a file of that key."""
        return self._age(key) is not None

    def list_keys(self) -> set[str]:
        """Return the keys of this host's files."""
        try:
            return {name for name in os.listdir(self._folder) if not name.startswith(".")}  # noqa: PTH208 - names alone
        except OSError:
            return set()

    def _read(self, key: str) -> str | None:
        try:
            return (self._folder / key).read_text(encoding="ascii")
        except (OSError, ValueError):
            return None

    def _age(self, key: str) -> float | None:
        try:
            return max(0.0, time.time() - (self._folder / key).stat().st_mtime)
        except OSError:
            return None

    def _write(self, key: str, signed: str) -> None:
        """Put the file in place in one step, on the disk before it counts, readable by us alone."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self._folder / f".{os.getpid()}.{threading.get_ident()}"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(signed)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._folder / key)
        except OSError:
            with suppress(OSError):
                partial.unlink()
            raise


ROUTES: Final = SnapshotStore("hosts")
"""By the key of a domain: which tenant answers there."""

TENANTS: Final = SnapshotStore("tenants")
"""By schema name: what a visitor's page shows, and where the visitor goes."""
