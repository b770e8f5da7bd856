"""When a light turns, and what stands beside it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.tickets import clock_words
from crm.tickets.lights import Light, ticket_light, turns_at
from routing.limits import Limit
from tests.routing.calendars import SEED, ZONE, at, shown

MINUTES_30, HOURS_24 = Limit(30, "min"), Limit(24, "hour")


def days(n: int) -> Limit:
    return Limit(n, "workday")


@pytest.mark.parametrize(
    ("now", "light"),
    [
        ("11-06 10:00", "green"), ("11-06 10:14", "green"), ("11-06 10:15", "yellow"), ("11-06 10:23", "yellow"),
        ("11-06 10:24", "orange"), ("11-06 10:29", "orange"), ("11-06 10:30", "red"), ("11-07 10:00", "red"),
    ],
)  # fmt: skip
def test_half_an_hour_to_sign(now: str, light: str) -> None:
    start, due = at("11-06 10:00"), at("11-06 10:30")
    assert ticket_light(start, due, at(now), limit=MINUTES_30, calendar=SEED) == light


@pytest.mark.parametrize(
    ("start", "limit", "due", "turns"),
    [
        # 8 h 40 of Friday, nine whole days, 18 h of the last: 242 h 40, half of it back from the end
        ("11-06 15:20", 10, "11-20 18:00", ("11-13 16:40", "11-18 17:28", "11-20 18:00")),
        # a long feast lies between: only working days' time counts
        ("09-30 12:00", 1, "10-08 18:00", ("10-08 03:00", "10-08 12:00", "10-08 18:00")),
        ("11-05 09:00", 2, "11-09 18:00", ("11-06 13:30", "11-09 06:36", "11-09 18:00")),
    ],
)
def test_a_limit_in_working_days_turns_by_working_days(
    start: str, limit: int, due: str, turns: tuple[str, ...]
) -> None:
    found = turns_at(at(start), at(due), limit=days(limit), calendar=SEED)
    assert tuple(map(shown, (found.yellow_at, found.orange_at, found.red_at))) == turns


def test_the_last_working_day_of_a_long_limit_is_yellow_at_least() -> None:
    # moved so far that more than half would be left: the day before the last is yellow all the same
    start, due = at("11-23 17:00"), at("11-25 18:00")
    assert shown(turns_at(start, due, limit=days(5), calendar=SEED).yellow_at) == "11-24 00:00"
    assert shown(turns_at(start, due, limit=days(4), calendar=SEED).yellow_at) == "11-24 17:30"


@pytest.mark.parametrize(
    ("given", "light"),
    [
        ({"done": True}, Light.DONE),
        ({"paused": True}, Light.BLUE),
        ({"done": True, "paused": True}, Light.DONE),
    ],
)
def test_a_clock_that_does_not_run(given: dict[str, bool], light: Light) -> None:
    found = ticket_light(
        at("11-06 10:00"), at("11-06 10:30"), at("11-09 10:00"), limit=MINUTES_30, calendar=SEED, **given
    )
    assert found is light


def test_no_clock_is_grey() -> None:
    assert ticket_light(None, None, at("11-06 10:00"), limit=MINUTES_30, calendar=SEED) is Light.GREY


def test_the_next_turn_is_what_the_sweep_waits_for() -> None:
    turns = turns_at(at("11-06 10:00"), at("11-06 10:30"), limit=MINUTES_30, calendar=SEED)
    assert [shown(turns.after(at(f"11-06 10:{m}"))) for m in ("00", "15", "24", "30")] == [
        "11-06 10:15", "11-06 10:24", "11-06 10:30", None,
    ]  # fmt: skip


@given(
    st.datetimes(datetime(2026, 1, 5), datetime(2026, 11, 15)).map(lambda m: m.replace(tzinfo=ZONE)),
    st.integers(1, 20), st.floats(0, 1.2),
)  # fmt: skip
def test_lights_turn_in_order_and_agree_with_what_is_left(start: datetime, n: int, passed: float) -> None:
    due = SEED.add_workdays(start, n)
    turns = turns_at(start, due, limit=days(n), calendar=SEED)
    assert start <= turns.yellow_at <= turns.orange_at < turns.red_at
    now = start + (due - start) * passed
    share = SEED.working_time(now, due) / SEED.working_time(start, due)
    light = turns.light(now)
    if light is Light.GREEN:
        assert share > 0.5
    elif light is Light.YELLOW:
        assert share > 0.2
        assert share <= 0.5 or SEED.workdays_between(SEED.date_of(now), SEED.date_of(due)) <= 1
    elif light is Light.ORANGE:
        assert now < due
    else:
        assert now >= due


@pytest.mark.parametrize(
    ("now", "due", "limit", "words"),
    [
        ("11-24 10:42", "12-01 18:00", days(10), "余 5 工作日"),
        ("11-30 23:59", "12-01 18:00", days(10), "余 1 工作日"),
        ("12-01 00:00", "12-01 18:00", days(10), "余 18 时"),
        ("12-01 16:10", "12-01 18:00", days(10), "余 1 时 50"),
        ("12-01 17:55", "12-01 18:00", days(10), "余 5 分"),
        ("12-01 17:59", "12-01 18:00", days(10), "余 1 分"),
        ("12-01 18:00", "12-01 18:00", days(10), "超期 1 分"),
        ("12-01 18:03", "12-01 18:00", days(10), "超期 3 分"),
        ("12-01 20:05", "12-01 18:00", days(10), "超期 2 时 5 分"),
        ("12-02 10:00", "12-01 18:00", days(10), "超期 16 时"),
        ("12-04 18:00", "12-01 18:00", days(10), "超期 3 天"),
        ("09-30 12:00", "10-08 18:00", days(1), "余 1 工作日"),
        ("11-06 10:00", "11-07 10:00", HOURS_24, "余 24 时"),
        ("11-06 10:00", "11-06 15:00", HOURS_24, "余 5 时"),
        ("11-06 10:00", "11-06 14:05", HOURS_24, "余 4 时 05"),
        ("11-06 10:00", "11-09 10:00", Limit(72, "hour"), "余 3 天"),
    ],
)
def test_what_is_left_in_words(now: str, due: str, limit: Limit, words: str) -> None:
    assert clock_words.left(at(now), at(due), limit=limit, calendar=SEED) == words


def test_a_second_before_midnight_is_still_today() -> None:
    now = at("11-30 23:59") + timedelta(seconds=59)
    assert clock_words.left(now, at("12-01 18:00"), limit=days(10), calendar=SEED) == "余 1 工作日"
