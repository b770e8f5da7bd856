"""撤并、拆分: a unit ends, and another inherits what is open there, with its clocks; what is past stays under its name.

Floor 1 ends the unit, re-hangs what was below it and moves its posts; floor 3 finds the `unit_succession` row on
its day and moves the work orders (`crm/tickets/succession.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from core import clock, db
from core.admin import changes
from core.admin.columns import Values
from core.admin.history import KINDS
from core.admin.writing import RowChange
from core.errors import Invalid
from core.i18n import N_, _, dated
from core.officers import Officer
from routing.admin import shares
from routing.admin.catalogue import CATALOGUE
from routing.admin.open_work import open_work, spread_of
from routing.admin.posts import POSTS
from routing.admin.shares import Share
from routing.admin.units import UNITS, ended

KIND_WORDS: Final = {"merge": N_("并入"), "split": N_("拆分")}
KINDS.update(KIND_WORDS)


@dataclass(frozen=True)
class Wanted:
    """`heir` inherits everything open from `on_day`; of a split `others` are further new units, and `shares` say
    which part of the field, with its open work, each of them takes over. The first share that holds counts.
    """

    kind: str
    heir: str
    on_day: date
    others: tuple[str, ...] = ()
    posts_follow: bool = True
    shares: tuple[Share, ...] = ()
    lines_follow: bool = False


@dataclass(frozen=True)
class Foreseen:
    """What a succession would do: counts, names of units below, and the catalogue lines that name the unit."""

    open_orders: int
    posts: int
    below: tuple[str, ...]
    lines: tuple[Any, ...]


async def foresee(unit: int) -> Foreseen:
    values = await changes.row_of(UNITS, unit)
    lines = await db.fetch(
        """SELECT l.id, l.code, l.matter_code, l.lead_unit_code = $1 AS leads, m.path_name, m.path_name_en
           FROM catalogue_line l LEFT JOIN matter m ON m.code = l.matter_code
           WHERE l.lead_unit_code = $1 OR $1 = ANY(l.assists) ORDER BY l.code""",
        values["code"],
    )
    below = await db.fetch("SELECT name FROM unit WHERE parent = $1 ORDER BY path", unit)
    posts = await db.fetchval("SELECT count(*) FROM post WHERE unit = $1 AND valid_to IS NULL", unit)
    orders = (await open_work([unit])).get(unit, 0)
    return Foreseen(orders, posts, tuple(row["name"] for row in below), tuple(lines))


async def succeed(unit: int, wanted: Wanted, *, by: Officer, reason: str, now: datetime) -> None:
    """End the unit the day before `on_day` and let `heir` inherit. One transaction, one reason.

    Raises `Invalid` for an heir that is no other open unit, `Conflict`, `Refused`.
    """
    async with db.tx() as t:
        world = await changes.world_of(UNITS)
        codes = {values["code"]: row for row, values in world.items()}
        _check(unit, wanted, world, codes, clock.local(now).date())
        last = wanted.on_day - timedelta(days=1)
        rows = [RowChange(unit, world[unit], ended(world[unit], wanted.heir, last))]
        rows += _hung_anew(world[unit]["code"], wanted.heir, world)
        await changes.apply(UNITS, rows, by=by, reason=reason, now=now, kind=wanted.kind)
        if wanted.posts_follow:
            await _move_posts(world[unit]["code"], wanted, last, by=by, reason=reason, now=now)
        if wanted.lines_follow:
            await _move_lines(world[unit]["code"], wanted, by=by, reason=reason, now=now)
        await t.execute(
            """INSERT INTO unit_succession (unit, heir, kind, on_day, reason, asked_by, asked_by_name, shares)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            unit, codes[wanted.heir], wanted.kind, wanted.on_day, reason.strip(), by.id, by.name,
            shares.written(wanted.shares),
        )  # fmt: skip


async def check(unit: int, wanted: Wanted, *, now: datetime) -> None:
    """Raises `Invalid` for what `succeed` would not do."""
    world = await changes.world_of(UNITS)
    codes = {values["code"]: row for row, values in world.items()}
    _check(unit, wanted, world, codes, clock.local(now).date())


async def fingerprint(unit: int, wanted: Wanted) -> str:
    """Of what would be done: the yes is to this."""
    last = await db.fetchval("SELECT coalesce(max(id), 0) FROM admin_change WHERE subject = $1", UNITS.key)
    return hashlib.sha256(repr((unit, wanted, last)).encode()).hexdigest()[:24]


def _check(unit: int, wanted: Wanted, world: dict[int, Values], codes: dict[Any, int], today: date) -> None:
    wrong: dict[str, str] = {}
    heir = codes.get(wanted.heir)
    if world[unit]["successor"]:
        wrong["heir"] = _("这个单位已经有继任单位。")
    elif heir is None or heir == unit or not UNITS.is_valid(world[heir], wanted.on_day):
        wrong["heir"] = _("从列表里选一个那天有效的其他单位。")
    elif world[unit]["code"] in _above(wanted.heir, world, codes):
        wrong["heir"] = _("继任单位挂在它下面：先把继任单位改挂到上一级。")
    if wanted.kind not in KIND_WORDS:
        wrong["kind"] = _("从给出的几项里选一项。")
    strange = [code for code in wanted.others if code not in codes or code == world[unit]["code"]]
    if strange or (wanted.kind == "split" and not wanted.others and not wanted.shares):
        wrong["others"] = (
            _("没有“{value}”，从列表里选一个。").format(value=strange[0]) if strange
            else _("写出其余新单位的代码，一行一个；还没有的先新增。")
        )  # fmt: skip
    for share in wanted.shares:
        taker = codes.get(share.code)
        if taker is None or taker == unit or not UNITS.is_valid(world[taker], wanted.on_day):
            wrong["shares"] = _("从列表里选一个那天有效的其他单位。")
        elif not share.is_narrow:
            wrong["shares"] = _("{name} 接哪些？至少选区、街道、事项中的一项。").format(name=share.name)
    begins = world[unit]["valid_from"]
    if begins and begins >= wanted.on_day:
        wrong["on_day"] = _("这个单位 {day} 才开始，从后一天起才能撤并。").format(day=dated(begins))
    if wanted.on_day < today:
        wrong["on_day"] = _("从今天或以后的一天起；过去的改不了。")
    if wrong:
        raise Invalid(wrong)


def _above(code: str, world: dict[int, Values], codes: dict[Any, int]) -> set[str]:
    found: set[str] = set()
    parent = world[codes[code]]["parent"]
    while parent and parent not in found:
        found.add(parent)
        parent = world[codes[parent]]["parent"]
    return found


def _hung_anew(code: str, heir: str, world: dict[int, Values]) -> Sequence[RowChange]:
    return [
        RowChange(row, values, {**values, "parent": heir})
        for row, values in world.items()
        if values["parent"] == code
    ]


async def _move_posts(
    code: str, wanted: Wanted, last: date, *, by: Officer, reason: str, now: datetime
) -> None:
    """Posts that still run end on the unit's last day and go on at the heir from the next; who has one there keeps it.
    Those that only begin then begin at the heir."""
    world = await changes.world_of(POSTS)
    there = {(v["account"], v["role"]) for v in world.values() if v["unit"] == wanted.heir}
    rows: list[RowChange] = []
    for row, values in world.items():
        if values["unit"] != code or (values["valid_to"] and values["valid_to"] <= last):
            continue
        if values["valid_from"] and values["valid_from"] > last:
            rows.append(RowChange(row, values, {**values, "unit": wanted.heir}))
            continue
        rows.append(RowChange(row, values, {**values, "valid_to": last}))
        if (values["account"], values["role"]) not in there:
            start = last + timedelta(days=1)
            rows.append(RowChange(-row, None, {**values, "unit": wanted.heir, "valid_from": start}))
    if rows:
        await changes.apply(POSTS, rows, by=by, reason=reason, now=now, kind=wanted.kind)


async def _move_lines(code: str, wanted: Wanted, *, by: Officer, reason: str, now: datetime) -> None:
    """Catalogue lines that name the unit end on its last day and go on under its heir, or under whom all of the
    line falls to."""
    world = await changes.world_of(CATALOGUE)
    codes = {str(values["code"]) for values in world.values()}
    last = wanted.on_day - timedelta(days=1)
    rows: list[RowChange] = []
    for row, values in world.items():
        if (values["valid_to"] and values["valid_to"] < wanted.on_day) or (
            code != values["lead"] and code not in values["assists"]
        ):
            continue
        anew = _renamed(values, code, _taker(values, wanted))
        if values["valid_from"] and values["valid_from"] >= wanted.on_day:
            rows.append(RowChange(row, values, anew))
            continue
        name = _line_code(str(values["code"]), wanted.on_day, codes)
        codes.add(name)
        rows.append(RowChange(row, values, {**values, "valid_to": last}))
        rows.append(RowChange(-row, None, {**anew, "code": name, "valid_from": wanted.on_day}))
    if rows:
        await changes.apply(CATALOGUE, rows, by=by, reason=reason, now=now, kind=wanted.kind)


def _taker(line: Values, wanted: Wanted) -> str:
    district = line["district"] or line["street"][:6]
    share = shares.heir_of(wanted.shares, district, line["street"], line["matter_code"])
    return share.code if share else wanted.heir


def _renamed(line: Values, code: str, heir: str) -> Values:
    lead = heir if line["lead"] == code else line["lead"]
    assists = dict.fromkeys(heir if unit == code else unit for unit in line["assists"])
    return {**line, "lead": lead, "assists": tuple(unit for unit in assists if unit != lead)}


def _line_code(code: str, day: date, taken: set[str]) -> str:
    """`PD-030101.261124`, then `…-2`."""
    found, n = f"{code[:30]}.{day:%y%m%d}", 2
    while found in taken:
        found, n = f"{code[:28]}.{day:%y%m%d}-{n}", n + 1
    return found


async def parts_of(unit: int, wanted: Wanted) -> dict[str, int]:
    """How many open orders would go to whom, by code; "" is the heir."""
    return shares.counted(wanted.shares, await spread_of(unit))
