"""The working calendar as a subject of administration: days that differ from their weekday."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from core.admin.columns import Column, Values
from core.admin.subjects import Action, Complaints, Subject, World
from core.admin.writing import RowChange
from core.db import Tx
from core.errors import Refused
from core.i18n import N_, _, weekday
from routing import effects, rulebook
from routing.calendar import KNOWN_FROM, PROVISIONAL, SATURDAY

KINDS: Final = (("off", N_("放假")), ("work", N_("调休上班")))


def check(world: World, touched: Collection[int], _on: date) -> Complaints:
    """A weekday is worked without being told so."""
    return {
        row: {"kind": _("{day} 是{weekday}，本来就上班，不用列出。").format(day=day, weekday=weekday(day))}
        for row in touched
        if world[row]["kind"] == "work" and (day := world[row]["day"]).weekday() < SATURDAY
    }


async def _verify(t: Tx, rows: Sequence[RowChange]) -> None:
    """A year must not become unknown by losing its days off: due moments could not be summed up any more."""
    lost = {row.before["day"].year for row in rows if row.before and row.before["kind"] == "off"}
    for year in sorted(lost):
        left = await t.fetchval(
            "SELECT count(*) FROM calendar_day WHERE kind = 'off' AND extract(year FROM day) = $1", year
        )
        if left < KNOWN_FROM:
            raise Refused(
                _("{year} 年至少要留 {n} 天放假，否则到期时间算不到这一年。").format(year=year, n=KNOWN_FROM),
                code="year_unknown",
            )


async def _after(t: Tx, _rows: Sequence[RowChange]) -> None:
    await rulebook.bump()
    t.changed("reference:")


def _title(values: Values) -> str:
    return f"{values['day']} {values['name']}".strip()


CALENDAR: Final = Subject(
    key="calendar",
    label=N_("工作日历"),
    about=N_("放假和调休上班的日子。改动会把受影响的在办单按新日历重算。"),
    group=N_("时限"),
    order=62,
    permission="admin.calendar",
    table="calendar_day",
    columns=(
        Column("day", N_("日期"), "day", required=True, fixed=True, searched=True),
        Column("kind", N_("安排"), "choice", required=True, choices=KINDS, filtered=True),
        Column("name", N_("名称"), required=True, most=40, searched=True),
        Column("name_en", N_("英文名称"), most=80),
        Column(
            "source",
            N_("依据"),
            most=120,
            hint=N_("放假通知的文号；“provisional”表示通知未出，先按法定假日推算"),
        ),
        Column("version", N_("版本"), most=20),
    ),
    natural=("day",),
    sorted_by=("day",),
    searched=("name",),
    title=_title,
    check=check,
    verify=_verify,
    after=_after,
    consequences=effects.DAYS,
    pages=(Action(N_("按年看和改"), "/admin/calendar-year"),),
)

__all__ = ["CALENDAR", "PROVISIONAL"]
