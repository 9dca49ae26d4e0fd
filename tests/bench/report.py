"""What a section of the benchmark gives: tables for people, figures for programs, goals that hold or do not."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a figure. `why` says what is known where it is missed."""

    what: str
    bound: float
    value: float
    is_least: bool = True  # whether the bound is the least that is wanted, or the most
    why: str = ""

    @property
    def holds(self) -> bool:
        return self.value >= self.bound if self.is_least else self.value <= self.bound

    def cells(self) -> tuple[str, str, str, str]:
        word = "at least" if self.is_least else "at most"
        verdict = "holds" if self.holds else f"MISSED. {self.why}".strip()
        return self.what, f"{word} {self.bound:g}", f"{self.value:.2f}", verdict


@dataclass(slots=True)
class Section:
    """One chapter of the report; `figures` are medians, by names that other documents may refer to."""

    title: str
    text: str
    tables: list[str] = field(default_factory=list)
    figures: Figures = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Return the median with the least and the greatest."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return round by round how many times the first is the second."""
    return [one / other for one, other in zip(over, under, strict=True)]
