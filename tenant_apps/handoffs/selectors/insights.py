"""What became of the handoffs of some days. One statement each; days are those of the business's time zone.

Where a day begins is computed here, by the same rule as for the list's filters, and handed to PostgreSQL as moments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from django.db import connection

from tenant_apps.handoffs.selectors.filters import start_of

BREAKDOWNS = ("service", "source", "campaign", "weekday", "hour")
TOP_ROWS = 25
CLICK_BUCKETS = (10, 30, 60, 300, 900, 3600, 86_400)  # seconds, each included
COUNTED = ("captured", "redirected", "completed", "abandoned")

Interval = Literal["day", "week", "month"]
Row = dict[str, Any]
Values = dict[str, Any]

_MAX_DAYS, _MAX_WEEKS_OF_DAYS = 62, 371
_COUNTS = (
    "count(*), count(redirected_at), count(*) FILTER (WHERE status = 'completed_external'),"
    " count(*) FILTER (WHERE status = 'abandoned')"
)
_IN_RANGE = "FROM handoffs_bookinghandoff WHERE created_at >= %(start)s AND created_at < %(end)s"
_KEYS = {
    "service": "requested_service",
    "source": "source_page",
    "campaign": "coalesce(metadata -> 'attribution' ->> 'utm_campaign', '')",
    "weekday": "extract(isodow FROM created_at AT TIME ZONE %(zone)s)::int",
    "hour": "extract(hour FROM created_at AT TIME ZONE %(zone)s)::int",
}
_TOP = f"""
    WITH counted (key, captured, redirected, completed, abandoned) AS (
        SELECT {{key}}, {_COUNTS} {_IN_RANGE} GROUP BY 1
    ), placed AS (
        SELECT *, least(row_number() OVER (ORDER BY captured DESC, key), {TOP_ROWS + 1}) AS place FROM counted
    )
    SELECT CASE WHEN place <= {TOP_ROWS} THEN min(key) END, sum(captured)::bigint, sum(redirected)::bigint,
           sum(completed)::bigint, sum(abandoned)::bigint
    FROM placed GROUP BY place ORDER BY place
"""  # noqa: S608 - constants of this module
_WITHIN = ", ".join(f"count(*) FILTER (WHERE seconds <= {bound})" for bound in CLICK_BUCKETS)
_CLICKS = f"""
    SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
           percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds), {_WITHIN}
    FROM (
        SELECT greatest(extract(epoch FROM redirected_at - created_at)::float, 0) AS seconds
        {_IN_RANGE} AND redirected_at IS NOT NULL
    ) AS clicks
"""  # noqa: S608 - constants of this module
_EVERY_KEY = {"weekday": range(1, 8), "hour": range(24)}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included, in a time zone."""

    first_day: date
    last_day: date
    time_zone: str

    @property
    def previous(self) -> "Period":
        """As many days just before."""
        before = self.first_day - timedelta(days=1)
        return Period(before - (self.last_day - self.first_day), before, self.time_zone)

    @property
    def interval(self) -> Interval:
        """How fine a line over it is drawn."""
        days = (self.last_day - self.first_day).days + 1
        return "day" if days <= _MAX_DAYS else "week" if days <= _MAX_WEEKS_OF_DAYS else "month"

    def list_starts(self) -> list[date]:
        """Return the first day of each interval. The first one starts with the period, whatever day that is."""
        starts = [self.first_day]
        while (following := self._next(starts[-1])) <= self.last_day:
            starts.append(following)
        return starts

    def _next(self, day: date) -> date:
        if self.interval == "month":
            return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return day + timedelta(days=1 if self.interval == "day" else 7 - day.weekday())

    def moments(self) -> Values:
        """Return its start and its end, which is not part of it."""
        return {
            "start": start_of(self.first_day, self.time_zone),
            "end": start_of(self.last_day + timedelta(days=1), self.time_zone),
            "zone": self.time_zone,
        }


def get_funnel(period: Period) -> dict[str, Row]:
    """Return {current, previous}: of those received in the period and in that before it, how many got how far."""
    boundaries = [start_of(part.first_day, period.time_zone) for part in (period.previous, period)]
    values = period.moments() | {"start": boundaries[0]}
    found = _count_by("width_bucket(created_at, %(boundaries)s::timestamptz[])", boundaries, values)
    return {"previous": found[1], "current": found[2]}


def get_timeline(period: Period) -> list[Row]:
    """Return a row for each interval, `start` its first day, those without handoffs too."""
    starts = period.list_starts()
    boundaries = [start_of(day, period.time_zone) for day in starts]
    found = _count_by("width_bucket(created_at, %(boundaries)s::timestamptz[])", boundaries, period.moments())
    return [{"start": day, **found[place]} for place, day in enumerate(starts, start=1)]


def _count_by(expression: str, boundaries: Sequence[datetime], values: Values) -> dict[int, Row]:
    """Return the counts of each place from 1 to the number of `boundaries`."""
    rows = _fetch(f"SELECT {expression}, {_COUNTS} {_IN_RANGE} GROUP BY 1", values | {"boundaries": list(boundaries)})
    found = {place: dict(zip(COUNTED, counts, strict=True)) for place, *counts in rows}
    return {place: found.get(place, dict.fromkeys(COUNTED, 0)) for place in range(1, len(boundaries) + 1)}


def get_breakdown(period: Period, *, by: str) -> list[Row]:
    """Return the counts by one of BREAKDOWNS.

    Weekdays (1 is Monday) and hours: all of them, in order. The others: the 25 with the most handoffs, then one row
    with the key None for all the rest; the key "" is "none given".
    """
    key = _KEYS[by]
    if by in _EVERY_KEY:
        rows = _fetch(f"SELECT {key}, {_COUNTS} {_IN_RANGE} GROUP BY 1", period.moments())
        found = {value: counts for value, *counts in rows}
        table = [(value, found.get(value, [0] * len(COUNTED))) for value in _EVERY_KEY[by]]
    else:
        rows = _fetch(_TOP.format(key=key), period.moments())
        table = [(value, counts) for value, *counts in rows]
    return [{"key": value, **dict(zip(COUNTED, counts, strict=True))} for value, counts in table]


def get_time_to_click(period: Period) -> Row:
    """Return {count, median_seconds, p90_seconds, buckets}: how long the visitors of the period took to go on.

    `buckets` are [{up_to_seconds, count}]; the last has None and holds the rest. Two clocks are compared, ours at
    receipt and the database's at the click: less than nothing counts as nothing.
    """
    ((count, median, p90, *totals),) = _fetch(_CLICKS, period.moments())
    steps = [larger - smaller for smaller, larger in pairwise([0, *totals, count])]
    return {
        "count": count,
        "median_seconds": median,
        "p90_seconds": p90,
        "buckets": [
            {"up_to_seconds": bound, "count": number}
            for bound, number in zip([*CLICK_BUCKETS, None], steps, strict=True)
        ],
    }


def _fetch(statement: str, values: Values) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
