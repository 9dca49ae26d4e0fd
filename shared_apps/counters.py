"""Counters that all processes of one host add to, for `/metrics`: each family has every value its labels can take.

A family is a file of eight-byte numbers per process, mapped into it: to count is one addition in memory, and who asks
for the figures adds the files up. A process takes a file that nobody holds and goes on counting in it: a dead process
loses nothing, leaves nothing behind, and makes no figure jump back. Room is taken when the file is made, so that a disk
that fills up later cannot stop a process at a number. Where no file is to be had, the process counts for itself alone:
nobody waits, and nothing fails, for a figure.

The labels' values are declared, never taken from what somebody sent. So there are as many figures as the code names.
"""

import fcntl
import logging
import math
import mmap
import os
import threading
import weakref
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, MutableSequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Final

from django.conf import settings

logger = logging.getLogger(__name__)

_BYTES: Final = 8
_MOST_FILES: Final = 256

Labels = tuple[str, ...]


class _Board:
    """The numbers of one family in this process, and those of all others on this host."""

    def __init__(self, name: str, size: int, layout: str, *, starts_at_zero: bool = False) -> None:
        self._size = size
        self._stem = f"{name}.{zlib.crc32(layout.encode()):08x}"
        self._name = name
        self._starts_at_zero = starts_at_zero
        self._state_dir: Path | None = None
        self._file = -1
        self._cells: MutableSequence[float] = array("d", bytes(size * _BYTES))
        self.lock = threading.Lock()
        _boards.add(self)

    def cells(self) -> MutableSequence[float]:
        """Return this process's own numbers; hold `lock` while adding."""
        if self._state_dir is not settings.STATE_DIR:
            self._claim(settings.STATE_DIR)
        return self._cells

    def read(self, *, only_living: bool = False) -> list[float]:
        """Return the sums over all files of this host, or over those whose process lives."""
        totals = [0.0] * self._size
        own = self.cells()
        rows: list[MutableSequence[float]] = [own] if self._file < 0 else []
        for path in self._folder().glob(f"{self._stem}.*"):
            with suppress(OSError), path.open("rb") as file:
                if only_living and _is_free(file.fileno()):
                    continue
                numbers = array("d")
                numbers.frombytes(file.read(self._size * _BYTES))
                rows.append(numbers)
        for row in rows:
            for slot, number in enumerate(row):
                totals[slot] += number
        return totals

    def _folder(self) -> Path:
        return Path(settings.STATE_DIR) / "metrics"

    def _claim(self, state_dir: Path) -> None:
        """Take a file that nobody holds, the first of them. It stays ours until this process ends."""
        with self.lock:
            if self._state_dir is state_dir:
                return
            self.let_go()
            try:
                self._file = self._take_file()
                room = mmap.mmap(self._file, self._size * _BYTES)
                self._cells = memoryview(room).cast("d")  # type: ignore[assignment]  # as good as a list of floats
            except OSError as error:
                logger.warning("metrics: no file for %s (%s)", self._name, type(error).__name__)
                self.let_go()
            if self._starts_at_zero:
                for slot in range(self._size):
                    self._cells[slot] = 0.0
            self._state_dir = state_dir

    def _take_file(self) -> int:
        folder = self._folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in folder.glob(f"{self._name}.*"):
            if not path.name.startswith(f"{self._stem}."):
                path.unlink(missing_ok=True)  # of another release, with other labels
        for number in range(_MOST_FILES):
            file = os.open(folder / f"{self._stem}.{number}", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.posix_fallocate(file, 0, self._size * _BYTES)
            except BlockingIOError:
                os.close(file)
                continue
            except OSError:
                os.close(file)
                raise
            return file
        raise OSError("too many processes")

    def let_go(self) -> None:
        """Forget the file, as a process that was just forked must: it is its parent's."""
        self._cells = array("d", bytes(self._size * _BYTES))
        self._state_dir = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


_boards: "weakref.WeakSet[_Board]" = weakref.WeakSet()


def _forget_parent() -> None:
    for board in list(_boards):
        board.lock = threading.Lock()
        board.let_go()


os.register_at_fork(after_in_child=_forget_parent)


def _is_free(file: int) -> bool:
    """Whether no process holds the lock of a file."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Counter:
    """A number per combination of labels that only grows, over all processes of this host and their restarts."""

    kind: Final = "counter"

    def __init__(self, name: str, help_text: str, /, **labels: tuple[str, ...]) -> None:
        self.name = name
        self.help_text = help_text
        self.label_names: Labels = tuple(labels)
        self.slots: Mapping[Labels, int] = {values: slot for slot, values in enumerate(product(*labels.values()))}
        self._board = _Board(name, len(self.slots), repr(labels))

    def add(self, *values: str, amount: float = 1.0) -> None:
        """Count `amount` more. Raises KeyError for a value that was not declared."""
        slot = self.slots[values]
        board = self._board
        cells = board.cells()
        with board.lock:
            cells[slot] += amount

    def read(self) -> dict[Labels, float]:
        """Return the numbers of this host."""
        totals = self._board.read()
        return {values: totals[slot] for values, slot in self.slots.items()}


class Level:
    """A number of each living process that goes up and down; read as the sum over them."""

    kind: Final = "gauge"

    def __init__(self, name: str, help_text: str, /) -> None:
        self.name = name
        self.help_text = help_text
        self._board = _Board(name, 1, "level", starts_at_zero=True)

    def set(self, value: float) -> None:
        """Say how high it stands in this process."""
        self._board.cells()[0] = value

    def read(self) -> float:
        """Return the sum over the processes of this host that live."""
        return self._board.read(only_living=True)[0]


class Histogram:
    """How many took how long, by one label. `bounds` are upper ends in seconds, rising; one without end is added."""

    kind: Final = "histogram"

    def __init__(
        self, name: str, help_text: str, /, *, label: str, values: tuple[str, ...], bounds: tuple[float, ...]
    ) -> None:
        self.name = name
        self.help_text = help_text
        self.label = label
        self.bounds = (*bounds, math.inf)
        self._each = len(self.bounds) + 1  # and the sum
        self._first = {value: number * self._each for number, value in enumerate(values)}
        self._board = _Board(name, len(values) * self._each, repr((label, values, bounds)))

    def observe(self, value: str, seconds: float) -> None:
        """Count one more. Raises KeyError for a value that was not declared."""
        first = self._first[value]
        board = self._board
        cells = board.cells()
        with board.lock:
            cells[first + bisect_left(self.bounds, seconds)] += 1.0
            cells[first + self._each - 1] += seconds

    def read(self) -> Iterator[tuple[str, list[float], float]]:
        """Yield each value with its counts, one per bound, and the sum of seconds; without those never seen."""
        totals = self._board.read()
        for value, first in self._first.items():
            counts = totals[first : first + self._each - 1]
            if any(counts):
                yield value, counts, totals[first + self._each - 1]
