"""`/admin/limit-table`: every limit on one sheet; before it is saved, what it would do to the open orders."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Response, get, post

from core import clock, db
from core.admin import changes
from core.admin.subjects import Subject, World
from core.admin.writing import RowChange
from core.errors import Conflict, Invalid, Refused
from core.i18n import _, dated
from core.web import Form, Request, page, read_form, redirect, requires
from crm.pages.effects import FOLLOW, KEEP, foresee_limits, shown, ways
from crm.tickets.clock_words import amount
from crm.tickets.recomputing import Preview
from routing import limit_cells
from routing.admin.limits import CLOCKS, KINDS, LIMITS, URGENCIES
from routing.limit_cells import CELLS, LINES, Cell
from routing.limits import ANY_KIND

ADMIN = requires("admin.limits")


@get("/admin/limit-table", guards=[ADMIN])
async def show(request: Request) -> Response[Any]:
    world = await changes.world_of(LIMITS)
    today = clock.today()
    return _sheet(world, today, _texts(world, today), {})


@post("/admin/limit-table", guards=[ADMIN], status_code=200)
async def propose(request: Request) -> Response[Any]:
    """Without `confirmed`: what it would do. With it: do it, for the reason given."""
    form = await read_form(request)
    today = clock.today()
    world = await changes.world_of(LIMITS)
    try:
        rows, on = _read(form, world, today)
    except Invalid as wrong:
        typed = {**_texts(world, today), **form.raw()}
        return _sheet(world, today, typed, wrong.fields, status=422)
    if not form.flag("confirmed"):
        return await _preview(form, rows, on)
    try:
        await check_seen(form, LIMITS)
        run = await _save(request, form, rows)
    except Refused as refused:
        errors = dict(refused.fields) if isinstance(refused, Invalid) else {}
        return await _preview(form, rows, on, errors=errors, refused=refused)
    said = _("已改 {n} 格，{day} 起生效。").format(n=len(limit_cells.words(rows)), day=dated(on))
    return redirect(run or "/admin/limit-table", flash=said)


async def _save(request: Request, form: Form, rows: list[RowChange]) -> str:
    """The run's page where open orders follow, else ""."""
    answer = form.choice("open", (KEEP, FOLLOW), required=False)
    reason = form.text("reason", most=500)
    done = await changes.apply(LIMITS, rows, by=request.user, reason=reason, now=clock.now(), answer=answer)
    return done.leads_to if done else ""


def _read(form: Form, world: World, today: date) -> tuple[list[RowChange], date]:
    """Raises `Invalid`, also when nothing differs."""
    on = form.day("valid_from") or today
    if on < today:
        form.wrong("valid_from", _("最早从今天起；过去的时限不能再改。"))
    typed: dict[Cell, tuple[int, str] | None] = {}
    for cell in CELLS:
        if cell.field not in form.values:
            continue
        try:
            typed[cell] = limit_cells.read(form.text(cell.field, most=40), cell.clock)
        except ValueError as wrong:
            form.wrong(cell.field, str(wrong))
    for field, sentence in limit_cells.complaints(world, typed, on).items():
        form.wrong(field, sentence)
    form.check()
    rows = limit_cells.changes(world, typed, on)
    if not rows:
        raise Invalid({"valid_from": _("没有一格和现在不同。")})
    return rows, on


async def _preview(
    form: Form, rows: list[RowChange], on: date, *, errors: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> Response[Any]:  # fmt: skip
    found = await foresee_limits(rows) or Preview()
    cells = [
        {"field": cell.field, "typed": form.text(cell.field, most=40), "kind": _(dict(KINDS)[cell.kind]),
         "clock": _(dict(CLOCKS)[cell.clock]), "urgency": cell.urgency,
         "before": _said(before), "after": _said(after)}
        for cell, before, after in limit_cells.words(rows)
    ]  # fmt: skip
    status = refused.status if refused else 200
    return page(
        "crm/admin/limits_preview.html", status=status, desk="admin", cells=cells, on=on,
        open=form.raw().get("open") or KEEP, ways=ways(found), reason=form.raw().get("reason", ""), errors=errors or {},
        refused="" if errors or refused is None else refused.message, seen=await last_change(LIMITS),
        **await shown(found),
    )  # fmt: skip


async def last_change(subject: Subject) -> int:
    """The id of the subject's latest change: what the person has before their eyes rests on it."""
    return int(
        await db.fetchval("SELECT coalesce(max(id), 0) FROM admin_change WHERE subject = $1", subject.key)
    )


async def check_seen(form: Form, subject: Subject) -> None:
    """Raises `Conflict` when somebody changed the subject after the preview was made."""
    if form.text("seen") != str(await last_change(subject)):
        raise Conflict(_("预览之后有人改过，下面已按最新情况重算。请看过再确认；您写的都在。"))


def _said(values: Any) -> str:
    if values is None:
        return _("（空）")
    limit = limit_cells.limit(values)
    return amount(limit) if limit else _("不得延期")


def _texts(world: World, today: date) -> dict[str, str]:
    return {cell.field: _said(values) for cell, (_row, values) in limit_cells.standing(world, today).items()}


def _sheet(
    world: World, today: date, typed: dict[str, str], errors: Any, *, status: int = 200
) -> Response[Any]:
    later = limit_cells.coming(world, today)
    now = limit_cells.standing(world, today)
    clocks = dict(CLOCKS)
    lines = []
    for place, (name, kind) in enumerate(LINES):
        cells = [Cell(kind, urgency, name) for urgency in URGENCIES]
        lines.append({
            "clock": _(clocks[name]), "kind": _line_kind(name, kind),
            "first": place == 0 or LINES[place - 1][0] != name,
            "cells": [
                {"field": cell.field, "urgency": cell.urgency, "typed": typed.get(cell.field, ""),
                 "error": errors.get(cell.field), "later": later.get(cell),
                 "later_words": _said(later[cell]) if cell in later else "",
                 "version": now[cell][1]["version"] if cell in now else ""}
                for cell in cells
            ],
        })  # fmt: skip
    return page(
        "crm/admin/limits.html", status=status, desk="admin", lines=lines, errors=errors, urgencies=URGENCIES,
        labels=_labels(errors), valid_from=typed.get("valid_from") or today.isoformat(),
    )  # fmt: skip


def _line_kind(clock: str, kind: str) -> str:
    """Only the close has a line a kind; `*` there is for kinds without a line of their own."""
    if kind == ANY_KIND:
        return _("其余类型") if clock == "close" else ""
    return _(dict(KINDS)[kind])


def _labels(errors: Any) -> dict[str, str]:
    kinds, clocks = dict(KINDS), dict(CLOCKS)
    found = {
        cell.field: f"{_(clocks[cell.clock])} · {_(kinds[cell.kind])} · P{cell.urgency}" for cell in CELLS
    }
    return {**{name: found[name] for name in errors if name in found}, "valid_from": _("生效日期")}


routes = [show, propose]
