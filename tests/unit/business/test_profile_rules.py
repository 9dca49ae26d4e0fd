"""The rules of a business's profile: opening hours that do not run into one another."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.business.validators import DAYS, check_hours


def span(day: str, opens: str, closes: str) -> dict[str, str]:
    return {"day": day, "opens": opens, "closes": closes}


@pytest.mark.parametrize(
    "hours",
    [
        [],
        [span("mon", "09:00", "12:00"), span("mon", "12:00", "18:00")],
        [span("mon", "13:00", "18:00"), span("mon", "09:00", "12:00")],
        [span("fri", "18:00", "02:00"), span("sat", "02:00", "04:00")],
        [span("sun", "18:00", "02:00"), span("mon", "02:00", "18:00")],
        [span("mon", "00:00", "23:59"), span("tue", "00:00", "23:59")],
        [span(day, "10:00", "09:59") for day in DAYS],
    ],
)
def test_hours_apart_pass(hours: list[dict[str, str]]) -> None:
    check_hours(hours)


@pytest.mark.parametrize(
    ("hours", "day"),
    [
        ([span("mon", "09:00", "12:01"), span("mon", "12:00", "18:00")], "Monday"),
        ([span("tue", "09:00", "18:00"), span("tue", "10:00", "11:00")], "Tuesday"),
        ([span("tue", "09:00", "18:00"), span("tue", "09:00", "18:00")], "Tuesday"),
        ([span("fri", "18:00", "02:00"), span("sat", "01:00", "04:00")], "Saturday"),
        ([span("mon", "01:00", "04:00"), span("sun", "18:00", "02:00")], "Monday"),
        ([span(day, "10:00", "10:00") for day in DAYS], "Monday"),
        ([span("thu", "25:00", "26:00")], "Thursday"),
        ([span("thu", "09:00", "24:00")], "Thursday"),
        ([span("thu", "09:00", "17:60")], "Thursday"),
        ([span("thu", "09:00:30", "17:00")], "Thursday"),
    ],
)
def test_hours_that_cannot_be_are_told_by_their_day(hours: list[dict[str, str]], day: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check_hours(hours)
    assert day in caught.value.messages[0]


def test_hours_are_of_the_weeks_days_alone() -> None:
    with pytest.raises(ValidationError):
        check_hours([span("monday", "09:00", "17:00")])


def test_hours_are_at_most_three_a_day() -> None:
    hours = [span(day, f"{hour}:00", f"{hour}:30") for day in DAYS for hour in (10, 11, 12)]
    check_hours(hours)
    with pytest.raises(ValidationError):
        check_hours([*hours, span("mon", "13:00", "13:30")])


clock = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))


def list_minutes(day: str, opens: str, closes: str) -> set[int]:
    """Every minute of the week that a span covers, counted one by one."""
    begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in (opens, closes))
    length = (end - begin) % 1440
    return {(DAYS.index(day) * 1440 + begin + minute) % (7 * 1440) for minute in range(length)}


@given(st.lists(st.tuples(st.sampled_from(DAYS), clock, clock).filter(lambda each: each[1] != each[2]), max_size=5))
def test_overlap_is_found_exactly_where_a_minute_is_covered_twice(spans: list[tuple[str, str, str]]) -> None:
    minutes = [list_minutes(*each) for each in spans]
    is_covered_twice = sum(map(len, minutes)) > len(set().union(*minutes))
    hours = [span(*each) for each in spans]
    if is_covered_twice:
        with pytest.raises(ValidationError):
            check_hours(hours)
    else:
        check_hours(hours)
