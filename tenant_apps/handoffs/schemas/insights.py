"""The JSON of the insights, and their tables as files."""

from datetime import date, timedelta
from typing import Literal

from django.utils.translation import gettext_noop as _
from pydantic import ConfigDict, Field

from shared_apps.errors import FieldProblem, InvalidFieldsError
from shared_apps.schemas import Out
from shared_apps.spreadsheets import Cell
from tenant_apps.handoffs.schemas import MAX_RANGE_DAYS, Day
from tenant_apps.handoffs.selectors.insights import COUNTED, Period

_DEFAULT_DAYS = 30

Table = list[tuple[Cell, ...]]
By = Literal["service", "source", "campaign", "weekday", "hour"]


class PeriodIn(Out):
    """Which days, in the business's time zone, both included; the last 30 where nothing is said."""

    model_config = ConfigDict(alias_generator=None)

    first_day: Day | None = Field(default=None, alias="from")
    last_day: Day | None = Field(default=None, alias="to")

    def to_period(self, *, today: date, time_zone: str) -> Period:
        """Return the days meant. Raises InvalidFieldsError when they run backwards or over more than five years."""
        last = self.last_day or max(today, self.first_day or today)
        first = self.first_day or last - timedelta(days=_DEFAULT_DAYS - 1)
        if not 0 <= (last - first).days <= MAX_RANGE_DAYS:
            raise InvalidFieldsError([FieldProblem("from", _RANGE, "range")])
        return Period(first, last, time_zone)


_RANGE = _("The last day must not be before the first, nor more than five years after it.")


class BreakdownIn(PeriodIn):
    """Days, and by what."""

    by: By


class PanelIn(PeriodIn):
    """Days, and by what, where it is a breakdown that is asked for."""

    by: By | None = None


PERIOD_NAMES = frozenset({"from", "to"})
BREAKDOWN_NAMES = PERIOD_NAMES | {"by"}


class CountsOut(Out):
    """Of those received in a period: how many, and of them clicked ever, completed and abandoned now."""

    captured: int
    redirected: int
    completed: int
    abandoned: int

    def cells(self) -> tuple[Cell, ...]:
        return tuple(getattr(self, name) for name in COUNTED)


class FunnelOut(Out):
    """How far they got, in the period and in the one of the same length before it."""

    first_day: date = Field(alias="from")
    last_day: date = Field(alias="to")
    current: CountsOut
    previous_from: date
    previous_to: date
    previous: CountsOut

    def to_table(self) -> Table:
        return [
            ("from", "to", *COUNTED),
            (self.first_day.isoformat(), self.last_day.isoformat(), *self.current.cells()),
            (self.previous_from.isoformat(), self.previous_to.isoformat(), *self.previous.cells()),
        ]


class PointOut(CountsOut):
    """One interval of the timeline; `start` is its first day."""

    start: date


class TimelineOut(Out):
    """Every interval of the period in order, the empty ones too. Weeks begin on Monday, the first with the period."""

    first_day: date = Field(alias="from")
    last_day: date = Field(alias="to")
    interval: Literal["day", "week", "month"]
    points: list[PointOut]

    def to_table(self) -> Table:
        return [("start", *COUNTED), *((point.start.isoformat(), *point.cells()) for point in self.points)]


class BreakdownRowOut(CountsOut):
    """One value; null stands for all that are not among the first 25, an empty text for "none given"."""

    key: str | int | None


class BreakdownOut(Out):
    """Counts by service, source page, campaign, weekday (1 is Monday) or hour."""

    by: By
    rows: list[BreakdownRowOut]

    def to_table(self) -> Table:
        return [(self.by, *COUNTED), *((row.key, *row.cells()) for row in self.rows)]


class ClickBucketOut(Out):
    """How many took at most so long, and longer than the bucket before; null: longer than all."""

    up_to_seconds: int | None
    count: int


class TimeToClickOut(Out):
    """How long visitors took from sending their wish to going on to the provider."""

    count: int
    median_seconds: float | None
    p90_seconds: float | None
    buckets: list[ClickBucketOut]

    def to_table(self) -> Table:
        return [
            ("measure", "seconds", "count"),
            ("median", self.median_seconds, None),
            ("p90", self.p90_seconds, None),
            *(
                ("more" if bucket.up_to_seconds is None else "up to", bucket.up_to_seconds, bucket.count)
                for bucket in self.buckets
            ),
        ]
