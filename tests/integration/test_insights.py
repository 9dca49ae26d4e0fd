"""The insights against a plain reckoning in Python, over random rows, in zones with and without summer time."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs.ids import new_handoff_id
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.selectors.insights import CLICK_BUCKETS, Period
from tests.clients import TenantClient
from tests.factories import HandoffFactory

BASE = "/api/v1/insights"
ZONES = ("America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC")
# Both changes of the clocks in New York, 2026, and Lord Howe's half hour, are within.
FIRST, LAST = date(2026, 3, 1), date(2026, 11, 30)
Rows = list[BookingHandoff]


@pytest.fixture(params=ZONES)
def rows(request: pytest.FixtureRequest, alpha: TenantRef, beta: TenantRef) -> Iterator[tuple[str, Rows]]:
    """A time zone that is alpha's, and alpha's handoffs, some of them within minutes of a midnight there."""
    zone = str(request.param)
    random = Random(zone)
    with enter_tenant(beta):
        HandoffFactory.create(created_at=datetime(2026, 6, 1, tzinfo=UTC))
    with enter_tenant(alpha):
        update_profile(tenant=alpha, changes={"time_zone": zone})
        yield zone, BookingHandoff.objects.bulk_create(BookingHandoff(**_draw(random, zone)) for _ in range(250))


def _draw(random: Random, zone: str) -> dict[str, Any]:
    day = FIRST - timedelta(days=20) + timedelta(days=random.randrange(320))
    if random.random() < 0.4:
        local = datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
        created = local + timedelta(seconds=random.choice([-1, 0, 1, -60, 3599, 7200]))
    else:
        created = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=random.randrange(86_400))
    status = random.choice(["new", "redirected", "completed_external", "abandoned"])
    clicked = status == "redirected" or (status == "completed_external" and random.random() < 0.7)
    waited = timedelta(seconds=random.choice([-1, 0, 9.5, 10, 10.5, 59, 300, 5000, 90_000, 200_000]))
    return {
        "id": new_handoff_id(now=created),
        "created_at": created,
        "pending_since": created,
        "status": status,
        "redirected_at": created + waited if clicked else None,
        "requested_service": f"service {int(random.paretovariate(0.6)) % 40}",
        "source_page": random.choice(["", "/", "/book"]),
        "metadata": random.choice([{}, {"attribution": {"utm_campaign": random.choice("abc")}}]),
    }


def _local_day(row: BookingHandoff, zone: str) -> date:
    return row.created_at.astimezone(ZoneInfo(zone)).date()


def _within(rows: Rows, zone: str, first: date, last: date) -> Rows:
    return [row for row in rows if first <= _local_day(row, zone) <= last]


def _counts(rows: Rows) -> dict[str, int]:
    return {
        "captured": len(rows),
        "redirected": sum(row.redirected_at is not None for row in rows),
        "completed": sum(row.status == "completed_external" for row in rows),
        "abandoned": sum(row.status == "abandoned" for row in rows),
    }


RANGES = [(FIRST, LAST), (date(2026, 3, 8), date(2026, 3, 8)), (date(2026, 10, 20), date(2026, 11, 5)),
          (date(2026, 4, 1), date(2026, 6, 10)), (date(2025, 12, 1), date(2027, 1, 15))]  # fmt: skip


@pytest.mark.parametrize(("first", "last"), RANGES)
def test_funnel(first: date, last: date, rows: tuple[str, Rows], owner: TenantClient) -> None:
    zone, made = rows
    days = last - first + timedelta(days=1)

    assert owner.get(f"{BASE}/funnel?from={first}&to={last}").json() == {
        "from": str(first),
        "to": str(last),
        "current": _counts(_within(made, zone, first, last)),
        "previousFrom": str(first - days),
        "previousTo": str(last - days),
        "previous": _counts(_within(made, zone, first - days, last - days)),
    }


@pytest.mark.parametrize(("first", "last"), RANGES)
def test_timeline(first: date, last: date, rows: tuple[str, Rows], owner: TenantClient) -> None:
    zone, made = rows
    answer = owner.get(f"{BASE}/timeline?from={first}&to={last}").json()

    number = (last - first).days + 1
    interval = "day" if number <= 62 else "week" if number <= 371 else "month"
    expected: dict[date, Rows] = {}
    for day in (first + timedelta(days=n) for n in range(number)):
        start = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[interval]
        expected.setdefault(max(start, first), []).extend(_within(made, zone, day, day))
    assert answer == {
        "from": str(first),
        "to": str(last),
        "interval": interval,
        "points": [_counts(found) | {"start": str(start)} for start, found in expected.items()],
    }
    assert sum(point["captured"] for point in answer["points"]) == len(_within(made, zone, first, last))


@pytest.mark.parametrize(("days", "interval"), [(62, "day"), (63, "week"), (371, "week"), (372, "month")])
def test_longer_periods_are_drawn_less_finely(days: int, interval: str, alpha: TenantRef, owner: TenantClient) -> None:
    last = FIRST + timedelta(days=days - 1)
    assert owner.get(f"{BASE}/timeline?from={FIRST}&to={last}").json()["interval"] == interval


@pytest.mark.parametrize("by", ["service", "source", "campaign", "weekday", "hour"])
def test_breakdown(by: str, rows: tuple[str, Rows], owner: TenantClient) -> None:
    zone, made = rows
    keys: dict[str, Callable[[BookingHandoff], Any]] = {
        "service": lambda row: row.requested_service,
        "source": lambda row: row.source_page,
        "campaign": lambda row: row.metadata.get("attribution", {}).get("utm_campaign", ""),
        "weekday": lambda row: row.created_at.astimezone(ZoneInfo(zone)).isoweekday(),
        "hour": lambda row: row.created_at.astimezone(ZoneInfo(zone)).hour,
    }
    groups: dict[Any, Rows] = {}
    for row in _within(made, zone, FIRST, LAST):
        groups.setdefault(keys[by](row), []).append(row)

    answer = owner.get(f"{BASE}/breakdown?by={by}&from={FIRST}&to={LAST}").json()

    if by in ("weekday", "hour"):
        every = range(1, 8) if by == "weekday" else range(24)
        expected: list[dict[str, Any]] = [{"key": key, **_counts(groups.get(key, []))} for key in every]
    else:
        order = sorted(groups, key=lambda key: (-len(groups[key]), key))
        expected = [{"key": key, **_counts(groups[key])} for key in order[:25]]
        if rest := [row for key in order[25:] for row in groups[key]]:
            expected.append({"key": None, **_counts(rest)})
        assert (by == "service") is (len(order) > 25)
    assert answer == {"by": by, "rows": expected}


def test_time_to_click(rows: tuple[str, Rows], owner: TenantClient) -> None:
    zone, made = rows
    seconds = sorted(
        max((row.redirected_at - row.created_at).total_seconds(), 0.0)
        for row in _within(made, zone, FIRST, LAST)
        if row.redirected_at is not None
    )
    bounds = [*CLICK_BUCKETS, None]
    buckets = Counter(next((bound for bound in CLICK_BUCKETS if value <= bound), None) for value in seconds)
    place = 0.9 * (len(seconds) - 1)
    low = seconds[int(place)]
    p90 = low + (seconds[min(int(place) + 1, len(seconds) - 1)] - low) * (place % 1)

    answer = owner.get(f"{BASE}/time-to-click?from={FIRST}&to={LAST}").json()

    assert answer["count"] == len(seconds) > 50
    assert answer["medianSeconds"] == pytest.approx(median(seconds))
    assert answer["p90Seconds"] == pytest.approx(p90)
    assert answer["buckets"] == [{"upToSeconds": bound, "count": buckets[bound]} for bound in bounds]


# ---- without rows, with odd questions ---------------------------------------------------------------------------

PANELS = ("funnel", "timeline", "breakdown?by=service", "time-to-click")


def test_nothing_is_zeros_over_the_last_thirty_days(
    alpha: TenantRef, owner: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenant_apps.handoffs.api.insights.get_today", lambda _request: date(2026, 3, 10))
    timeline = owner.get(f"{BASE}/timeline").json()
    clicks = owner.get(f"{BASE}/time-to-click").json()

    assert (timeline["from"], timeline["to"], timeline["interval"]) == ("2026-02-09", "2026-03-10", "day")
    assert [point["captured"] for point in timeline["points"]] == [0] * 30
    assert owner.get(f"{BASE}/funnel").json()["previousFrom"] == "2026-01-10"
    assert owner.get(f"{BASE}/breakdown?by=service").json() == {"by": "service", "rows": []}
    assert (clicks["count"], clicks["medianSeconds"], clicks["p90Seconds"]) == (0, None, None)


def test_period_without_an_end_that_begins_in_the_future_is_its_first_day(
    alpha: TenantRef, owner: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenant_apps.handoffs.api.insights.get_today", lambda _request: date(2026, 3, 10))
    for first, last in (("2026-03-11", "2026-03-11"), ("2026-03-09", "2026-03-10")):
        assert owner.get(f"{BASE}/funnel?from={first}").json()["to"] == last


def test_click_before_its_capture_took_no_time(alpha: TenantRef, owner: TenantClient) -> None:
    """Two clocks are compared."""
    now = timezone.now()
    with enter_tenant(alpha):
        HandoffFactory.create(created_at=now, status="redirected", redirected_at=now - timedelta(seconds=1))
    clicks = owner.get(f"{BASE}/time-to-click").json()

    assert (clicks["count"], clicks["medianSeconds"], clicks["p90Seconds"]) == (1, 0, 0)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize(
    "query", ["from=2026-02-30", "from=2026-03-02&to=2026-03-01", "from=2020-01-01&to=2026-01-01", "from=", "x=1",
              "from=2026-01-01&from=2026-01-02", "q=x", "by=name"]
)  # fmt: skip
def test_bad_parameter_is_422(query: str, panel: str, alpha: TenantRef, owner: TenantClient) -> None:
    path, _, rest = panel.partition("?")
    for suffix in ("", ".csv"):
        separator = "&" if rest and "by=" not in query else ""
        asked = (rest if "by=" not in query else "") + separator + query
        assert owner.get(f"{BASE}/{path}{suffix}?{asked}").status_code == 422


def test_breakdown_must_say_by_what(alpha: TenantRef, owner: TenantClient) -> None:
    assert owner.get(f"{BASE}/breakdown").status_code == 422
    assert owner.get(f"{BASE}/breakdown.csv").status_code == 422
    assert owner.get(f"{BASE}/nothing.csv").status_code == 404


@pytest.mark.parametrize("panel", PANELS)
def test_panel_takes_one_statement_and_a_poll_one(
    panel: str, alpha: TenantRef, owner: TenantClient, django_assert_num_queries: Any
) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create_batch(3)
    etag = owner.get(f"{BASE}/{panel}")["ETag"]
    with django_assert_num_queries(3):  # session with its person, version, panel
        assert owner.get(f"{BASE}/{panel}").status_code == 200
    with django_assert_num_queries(2):
        assert owner.get(f"{BASE}/{panel}", headers={"if-none-match": etag}).status_code == 304


def test_tag_of_one_panel_answers_no_other(alpha: TenantRef, owner: TenantClient) -> None:
    panels = [*PANELS, "breakdown?by=hour", f"funnel?from={FIRST}", f"funnel?to={LAST}"]
    tags = [owner.get(f"{BASE}/{panel}")["ETag"] for panel in panels]

    assert len(set(tags)) == len(panels)
    for panel, etag in zip(panels, tags[1:] + tags[:1], strict=True):
        assert owner.get(f"{BASE}/{panel}", headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize("panel", PANELS)
def test_file_says_what_the_panel_says(panel: str, alpha: TenantRef, login: Callable[..., TenantClient]) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create(requested_service='=HYPERLINK("http://evil")', status="redirected")
        HandoffFactory.create(requested_service="Colour, all over")
    staff = login(alpha, Role.STAFF)
    path, _, query = panel.partition("?")
    response = staff.get(f"{BASE}/{path}.csv?{query}")

    assert response["Content-Type"].startswith("text/csv")
    assert f"alpha-{path}-" in response["Content-Disposition"]
    table = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline=""), strict=True))
    answer = staff.get(f"{BASE}/{panel}").json()
    if path == "funnel":
        assert table[1] == [answer["from"], answer["to"], *(str(n) for n in answer["current"].values())]
        assert table[2] == [
            answer["previousFrom"],
            answer["previousTo"],
            *(str(n) for n in answer["previous"].values()),
        ]
    elif path == "timeline":
        assert [row[:2] for row in table[1:]] == [[p["start"], str(p["captured"])] for p in answer["points"]]
    elif path == "breakdown":
        assert table[0] == ["service", "captured", "redirected", "completed", "abandoned"]
        assert sorted(table[1:]) == [
            ["'=HYPERLINK(\"http://evil\")", "1", "0", "0", "0"], ["Colour, all over", "1", "0", "0", "0"],
        ]  # fmt: skip
    else:
        bounds = [("more", "") if bound is None else ("up to", str(bound)) for bound in (*CLICK_BUCKETS, None)]
        assert [tuple(row[:2]) for row in table[3:]] == bounds
        assert [int(row[2]) for row in table[3:]] == [bucket["count"] for bucket in answer["buckets"]]


def test_weeks_begin_on_monday_and_the_first_with_the_period() -> None:
    starts = Period(date(2026, 1, 1), date(2026, 4, 1), "UTC").list_starts()
    assert starts[:3] == [date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 12)]
    assert Period(date(2025, 1, 31), date(2026, 12, 31), "UTC").list_starts()[:3] == [
        date(2025, 1, 31), date(2025, 2, 1), date(2025, 3, 1),
    ]  # fmt: skip
