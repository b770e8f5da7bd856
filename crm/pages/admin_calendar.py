"""`/admin/calendar-year/2027`: a year to tick, or a notice to paste; before it is saved, which open orders move."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from litestar import Response, get, post

from core import clock, i18n
from core.admin import changes
from core.admin.subjects import World
from core.admin.writing import RowChange
from core.errors import Invalid, NotFound, Refused
from core.i18n import _
from core.web import Form, FromPath, Request, page, read_form, redirect, requires
from crm.pages.admin_limits import check_seen, last_change
from crm.pages.effects import foresee_calendar, shown
from crm.tickets.recomputing import Preview
from routing import calendar_year
from routing.admin.calendar import CALENDAR, PROVISIONAL
from routing.calendar_year import Target

ADMIN = requires("admin.calendar")
FIRST, LAST = 2000, 2099
LONGEST_NOTICE = 4000
#: A hidden field with every day of a year that differs.
LONGEST_PACKED = 40_000


@get("/admin/calendar-year", guards=[ADMIN])
async def this_year(request: Request) -> Response[Any]:
    return redirect(f"/admin/calendar-year/{clock.today().year}")


@get("/admin/calendar-year/{year:int}", guards=[ADMIN])
async def show(request: Request, year: FromPath[int]) -> Response[Any]:
    world = await _world(year)
    return _year(year, world, calendar_year.of_world(world, year))


@post("/admin/calendar-year/{year:int}", guards=[ADMIN], status_code=200)
async def propose(request: Request, year: FromPath[int]) -> Response[Any]:
    """The year as ticked or as its notice says; `confirmed` does it."""
    form = await read_form(request)
    world = await _world(year)
    try:
        target = _target(form, world, year)
        rests_on = _source(form)
        form.check()
        rows = calendar_year.changes(world, target, year, rests_on=rests_on)
        if not rows:
            raise Invalid({"source": _("和现在没有不同。")})
    except Invalid as wrong:
        now = calendar_year.of_world(world, year)
        return _year(year, world, _ticked(form, now, year), typed=form.raw(), errors=wrong.fields, status=422)
    if not form.flag("confirmed"):
        return await _preview(form, year, rows, target, rests_on)
    return await _confirm(request, form, year, rows, target, rests_on)


async def _confirm(
    request: Request, form: Form, year: int, rows: list[RowChange], target: Target, rests_on: str
) -> Response[Any]:
    try:
        await check_seen(form, CALENDAR)
        done = await changes.apply(
            CALENDAR, rows, by=request.user, reason=form.text("reason", most=500), now=clock.now()
        )
    except Refused as refused:
        return await _preview(form, year, rows, target, rests_on, refused=refused)
    turned = calendar_year.turned(rows)
    said = _("{year} 年日历已改 {n} 天。").format(year=year, n=len(turned))
    return redirect((done.leads_to if done else "") or f"/admin/calendar-year/{year}", flash=said)


def _target(form: Form, world: World, year: int) -> Target:
    """What the year shall be: packed (from the preview), pasted, or ticked."""
    packed = form.text("packed", most=LONGEST_PACKED)
    if packed:
        try:
            return calendar_year.unpacked(json.loads(packed), year)
        except ValueError:
            form.wrong("notice", _("这一页不完整，请从日历页重新改。"))
            return {}
    notice = form.text("notice", most=LONGEST_NOTICE)
    now = calendar_year.of_world(world, year)
    if form.text("by") != "notice":
        return _ticked(form, now, year)
    found, wrong = calendar_year.read(notice, year)
    for sentence in wrong.values():
        form.wrong("notice", sentence)
    if not found:
        form.wrong("notice", _("贴上放假通知的正文，一行一个节日。"))
    if any(day.year != year for day in found):
        form.wrong("notice", _("通知里有不属于 {year} 年的日子，请到那一年的日历里改。").format(year=year))
    return found


def _ticked(form: Form, now: Target, year: int) -> Target:
    works = set()
    for text in form.every("works"):
        try:
            works.add(date.fromisoformat(text))
        except ValueError:
            continue
    return calendar_year.ticked(now, year, works, form.text("name", most=40))


def _source(form: Form) -> str:
    return PROVISIONAL if form.flag("provisional") else form.text("source", most=120, required=True)


async def _preview(
    form: Form, year: int, rows: list[RowChange], target: Target, rests_on: str, *, refused: Refused | None = None
) -> Response[Any]:  # fmt: skip
    try:
        found = await foresee_calendar(rows)
    except Refused as missing:  # the calendar no longer reaches as far as open orders do
        found, refused = Preview(), missing
    fields = dict(refused.fields) if isinstance(refused, Invalid) else {}
    return page(
        "crm/admin/calendar_preview.html", status=refused.status if refused else 200, desk="admin", year=year,
        days=calendar_year.turned(rows), rests_on=rests_on, provisional=rests_on == PROVISIONAL,
        packed=json.dumps(calendar_year.packed(target), ensure_ascii=False), reason=form.raw().get("reason", ""),
        errors=fields, refused="" if fields or refused is None else refused.message,
        names={day: name for day, (_kind, name) in target.items()}, seen=await last_change(CALENDAR),
        rows=len(rows), **await shown(found),
    )  # fmt: skip


async def _world(year: int) -> World:
    if not FIRST <= year <= LAST:
        raise NotFound
    return await changes.world_of(CALENDAR)


def _year(
    year: int, world: World, target: Target, *, typed: dict[str, str] | None = None,
    errors: Any = None, status: int = 200,
) -> Response[Any]:  # fmt: skip
    typed, now = typed or {}, calendar_year.of_world(world, year)
    provisional = calendar_year.is_provisional(world, year)
    years = sorted({values["day"].year for values in world.values()})
    return page(
        "crm/admin/calendar.html", status=status, desk="admin", year=year, today=clock.today(),
        months=calendar_year.months(target, year), errors=errors or {}, provisional=provisional,
        known=bool(now), last=years[-1] if years else year, typed=typed, as_text=calendar_year.as_text(now),
        source=typed.get("source") or calendar_year.source(world, year),
        ticks_provisional="provisional" in typed if typed else provisional,
        off=sum(kind == "off" for kind, _n in now.values()), work=sum(kind == "work" for kind, _n in now.values()),
        called={v["name"]: v["name_en"] for v in world.values() if v["name_en"]} if i18n.locale() == "en" else {},
        version=max((v["version"] for v in world.values() if v["day"].year == year), default=""),
    )  # fmt: skip


routes = [this_year, show, propose]
