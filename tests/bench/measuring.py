"""Times things in turns: what stands beside each other in a table was measured beside each other in time."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_LEAST_SECONDS, _MOST_CALLS = 0.15, 40

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds a call took: the median of the rounds' medians, and their range."""

    median: float
    fastest: float
    slowest: float

    def __str__(self) -> str:
        return f"{self.median:.1f} ({self.fastest:.1f}-{self.slowest:.1f})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two works, measured in turns, and the second as a multiple of the first: the median of the rounds, and range."""

    first: Timing
    second: Timing
    ratios: tuple[float, ...]

    @property
    def times(self) -> tuple[Timing, Timing]:
        return self.first, self.second

    @property
    def median_ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def ratio(self) -> str:
        return f"{self.median_ratio:.1f} ({min(self.ratios):.1f}-{max(self.ratios):.1f})"


def compare(first: Work, second: Work, *, rounds: int) -> Comparison:
    """Measure two works in rounds, one after the other in each; both ran once before. One round is a mere trial."""
    first(), second()
    seconds = _LEAST_SECONDS if rounds > 1 else 0.0
    taken = [(_time(first, seconds), _time(second, seconds)) for _ in range(rounds)]
    ratios = tuple(later / earlier for earlier, later in taken)
    return Comparison(_sum_up([one for one, _ in taken]), _sum_up([two for _, two in taken]), ratios)


def _time(work: Work, seconds: float) -> float:
    """Return the median milliseconds of a call, over at most 40 calls or `seconds`, three calls at least."""
    taken: list[float] = []
    started = time.perf_counter()
    while len(taken) < 3 or (len(taken) < _MOST_CALLS and time.perf_counter() - started < seconds):
        before = time.perf_counter()
        work()
        taken.append((time.perf_counter() - before) * 1000)
    return statistics.median(taken)


def _sum_up(times: Sequence[float]) -> Timing:
    return Timing(statistics.median(times), min(times), max(times))


def to_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table, its columns in line."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
