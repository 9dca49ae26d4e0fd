"""A per-process cache whose entries live as long as the counter they were read under stands."""

import threading
import time
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError

from shared_apps.tenants.generations import Generations

Value = TypeVar("Value")

_STALE_SECONDS = 24 * 3600.0


@cache
def host_generations() -> Generations:
    """Return this host's counters."""
    return Generations(Path(settings.STATE_DIR) / "generations")


class GenerationCache(Generic[Value]):
    """Bounded map from key to value, each valid while its counter stands and for `ttl` seconds at most.

    While the database is away an entry of up to 24 hours is served instead of an error: visitors then still reach
    the business. Values must be immutable; keys must hold the tenant, or be what finds the tenant.
    """

    def __init__(self, *, max_entries: int, ttl: float) -> None:
        self._max_entries = max_entries
        self._ttl = ttl
        self._entries: dict[Hashable, tuple[int, float, Value]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, *, slot: int, load: Callable[[], Value]) -> Value:
        """Return the value at `key`, calling `load` when there is none that is valid.

        The counter is read before loading, so a change committed meanwhile makes the new entry invalid at once.
        """
        generation = host_generations().read(slot)
        now = time.monotonic()
        entry = self._entries.get(key)
        if entry is not None and entry[0] == generation and now - entry[1] < self._ttl:
            return entry[2]
        try:
            value = load()
        except (OperationalError, InterfaceError):
            if entry is not None and now - entry[1] < _STALE_SECONDS:
                return entry[2]
            raise
        with self._lock:
            self._entries.pop(key, None)
            while len(self._entries) >= self._max_entries:
                self._entries.pop(next(iter(self._entries)))
            self._entries[key] = (generation, now, value)
        return value

    def clear(self) -> None:
        """Forget everything; for tests, which roll back what they wrote."""
        with self._lock:
            self._entries.clear()

    def peek(self, key: Hashable) -> Value | None:
        """Return whatever is held at `key`, valid or not, without loading; None when nothing is."""
        entry = self._entries.get(key)
        return entry[2] if entry is not None else None
