"""The history of a subject: who changed what and why, one change row by row, and taking it back."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from core import clock
from core.admin import history
from core.admin.subjects import Subject, subject_for
from core.errors import Refused
from core.i18n import _
from core.pages.admin.asking import Asks, answer_of, ask_first
from core.web import FromPath, FromQuery, Request, page, read_form, redirect, requires


@get("/admin/{subject:str}/changes", guards=[requires("admin.see")])
async def index(request: Request, subject: FromPath[str], before: FromQuery[int] = 0) -> Response[Any]:
    about = subject_for(request.user, subject)
    found = await history.recent(about, before=before or None)
    rows = found[: history.PAGE]
    following = f"/admin/{about.key}/changes?before={rows[-1]['id']}" if len(found) > len(rows) else None
    return page(
        "core/admin/changes.html", desk="admin", subject=about, rows=rows, next=following, kinds=history.KINDS,
        first=not before,
    )  # fmt: skip


@get("/admin/{subject:str}/changes/{change:int}", guards=[requires("admin.see")])
async def show(request: Request, subject: FromPath[str], change: FromPath[int]) -> Response[Any]:
    return await _page(subject_for(request.user, subject), change)


@post("/admin/{subject:str}/changes/{change:int}/undo", guards=[requires("admin.see")])
async def undo(request: Request, subject: FromPath[str], change: FromPath[int]) -> Response[Any]:
    about = subject_for(request.user, subject)
    form = await read_form(request)
    reason = form.text("reason", most=500)
    try:
        form.check()
        asks = Asks("undo", reason, f"/admin/{about.key}/changes/{change}", undoes=change)
        if about.consequences and (
            asked := await ask_first(request, about, form, await history.rows_back(about, change), asks)
        ):
            return asked
        done = await history.undo(
            about, change, by=request.user, reason=reason, now=clock.now(), answer=answer_of(form)
        )
    except Refused as refusal:
        return await _page(about, change, refusal=refusal, reason=reason)
    return redirect(
        done.leads_to or f"/admin/{about.key}/changes/{done.id}", flash=_("已撤销，内容恢复到改动之前。")
    )


routes = [index, show, undo]


async def _page(
    about: Subject, change: int, *, refusal: Refused | None = None, reason: str = ""
) -> Response[Any]:
    head, rows = await history.change(about, change)
    return page(
        "core/admin/change.html",
        status=refusal.status if refusal else 200,
        desk="admin", subject=about, change=head, rows=[history.told(about, row) for row in rows],
        kinds=history.KINDS, refused=refusal.message if refusal else "",
        error=getattr(refusal, "fields", {}).get("reason"), reason=reason,
    )  # fmt: skip
