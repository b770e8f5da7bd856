"""`/admin/keeping`: how long each kind of data is kept, and what would go, before it goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from litestar import Response, get, post

from core import clock, keeping
from core.admin import changes
from core.admin.writing import RowChange
from core.errors import NotFound, Refused
from core.i18n import _
from core.keeping import Kept
from core.keeping_subject import RETENTION
from core.web import FromPath, Request, page, read_form, redirect, requires

ADMIN = requires("admin.retention")


@get("/admin/keeping", guards=[ADMIN])
async def index(request: Request) -> Response[Any]:
    at = clock.real_now()
    rows = []
    for row in await keeping.rules():
        kind = keeping.kinds()[row["key"]]
        rows.append(
            {
                "kind": kind,
                "days": row["days"],
                "last": row,
                **await _going(kind, row["days"], row["next_at"], at),
            }
        )
    return page("core/keeping/index.html", desk="admin", rows=rows, most=keeping.MOST_COUNTED)


@get("/admin/keeping/{key:str}", guards=[ADMIN])
async def show(request: Request, key: FromPath[str]) -> Response[Any]:
    kind, row = await _of(key)
    return await _form(kind, row, str(row["days"]))


@post("/admin/keeping/{key:str}", guards=[ADMIN], status_code=200)
async def change(request: Request, key: FromPath[str]) -> Response[Any]:
    """Fewer days are shown with what would go in the next round, and asked about, before they are saved."""
    kind, row = await _of(key)
    form = await read_form(request)
    typed, reason = form.text("days", most=8), form.text("reason", most=500)
    days = form.integer("days", least=kind.least, most=kind.most)
    if days is None:
        told = _("请填 {a} 到 {b} 之间的数。").format(a=kind.least, b=kind.most)
        return await _form(kind, row, typed, reason, {"days": told}, status=422)
    try:
        changes.check_reason(reason)
        if days < row["days"] and form.text("confirmed") != str(days):
            return await _form(kind, row, typed, reason, asks=days)
        before = {"key": key, "days": row["days"]}
        await changes.apply(
            RETENTION, [RowChange(row["id"], before, {**before, "days": days})], by=request.user, reason=reason,
            now=clock.now(),
        )  # fmt: skip
    except Refused as refused:
        return await _form(
            kind,
            row,
            typed,
            reason,
            getattr(refused, "fields", {}),
            status=refused.status,
            refused=refused.message,
        )
    return redirect("/admin/keeping", flash=_("{what}保留 {n} 天。").format(what=_(kind.label), n=days))


async def _of(key: str) -> tuple[Kept, Any]:
    row = next((row for row in await keeping.rules() if row["key"] == key), None)
    if row is None:
        raise NotFound
    return keeping.kinds()[key], row


async def _going(kind: Kept, days: int, next_at: datetime | None, at: datetime) -> dict[str, Any]:
    """What the next round would erase."""
    due = next_at or keeping.next_round(at)
    now = min(at, clock.now())
    before = now + max(due - at, timedelta()) - timedelta(days=days)
    return {"next_at": due, "before": before, "going": await kind.count(before)}


async def _form(
    kind: Kept, row: Any, typed: str, reason: str = "", errors: Any = None, *, asks: int | None = None,
    status: int = 200, refused: str = "",
) -> Response[Any]:  # fmt: skip
    days = asks if asks is not None else row["days"]
    return page(
        "core/keeping/kind.html", status=status, desk="admin", kind=kind, row=row, typed=typed, reason=reason,
        errors=errors or {}, asks=asks, refused="" if errors else refused, most=keeping.MOST_COUNTED,
        **await _going(kind, days, row["next_at"], clock.real_now()),
    )  # fmt: skip


routes = [index, show, change]
