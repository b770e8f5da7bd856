"""What a changed calendar or limit does to the clocks of an open order: by example, and for any ledger."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crm.tickets.clocks import Entry, Kind, due
from crm.tickets.recompute import Order, Plain, Proposal, Shift, of_order, of_plain, running
from routing.calendar import Calendar, Day
from routing.limits import Limit, LimitTable, Row
from tests.routing.calendars import SEED, at, rows, shown

DAYS_5 = Limit(5, "workday", "2026-1")
NOW = at("11-24 10:45")


def with_days(*days: Day) -> Calendar:
    changed = {day.day for day in days}
    return Calendar.of([*(row for row in rows() if row.day not in changed), *days])


def limits(*cells: tuple[str, int, str, Limit]) -> LimitTable:
    return LimitTable.of(Row(kind, urgency, clock, limit) for kind, urgency, clock, limit in cells)


TABLE = limits(
    ("*", 3, "sign", Limit(1, "workday", "2026-1")), ("*", 3, "contact", Limit(1, "workday", "2026-1")),
    ("help", 3, "close", DAYS_5), ("*", 3, "return", Limit(1, "workday", "2026-1")),
    ("*", 3, "follow_up", Limit(3, "workday", "2026-1")),
)  # fmt: skip


def order(*ledger: Entry, clock: str = "close", part: str = "lead", in_review: bool = False) -> Order:
    stored = due(ledger, SEED)
    return Order(
        7, 2611240604027, 12, part, "help", 3, ledger[0].at, {clock: stored}, {clock: ledger}, in_review, clock
    )  # fmt: skip


def started(when: str, limit: Limit = DAYS_5) -> Entry:
    return Entry.to(Kind.START, at(when), limit)


def proposal(calendar: Calendar = SEED, table: LimitTable = TABLE, *cells: Any) -> Proposal:
    return Proposal(calendar, SEED, table, TABLE, date(2026, 11, 24), frozenset(cells))


def moments(shifts: list[Shift]) -> list[tuple[str, str | None, str | None]]:
    return [(shift.clock, shown(shift.old), shown(shift.new)) for shift in shifts]


def test_a_day_off_inside_the_limit_moves_it_by_a_day() -> None:
    off = with_days(Day(date(2026, 11, 26), "off", "临时放假"))
    moved = list(of_order(order(started("11-23 09:00")), proposal(off), NOW))
    assert moments(moved) == [("close", "11-30 18:00", "12-01 18:00")]


def test_a_day_off_beyond_the_due_moment_moves_nothing() -> None:
    off = with_days(Day(date(2026, 12, 1), "off", "临时放假"))
    assert list(of_order(order(started("11-23 09:00")), proposal(off), NOW)) == []


def test_a_limit_in_hours_knows_no_days_off() -> None:
    off = with_days(Day(date(2026, 11, 24), "off", "临时放假"))
    assert list(of_order(order(started("11-23 09:00", Limit(24, "hour"))), proposal(off), NOW)) == []


def test_a_worked_saturday_makes_it_earlier_and_may_turn_it_overdue() -> None:
    worked = with_days(Day(date(2026, 11, 21), "work", "调休上班"))
    (moved,) = of_order(
        order(started("11-17 09:00", Limit(4, "workday"))), proposal(worked), at("11-23 09:00")
    )
    assert moments([moved]) == [("close", "11-23 18:00", "11-21 18:00")]
    assert moved.turns_overdue(at("11-23 09:00"))


def test_extensions_and_pauses_stay_on_the_ledger_of_a_followed_limit() -> None:
    table = limits(("help", 3, "close", Limit(3, "workday", "2027-1")))
    case = order(
        started("11-23 09:00"), Entry(Kind.PAUSE, at("11-24 10:00")), Entry(Kind.RESUME, at("11-25 10:00")),
        Entry.to(Kind.EXTEND, at("11-26 09:00"), Limit(2, "workday")),
    )  # fmt: skip
    (moved,) = of_order(case, proposal(SEED, table, ("help", 3, "close")), NOW)
    assert moments([moved]) == [("close", "12-03 18:00", "12-01 18:00")]
    assert moved.limit == Limit(3, "workday", "2027-1")


def test_an_assist_follows_with_a_third_less() -> None:
    table = limits(("help", 3, "close", Limit(9, "workday", "2027-1")))
    case = order(started("11-23 09:00", DAYS_5.for_assist()), part="assist")
    (moved,) = of_order(case, proposal(SEED, table, ("help", 3, "close")), NOW)
    assert moved.limit == Limit(6, "workday", "2027-1")


def test_a_limit_nobody_shall_follow_moves_nothing() -> None:
    table = limits(("help", 3, "close", Limit(3, "workday", "2027-1")))
    assert list(of_order(order(started("11-23 09:00")), proposal(SEED, table), NOW)) == []


def test_a_limit_of_every_kind_is_followed_by_each() -> None:
    table = limits(("*", 3, "close", Limit(3, "workday", "2027-1")))
    (moved,) = of_order(order(started("11-23 09:00")), proposal(SEED, table, ("*", 3, "close")), NOW)
    assert moments([moved]) == [("close", "11-30 18:00", "11-26 18:00")]


def test_a_paused_clock_is_left_until_it_goes_on() -> None:
    off = with_days(Day(date(2026, 11, 26), "off", "临时放假"))
    case = order(started("11-23 09:00"), Entry(Kind.PAUSE, at("11-24 10:00")))
    assert list(of_order(case, proposal(off), NOW)) == []


def test_a_clock_that_stopped_is_not_judged_anew() -> None:
    off = with_days(Day(date(2026, 11, 24), "off", "临时放假"))
    case = order(started("11-23 09:00"), Entry(Kind.STOP, at("11-23 15:00")), clock="sign")
    assert list(of_order(case, proposal(off), NOW)) == []


def test_the_close_of_an_order_under_review_moves_with_the_calendar_but_keeps_its_limit() -> None:
    off = with_days(Day(date(2026, 11, 26), "off", "临时放假"))
    table = limits(("help", 3, "close", Limit(3, "workday", "2027-1")))
    case = order(started("11-23 09:00"), Entry(Kind.STOP, at("11-23 15:00")), in_review=True)
    (moved,) = of_order(case, proposal(off, table, ("help", 3, "close")), NOW)
    assert (moved.limit, shown(moved.new)) == (None, "12-01 18:00")


@pytest.mark.parametrize(
    ("stored", "expected"),
    [("11-26 18:00", "11-27 18:00"), ("11-25 12:00", None)],
    ids=["as the table makes it", "set by hand"],
)
def test_a_moment_without_a_ledger_moves_where_the_table_explains_it(
    stored: str, expected: str | None
) -> None:
    off = with_days(Day(date(2026, 11, 25), "off", "临时放假"))
    item = Plain("follow_up", 1, "help", 3, at("11-23 09:00"), at(stored))
    found = of_plain(item, proposal(off))
    assert (found and shown(found.new)) == expected


def test_the_light_is_a_share_of_the_followed_limit() -> None:
    case = order(started("11-23 09:00"))
    shift = Shift("close", 1, 12, 7, NOW, NOW, Limit(3, "workday", "2027-1"))
    found = running(case, "close", shift)
    assert found is not None
    assert found[1].amount == 3


# --- for any ledger ---

WORKDAYS = [day for n in range(90) if SEED.is_workday(day := date(2026, 11, 23) + timedelta(days=n))]
MOMENTS = st.datetimes(datetime(2026, 11, 23), datetime(2026, 12, 20)).map(
    lambda m: m.replace(tzinfo=SEED.zone)
)


@st.composite
def ledgers(draw: st.DrawFn) -> list[Entry]:
    begin, *later = sorted(draw(st.lists(MOMENTS, min_size=1, max_size=5, unique=True)))
    unit = draw(st.sampled_from(["workday", "hour"]))
    found = [Entry.to(Kind.START, begin, Limit(draw(st.integers(1, 15)), unit))]
    for first, second in zip(later[::2], later[1::2], strict=False):
        found += [Entry(Kind.PAUSE, first), Entry(Kind.RESUME, second)]
    if len(later) % 2:
        found.append(Entry.to(Kind.EXTEND, later[-1], Limit(draw(st.integers(1, 5)), unit)))
    return found


@given(ledgers(), st.lists(st.sampled_from(WORKDAYS), min_size=1, max_size=6, unique=True))
def test_days_off_added_never_make_anything_due_earlier(ledger: list[Entry], off: list[date]) -> None:
    more = with_days(*(Day(day, "off", "放假") for day in off))
    assert all(shift.is_later for shift in of_order(order(*ledger), proposal(more), NOW))


@given(ledgers(), st.lists(st.sampled_from(WORKDAYS), min_size=1, max_size=6, unique=True))
def test_taking_the_days_off_back_brings_every_clock_back(ledger: list[Entry], off: list[date]) -> None:
    more = with_days(*(Day(day, "off", "放假") for day in off))
    before = order(*ledger)
    moved = list(of_order(before, proposal(more), NOW))
    after = Order(**{**vars(before), "due": {"close": moved[0].new if moved else before.due["close"]}})
    back = list(of_order(after, Proposal(SEED, more, TABLE, TABLE, date(2026, 11, 24)), NOW))
    assert [shift.new for shift in back] == [shift.old for shift in moved]


@given(ledgers(), st.integers(1, 30))
def test_what_was_followed_once_is_not_moved_again(ledger: list[Entry], amount: int) -> None:
    """A run that is killed and goes on does nothing twice."""
    unit = ledger[0].unit
    table = limits(("help", 3, "close", Limit(amount, unit, "2027-1")))
    wanted, now = proposal(SEED, table, ("help", 3, "close")), at("12-25 09:00")
    before = order(*ledger)
    moved = list(of_order(before, wanted, now))
    assume(moved)
    entries = [*ledger, Entry.to(Kind.RERATE, now, Limit(amount, unit, "2027-1"))]
    after = Order(**{**vars(before), "due": {"close": moved[0].new}, "ledgers": {"close": entries}})
    assert list(of_order(after, wanted, now)) == []
