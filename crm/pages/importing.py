"""`/imports`: a file of old messages sent up, its columns agreed, then its run; and the runs before it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from litestar import Response, get, post

from core import audit, db, runs
from core.errors import Invalid, NotFound, Refused
from core.i18n import N_, _
from core.pages.runs import listed
from core.web import FromPath, FromQuery, Nav, Request, page, read_form, redirect, requires
from crm.importing import files, mapping, messages, uploads

SEE = requires("runs.see", "admin.import")
DO = requires("admin.import")
SAMPLE = 3
LONGEST_SOURCE = 100
nav = [Nav("runs", N_("任务"), "/runs", ("runs.see",), order=92)]


@get("/imports", guards=[SEE])
async def index(request: Request, after: FromQuery[str] = "") -> Response[Any]:
    return await _index(request, after)


@post("/imports", guards=[DO], request_max_body_size=(files.BIGGEST + 1) * files.MEGABYTE)
async def upload(request: Request) -> Response[Any]:
    """The file is looked at from end to end before anything is kept of it."""
    form = await read_form(request)
    sent = form.files("file")
    if not sent:
        return await _index(request, errors={"file": _("先选一个文件。")})
    path, name = await uploads.keep(sent[0]), sent[0].filename
    try:
        table = await asyncio.to_thread(files.opened, path, name)
    except Invalid as wrong:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        return await _index(request, errors=wrong.fields)
    number = await messages.start(
        path,
        name,
        mapping.guess(table.columns),
        source=messages.source_of(name),
        by=request.user,
        confirmed=False,
    )
    return redirect(f"/imports/{number}")


@get("/imports/{number:int}", guards=[DO])
async def show(number: FromPath[int]) -> Response[Any]:
    asked = await _asked(number)
    if asked.get("confirmed") is not False:
        return redirect(f"/runs/{number}")
    return await _mapping(number, asked, asked["map"], asked["source"])


@post("/imports/{number:int}/confirmation", guards=[DO])
async def confirm(request: Request, number: FromPath[int]) -> Response[Any]:
    asked = await _asked(number)
    form = await read_form(request)
    given = {field.key: form.text(f"map_{field.key}", most=1000) for field in mapping.FIELDS}
    source = form.text("source", most=LONGEST_SOURCE, required=True)
    table = await _table(asked)
    errors = dict(form.errors)
    try:
        chosen = mapping.settle(table.columns, given)
    except Invalid as wrong:
        errors |= {f"map_{key}": message for key, message in wrong.fields.items()}
    if errors:
        return await _mapping(number, asked, given, source, errors)
    if not await messages.confirm(number, chosen, source):
        raise Refused(_("这次导入已经开始，或者已经放弃。"))
    await audit.record(
        request.user, "import.begin", f"run:{number}", None, {"file": asked["name"], "rows": table.rows}
    )
    return redirect(f"/runs/{number}")


@post("/imports/{number:int}/cancellation", guards=[DO])
async def give_up(number: FromPath[int]) -> Response[Any]:
    """An upload that is not to be imported after all: its file goes at once."""
    if (await _asked(number)).get("confirmed") is not False:
        raise Refused(_("这次导入已经开始，请在任务页停下。"))
    await runs.ask_to_cancel(number)
    await uploads.forget(number)
    return redirect("/imports", flash=_("已放弃，文件已删除。"))


routes = [index, upload, show, confirm, give_up]


async def _index(request: Request, after: str = "", errors: Mapping[str, str] | None = None) -> Response[Any]:
    rows, further = await listed(messages.KIND, after)
    return page(
        "crm/imports/page.html", status=422 if errors else 200, desk="runs", rows=rows, errors=errors or {},
        next=further and f"/imports?after={further}", may=request.user.can("admin.import"), biggest=files.BIGGEST,
    )  # fmt: skip


async def _asked(number: int) -> dict[str, Any]:
    row = await db.fetchrow(
        "SELECT parameters, state FROM run WHERE id = $1 AND kind = $2", number, messages.KIND
    )
    if row is None:
        raise NotFound
    asked = runs.read_json(row["parameters"])
    return {**asked, "confirmed": None} if row["state"] != "waiting" else asked


async def _table(asked: Mapping[str, Any]) -> files.Table:
    return await asyncio.to_thread(files.opened, Path(asked["file"]), asked["name"])


async def _mapping(
    number: int, asked: Mapping[str, Any], chosen: Mapping[str, str], source: str, errors: Mapping[str, str] | None = None
) -> Response[Any]:  # fmt: skip
    table = await _table(asked)
    sample = await asyncio.to_thread(lambda: list(islice(table.read(), SAMPLE)))
    fields = [
        {"key": f"map_{f.key}", "word": _(f.word), "needed": f.needed, "column": chosen.get(f.key, ""),
         "cells": [row.cells.get(chosen.get(f.key, ""), "")[:80] for row in sample]}
        for f in mapping.FIELDS
    ]  # fmt: skip
    return page(
        "crm/imports/mapping.html", status=422 if errors else 200, desk="runs", number=number, name=asked["name"],
        table=table, fields=fields, unmapped=mapping.unmapped(table.columns, chosen), source=source,
        lines=[row.line for row in sample], errors=errors or {},
        labels={f["key"]: f["word"] for f in fields} | {"source": _("来源名称"), "file": _("文件")},
    )  # fmt: skip
