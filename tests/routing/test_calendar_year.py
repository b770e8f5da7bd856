"""A year of the calendar: the yearly notice read, days ticked, and the rows that follow."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admin.columns import Values
from routing import calendar_year
from routing.calendar_year import OFF, WORK, Target

NOTICE_2026 = """一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。"""


def world_2026() -> dict[int, Values]:
    from tests.routing.calendars import rows

    return {
        n: {"day": r.day, "kind": r.kind, "name": r.name, "name_en": r.name_en, "source": r.source, "version": r.version}
        for n, r in enumerate(rows(), start=1)
    }  # fmt: skip


def test_the_yearly_notice_reads_as_the_seed_has_it() -> None:
    found, wrong = calendar_year.read(NOTICE_2026, 2026)
    assert wrong == {}
    seed = calendar_year.of_world(world_2026(), 2026)
    assert {day: kind for day, (kind, _n) in found.items()} == {day: kind for day, (kind, _n) in seed.items()}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2027-10-01 至 2027-10-03 放假 国庆节", [("10-01", OFF), ("10-02", OFF), ("10-03", OFF)]),
        ("2027-10-09 上班", [("10-09", WORK)]),
        ("2027/10/8 off National Day", [("10-08", OFF)]),
        ("中秋节：９月１５日放假", [("09-15", OFF)]),
        ("春节：2月5日至8日、2月10日放假", [("02-05", OFF), ("02-06", OFF), ("02-07", OFF), ("02-08", OFF), ("02-10", OFF)]),
        ("元旦：1月1日放假。4日（周一）上班", [("01-01", OFF)]),
    ],
)  # fmt: skip
def test_a_line_is_read(line: str, expected: list[tuple[str, str]]) -> None:
    found, wrong = calendar_year.read(line, 2027)
    assert wrong == {}
    assert [(f"{day:%m-%d}", kind) for day, (kind, _n) in sorted(found.items())] == expected


@pytest.mark.parametrize("line", ["国庆节快乐", "10月1日至7日", "2月30日放假", "10月7日至1日放假"])
def test_a_line_that_cannot_be_read_is_told(line: str) -> None:
    found, wrong = calendar_year.read(f"1月1日放假\n{line}", 2027)
    assert set(wrong) == {2}
    assert list(found) == [date(2027, 1, 1)]


def test_names_are_read_from_either_way_of_writing() -> None:
    found, _wrong = calendar_year.read("国庆节：10月1日放假。10月9日上班\n2027-05-01 放假 劳动节", 2027)
    assert [name for _kind, name in found.values()] == ["国庆节", "国庆节调休上班", "劳动节"]


def test_saving_a_year_as_it_stands_changes_no_row() -> None:
    world = world_2026()
    target = calendar_year.of_world(world, 2026)
    works = {c.day for m in calendar_year.months(target, 2026) for c in m.days if c.works}
    again = calendar_year.ticked(target, 2026, works, "")
    assert calendar_year.changes(world, again, 2026, rests_on=calendar_year.source(world, 2026)) == []


def test_a_weekday_unticked_is_off_and_a_saturday_ticked_is_worked() -> None:
    target: Target = {}
    works = {c.day for m in calendar_year.months(target, 2028) for c in m.days if c.works}
    works = works - {date(2028, 3, 1)} | {date(2028, 3, 4)}
    found = calendar_year.ticked(target, 2028, works, "风雪")
    assert found == {date(2028, 3, 1): (OFF, "风雪"), date(2028, 3, 4): (WORK, "风雪")}


def test_the_next_version_is_stamped_on_what_changed_only() -> None:
    world = world_2026()
    target = {**calendar_year.of_world(world, 2026), date(2026, 12, 30): (OFF, "放假")}
    (row,) = calendar_year.changes(world, target, 2026, rests_on=calendar_year.source(world, 2026))
    assert row.after is not None
    assert (row.after["day"], row.after["version"]) == (date(2026, 12, 30), "2026-2")
    assert calendar_year.turned([row]) == [(date(2026, 12, 30), "", OFF)]


DAYS = st.integers(0, 364).map(lambda n: date(2027, 1, 1) + timedelta(days=n))


@given(st.sets(DAYS, max_size=30))
def test_any_year_survives_text_and_ticks(toggled: set[date]) -> None:
    works = {c.day for m in calendar_year.months({}, 2027) for c in m.days if c.works} ^ toggled
    target = calendar_year.ticked({}, 2027, works, "大雪")
    assert {c.day for m in calendar_year.months(target, 2027) for c in m.days if c.works} == works
    again, wrong = calendar_year.read(calendar_year.as_text(target), 2027)
    assert (again, wrong) == (target, {})
    assert calendar_year.unpacked(calendar_year.packed(target), 2027) == target
