"""A per-process cache whose entries live as long as the counter they were read under stands."""

import threading
import time
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError

from shared_apps.tenants.backend.guard import time_limit
from shared_apps.tenants.generations import Generations
from shared_apps.tenants.snapshots import STALE_SECONDS

Value = TypeVar("Value")

_LOAD_SECONDS = 1.0  # a visitor waits for it, and there is something else to serve


@cache
def host_generations() -> Generations:
    """Return this host's counters."""
    return Generations(Path(settings.STATE_DIR) / "generations")


class GenerationCache(Generic[Value]):
    """Bounded map from key to value, each valid while its counter stands and for `ttl` seconds at most.

    While the database is away an entry of up to 24 hours is served instead of an error: visitors then still reach
    the business. Where entries are also kept outside of this process, one whose counter has moved is not served, since
    it may be of a tenant that was suspended meanwhile; what is kept outside is. Values must be immutable; keys must
    hold the tenant, or be what finds the tenant.
    """

    def __init__(self, *, max_entries: int, ttl: float) -> None:
        self._max_entries = max_entries
        self._ttl = ttl
        self._entries: dict[Hashable, tuple[int, float, Value]] = {}
        self._lock = threading.Lock()

    def get(
        self,
        key: Hashable,
        *,
        slot: int,
        load: Callable[[], Value],
        recall: Callable[[], tuple[Value, float] | None] | None = None,
    ) -> Value:
        """Return the value at `key`, calling `load` when there is none that is valid.

        The counter is read before loading, so a change committed meanwhile makes the new entry invalid at once.
        `recall` gives what is kept outside of this process, with its age in seconds, for when `load` has no database.
        """
        generation = self.read_generation(slot)
        now = time.monotonic()
        entry = self._entries.get(key)
        if entry is not None and self._is_valid(entry, generation, now):
            return entry[2]
        try:
            with time_limit(_LOAD_SECONDS):
                value = load()
        except (OperationalError, InterfaceError):
            if entry is not None and (recall is None or entry[0] == generation) and now - entry[1] < STALE_SECONDS:
                return entry[2]
            recalled = recall() if recall is not None else None
            if recalled is None:
                raise
            value, age = recalled
            now -= max(age, self._ttl)  # never good enough to be served without asking the database first
        self._put(key, (generation, now, value))
        return value

    def find(self, key: Hashable, *, slot: int) -> Value | None:
        """Return the value at `key` where there is one that is valid; None where there is none. Loads nothing."""
        generation = self.read_generation(slot)
        entry = self._entries.get(key)
        if entry is not None and self._is_valid(entry, generation, time.monotonic()):
            return entry[2]
        return None

    def _is_valid(self, entry: tuple[int, float, Value], generation: int, now: float) -> bool:
        return entry[0] == generation and now - entry[1] < self._ttl

    @staticmethod
    def read_generation(slot: int) -> int:
        """Return the counter of `slot`, for `put`: read it before making what is to be kept."""
        return host_generations().read(slot)

    def put(self, key: Hashable, value: Value, *, generation: int) -> None:
        """Keep what was made elsewhere, after `generation` was read."""
        self._put(key, (generation, time.monotonic(), value))

    def _put(self, key: Hashable, entry: tuple[int, float, Value]) -> None:
        with self._lock:
            self._entries.pop(key, None)
            while len(self._entries) >= self._max_entries:
                self._entries.pop(next(iter(self._entries)))
            self._entries[key] = entry

    def clear(self) -> None:
        """Forget everything; for tests, which roll back what they wrote."""
        with self._lock:
            self._entries.clear()

    def peek(self, key: Hashable) -> Value | None:
        """Return whatever is held at `key`, valid or not, without loading; None when nothing is."""
        entry = self._entries.get(key)
        return entry[2] if entry is not None else None
