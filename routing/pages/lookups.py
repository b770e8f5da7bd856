"""`/matters?q=`, `/streets?q=`, `/units?q=`: options for the type-ahead field (docs/design.md, Type-ahead)."""

from typing import Any, Final

from litestar import Response, get

from core import clock, i18n
from core.i18n import _, ngettext
from core.web import FromQuery, Request, page, signed_in
from routing import matters, places, units
from routing.limits import Limit, LimitMissing
from routing.rulebook import MatterRow, Rulebook, rulebook
from routing.typeahead import Hit, Run

LONGEST: Final = 64
MOST: Final = 8


@get("/matters", guards=[signed_in])
async def find_matters(request: Request, q: FromQuery[str] = "", kind: FromQuery[str] = "") -> Response[Any]:
    """Leaves with what choosing one sets. `kind`: the limit shown is that kind's, else the matter's own."""
    book = await rulebook()
    hits = [
        (found.matter, label(found.hit, found.matter.path_name, found.matter.path_name_en), found.hit,
         limit_words(book, found.matter, kind))
        for found in await matters.matters(q[:LONGEST], MOST, on=clock.today())
    ]  # fmt: skip
    return page("routing/_matters.html", hits=hits)


@get("/streets", guards=[signed_in])
async def find_streets(
    request: Request, q: FromQuery[str] = "", district: FromQuery[str] = ""
) -> Response[Any]:
    """Streets, only of one district when its code is given."""
    found = await places.streets(q[:LONGEST], MOST, district=district[:6])
    hits = [(h.street, label(h.hit, h.hit.text, h.hit.text_en), h.hit) for h in found]
    return page("routing/_streets.html", hits=hits)


@get("/units", guards=[signed_in])
async def find_units(
    request: Request, q: FromQuery[str] = "", without: FromQuery[str] = "", below: FromQuery[int] = 0
) -> Response[Any]:
    """Units open today. `without`: ids to leave out, with commas; `below`: only that unit's sub-tree."""
    left_out = {int(part) for part in without[:200].split(",") if part.isascii() and part.isdigit()}
    today = clock.local(clock.now()).date()
    found = await units.units(q[:LONGEST], today, MOST, without=left_out, below=below or None)
    hits = [(h.unit, label(h.hit, h.unit.name, h.unit.name_en), h.under, h.hit) for h in found]
    return page("routing/_units.html", hits=hits)


def label(hit: Hit, chinese: str, english: str) -> tuple[str, list[Run]]:
    """What is put into the field, and its runs with the matched letters, in the reader's language."""
    if i18n.locale() == "en" and english and (hit.marks_en or not hit.marks):
        return english, hit.runs_en()
    if i18n.locale() == "en" and english:
        return english, [Run(f"{english} ", False), *hit.runs()]
    return chinese, hit.runs()


def limit_words(book: Rulebook, matter: MatterRow, kind: str) -> str:
    """`24 小时`, `5 工作日`: until when it has to be done; nothing where the table has no row."""
    today = clock.local(clock.now()).date()
    try:
        limit = book.limits.resolve(kind or matter.kind, matter.urgency, "close", today)
    except LimitMissing:
        return ""
    return amount(limit) if limit else ""


def amount(limit: Limit) -> str:
    if limit.in_workdays:
        return ngettext("1 工作日", "{n} 工作日", limit.amount)
    if limit.unit == "hour":
        return ngettext("1 小时", "{n} 小时", limit.amount)
    return _("{n} 分钟").format(n=limit.amount)


routes = [find_matters, find_streets, find_units]
