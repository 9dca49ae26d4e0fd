"""A per-process cache under a counter all processes share."""

import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError

from shared_apps.tenants import cache as cache_module
from shared_apps.tenants.cache import GenerationCache, host_generations

SLOT = 4000
HOUR = 3600.0


class Source:
    """What is cached: counts how often it was asked, and fails on request."""

    def __init__(self) -> None:
        self.value = "first"
        self.asked = 0
        self.error: Exception | None = None

    def __call__(self) -> str:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.value


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache() -> GenerationCache[str]:
    return GenerationCache(max_entries=3, ttl=30.0)


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that lets the given seconds pass."""
    now = [1000.0]
    monkeypatch.setattr(cache_module, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    return pass_by


def test_value_is_loaded_once(cache: GenerationCache[str], source: Source) -> None:
    assert [cache.get("key", slot=SLOT, load=source) for _ in range(3)] == ["first"] * 3
    assert source.asked == 1


def test_none_is_a_value_too() -> None:
    cache: GenerationCache[None] = GenerationCache(max_entries=3, ttl=30.0)
    asked = []

    for _ in range(2):
        cache.get("key", slot=SLOT, load=lambda: asked.append(1))

    assert asked == [1]


def test_bump_makes_the_next_get_load(cache: GenerationCache[str], source: Source) -> None:
    cache.get("key", slot=SLOT, load=source)
    source.value = "second"
    host_generations().bump(SLOT)

    assert cache.get("key", slot=SLOT, load=source) == "second"


def test_bump_of_another_slot_changes_nothing(cache: GenerationCache[str], source: Source) -> None:
    cache.get("key", slot=SLOT, load=source)
    host_generations().bump(SLOT + 1)
    cache.get("key", slot=SLOT, load=source)

    assert source.asked == 1


def test_bump_during_the_load_makes_the_next_get_load_again(cache: GenerationCache[str], source: Source) -> None:
    def load_while_somebody_writes() -> str:
        value = source()
        source.value = "second"
        host_generations().bump(SLOT)
        return value

    assert cache.get("key", slot=SLOT, load=load_while_somebody_writes) == "first"
    assert cache.get("key", slot=SLOT, load=source) == "second"


def test_value_is_loaded_again_after_its_time(
    cache: GenerationCache[str], source: Source, wait: Callable[[float], None]
) -> None:
    cache.get("key", slot=SLOT, load=source)
    wait(29.9)
    cache.get("key", slot=SLOT, load=source)
    assert source.asked == 1
    wait(0.1)
    cache.get("key", slot=SLOT, load=source)
    assert source.asked == 2


def test_oldest_gives_way_and_no_more_than_the_limit_is_held(cache: GenerationCache[str], source: Source) -> None:
    for key in ("a", "b", "c", "d"):
        cache.get(key, slot=SLOT, load=source)

    assert [cache.peek(key) for key in ("a", "b", "c", "d")] == [None, "first", "first", "first"]
    for number in range(1000):
        cache.get(number, slot=SLOT, load=source)
    assert len(cache._entries) == 3


def test_loading_anew_does_not_push_others_out(cache: GenerationCache[str], source: Source) -> None:
    for key in ("a", "b", "c"):
        cache.get(key, slot=SLOT, load=source)
    host_generations().bump(SLOT)

    cache.get("b", slot=SLOT, load=source)

    assert [cache.peek(key) for key in ("a", "b", "c")] == ["first"] * 3


@pytest.mark.parametrize("error", [OperationalError("server closed the connection"), InterfaceError("closed")])
def test_stale_value_is_served_while_the_database_is_away(
    error: Exception, cache: GenerationCache[str], source: Source, wait: Callable[[float], None]
) -> None:
    cache.get("key", slot=SLOT, load=source)
    host_generations().bump(SLOT)
    source.error = error
    wait(23.9 * HOUR)

    assert cache.get("key", slot=SLOT, load=source) == "first"

    source.error, source.value = None, "second"
    assert cache.get("key", slot=SLOT, load=source) == "second"


def test_value_of_a_day_ago_is_not_served(
    cache: GenerationCache[str], source: Source, wait: Callable[[float], None]
) -> None:
    cache.get("key", slot=SLOT, load=source)
    source.error = OperationalError("away")
    wait(24 * HOUR)

    with pytest.raises(OperationalError):
        cache.get("key", slot=SLOT, load=source)


def test_outage_with_nothing_held_is_an_error(cache: GenerationCache[str], source: Source) -> None:
    source.error = OperationalError("away")

    with pytest.raises(OperationalError):
        cache.get("key", slot=SLOT, load=source)
    assert cache.peek("key") is None


def test_error_that_is_no_outage_is_never_hidden(
    cache: GenerationCache[str], source: Source, wait: Callable[[float], None]
) -> None:
    cache.get("key", slot=SLOT, load=source)
    source.error = ProgrammingError("relation does not exist")
    wait(31)

    with pytest.raises(ProgrammingError):
        cache.get("key", slot=SLOT, load=source)


def test_keys_do_not_mix(cache: GenerationCache[str]) -> None:
    assert cache.get("t_one", slot=SLOT, load=lambda: "one") == "one"
    assert cache.get("t_two", slot=SLOT, load=lambda: "two") == "two"
    assert cache.get("t_one", slot=SLOT, load=lambda: "wrong") == "one"


def test_peek_loads_nothing_and_sees_what_is_out_of_date(cache: GenerationCache[str], source: Source) -> None:
    assert cache.peek("key") is None
    cache.get("key", slot=SLOT, load=source)
    host_generations().bump(SLOT)

    assert cache.peek("key") == "first"
    assert source.asked == 1


def test_threads_that_load_and_evict_never_see_another_keys_value() -> None:
    cache: GenerationCache[int] = GenerationCache(max_entries=5, ttl=30.0)
    wrong: list[tuple[int, int]] = []

    def use(seed: int) -> None:
        for step in range(2000):
            key = (seed * 31 + step * 7) % 23
            value = cache.get(key, slot=SLOT, load=lambda key=key: key * 100)  # type: ignore[misc]  # bound at once
            if value != key * 100:
                wrong.append((key, value))

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(cache._entries) == 5


def test_recalled_value_serves_the_outage_and_no_longer(cache: GenerationCache[str], source: Source) -> None:
    source.error = OperationalError("away")
    assert [cache.get("key", slot=SLOT, load=source, recall=lambda: ("kept", 1.0)) for _ in range(2)] == ["kept"] * 2
    source.error = None
    assert cache.get("key", slot=SLOT, load=source, recall=lambda: ("kept", 1.0)) == "first"


def test_recalled_value_is_served_until_a_day_after_it_was_true(
    cache: GenerationCache[str], source: Source, wait: Callable[[float], None]
) -> None:
    source.error = OperationalError("away")
    cache.get("key", slot=SLOT, load=source, recall=lambda: ("kept", 23 * HOUR))
    wait(HOUR)
    with pytest.raises(OperationalError):
        cache.get("key", slot=SLOT, load=source, recall=lambda: None)


def test_value_older_than_its_counter_gives_way_to_what_is_kept(cache: GenerationCache[str], source: Source) -> None:
    cache.get("key", slot=SLOT, load=source)
    host_generations().bump(SLOT)
    source.error = OperationalError("away")
    assert cache.get("key", slot=SLOT, load=source, recall=lambda: ("kept", 1.0)) == "kept"


def test_value_older_than_its_counter_is_not_served_when_nothing_is_kept(
    cache: GenerationCache[str], source: Source
) -> None:
    cache.get("key", slot=SLOT, load=source)
    host_generations().bump(SLOT)
    source.error = OperationalError("away")
    with pytest.raises(OperationalError):
        cache.get("key", slot=SLOT, load=source, recall=lambda: None)
