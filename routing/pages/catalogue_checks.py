"""`/admin/catalogue-gaps`: holes and overlaps of the catalogue with a way to mend each. `/admin/catalogue-trial`: what
would this matter at this place give, and why?"""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Response, get, post

from core import clock, i18n
from core.admin import changes
from core.admin.writing import RowChange
from core.errors import NotFound
from core.i18n import N_, _
from core.web import FromQuery, Request, page, read_form, redirect, requires
from routing import coverage
from routing.admin.catalogue import CATALOGUE, placed
from routing.catalogue import Catalogue, catalogue, suggestion, unit_name
from routing.coverage import Hole, Overlap, Placed
from routing.rules import EVERY, resolve
from routing.trial import Tried, Verdict, trial

ADMIN = requires("admin.catalogue")
MOST = 200
VERDICTS = {
    Verdict.WINS: N_("用这一行"), Verdict.SAME_LEAD: N_("也指向同一单位"), Verdict.RIVAL: N_("同样具体，没有用上"),
    Verdict.LATER: N_("不如上面的具体"), Verdict.NOT_VALID: N_("当天不在有效期"), Verdict.ELSEWHERE: N_("说的是别处"),
    Verdict.NOBODY: N_("这里没有这样的单位"), Verdict.PUSHED_DOWN: N_("部门事项，不能派给街道"),
}  # fmt: skip


@get("/admin/catalogue-gaps", guards=[ADMIN])
async def gaps(request: Request) -> Response[Any]:
    known, today = await catalogue(), clock.today()
    leaves = [m.code for m in known.of.matters.values() if m.leaf]
    found = coverage.holes(known.book, leaves, list(known.of.streets), today)
    clashes = coverage.overlaps(placed(await changes.world_of(CATALOGUE)))
    nobody = [hole for hole in found if not hole.backstop]
    weak = [hole for hole in found if hole.backstop]
    return page(
        "routing/admin/gaps.html", desk="admin", leaves=len(leaves), streets=len(known.of.streets),
        holes=[_hole(known, hole) for hole in nobody[:MOST]], holes_n=len(nobody),
        cells=sum(len(hole.streets) for hole in nobody),
        weak=[_hole(known, hole) for hole in weak[:MOST]], weak_n=len(weak),
        overlaps=[_overlap(known, pair, today) for pair in clashes[:MOST]], overlaps_n=len(clashes),
    )  # fmt: skip


@post("/admin/catalogue-gaps/overlap", guards=[ADMIN])
async def mend(request: Request) -> Response[Any]:
    """One of two lines gives way to the other: it ends where the other begins."""
    form = await read_form(request)
    keep, drop = form.integer("keep", most=2**31 - 1), form.integer("drop", most=2**31 - 1)
    form.check()
    world = await changes.world_of(CATALOGUE)
    pair = next((p for p in coverage.overlaps(placed(world)) if {p.one.id, p.other.id} == {keep, drop}), None)
    if pair is None or keep is None or drop is None:
        raise NotFound(_("这两行已经不重叠了。"))
    today = clock.today()
    last = coverage.last_day(_line(pair, drop), pair, today)
    after = None if last is None else {**world[drop], "valid_to": last}
    reason = _("目录重叠：用 {code}").format(code=world[keep]["code"])
    await changes.apply(
        CATALOGUE, [RowChange(drop, world[drop], after)], by=request.user, reason=reason, now=clock.now(),
        kind="edit" if after else "remove",
    )  # fmt: skip
    said = _("{code} 让位了，可以在改动记录里撤销。").format(code=world[drop]["code"])
    return redirect("/admin/catalogue-gaps", flash=said)


@get("/admin/catalogue-trial", guards=[ADMIN])
async def try_out(
    request: Request, matter: FromQuery[str] = "", street: FromQuery[str] = "", on: FromQuery[str] = ""
) -> Response[Any]:
    known, today = await catalogue(), clock.today()
    errors: dict[str, str] = {}
    asked = _day(on, today, errors)
    if matter and matter not in known.of.matters:
        errors["matter"] = _("从列表里选一个事项。")
    if street and street not in known.of.streets:
        errors["street"] = _("从列表里选一个街道。")
    found, lines = None, list[dict[str, Any]]()
    if matter and street and not errors:
        answer = resolve(matter, street, known.book, asked)
        found = suggestion(known, answer, matter, None) if answer else None
        lines = [_tried(known, one) for one in trial(matter, street, known.book, asked)]
    shown = [line for line in lines if line["verdict"] != Verdict.ELSEWHERE]
    return page(
        "routing/admin/trial.html", status=422 if errors else 200, desk="admin", matter=matter, street=street,
        on=asked.isoformat(), errors=errors, found=found, lines=shown, elsewhere=len(lines) - len(shown),
        asked=bool(matter and street and not errors), matter_shown=_matter(known, matter),
        street_shown=_street(known, street),
        assists=[unit_name(known.of.units[unit]) for unit in found.assists] if found else [],
    )  # fmt: skip


def _day(text: str, today: date, errors: dict[str, str]) -> date:
    try:
        return date.fromisoformat(text) if text else today
    except ValueError:
        errors["on"] = _("请填日期，例如 2026-11-24。")
        return today


def _hole(known: Catalogue, hole: Hole) -> dict[str, Any]:
    names = {
        s.district: (s.district_name_en if i18n.locale() == "en" else s.district_name) or s.district_name
        for s in known.of.streets.values()
    }
    everywhere = len(hole.streets) == len(known.of.streets)
    one = hole.streets[0]
    return {
        "matter": hole.matter, "name": _matter(known, hole.matter), "n": len(hole.streets),
        "everywhere": everywhere, "districts": coverage.by_district(hole.streets, names)[:6],
        "mend": f"/admin/catalogue/new?matter_code={hole.matter}"
        + ("" if everywhere else f"&district={one[:6]}" + (f"&street={one}" if len(hole.streets) == 1 else "")),
        "trial": f"/admin/catalogue-trial?matter={hole.matter}&street={one}",
    }  # fmt: skip


def _overlap(known: Catalogue, pair: Overlap, today: date) -> dict[str, Any]:
    return {
        "matter": _("其他事项") if pair.one.matter == EVERY else _matter(known, pair.one.matter),
        "place": _place(known, pair.one.street, pair.one.district), "first": pair.first,
        "last": pair.last, "wins": pair.wins, "loses": pair.loses, "same_lead": pair.one.lead == pair.other.lead,
        "ways": [
            (keep, drop, coverage.last_day(drop, pair, today))
            for keep, drop in ((pair.wins, pair.loses), (pair.loses, pair.wins))
        ],
    }  # fmt: skip


def _line(pair: Overlap, row: int) -> Placed:
    return pair.one if pair.one.id == row else pair.other


def _tried(known: Catalogue, one: Tried) -> dict[str, Any]:
    lead = unit_name(known.unit(one.lead)) if one.lead else one.line.lead
    return {
        "code": one.line.code, "verdict": one.verdict, "word": _(VERDICTS[one.verdict]), "lead": lead,
        "matter": _("其他事项") if one.line.matter == EVERY else _matter(known, one.line.matter),
        "place": _place(known, one.line.street, one.line.district), "basis": one.line.legal_basis,
        "valid_from": one.line.valid_from, "valid_to": one.line.valid_to,
    }  # fmt: skip


def _matter(known: Catalogue, code: str) -> str:
    matter = known.of.matters.get(code)
    if matter is None:
        return code
    return matter.path_name_en if i18n.locale() == "en" and matter.path_name_en else matter.path_name


def _place(known: Catalogue, street: str, district: str) -> str:
    if street or not district:
        return _street(known, street) or _("全市")
    found = next((s for s in known.of.streets.values() if s.district == district), None)
    if found is None:
        return district
    return found.district_name_en if i18n.locale() == "en" and found.district_name_en else found.district_name


def _street(known: Catalogue, code: str) -> str:
    street = known.of.streets.get(code)
    if street is None:
        return code
    if i18n.locale() == "en" and street.name_en:
        return f"{street.name_en}, {street.district_name_en}"
    return f"{street.district_name}{street.name}"


routes = [gaps, mend, try_out]
