"""A year of the working calendar: its months as they are drawn, what was typed, and the rows that follow. Pure.

`read` takes the wording of the yearly notice (`国庆节：10月1日至7日放假调休，共7天。10月10日（周六）上班。`)
as well as plain lines (`2027-10-01 至 2027-10-07 放假 国庆节`).
"""

from __future__ import annotations

import re
import unicodedata
from calendar import Calendar as Weeks
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.admin.columns import Values
from core.admin.subjects import World
from core.admin.writing import RowChange
from core.i18n import _
from routing.admin.limits import next_version
from routing.calendar import PROVISIONAL, SATURDAY

#: Day → (kind, name): what differs from its weekday.
Target = dict[date, tuple[str, str]]
OFF, WORK = "off", "work"
LONGEST_RANGE: Final = 31
_DAY: Final = r"(?:(?P<{0}y>\d{{4}})年)?(?:(?P<{0}m>\d{{1,2}})月)?(?P<{0}d>\d{{1,2}})日"
_DATES: Final = re.compile(_DAY.format("a") + r"(?:\s*(?:至|到|—|–|~|-)+\s*" + _DAY.format("b") + r")?")
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_SAYS: Final = (
    (OFF, re.compile(r"放假|补休|调休放假|\boff\b", re.I)),
    (WORK, re.compile(r"上班|\bwork(?:ed|ing)?\b", re.I)),
)
_NUMBERING: Final = re.compile(r"^[(（]?[一二三四五六七八九十\d]{1,3}[)）]?[、..)]\s*")


@dataclass(frozen=True)
class DayCell:
    """A day as it is drawn. `name` of a day off, or of a weekend worked."""

    day: date
    works: bool
    is_weekend: bool
    name: str


@dataclass(frozen=True)
class Month:
    number: int
    blanks: int
    """Days of the week before the first."""
    days: tuple[DayCell, ...]


def months(target: Target, year: int) -> list[Month]:
    """Weeks begin on Monday."""
    found = []
    for number in range(1, 13):
        days = [day for day in Weeks().itermonthdates(year, number) if day.month == number]
        found.append(Month(number, days[0].weekday(), tuple(_cell(day, target) for day in days)))
    return found


def _cell(day: date, target: Target) -> DayCell:
    kind, name = target.get(day, ("", ""))
    weekend = day.weekday() >= SATURDAY
    works = kind == WORK if kind else not weekend
    return DayCell(day, works, weekend, name)


def of_world(world: World, year: int) -> Target:
    return {v["day"]: (v["kind"], v["name"]) for v in world.values() if v["day"].year == year}


def is_provisional(world: World, year: int) -> bool:
    return any(v["source"] == PROVISIONAL for v in world.values() if v["day"].year == year)


def source(world: World, year: int) -> str:
    """What most rows of the year rest on."""
    found = [v["source"] for v in world.values() if v["day"].year == year and v["source"] != PROVISIONAL]
    return max(found, key=found.count) if found else ""


def ticked(now: Target, year: int, works: Collection[date], name: str) -> Target:
    """The year with exactly these days worked. Names stay where the kind stays; new ones are called `name`."""
    found: Target = {}
    for cell in (cell for month in months(now, year) for cell in month.days):
        was = now.get(cell.day)
        worked = cell.day in works
        if worked is cell.works and was is not None:
            found[cell.day] = was
        elif worked is cell.is_weekend:
            kind = WORK if worked else OFF
            found[cell.day] = (kind, name or (_("调休上班") if worked else _("放假")))
    return found


def changes(world: World, target: Target, year: int, *, rests_on: str) -> list[RowChange]:
    """The rows that make the year read as `target`, all of it resting on one source."""
    version = next_version([v["version"] for v in world.values()], year)
    rows = {v["day"]: (row, v) for row, v in world.items() if v["day"].year == year}
    found: list[RowChange] = []
    for day in sorted({*rows, *target}):
        row, values = rows.get(day, (-1 - len(found), None))
        wished = _wished(day, target.get(day), values, rests_on)
        if wished is not None and {**wished, "version": ""} != {**(values or {}), "version": ""}:
            found.append(RowChange(row, values, {**wished, "version": version}))
        elif wished is None and values is not None:
            found.append(RowChange(row, values, None))
    return found


def _wished(day: date, wanted: tuple[str, str] | None, values: Values | None, rests_on: str) -> Values | None:
    if wanted is None:
        return None
    kind, name = wanted
    english = values["name_en"] if values and values["name"] == name else ""
    return {"day": day, "kind": kind, "name": name, "name_en": english, "source": rests_on, "version": ""}


def turned(rows: Collection[RowChange]) -> list[tuple[date, str, str]]:
    """The days that are another kind of day afterwards: before and after (off, work, or nothing of its own)."""
    found = []
    for row in rows:
        values = row.after or row.before
        before, after = (row.before or {}).get("kind", ""), (row.after or {}).get("kind", "")
        if values is not None and _works(values["day"], before) is not _works(values["day"], after):
            found.append((values["day"], before, after))
    return sorted(found)


def _works(day: date, kind: str) -> bool:
    return kind == WORK if kind else day.weekday() < SATURDAY


# --- a notice, read ---


def read(text: str, year: int) -> tuple[Target, dict[int, str]]:
    """The days of a notice, and by line number what could not be read."""
    found: Target = {}
    wrong: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        typed = unicodedata.normalize("NFKC", line).strip()
        if not typed:
            continue
        try:
            days = list(_line(typed, year))
        except ValueError:
            wrong[number] = _("第 {n} 行有不存在的日期。").format(n=number)
            continue
        if not days:
            wrong[number] = _("第 {n} 行没有读出日期，或没有写“放假”还是“上班”。").format(n=number)
        found.update({day: (kind, name) for day, kind, name in days})
    return found, wrong


def _line(typed: str, year: int) -> Iterator[tuple[date, str, str]]:
    typed = _ISO.sub(r"\1年\2月\3日", typed)
    typed = re.sub(r"[(（][^()（）]*[)）]", "", typed)
    head, colon, rest = typed.partition(":")
    name = _NUMBERING.sub("", head).strip() if colon else ""
    month: int | None = None
    for sentence in re.split(r"[。;；.!]", rest if colon else typed):
        kind = next((kind for kind, says in _SAYS if says.search(sentence)), "")
        if not kind:
            continue
        called = name or _rest_of(sentence)
        for match in _DATES.finditer(sentence):
            first, last, month = _range(match, year, month)
            for n in range((last - first).days + 1):
                day = first + timedelta(days=n)
                if kind == OFF or day.weekday() >= SATURDAY:
                    yield (
                        day,
                        kind,
                        called if kind == OFF or not name else _("{name}调休上班").format(name=name),
                    )


def _range(match: re.Match[str], year: int, month: int | None) -> tuple[date, date, int]:
    """A day or a span; what is left out is as before it. Raises `ValueError`."""
    start_month = int(match["am"] or month or 0)
    first = date(int(match["ay"] or year), start_month, int(match["ad"]))
    if match["bd"] is None:
        return first, first, first.month
    last = date(int(match["by"] or first.year), int(match["bm"] or first.month), int(match["bd"]))
    if not timedelta() <= last - first < timedelta(days=LONGEST_RANGE):
        raise ValueError(match.group())
    return first, last, last.month


def _rest_of(sentence: str) -> str:
    """What a plain line says beside dates and kind: the name."""
    left = _DATES.sub(" ", sentence)
    for _kind, says in _SAYS:
        left = says.sub(" ", left)
    return " ".join(re.sub(r"共\s*\d+\s*天|[,，、]", " ", left).split())[:40]


def packed(target: Target) -> list[list[str]]:
    """For a hidden field."""
    return [[day.isoformat(), kind, name] for day, (kind, name) in sorted(target.items())]


def unpacked(rows: object, year: int) -> Target:
    """Raises `ValueError` for anything `packed` did not make."""
    if not isinstance(rows, list):
        raise ValueError(rows)
    found: Target = {}
    for row in rows:
        if not (isinstance(row, list) and len(row) == 3 and all(isinstance(part, str) for part in row)):
            raise ValueError(row)
        day, kind, name = date.fromisoformat(row[0]), row[1], row[2][:40]
        if kind not in (OFF, WORK) or day.year != year:
            raise ValueError(row)
        found[day] = (kind, name)
    return found


def as_text(target: Mapping[date, tuple[str, str]]) -> str:
    """The year as plain lines, to be copied elsewhere and read back."""
    words = {OFF: "放假", WORK: "上班"}
    return "\n".join(
        f"{day.isoformat()} {words[kind]} {name}" for day, (kind, name) in sorted(target.items())
    )
