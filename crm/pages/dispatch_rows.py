"""The dispatcher's queue as rows to show: everything worked out, so that the template only writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import clock, i18n
from core.cursors import cursor, read_cursor
from core.i18n import _
from core.officers import Officer
from core.privacy import mask_text
from crm.pages.dispatch_filters import LIGHTS, Filters
from crm.pages.names import Names, names
from crm.tickets import queries
from crm.tickets.dispatch import CLAIM, LIKELY
from routing.sureness import word

PAGE = 50
MOST_KEPT = 1_024


@dataclass(frozen=True, eq=False)
class Row:
    """Kept by `row_of`, and so equal to itself alone. `claim` names who works on it now; `marks` are (word, weight of the badge)."""

    number: int
    due: str
    start: str
    since: str
    urgency: int
    confidential: bool
    matter: str
    summary: str
    place: str
    place_whole: str
    unit: str
    percent: int | None
    sureness: str
    is_low: bool
    marks: tuple[tuple[str, str], ...]
    claim: str
    is_mine: bool


@dataclass(frozen=True)
class Rows:
    """One page of the queue; `begin` is the place of its first row, `next` the URL of the page after."""

    rows: list[Row]
    begin: int
    next: str
    refresh: str


@dataclass(frozen=True)
class Head:
    """The figures above the queue: those of each light with the URL that shows its rows, and of the desk."""

    all: int
    lights: tuple[tuple[str, int, str], ...]
    dispatch: int
    returns: int


def head(filters: Filters, counted: Mapping[str, int], counts: Mapping[str, int]) -> Head:
    lights = tuple((light, counted[light], filters.url(light=[light])) for light in LIGHTS)
    return Head(counted["all"], lights, counts["dispatch"], counts["returns"])


async def page_of(officer: Officer, filters: Filters, *, after: str, begin: int) -> Rows:
    """Raises BadCursor for an `after` that no page of ours wrote."""
    key = read_cursor(after, datetime, int)
    found = await queries.queue(
        officer, filters.chosen(officer), now=clock.now(), after=(key[0], key[1]) if key else None, limit=PAGE
    )
    shown = found[:PAGE]
    called = await names()
    next_url = ""
    if len(found) > PAGE:
        place = cursor(shown[-1]["dispatch_due_at"], shown[-1]["id"])
        next_url = _with(filters.url(), f"after={place}&from={begin + PAGE}")
    refresh = _with(
        filters.url().replace("/dispatch", "/dispatch/rows", 1), f"after={after}" if after else ""
    )
    return Rows([row_of(row, officer, called) for row in shown], begin, next_url, refresh)


def row_of(row: Any, officer: Officer, called: Names) -> Row:
    """Worked out once for what it depends on: the record itself, the claim, the reader's right, language and names."""
    claimed = holder(row)
    is_mine = bool(claimed) and row["claimed_by"] == officer.id
    key = (row, claimed, is_mine, officer.can("ticket.unmask"), i18n.locale(), called.book)
    known = _kept.get(key)
    if known is None:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        known = _kept[key] = _row(row, officer, called, claimed, is_mine=is_mine)
    return known


def _row(row: Any, officer: Officer, called: Names, claimed: str, *, is_mine: bool) -> Row:
    hidden = row["confidential"]
    return Row(
        number=row["id"],
        due=row["dispatch_due_at"].isoformat(),
        start=row["queued_at"].isoformat(),
        since=row["received_at"].isoformat(),
        urgency=row["urgency"],
        confidential=hidden,
        matter=called.matter(row["matter"], row["matter_name"]),
        summary=_("内容已遮蔽；打开即记入查看日志") if hidden else readable(officer, row["summary"]),
        place=_("遮蔽") if hidden else called.short_place(row["street"], row["place"]) or _("全市"),
        place_whole=_("遮蔽") if hidden else called.place(row["street"], row["place"]),
        unit=_unit(row, called),
        percent=None if hidden else row["suggested_percent"],
        sureness="" if row["suggested_percent"] is None else _(word(row["suggested_percent"])),
        is_low=row["suggested_percent"] is not None and row["suggested_percent"] < LIKELY,
        marks=tuple(_marks(row)),
        claim=claimed,
        is_mine=is_mine,
    )


_kept: dict[tuple[Any, ...], Row] = {}


def readable(officer: Officer, text: str) -> str:
    """A citizen's own words; phones and ID numbers in them only for those who may unmask."""
    return text if officer.can("ticket.unmask") else mask_text(text)


def holder(row: Any) -> str:
    """Who has claimed the ticket and has shown a sign of life since; "" for nobody."""
    held = row["claimed_at"] is not None and clock.real_now() - row["claimed_at"] < CLAIM
    return str(row["claimed_name"]) if held else ""


def _unit(row: Any, called: Names) -> str:
    if row["confidential"]:
        return _("由您指定，不给建议")
    if row["suggested_unit"] is None:
        return _("目录没有给出")
    return called.unit(row["suggested_unit"])


def _marks(row: Any) -> Sequence[tuple[str, str]]:
    marks: list[tuple[str, str]] = []
    if row["confidential"]:
        marks.append((_("保密"), "solid"))
    if row["merged_count"]:
        marks.append((f"⊕ {row['merged_count']}", "strong"))
    if row["supervised"]:
        marks.append((_("督办"), "solid"))
    if row["urges"]:
        marks.append((_("催办 {n}").format(n=row["urges"]), "strong"))
    if row["returns"]:
        marks.append((_("退 {n}").format(n=row["returns"]), "strong"))
    if row["status"] == "redo":
        marks.append((_("重办 {n}").format(n=row["round"] - 1), "strong"))
    return marks


def _with(url: str, more: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{more}" if more else url
