"""The supervisor's board worked out: three cards, a table, the drawer. The template only writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core import clock, i18n
from core.i18n import N_, _
from core.officers import Officer
from crm.kpi import queries, snapshots, trees
from crm.kpi.facts import Period
from crm.kpi.formulas import CROSSED, EXCLUDED, FORMULAS, THREE, Formula
from crm.kpi.queries import Counts, Scope
from crm.kpi.rates import (
    COUNTED,
    Rate,
    Rules,
    in_a_row,
    light,
    losses_allowed,
    misses_allowed,
    points_missing,
    saves_needed,
    shown,
)
from crm.lines import LineRow, lines
from crm.pages import rate_rows
from crm.pages.names import Names, names
from crm.pages.rate_filters import Filters, columns
from crm.pages.rate_trend import Trend, trend

LIGHTS = {"green": N_("绿"), "yellow": N_("黄"), "red": N_("红")}


@dataclass(frozen=True)
class Figure:
    """One rate as shown. `need`: what is to be done, or may still be lost, in words; `row`: the lost-stays-lost
    way to put it. `lacks`: how many saves, for a narrow column."""

    key: str
    title: str
    percent: str
    numerator: int
    denominator: int
    tried: int
    light: str
    light_word: str
    need: str
    in_a_row: str
    lacks: int | None


@dataclass(frozen=True)
class Line:
    """A row of the table: `level` of the tree, `fold` the URL that (un)folds it, "" without children."""

    key: str
    name: str
    level: int
    fold: str
    is_open: bool
    is_on: bool
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Card:
    figure: Figure
    aside: str
    trend: Trend


@dataclass(frozen=True)
class Drawer:
    """The sum behind one figure: what is excluded and why, and what is still open."""

    name: str
    formula: Formula
    figure: Figure
    sum: str
    excluded: list[tuple[str, int, str, str]]
    open: list[Any]


@dataclass(frozen=True)
class Board:
    cards: list[Card]
    lines: list[Line]
    drawer: Drawer | None
    all: list[Figure]
    taken_at: datetime | None
    uncounted: int
    #: The period is too old to be counted by itself.
    is_old: bool


async def board(officer: Officer, filters: Filters, rules: Rules, *, now: datetime) -> Board:
    period, scope = filters.period(now), await scope_of(filters)
    by_day = await queries.counts(list(FORMULAS), period, scope)
    total = trees.summed(by_day.values())
    called = await names()
    keys = columns(filters.by)
    found = by_day if filters.by == "day" else await queries.counts(keys, period, scope, by=filters.by)
    return Board(
        cards=[_card(key, total, by_day, filters, rules) for key in THREE],
        lines=await _lines(filters, found, keys, rules, called),
        drawer=await _drawer(officer, filters, rules, called, now=now) if filters.rate else None,
        all=[
            figure(FORMULAS[key], total.get(key, {}), rules)
            for key in FORMULAS
            if key in CROSSED or not is_crossed(scope)
        ],
        taken_at=await queries.taken_at(period),
        uncounted=await queries.uncounted(period, filters.last),
        is_old=filters.last <= clock.local(now).date() - timedelta(days=snapshots.WINDOW),
    )


def is_crossed(scope: Scope) -> bool:
    """Narrowed in more than one way: then only what tables show is kept."""
    return [scope.line is not None, scope.units is not None, bool(scope.matter)].count(True) > 1


async def scope_of(filters: Filters, *, on: bool = False) -> Scope:
    """The filters as the counts understand them; `on` adds the row of the table that the drawer shows."""
    tree = await trees.units()
    below = tree.below.get(filters.unit, frozenset()) if filters.unit is not None else None
    line, matter = filters.line, filters.matter
    if on and filters.on:
        if filters.by == "unit" and (row := _units(filters.on, tree)) is not None:
            below = row if below is None else below & row
        elif filters.by == "line":
            line = filters.on
        elif filters.by == "matter":
            matter = filters.on
    known = await lines()
    return Scope(known[line].id if line in known else None, below, matter)


def _units(on: str, tree: trees.Units) -> frozenset[int] | None:
    """A row of the unit table: with everything below it, or itself alone."""
    unit = on.removesuffix(rate_rows.OWN)
    if not unit.isdecimal():
        return None
    return frozenset({int(unit)}) if on.endswith(rate_rows.OWN) else tree.below.get(int(unit), frozenset())


def figure(formula: Formula, counts: Counts, rules: Rules) -> Figure:
    rate = Rate.of(counts)
    colour = light(rate, rules) if formula.is_judged else ""
    missing = saves_needed(rate, rules.target)
    unit = _("通") if formula.of == "calls" else _("件")
    if not formula.is_judged:
        need = ""
    elif missing:
        need = _("还差 {n} {unit}").format(n=f"{missing:,}", unit=unit)
    else:
        spare = (
            losses_allowed(rate, rules.target)
            if formula.lost_stays_lost
            else misses_allowed(rate, rules.target)
        )
        need = _("还可失 {n} {unit}").format(n=f"{spare:,}", unit=unit)
    row = in_a_row(rate, rules.target) if formula.lost_stays_lost and missing else None
    return Figure(
        formula.key, _(formula.title), shown(rate.percent, rules.target), rate.numerator, rate.denominator, rate.tried,
        colour, _light_word(colour, rate, rules), need,
        _("再连续接起 {n} 通即达").format(n=f"{row:,}") if row else "", missing if formula.is_judged else None,
    )  # fmt: skip


def _light_word(colour: str, rate: Rate, rules: Rules) -> str:
    if not colour:
        return ""
    if colour == "grey":
        return _("不足 {n} 件不评").format(n=rules.least)
    if colour == "green":
        return _("绿 · 达标")
    return _("{light} · 差 {n} 点").format(
        light=_(LIGHTS[colour]), n=f"{float(points_missing(rate, rules)):.2f}"
    )


def _card(
    key: str, total: trees.Found, by_day: dict[date, trees.Found], filters: Filters, rules: Rules
) -> Card:
    found = figure(FORMULAS[key], total.get(key, {}), rules)
    aside = found.in_a_row
    if key == "on_time_closure":
        plain = figure(FORMULAS["on_time_closure_plain"], total.get("on_time_closure_plain", {}), rules)
        aside = _("不含延期口径 {percent}%").format(percent=plain.percent)
    elif key == "follow_up":
        aside = _("其中已尝试 {n} 件").format(n=found.tried) if found.tried else _("完成 ÷ 到期应访")
    return Card(found, aside, trend(key, by_day, filters, rules))


async def _lines(
    filters: Filters, found: dict[Any, trees.Found], keys: tuple[str, ...], rules: Rules, called: Names
) -> list[Line]:
    if filters.by == "unit":
        rows = await rate_rows.by_unit(filters, found, called)
    elif filters.by == "matter":
        rows = rate_rows.by_matter(filters, found, called)
    elif filters.by == "line":
        rows = rate_rows.by_line(found, await lines())
    else:
        rows = rate_rows.by_day(filters, found)
    return [
        Line(
            row.key, row.name, row.level,
            filters.url(open=filters.open ^ {row.key}, rate="", on="") if row.has_children else "",
            row.key in filters.open, row.key == filters.on,
            tuple(figure(FORMULAS[key], row.found.get(key, {}), rules) for key in keys),
        )
        for row in rows
    ]  # fmt: skip


async def _drawer(
    officer: Officer, filters: Filters, rules: Rules, called: Names, *, now: datetime
) -> Drawer:
    formula, scope = FORMULAS[filters.rate], await scope_of(filters, on=True)
    period = narrowed(filters, now)
    counts = await counts_of(filters.rate, period, scope, rules)
    open_ = await queries.rows(officer, filters.rate, ["no"], period, scope, rules, limit=5)
    return Drawer(
        on_name(filters, called, await lines()), formula, figure(formula, counts, rules), _sum(counts, formula, rules),
        excluded(counts, rules), open_[:5],
    )  # fmt: skip


async def counts_of(key: str, period: Period, scope: Scope, rules: Rules) -> Counts:
    """One formula's counts: those of the days, or of the facts themselves where the days do not keep them so."""
    if is_crossed(scope) and key not in CROSSED:
        return await queries.counted_now(key, period, scope, rules)
    by_day = await queries.counts([key], period, scope)
    return trees.summed(by_day.values()).get(key, {})


def narrowed(filters: Filters, now: datetime) -> Period:
    """The period, or the one day that the drawer stands on."""
    if filters.by == "day" and filters.on:
        try:
            day = date.fromisoformat(filters.on)
        except ValueError:
            return filters.period(now)
        if filters.first <= day <= filters.last:
            return Filters(day, day).period(now)
    return filters.period(now)


def excluded(counts: Counts, rules: Rules) -> list[tuple[str, int, str, str]]:
    """(code, how many, what, why), the most first."""
    return [
        (code, n, _(EXCLUDED[code][0]), _(EXCLUDED[code][1]).format(seconds=rules.short_abandon))
        for code, n in sorted(counts.items(), key=lambda item: -item[1])
        if code not in COUNTED
    ]


def on_name(filters: Filters, called: Names, known: dict[str, LineRow]) -> str:
    """What the drawer's row is called; the filters' own words where no row is chosen."""
    if not filters.on:
        return ""
    if filters.by == "unit" and (unit := filters.on.removesuffix(rate_rows.OWN)).isdecimal():
        own = _("（本级）") if filters.on.endswith(rate_rows.OWN) else ""
        return called.unit(int(unit)) + own
    if filters.by == "matter":
        return called.matter(filters.on)
    if filters.by == "line" and filters.on in known:
        return rate_rows.line_name(known[filters.on])
    if filters.by == "day":
        try:
            return i18n.day(date.fromisoformat(filters.on))
        except ValueError:
            return ""
    return ""


def _sum(counts: Counts, formula: Formula, rules: Rules) -> str:
    """⌈417 × 0.98⌉ − 375 = 409 − 375"""
    rate = Rate.of(counts)
    if not formula.is_judged or not rate.denominator:
        return ""
    goal = saves_needed(Rate(0, rate.denominator), rules.target)
    target = f"{float(rules.target):g}%"
    return f"⌈{rate.denominator:,} × {target}⌉ − {rate.numerator:,} = {goal:,} − {rate.numerator:,}"
