"""One row of a subject: made, edited, ended or deleted; with who refers to it and what was changed before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from litestar import Response, get, post

from core import clock, i18n
from core.admin import changes, history, lists
from core.admin.columns import Column, Values
from core.admin.subjects import Removal, Subject, subject_for
from core.admin.writing import RowChange
from core.errors import Conflict, Invalid, NotFound, Refused
from core.i18n import _
from core.pages.admin.asking import Asks, answer_of, ask_first
from core.web import Form, FromPath, Request, page, read_form, redirect, requires

#: Typed into a sealed field, it empties it.
CLEARS = "-"


@dataclass
class Sheet:
    """What the form shows: cells as typed, complaints, and what stood there when it was opened."""

    cells: dict[str, str]
    words: dict[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    was: str = ""
    refused: str = ""
    conflict: dict[str, Any] | None = None


@get("/admin/{subject:str}/new", guards=[requires("admin.see")])
async def new(request: Request, subject: FromPath[str]) -> Response[Any]:
    about = _creating(request, subject)
    given = {c.name: request.query_params.get(c.name, "")[: c.most] for c in about.typed}
    return await _form(about, None, None, Sheet(given))


@post("/admin/{subject:str}", guards=[requires("admin.see")])
async def create(request: Request, subject: FromPath[str]) -> Response[Any]:
    about = _creating(request, subject)
    form = await read_form(request)
    values = await _typed(about, form, None)
    reason = form.text("reason", most=500)
    try:
        form.check()
        rows = [RowChange(-1, None, values)]
        if asked := await ask_first(
            request, about, form, rows, Asks("create", reason, f"/admin/{about.key}")
        ):
            return asked
        done = await changes.apply(
            about,
            rows,
            by=request.user,
            reason=reason,
            now=clock.now(),
            kind="create",
            answer=answer_of(form),
        )
    except Refused as refusal:
        if isinstance(refusal, Invalid) and (twin := await _same(about, values)):
            return redirect(f"/admin/{about.key}/{twin}")  # sent twice
        return await _form(about, None, None, _again(about, form, refusal), status=refusal.status)
    assert done is not None, "a new row differs from none"
    return redirect(done.leads_to or f"/admin/{about.key}/{done.rows[0].id}", flash=_("已新增。"))


@get("/admin/{subject:str}/{row:int}", guards=[requires("admin.see")])
async def show(request: Request, subject: FromPath[str], row: FromPath[int]) -> Response[Any]:
    about = subject_for(request.user, subject)
    values = await changes.row_of(about, row)
    return await _form(about, row, values, Sheet(_cells(about, values), was=_was(about, values)))


@post("/admin/{subject:str}/{row:int}", guards=[requires("admin.see")])
async def edit(request: Request, subject: FromPath[str], row: FromPath[int]) -> Response[Any]:
    about = subject_for(request.user, subject)
    now_values = await changes.row_of(about, row)
    form = await read_form(request)
    yours = await _typed(about, form, now_values)
    reason = form.text("reason", most=500)
    try:
        form.check()
        rows = [RowChange(row, now_values, _merged(about, form, now_values, yours))]
        if asked := await ask_first(
            request, about, form, rows, Asks("edit", reason, f"/admin/{about.key}/{row}")
        ):
            return asked
        done = await changes.apply(
            about, rows, by=request.user, reason=reason, now=clock.now(), answer=answer_of(form)
        )
    except Refused as refusal:
        sheet = _again(about, form, refusal, now_values)
        if isinstance(refusal, Conflict):
            now_values = await changes.row_of(about, row)
            sheet.conflict = await _conflict(about, row, form, now_values, yours)
            sheet.cells |= _unless_yours(about, form, now_values, yours)
            sheet.was = _was(about, now_values)
        return await _form(about, row, now_values, sheet, status=refusal.status)
    to = (done.leads_to if done else "") or f"/admin/{about.key}/{row}"
    return redirect(to, flash=_("已保存。") if done else _("没有要改的地方。"))


@post("/admin/{subject:str}/{row:int}/removal", guards=[requires("admin.see")])
async def remove(request: Request, subject: FromPath[str], row: FromPath[int]) -> Response[Any]:
    """Delete the row, or end its validity on the day given."""
    about = subject_for(request.user, subject)
    if about.removal is Removal.NEVER:
        raise NotFound
    values = await changes.row_of(about, row)
    form = await read_form(request)
    reason = form.text("removal_reason", most=500)
    after = None
    if about.removal is Removal.END:
        last = form.day("last_day", required=False) or clock.today() - timedelta(days=1)
        after = {**values, "valid_to": last}
    try:
        form.check()
        rows = [RowChange(row, values, after)]
        asks = Asks("remove", reason, f"/admin/{about.key}/{row}", "removal_reason")
        if asked := await ask_first(request, about, form, rows, asks):
            return asked
        done = await changes.apply(
            about,
            rows,
            by=request.user,
            reason=reason,
            now=clock.now(),
            kind="remove",
            answer=answer_of(form),
        )
    except Refused as refusal:
        errors = {f"removal_{k}": v for k, v in getattr(refusal, "fields", {}).items()}
        sheet = Sheet(_cells(about, values), was=_was(about, values), errors=errors)
        sheet.refused = "" if errors else refusal.message
        return await _form(about, row, values, sheet, status=refusal.status)
    gone = about.removal is Removal.DELETE
    to = (done.leads_to if done else "") or f"/admin/{about.key}" + ("" if gone else f"/{row}")
    return redirect(to, flash=_("已删除。") if gone else _("已停用。"))


routes = [new, create, show, edit, remove]


async def _form(
    about: Subject, row: int | None, values: Values | None, sheet: Sheet, *, status: int = 200
) -> Response[Any]:
    for column in about.typed:
        if column.refers and column.kind == "reference":
            words = dict(await lists.choices_of(column, i18n.locale()))
            cell = sheet.cells.get(column.name, "")
            sheet.words[column.name] = (
                f"{words[cell]} · {cell}" if cell in words and words[cell] != cell else cell
            )
    used = (await about.in_use([row])).get(row, []) if row else []
    english = await lists.english_of(about, row) if row and i18n.locale() == "en" else {}
    return page(
        "core/admin/row.html",
        status=status,
        desk="admin", subject=about, row=row, values=values, sheet=sheet, used=used,
        title=about.title(values | english) if values else _("新增{what}").format(what=_(about.label)),
        columns=about.typed, Removal=Removal,
        shown=[
            (_(c.label), english.get(c.name) or c.shown(values[c.name]))
            for c in about.columns if values and not c.typed
        ],
        actions=about.actions(row, values) if row and values else (),
        aside=about.aside.format(id=row) if row and about.aside else "",
        changes=await history.of_row(about, row, limit=8) if row else [], kinds=history.KINDS,
        labels={c.name: _(c.label) for c in about.columns} | {"reason": _("为什么改")},
        ended=bool(values) and not about.is_valid(values or {}, clock.today()), today=clock.today(),
    )  # fmt: skip


async def _typed(about: Subject, form: Form, now: Values | None) -> Values:
    """The row as typed; complaints go to the form."""
    found: Values = {c.name: (now[c.name] if now else c.empty()) for c in about.columns}
    for column in about.typed:
        if column.fixed and now is not None:
            continue
        text = form.text(column.name, most=max(column.most, 200) * 2)
        if column.kind == "reference" and not text:
            text = await _picked(column, form.text(f"{column.name}_text", most=400))
        if column.secret and not text and now is not None:
            continue
        if column.secret and text == CLEARS:
            text = ""
        try:
            found[column.name] = column.parse(text)
        except ValueError as wrong:
            form.wrong(column.name, str(wrong))
    return found


async def _picked(column: Column, text: str) -> str:
    """A reference that was typed but not picked from the list: its value or its whole word will do."""
    for value, word in await lists.choices_of(column, i18n.locale()):
        if text and text in (value, word, f"{word} · {value}"):
            return value
    return text


def _merged(about: Subject, form: Form, now: Values, yours: Values) -> Values:
    """Yours over what stands now. Raises `Conflict` when somebody else changed the row since it was opened.

    What was sent before (the same form twice) is no conflict: it stands there already.
    """
    opened = _opened(about, form) or _cells(about, now)
    for column in about.typed:
        if opened[column.name] != column.cell(now[column.name]) and yours[column.name] != now[column.name]:
            raise Conflict(_("有人先改了这一行，您的改动还没有保存。"))
    kept = {c.name: now[c.name] for c in about.columns if not c.typed or form.text(f"keep_{c.name}") == "now"}
    return {**yours, **kept}


async def _conflict(about: Subject, row: int, form: Form, now: Values, yours: Values) -> dict[str, Any]:
    """Column by column what stood there, what stands there now and what was typed."""
    opened = _opened(about, form) or _cells(about, now)
    found = []
    for column in about.typed:
        then, current, own = (
            opened[column.name],
            column.cell(now[column.name]),
            column.cell(yours[column.name]),
        )
        if current != then or own != then:
            found.append(
                {"field": column.name, "label": _(column.label), "opened": then or "—", "now": current or "—",
                 "yours": own or "—", "both": current != then and own != then and own != current}
            )  # fmt: skip
    last = await history.of_row(about, row, limit=1)
    who = last[0][0]["name"] if last else _("别人")
    return {"who": who, "changes": found, "when": i18n.moment(last[0][0]["at"]) if last else ""}


def _unless_yours(about: Subject, form: Form, now: Values, yours: Values) -> dict[str, str]:
    """Cells that only the other person changed, as they stand now."""
    opened = _opened(about, form) or {}
    return {c.name: c.cell(now[c.name]) for c in about.typed if c.cell(yours[c.name]) == opened.get(c.name)}


def _again(about: Subject, form: Form, refusal: Refused, now: Values | None = None) -> Sheet:
    """The form with everything that was typed."""
    typed = form.raw()
    cells = {c.name: typed.get(c.name) or typed.get(f"{c.name}_text", "") for c in about.typed}
    if now is not None:
        cells |= {c.name: c.cell(now[c.name]) for c in about.typed if c.fixed}
    sheet = Sheet(cells, reason=typed.get("reason", ""), was=typed.get("was", ""))
    sheet.errors = refusal.fields if isinstance(refusal, Invalid) else {}
    sheet.refused = "" if sheet.errors or isinstance(refusal, Conflict) else refusal.message
    return sheet


def _creating(request: Request, key: str) -> Subject:
    about = subject_for(request.user, key)
    if not about.creates:
        raise NotFound
    return about


async def _same(about: Subject, values: Values) -> int | None:
    """The row that is all that was typed: the same form came before."""
    for row, found in (await changes.world_of(about)).items():
        if all(found[c.name] == values[c.name] for c in about.typed if not c.secret):
            return row
    return None


def _cells(about: Subject, values: Values) -> dict[str, str]:
    return {c.name: c.cell(values[c.name]) for c in about.columns}


def _was(about: Subject, values: Values) -> str:
    return json.dumps(_cells(about, values), ensure_ascii=False)


def _opened(about: Subject, form: Form) -> dict[str, str] | None:
    """What the form showed when it was opened; None for one that does not say."""
    try:
        found = json.loads(form.text("was", most=100_000) or "null")
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return {c.name: str(found.get(c.name, "")) for c in about.columns}
