"""Figures of many processes: none is lost with a process, none appears twice, none stops anybody."""

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from shared_apps.counters import Counter, Histogram, Level


@pytest.fixture(autouse=True)
def own_state(settings: Any, tmp_path: Path) -> Path:
    settings.STATE_DIR = tmp_path / "state"
    return tmp_path / "state"


def make() -> Counter:
    return Counter("tests_done_total", "Done.", outcome=("good", "bad"), way=("a", "b"))


def test_counts_each_combination_by_itself() -> None:
    counter = make()
    counter.add("good", "a")
    counter.add("good", "a", amount=2)
    counter.add("bad", "b")

    assert counter.read() == {("good", "a"): 3, ("good", "b"): 0, ("bad", "a"): 0, ("bad", "b"): 1}


@pytest.mark.parametrize("values", [("good",), ("good", "c"), ("Jane Doe", "a"), ()])
def test_value_that_was_not_declared_is_an_error(values: tuple[str, ...]) -> None:
    with pytest.raises(KeyError):
        make().add(*values)


def test_two_of_a_family_add_up_as_two_processes_do() -> None:
    first, second = make(), make()
    first.add("good", "a")
    second.add("good", "a")

    assert first.read() == second.read()
    assert first.read()["good", "a"] == 2


def test_next_process_goes_on_where_a_dead_one_ended(own_state: Path) -> None:
    first = make()
    first.add("good", "a")
    first._board.let_go()
    second = make()
    second.add("good", "a")

    assert second.read()["good", "a"] == 2
    assert len(list((own_state / "metrics").iterdir())) == 1


def test_forked_child_counts_in_a_file_of_its_own(own_state: Path) -> None:
    counter = make()
    counter.add("good", "a")
    pid = os.fork()
    if pid == 0:
        counter.add("good", "a", amount=5)
        os._exit(0)
    os.waitpid(pid, 0)
    counter.add("good", "a")

    assert counter.read()["good", "a"] == 7
    assert len(list((own_state / "metrics").iterdir())) == 2


def test_killed_process_leaves_its_figures() -> None:
    program = (
        "import os, signal, sys; from types import SimpleNamespace; from pathlib import Path;"
        "from django.conf import settings; settings.configure(STATE_DIR=Path(sys.argv[1]));"
        "from shared_apps.counters import Counter, Level;"
        "Level('tests_open', 'Open.').set(1.0);"
        "Counter('tests_done_total', 'Done.', outcome=('good', 'bad'), way=('a', 'b')).add('bad', 'b');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    from django.conf import settings

    done = subprocess.run([sys.executable, "-c", program, str(settings.STATE_DIR)], check=False, timeout=60)
    level = Level("tests_open", "Open.")

    assert done.returncode == -9
    assert make().read()["bad", "b"] == 1
    assert level.read() == 0  # what stood in a process stands there no longer
    level.set(1.0)
    assert level.read() == 1


def test_threads_lose_nothing() -> None:
    counter = make()

    def count() -> None:
        for _ in range(5_000):
            counter.add("good", "a")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counter.read()["good", "a"] == 40_000


def test_full_disk_stops_nobody(own_state: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    try:
        counter = make()
        counter.add("good", "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert counter.read()["good", "a"] == 1


def test_file_has_its_room_from_the_start(own_state: Path) -> None:
    """A hole would be filled when it is written to, and a disk that is full by then kills the process (SIGBUS)."""
    make()._board.cells()
    (file,) = (own_state / "metrics").iterdir()

    assert file.stat().st_size == 4 * 8
    assert file.stat().st_blocks > 0  # before anything was counted


def test_other_labels_start_anew_and_take_the_old_files_away(own_state: Path) -> None:
    make().add("good", "a")
    other = Counter("tests_done_total", "Done.", outcome=("good",))
    other.add("good")

    assert other.read() == {("good",): 1}
    assert len(list((own_state / "metrics").iterdir())) == 1


def test_histogram_counts_into_the_first_bound_that_holds() -> None:
    histogram = Histogram("tests_seconds", "Seconds.", label="way", values=("a", "b"), bounds=(0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        histogram.observe("a", seconds)

    ((value, counts, seconds),) = histogram.read()
    assert (value, counts, round(seconds, 6)) == ("a", [2.0, 1.0, 1.0], 7.65)
