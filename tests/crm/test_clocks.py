"""Why a clock is due when it is due: by example, and for any ledger."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core import i18n
from crm.tickets import clock_words
from crm.tickets.clocks import BrokenLedger, Entry, Kind, due, explain, standing
from routing.calendar import Calendar, Day
from routing.limits import Limit
from tests.routing.calendars import SEED, ZONE, at, rows, shown

DAYS_5, DAYS_10 = Limit(5, "workday", "2026-1"), Limit(10, "workday", "2026-07")
HOURS_24 = Limit(24, "hour", "2026-1")


def start(when: str, limit: Limit = DAYS_10) -> Entry:
    return Entry.to(Kind.START, at(when), limit)


def pause(begin: str, end: str = "") -> list[Entry]:
    paused = [Entry(Kind.PAUSE, at(begin))]
    return [*paused, Entry(Kind.RESUME, at(end))] if end else paused


def extend(when: str, limit: Limit = DAYS_5, note: str = "") -> Entry:
    return Entry.to(Kind.EXTEND, at(when), limit, note=note)


def rerate(when: str, limit: Limit) -> Entry:
    return Entry.to(Kind.RERATE, at(when), limit)


def stop(when: str) -> Entry:
    return Entry(Kind.STOP, at(when))


def unstop(when: str) -> Entry:
    return Entry(Kind.UNSTOP, at(when))


#: The lift of 友谊里 12 号楼, docs/clocks.md.
LIFT = [
    start("11-06 15:20"),
    *pause("11-13 10:00", "11-17 10:00"),
    extend("11-19 16:20", note="专户划拨要 5 日"),
]


def test_the_lift_is_due_on_the_first_of_december() -> None:
    assert shown(due(LIFT, SEED)) == "12-01 18:00"


def test_the_reports_second_figure_leaves_extensions_out() -> None:
    found = standing(LIFT, SEED)
    assert found is not None
    assert (shown(found.due_without_extensions), found.extensions) == ("11-24 18:00", 1)


def test_each_line_says_what_it_leads_to() -> None:
    assert [(x.key, shown(x.at), x.moved_workdays, shown(x.due_after)) for x in explain(LIFT, SEED)] == [
        ("start", "11-06 15:20", 0, None),
        ("limit", "11-06 15:20", 10, "11-20 18:00"),
        ("pause", "11-13 10:00", 2, "11-24 18:00"),
        ("extend", "11-19 16:20", 5, "12-01 18:00"),
    ]


def test_the_lines_are_said_as_people_say_them() -> None:
    today = date(2026, 11, 24)
    assert [
        (clock_words.line_title(x), clock_words.line_detail(x, today=today)) for x in explain(LIFT, SEED)
    ] == [
        ("起算", "派出即起算，次一工作日算第 1 日"),
        ("限 10 工作日", "时限表 2026-07 版"),
        ("停走 2 工作日", "11-13 10:00 至 11-17 10:00"),
        ("延期 5 工作日", "时限表 2026-1 版；专户划拨要 5 日"),
    ]
    assert clock_words.skipped(explain(LIFT, SEED)[-1].skipped, today=today) == "跳过周末 11-28、11-29"


def test_the_lines_are_said_in_english() -> None:
    i18n.set_locale("en")
    try:
        today = date(2026, 11, 24)
        assert [clock_words.line_title(x) for x in explain(LIFT, SEED)][1:3] == [
            "Limit 10 working days",
            "Stood still for 2 working days",
        ]
        found = SEED.skipped(date(2026, 9, 30), date(2026, 10, 10))
        assert clock_words.skipped(found, today=today) == (
            "Skips National Day 1 Oct to 7 Oct; 10 Oct: worked weekend, counted"
        )
    finally:
        i18n.set_locale("zh_CN")


MOVES: list[tuple[str, list[Entry], str | None]] = [
    ("in wall time the clock runs through the night", [start("11-06 15:20", HOURS_24)], "11-07 15:20"),
    ("and through the feast", [start("09-30 23:00", HOURS_24)], "10-01 23:00"),
    ("minutes", [start("11-06 23:50", Limit(15, "min"))], "11-07 00:05"),
    ("a wall clock stands still as long as it is paused",
     [start("11-06 15:20", HOURS_24), *pause("11-06 16:00", "11-06 18:30")], "11-07 17:50"),
    ("a pause within a working day moves nothing",
     [start("11-06 15:20"), *pause("11-13 10:00", "11-13 17:00")], "11-20 18:00"),
    ("a pause over one end of day moves one", [start("11-06 15:20"), *pause("11-13 10:00", "11-13 18:00")], "11-23 18:00"),
    ("a pause over a weekend moves nothing", [start("11-06 15:20"), *pause("11-14 10:00", "11-15 17:00")], "11-20 18:00"),
    ("two pauses add up to the whole",
     [start("11-06 15:20"), *pause("11-13 10:00", "11-16 10:00"), *pause("11-16 10:00", "11-17 10:00")], "11-24 18:00"),
    ("days before day 1 are nobody's to give back",
     [start("11-06 15:20"), *pause("11-06 16:00", "11-09 09:00")], "11-20 18:00"),
    ("paused on the last day, resumed on a Saturday: the next working day is left",
     [start("11-06 15:20"), *pause("11-20 09:00", "11-21 10:00")], "11-23 18:00"),
    ("resumed after hours: the next working day is left",
     [start("11-06 15:20"), *pause("11-20 09:00", "11-25 19:00")], "11-26 18:00"),
    ("paused over National Day: two working days ended in it", [start("09-28 09:00"), *pause("09-29 09:00", "10-08 09:00")], "10-20 18:00"),
    ("paused and not resumed: nobody knows", [start("11-06 15:20"), *pause("11-13 10:00")], None),
    ("a pause that begins too late moves nothing",
     [start("11-06 15:20"), *pause("11-23 10:00", "11-25 10:00")], "11-20 18:00"),
    ("even while it lasts", [start("11-06 15:20"), *pause("11-23 10:00")], "11-20 18:00"),
    ("an extension approved later makes room for it",
     [start("11-06 15:20"), *pause("11-23 10:00", "11-25 10:00"), extend("11-25 11:00")], "12-01 18:00"),
    ("two extensions add up", [start("11-06 15:20"), extend("11-10 09:00"), extend("11-12 09:00")], "12-04 18:00"),
    ("hours after a limit in working days run on from its end",
     [start("11-06 15:20"), extend("11-19 09:00", HOURS_24)], "11-21 18:00"),
    ("a pause in those hours counts by the hour",
     [start("11-06 15:20"), extend("11-19 09:00", HOURS_24), *pause("11-21 08:00", "11-21 11:00")], "11-21 21:00"),
    ("working days after a limit in hours run on from its end",
     [start("11-06 15:20", HOURS_24), extend("11-06 16:00", Limit(2, "workday"))], "11-10 18:00"),
    ("a re-rating counts the new limit from the start", [start("11-06 15:20"), rerate("11-10 09:00", DAYS_5)], "11-13 18:00"),
    ("and keeps pauses and extensions",
     [start("11-06 15:20"), *pause("11-09 10:00", "11-11 10:00"), extend("11-12 09:00"), rerate("11-12 10:00", DAYS_5)],
     "11-24 18:00"),
    ("from working days to hours the same pause counts by the hour",
     [start("11-06 15:20"), *pause("11-06 16:00", "11-06 17:00"), rerate("11-06 17:30", HOURS_24)], "11-07 16:20"),
    ("a stopped clock still says what it was due", [start("11-06 15:20"), stop("11-12 10:00")], "11-20 18:00"),
    ("a rejected reply never stopped it",
     [start("11-06 15:20"), stop("11-12 10:00"), unstop("11-16 10:00")], "11-20 18:00"),
    ("a clock stopped in a pause was paused until then",
     [start("11-06 15:20"), *pause("11-13 10:00"), stop("11-17 10:00")], "11-24 18:00"),
    ("and is paused still when the stop falls away",
     [start("11-06 15:20"), *pause("11-13 10:00"), stop("11-17 10:00"), unstop("11-18 10:00")], None),
]  # fmt: skip


@pytest.mark.parametrize(("ledger", "moment"), [case[1:] for case in MOVES], ids=[case[0] for case in MOVES])
def test_what_moves_a_clock(ledger: list[Entry], moment: str | None) -> None:
    assert shown(due(ledger, SEED)) == moment


def test_no_ledger_no_clock() -> None:
    assert due([], SEED) is None
    assert standing([], SEED) is None
    assert explain([], SEED) == []


@pytest.mark.parametrize(
    ("stopped", "on_time"), [("11-20 18:00", True), ("11-20 18:01", False), ("11-23 09:00", False)]
)
def test_on_time_is_up_to_the_due_moment(stopped: str, on_time: bool) -> None:
    found = standing([start("11-06 15:20"), stop(stopped)], SEED)
    assert found is not None
    assert found.on_time is on_time


def test_a_running_clock_is_neither_on_time_nor_late() -> None:
    found = standing([start("11-06 15:20"), stop("11-12 10:00"), unstop("11-13 09:00")], SEED)
    assert found is not None
    assert found.on_time is None


def test_a_pause_is_told_with_its_beginning() -> None:
    found = standing([start("11-06 15:20"), *pause("11-13 10:00")], SEED)
    assert found is not None
    assert (shown(found.paused_since), found.due) == ("11-13 10:00", None)


@pytest.mark.parametrize(
    ("ledger", "title", "detail"),
    [
        ([start("11-06 15:20", HOURS_24)], "限 24 小时", "时限表 2026-1 版"),
        ([start("11-06 15:20"), *pause("11-13 10:00")], "停走中", "恢复后才知道何时到期"),
        ([start("11-06 15:20"), *pause("11-23 10:00")], "停走，到期不变", "到期以后停走，不再后移"),
        (
            [start("11-06 15:20", HOURS_24), *pause("11-06 16:00", "11-06 17:30")],
            "停走 90 分钟",
            "11-06 16:00 至 11-06 17:30",
        ),
        (
            [start("11-06 15:20"), rerate("11-10 09:00", DAYS_5)],
            "改限 5 工作日",
            "时限表 2026-1 版；从起算重新算，停走与延期照计",
        ),
        ([start("11-06 15:20"), stop("11-20 18:00")], "停钟", "按时"),
        ([start("11-06 15:20"), stop("11-20 18:01")], "停钟", "迟"),
        ([start("11-06 15:20"), stop("11-12 10:00"), unstop("11-16 10:00")], "答复被退回，没有停钟", ""),
    ],
)
def test_the_last_line_in_words(ledger: list[Entry], title: str, detail: str) -> None:
    line = explain(ledger, SEED)[-1]
    assert (clock_words.line_title(line), clock_words.line_detail(line, today=date(2026, 11, 24))) == (
        title,
        detail,
    )


def test_a_rejected_reply_is_one_line_that_moves_nothing() -> None:
    line = explain([start("11-06 15:20"), stop("11-12 10:00"), unstop("11-16 10:00")], SEED)[-1]
    assert (line.key, line.moved, shown(line.until)) == ("rejected", timedelta(), "11-16 10:00")


def test_what_is_written_back_from_rows_is_the_same_entry() -> None:
    row: dict[str, Any] = {
        "id": 1, "ticket": 2, "work_order": 3, "clock": "close", "entry": "start", "at": at("11-06 15:20"),
        "amount": 10, "unit": "workday", "rule_version": "2026-07", "note": "", "actor_name": "",
    }  # fmt: skip
    assert Entry.of(row) == start("11-06 15:20")


BROKEN = {
    "no start": [extend("11-06 09:00")],
    "something before the start": [start("11-06 15:20"), extend("11-06 09:00")],
    "two starts": [start("11-06 15:20"), start("11-07 15:20")],
    "resumed without a pause": [start("11-06 15:20"), Entry(Kind.RESUME, at("11-07 09:00"))],
    "paused twice": [start("11-06 15:20"), *pause("11-07 09:00"), *pause("11-08 09:00")],
    "stopped twice": [start("11-06 15:20"), stop("11-07 09:00"), stop("11-08 09:00")],
    "going on without a stop": [start("11-06 15:20"), unstop("11-07 09:00")],
    "a limit without its amount": [Entry(Kind.START, at("11-06 15:20"))],
}


@pytest.mark.parametrize("ledger", BROKEN.values(), ids=BROKEN.keys())
def test_what_cannot_have_happened_is_said(ledger: list[Entry]) -> None:
    with pytest.raises(BrokenLedger):
        due(ledger, SEED)


# --- for any ledger ---

moments = st.datetimes(datetime(2026, 1, 5), datetime(2026, 11, 15)).map(lambda m: m.replace(tzinfo=ZONE))
limits = st.one_of(
    st.builds(Limit, st.integers(1, 15), st.just("workday")),
    st.builds(Limit, st.integers(1, 72), st.just("hour")),
    st.builds(Limit, st.integers(1, 90), st.just("min")),
)
minutes = st.integers(0, 60 * 24 * 6).map(lambda m: timedelta(minutes=m))


@st.composite
def pauses(draw: st.DrawFn, since: datetime) -> list[tuple[datetime, datetime]]:
    """Up to four, one after the other."""
    found, moment = [], since
    for _ in range(draw(st.integers(0, 4))):
        begin = moment + draw(minutes)
        moment = begin + draw(minutes)
        found.append((begin, moment))
    return found


@st.composite
def ledgers(draw: st.DrawFn) -> list[Entry]:
    begin = draw(moments)
    found = [Entry.to(Kind.START, begin, draw(limits))]
    for a, b in draw(pauses(begin)):
        found += [Entry(Kind.PAUSE, a), Entry(Kind.RESUME, b)]
    for kind in (Kind.EXTEND, Kind.RERATE):
        found += [Entry.to(kind, begin + draw(minutes), draw(limits)) for _ in range(draw(st.integers(0, 2)))]
    return sorted(found, key=lambda entry: entry.at)


def known(ledger: list[Entry], calendar: Calendar = SEED) -> datetime:
    found = due(ledger, calendar)
    assert found is not None
    return found


def without(ledger: list[Entry], *kinds: Kind) -> list[Entry]:
    return [entry for entry in ledger if entry.entry not in kinds]


@given(ledgers())
def test_due_comes_after_the_start(ledger: list[Entry]) -> None:
    assert known(ledger) > ledger[0].at


@given(ledgers())
def test_pauses_never_shorten(ledger: list[Entry]) -> None:
    assert known(ledger) >= known(without(ledger, Kind.PAUSE, Kind.RESUME))


@given(ledgers(), st.data())
def test_no_single_pause_shortens(ledger: list[Entry], data: st.DataObject) -> None:
    begins = [i for i, entry in enumerate(ledger) if entry.entry is Kind.PAUSE]
    assume(begins)
    begin = data.draw(st.sampled_from(begins))
    end = next(i for i in range(begin, len(ledger)) if ledger[i].entry is Kind.RESUME)
    assert known(ledger) >= known([entry for i, entry in enumerate(ledger) if i not in (begin, end)])


@given(ledgers())
def test_what_is_not_late_when_paused_is_not_late_when_it_goes_on(ledger: list[Entry]) -> None:
    found = known(ledger)
    stops = [i for i, entry in enumerate(ledger) if entry.entry in (Kind.PAUSE, Kind.RESUME)]
    for place in range(0, len(stops), 2):  # by position: two pauses of no length are equal, and not the same
        paused, resumed = ledger[stops[place]], ledger[stops[place + 1]]
        before = known([entry for i, entry in enumerate(ledger) if i not in stops[place:]])
        assert paused.at >= before or resumed.at < found


@given(ledgers())
def test_extensions_never_shorten(ledger: list[Entry]) -> None:
    assert known(ledger) >= known(without(ledger, Kind.EXTEND))


@given(ledgers(), st.data())
def test_when_something_was_approved_does_not_matter(ledger: list[Entry], data: st.DataObject) -> None:
    approved = [i for i, entry in enumerate(ledger) if entry.entry is Kind.EXTEND]
    later = [
        Entry.to(entry.entry, ledger[0].at + data.draw(minutes), entry.limit) if i in approved else entry
        for i, entry in enumerate(ledger)
    ]
    assert known(later) == known(ledger)


@given(ledgers(), st.data())
def test_the_order_in_which_more_time_and_ratings_come_does_not_matter(
    ledger: list[Entry], data: st.DataObject
) -> None:
    """An extension before or after the rating, either of them before, within or after a pause."""
    ratings = [entry for entry in ledger if entry.entry is Kind.RERATE]
    kept = [entry for entry in ledger if entry not in ratings[1:]]
    approved = [i for i, entry in enumerate(kept) if entry.entry in (Kind.EXTEND, Kind.RERATE)]
    moved = [
        Entry.to(entry.entry, kept[0].at + data.draw(minutes), entry.limit) if i in approved else entry
        for i, entry in enumerate(kept)
    ]
    assert known(moved) == known(kept)


@given(ledgers(), limits, minutes)
def test_one_more_extension_never_makes_it_earlier(
    ledger: list[Entry], limit: Limit, after: timedelta
) -> None:
    assert known([*ledger, Entry.to(Kind.EXTEND, ledger[0].at + after, limit)]) >= known(ledger)


@given(ledgers(), st.randoms(use_true_random=False))
def test_how_rows_are_read_does_not_matter(ledger: list[Entry], random: Any) -> None:
    assume(len({entry.at for entry in ledger}) == len(ledger))
    shuffled = list(ledger)
    random.shuffle(shuffled)
    assert known(shuffled) == known(ledger)


@given(ledgers(), st.dates(date(2026, 1, 5), date(2026, 12, 30)).filter(SEED.is_workday))
@example([start("11-06 15:20"), *pause("11-09 09:00", "11-11 10:00")], date(2026, 11, 11))
@example([start("11-06 10:00", Limit(1, "workday")), *pause("11-06 11:00", "11-09 10:00")], date(2026, 11, 6))
@example(
    [start("11-06 10:00", Limit(1, "workday")), *pause("11-09 09:00", "11-11 10:00")], date(2026, 11, 11)
)
def test_one_more_day_off_never_makes_it_earlier(ledger: list[Entry], day: date) -> None:
    longer = Calendar.of([*(row for row in rows() if row.day != day), Day(day, "off", "台风停工")])
    assert known(ledger, longer) >= known(ledger)


@given(ledgers())
def test_the_last_line_says_the_due_moment(ledger: list[Entry]) -> None:
    assert explain(ledger, SEED)[-1].due_after == due(ledger, SEED)


@given(ledgers())
def test_an_open_pause_says_so_unless_it_came_too_late(ledger: list[Entry]) -> None:
    paused_at = max(entry.at for entry in ledger) + timedelta(hours=1)
    found = due([*ledger, Entry(Kind.PAUSE, paused_at)], SEED)
    assert found == (None if paused_at < known(ledger) else known(ledger))


@given(ledgers())
def test_a_rejected_reply_changes_nothing(ledger: list[Entry]) -> None:
    last = max(entry.at for entry in ledger)
    rejected = [*ledger, Entry(Kind.STOP, last), Entry(Kind.UNSTOP, last + timedelta(days=2))]
    assert due(rejected, SEED) == due(ledger, SEED)
    assert explain(rejected, SEED)[-1].due_after == due(ledger, SEED)
