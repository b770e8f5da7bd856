"""Sheets: a subject's rows out as XLSX, and in again over a preview of what would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import anyio
from litestar import Response, get, post

from core import clock
from core.admin import changes, history, imports, lists, sheets
from core.admin.diff import Diff
from core.admin.lists import Asked
from core.admin.questions import Question
from core.admin.subjects import Removal, Subject, subject_for
from core.errors import Invalid, Refused
from core.i18n import _
from core.pages.admin.asking import answer_of, shown
from core.web import FromPath, Request, page, read_form, redirect, requires

#: Rows of each part that a preview lists; all are counted.
MOST_SHOWN = 200
SLACK = 64 * 1024


@dataclass(frozen=True)
class Said:
    """What a refused yes said, and the reason that was typed."""

    message: str = ""
    error: str = ""
    reason: str = ""
    status: int = 200
    answer: str = ""


@get("/admin/{subject:str}/sheet.xlsx", guards=[requires("admin.see")])
async def export(request: Request, subject: FromPath[str]) -> Response[bytes]:
    """The list as it is filtered, whole."""
    about = subject_for(request.user, subject)
    rows = await lists.all_of(about, Asked.of(about, dict(request.query_params)), on=clock.today())
    data = await anyio.to_thread.run_sync(sheets.write, about, [row.values for row in rows])
    name = quote(f"{_(about.label)}-{clock.today().isoformat()}.xlsx")
    return Response(
        data,
        media_type=sheets.MEDIA_TYPE,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


@get("/admin/{subject:str}/imports", guards=[requires("admin.see")])
async def ask(request: Request, subject: FromPath[str]) -> Response[Any]:
    return _asking(subject_for(request.user, subject))


@post(
    "/admin/{subject:str}/imports",
    guards=[requires("admin.see")],
    request_max_body_size=sheets.MOST_BYTES + SLACK,
)
async def bring(request: Request, subject: FromPath[str]) -> Response[Any]:
    """Read the sheet and show what it would change; nothing is changed yet."""
    about = subject_for(request.user, subject)
    form = await read_form(request)
    file = next(iter(form.files("file")), None)
    removes = form.flag("removes") and about.removal is not Removal.NEVER
    try:
        if file is None:
            raise Invalid({"file": _("先选一个 .xlsx 文件。")})
        lines = await anyio.to_thread.run_sync(sheets.read, await file.read(), about)
    except Invalid as wrong:
        return _asking(about, wrong.fields["file"])
    name = file.filename or ""
    sheet = await imports.bring(about, lines, by=request.user, name=name, removes=removes, now=clock.now())
    return redirect(f"/admin/{about.key}/imports/{sheet}")


@get("/admin/{subject:str}/imports/{sheet:int}", guards=[requires("admin.see")])
async def preview(request: Request, subject: FromPath[str], sheet: FromPath[int]) -> Response[Any]:
    return await _preview(request, subject_for(request.user, subject), sheet, Said())


@post("/admin/{subject:str}/imports/{sheet:int}", guards=[requires("admin.see")])
async def apply(request: Request, subject: FromPath[str], sheet: FromPath[int]) -> Response[Any]:
    """The yes: everything the preview showed, in one transaction, for one reason."""
    about = subject_for(request.user, subject)
    form = await read_form(request)
    reason, seen = form.text("reason", most=500), form.text("seen")
    try:
        form.check()
        change = await imports.apply(
            about, sheet, by=request.user, reason=reason, seen=seen, now=clock.now(), answer=answer_of(form)
        )
    except Refused as refusal:
        error = getattr(refusal, "fields", {}).get("reason", "")
        said = Said("" if error else refusal.message, error, reason, refusal.status, answer_of(form))
        return await _preview(request, about, sheet, said)
    return redirect(f"/admin/{about.key}/changes/{change}", flash=_("已导入。"))


routes = [export, ask, bring, preview, apply]


def _asking(about: Subject, error: str = "") -> Response[Any]:
    return page(
        "core/admin/import.html", status=422 if error else 200, desk="admin", subject=about, error=error,
        removal=about.removal.value, most_rows=f"{sheets.MOST_ROWS:,}", most_mb=sheets.MOST_BYTES // 1024 // 1024,
        keys=_("、").join(_(about.column(name).label) for name in about.natural),
    )  # fmt: skip


async def _preview(request: Request, about: Subject, sheet: int, said: Said) -> Response[Any]:
    brought = await imports.brought(about, sheet, request.user)
    if brought.change is not None:
        return redirect(f"/admin/{about.key}/changes/{brought.change}")
    found = await imports.preview(about, brought, now=clock.now())
    question, refused = await _question(about, found)
    return page(
        "core/admin/preview.html",
        status=said.status,
        desk="admin", subject=about, sheet=brought, said=said, refused=refused, seen=found.fingerprint(),
        parts=_parts(about, found), rejected=found.rejected[:MOST_SHOWN], rejects=len(found.rejected),
        total=len(found.changes), same=found.same, lines=len(brought.lines), ends=about.removal is Removal.END,
        labels={"reason": _("为什么改")}, shortest=changes.SHORTEST_REASON, **shown(question, said.answer),
    )  # fmt: skip


async def _question(about: Subject, found: Diff) -> tuple[Question | None, str]:
    """What is asked about the sheet, or why it cannot be told."""
    if about.consequences is None or not found.changes:
        return None, ""
    try:
        return await about.consequences.ask(found.changes), ""
    except Refused as refusal:
        return None, refusal.message


def _parts(about: Subject, found: Diff) -> list[dict[str, Any]]:
    """Added, changed and removed: how many, and the first of them in words with their lines."""
    ends = about.removal is Removal.END
    parts = (
        ("added", _("新增"), found.added), ("changed", _("修改"), found.changed),
        ("removed", _("停用") if ends else _("移除"), found.removed),
    )  # fmt: skip
    return [
        {
            "key": key, "word": word, "n": len(rows),
            "rows": [(found.lines.get(row.id, 0), history.told(about, row)) for row in rows[:MOST_SHOWN]],
        }
        for key, word, rows in parts
    ]  # fmt: skip
