"""Working days around the feasts, ends of months and years; and what holds of any calendar."""

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from routing.calendar import DAY, Calendar, CalendarMissing, Day, Skipped
from tests.routing.calendars import SEED, ZONE, at, rows, shown

DUE = [
    # dispatched, working days, due
    # an ordinary week
    ("11-02 09:00", 1, "11-03 18:00"),  # Monday
    ("11-02 00:00", 1, "11-03 18:00"),
    ("11-02 17:59", 1, "11-03 18:00"),
    ("11-02 18:00", 1, "11-03 18:00"),
    ("11-02 23:59", 1, "11-03 18:00"),
    ("11-03 00:00", 1, "11-04 18:00"),
    ("11-02 09:00", 2, "11-04 18:00"),
    ("11-02 09:00", 5, "11-09 18:00"),
    ("11-02 09:00", 10, "11-16 18:00"),
    ("11-02 09:00", 15, "11-23 18:00"),
    ("11-06 15:20", 10, "11-20 18:00"),  # the example of docs/clocks.md
    # over a weekend
    ("11-05 12:00", 1, "11-06 18:00"),
    ("11-06 12:00", 1, "11-09 18:00"),  # Friday
    ("11-06 23:59", 1, "11-09 18:00"),
    ("11-07 00:00", 1, "11-09 18:00"),  # Saturday
    ("11-07 12:00", 2, "11-10 18:00"),
    ("11-08 23:59", 1, "11-09 18:00"),  # Sunday
    ("11-09 00:00", 1, "11-10 18:00"),
    # Spring Festival: off 02-15 to 02-23, worked 02-14 and 02-28
    ("02-09 10:00", 5, "02-14 18:00"),  # the Saturday is the fifth day
    ("02-12 10:00", 1, "02-13 18:00"),
    ("02-12 10:00", 2, "02-14 18:00"),
    ("02-13 10:00", 1, "02-14 18:00"),
    ("02-13 23:59", 2, "02-24 18:00"),
    ("02-14 10:00", 1, "02-24 18:00"),  # the last day before
    ("02-14 23:59", 1, "02-24 18:00"),
    ("02-15 00:00", 1, "02-24 18:00"),
    ("02-16 20:00", 1, "02-24 18:00"),  # New Year's Eve
    ("02-17 08:00", 1, "02-24 18:00"),  # the day itself
    ("02-20 12:00", 2, "02-25 18:00"),
    ("02-23 23:59", 1, "02-24 18:00"),  # the last day off
    ("02-24 00:00", 1, "02-25 18:00"),
    ("02-14 10:00", 5, "02-28 18:00"),  # 24, 25, 26, 27 and Saturday 28
    ("02-24 09:00", 4, "02-28 18:00"),
    ("02-27 16:00", 1, "02-28 18:00"),
    ("02-28 16:00", 1, "03-02 18:00"),  # after the worked Saturday: Monday
    ("02-10 09:00", 10, "03-02 18:00"),
    ("02-10 09:00", 15, "03-09 18:00"),
    # Qingming, Labour Day, Dragon Boat
    ("04-03 12:00", 1, "04-07 18:00"),
    ("04-06 12:00", 1, "04-07 18:00"),  # the Monday off
    ("04-30 12:00", 1, "05-06 18:00"),
    ("05-01 00:00", 1, "05-06 18:00"),
    ("05-05 23:59", 1, "05-06 18:00"),
    ("05-08 09:00", 1, "05-09 18:00"),  # worked Saturday
    ("05-09 09:00", 1, "05-11 18:00"),
    ("04-30 12:00", 5, "05-11 18:00"),
    ("06-18 12:00", 1, "06-22 18:00"),
    ("06-19 12:00", 2, "06-23 18:00"),
    # Mid-Autumn and National Day: worked Sunday 09-20, Saturday 10-10
    ("09-18 12:00", 1, "09-20 18:00"),  # Friday: the Sunday counts, the Saturday does not
    ("09-19 12:00", 1, "09-20 18:00"),
    ("09-20 12:00", 1, "09-21 18:00"),
    ("09-24 12:00", 1, "09-28 18:00"),
    ("09-25 12:00", 1, "09-28 18:00"),
    ("09-24 12:00", 5, "10-09 18:00"),  # 28, 29, 30, 10-08, 10-09
    ("09-29 12:00", 1, "09-30 18:00"),
    ("09-30 12:00", 1, "10-08 18:00"),
    ("09-30 23:59", 1, "10-08 18:00"),
    ("10-01 00:00", 1, "10-08 18:00"),
    ("10-04 12:00", 3, "10-10 18:00"),
    ("10-07 23:59", 1, "10-08 18:00"),
    ("10-08 00:00", 1, "10-09 18:00"),
    ("10-08 12:00", 2, "10-10 18:00"),
    ("10-09 12:00", 1, "10-10 18:00"),
    ("10-10 12:00", 1, "10-12 18:00"),
    ("09-30 12:00", 10, "10-20 18:00"),
    # ends of months and years; worked Sunday 01-04
    ("01-30 12:00", 1, "02-02 18:00"),
    ("07-31 12:00", 1, "08-03 18:00"),
    ("08-31 23:59", 1, "09-01 18:00"),
    ("2025-12-30 12:00", 1, "2025-12-31 18:00"),
    ("2025-12-31 12:00", 1, "01-04 18:00"),
    ("2025-12-31 23:59", 2, "01-05 18:00"),
    ("01-01 00:00", 1, "01-04 18:00"),
    ("01-03 12:00", 5, "01-08 18:00"),
    ("12-31 12:00", 1, "2027-01-04 18:00"),
    ("12-25 12:00", 5, "2027-01-04 18:00"),
    ("12-31 23:59", 10, "2027-01-15 18:00"),
]


@pytest.mark.parametrize(("dispatched", "n", "due"), DUE)
def test_a_limit_in_working_days_ends_at_the_end_of_its_last_day(dispatched: str, n: int, due: str) -> None:
    assert shown(SEED.add_workdays(at(dispatched), n)) == due


def test_the_day_is_the_business_zones_not_the_servers() -> None:
    monday_one_o_clock = datetime(2026, 11, 1, 17, tzinfo=UTC)
    assert shown(SEED.add_workdays(monday_one_o_clock, 1)) == "11-03 18:00"


def test_the_seed_says_of_each_day_what_the_state_council_said() -> None:
    day = date(2011, 1, 1)
    while day.year < 2027:
        assert SEED.is_workday(day) is chinese_calendar.is_workday(day), day
        day += DAY


def test_the_notice_for_2026() -> None:
    off = {row.day for row in rows() if row.day.year == 2026 and row.kind == "off"}
    assert {day for day in off if day.weekday() < 5} == {
        date(2026, month, day)
        for month, days in {
            1: (1, 2), 2: (16, 17, 18, 19, 20, 23), 4: (6,), 5: (1, 4, 5), 6: (19,), 9: (25,), 10: (1, 2, 5, 6, 7),
        }.items()
        for day in days
    }  # fmt: skip
    assert [row.day for row in rows() if row.day.year == 2026 and row.kind == "work"] == [
        date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10),
    ]  # fmt: skip


def test_a_year_without_its_notice_says_so() -> None:
    assert SEED.is_provisional(2027)
    assert not SEED.is_provisional(2026)
    assert (SEED.version(2026), SEED.version(2027)) == ("2026-1", "2027-0")


@pytest.mark.parametrize(
    ("start", "n", "year"),
    [
        ("2027-12-31 09:00", 1, 2028),
        ("2027-12-20 09:00", 15, 2028),
        ("2028-01-05 09:00", 1, 2028),
        ("2010-06-01 09:00", 1, 2010),
    ],
)
def test_beyond_the_table_the_year_to_enter_is_named(start: str, n: int, year: int) -> None:
    with pytest.raises(CalendarMissing, match=str(year)) as missing:
        SEED.add_workdays(at(start), n)
    assert missing.value.year == year
    assert isinstance(missing.value, Refused)


def test_the_last_known_day_can_still_be_asked() -> None:
    assert SEED.is_workday(date(2027, 12, 31))
    with pytest.raises(CalendarMissing, match="2028"):
        SEED.is_workday(date(2028, 1, 1))


def test_a_gap_between_known_years_is_not_crossed() -> None:
    gap = Calendar.of(row for row in rows() if row.day.year != 2025)
    assert gap.is_workday(date(2024, 12, 31))
    with pytest.raises(CalendarMissing, match="2025"):
        gap.add_workdays(at("2024-12-31 09:00"), 1)
    with pytest.raises(CalendarMissing, match="2025"):
        gap.is_workday(date(2025, 1, 1))


def test_a_stray_day_makes_no_year_known() -> None:
    stray = Calendar.of([*rows(), Day(date(2028, 1, 3), "off", "元旦")])
    assert 2028 not in stray.years


def test_an_empty_table_names_the_year_asked_for() -> None:
    with pytest.raises(CalendarMissing, match="2026"):
        Calendar.of([]).add_workdays(at("11-06 09:00"), 1)


@pytest.mark.parametrize("n", [0, -1])
def test_less_than_one_working_day_is_no_limit(n: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        SEED.add_workdays(at("11-06 09:00"), n)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        SEED.add_workdays(datetime(2026, 11, 6, 9), 1)


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("11-06", "11-09"),
        ("11-09", "11-10"),
        ("02-14", "02-24"),
        ("02-27", "02-28"),
        ("09-18", "09-20"),
        ("09-30", "10-08"),
    ],
)
def test_the_next_working_day(day: str, following: str) -> None:
    assert SEED.next_workday(date.fromisoformat(f"2026-{day}")) == date.fromisoformat(f"2026-{following}")


@pytest.mark.parametrize(
    ("after", "until", "n"),
    [
        ("11-24", "12-01", 5), ("11-24", "11-24", 0), ("12-01", "11-24", -5), ("11-06", "11-08", 0), ("11-06", "11-09", 1),
        ("09-30", "10-07", 0), ("09-30", "10-10", 3), ("02-13", "02-24", 2),
    ],
)  # fmt: skip
def test_working_days_between_two_dates(after: str, until: str, n: int) -> None:
    assert (
        SEED.workdays_between(date.fromisoformat(f"2026-{after}"), date.fromisoformat(f"2026-{until}")) == n
    )


@pytest.mark.parametrize(
    ("first", "until", "n"),
    [
        ("11-13 10:00", "11-17 10:00", 2), ("11-13 10:00", "11-13 17:00", 0), ("11-13 10:00", "11-13 18:00", 1),
        ("11-13 18:00", "11-16 10:00", 0), ("11-13 17:59", "11-14 00:00", 1), ("11-14 09:00", "11-15 09:00", 0),
    ],
)  # fmt: skip
def test_ends_of_working_days_in_a_span(first: str, until: str, n: int) -> None:
    assert SEED.ends_between(at(first), at(until)) == n


def test_the_day_may_end_at_another_hour() -> None:
    early = Calendar.of(rows(), blocks=((time(8, 30), time(12)), (time(14), time(17, 30))))
    assert shown(early.add_workdays(at("11-06 15:20"), 1)) == "11-09 17:30"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("11-06 09:00", True),
        ("11-06 12:00", False),
        ("11-06 13:30", True),
        ("11-06 18:00", False),
        ("11-07 10:00", False),
        ("02-14 10:00", True),
    ],
)
def test_offices_are_open_in_the_blocks_of_working_days(moment: str, is_open: bool) -> None:
    assert SEED.is_open(at(moment)) is is_open


def test_neighbouring_days_alike_are_told_as_one() -> None:
    assert SEED.skipped(date(2026, 9, 30), date(2026, 10, 11)) == (
        Skipped("off", date(2026, 10, 1), date(2026, 10, 7), "国庆节", "National Day"),
        Skipped(
            "work", date(2026, 10, 10), date(2026, 10, 10), "国庆节调休上班", "Working day for National Day"
        ),
        Skipped("weekend", date(2026, 10, 11), date(2026, 10, 11)),
    )


def test_the_browser_gets_only_days_unlike_their_weekday() -> None:
    off, on = SEED.unlike_weekdays(date(2026, 9, 1), date(2026, 10, 31))
    assert off == [date(2026, 9, 25), *(date(2026, 10, day) for day in (1, 2, 5, 6, 7))]
    assert on == [date(2026, 9, 20), date(2026, 10, 10)]


# --- of any calendar ---

moments = st.datetimes(datetime(2026, 1, 5), datetime(2026, 11, 15)).map(lambda m: m.replace(tzinfo=ZONE))
limits = st.integers(1, 20)
weekdays = st.dates(date(2026, 1, 5), date(2026, 12, 30)).filter(SEED.is_workday)


def with_day_off(day: date) -> Calendar:
    return Calendar.of([*(row for row in rows() if row.day != day), Day(day, "off", "台风停工")])


@given(moments, limits)
def test_due_comes_after_the_start_on_a_working_day(start: datetime, n: int) -> None:
    due = SEED.add_workdays(start, n)
    assert due > start
    assert SEED.is_workday(SEED.date_of(due))
    assert SEED.workdays_between(SEED.date_of(start), SEED.date_of(due)) == n


@given(moments, limits, limits)
def test_a_limit_may_be_counted_in_two_parts(start: datetime, n: int, more: int) -> None:
    assert SEED.add_workdays(SEED.add_workdays(start, n), more) == SEED.add_workdays(start, n + more)


@given(moments, limits, weekdays)
def test_one_more_day_off_never_makes_it_earlier(start: datetime, n: int, day: date) -> None:
    assert with_day_off(day).add_workdays(start, n) >= SEED.add_workdays(start, n)


@given(moments, limits, st.fractions(0, 1))
def test_going_back_from_the_end_finds_the_share_of_working_time(
    start: datetime, n: int, share: object
) -> None:
    end = SEED.add_workdays(start, n)
    span = SEED.working_time(start, end) * float(share)  # type: ignore[arg-type]
    if span:
        assert SEED.working_time(SEED.back(end, span), end) == span
        assert SEED.working_time(SEED.back(end, span) - timedelta(seconds=1), end) > span
