"""`/tickets/{number}/file`: the whole file of a ticket to take along, for a reason that goes into the view log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from litestar import Response, get, post
from litestar.response import Stream

from core import audit, clock
from core.errors import Refused
from core.i18n import _
from core.officers import Officer
from core.settings import ROOT
from core.web import FromPath, Request, fragment, page, read_form, requires, visit
from crm import attachments
from crm.pages.attachments import size_words
from crm.pages.glance import glance
from crm.pages.names import names
from crm.tickets import casefile, number, queries
from crm.tickets.access import ticket_for
from crm.tickets.casefile import Enclosed, Page, safe_name
from crm.tickets.persons import mask_for
from crm.tickets.story import Reader, tell
from crm.tickets.why import clocks_of_order
from crm.tickets.words import order_word

SEES = requires("ticket.see", "desk.unit")
SHORTEST_REASON = 4


@get("/tickets/{ticket:int}/file", guards=[SEES])
async def asked(request: Request, ticket: FromPath[int]) -> Response[Any]:
    await ticket_for(request.user, ticket)
    return page("crm/ticket/file_form.html", number=ticket, errors={}, typed={})


@post("/tickets/{ticket:int}/file.zip", guards=[SEES], status_code=200)
async def taken(request: Request, ticket: FromPath[int]) -> Response[Any]:
    """A ZIP, sent while it is written. A unit's is masked and holds its own orders only."""
    await ticket_for(request.user, ticket)
    form = await read_form(request)
    reason = form.text("reason", most=200)
    try:
        check_reason(reason)
    except Refused as short:
        form.wrong("reason", short.message)
    if form.errors:
        return page(
            "crm/ticket/file_form.html", status=422, number=ticket, errors=form.errors, typed=form.raw()
        )
    pages, enclosed = await gather(request.user, ticket, reason)
    await audit.seen(request.user, "file", f"ticket:{ticket}", reason, address=visit().address)
    return Stream(
        _beside_the_loop(casefile.stream(pages, enclosed)), media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{ticket}.zip"', "Cache-Control": "no-store"},
    )  # fmt: skip


routes: list[Any] = [asked, taken]


async def _beside_the_loop(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        if part:
            yield part


def check_reason(reason: str) -> str:
    """It, or Refused: nobody takes a file along without saying why."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused(_("写明为什么要导出，至少 {n} 个字。").format(n=SHORTEST_REASON))
    return reason.strip()


async def gather(officer: Officer, ticket: int, reason: str) -> tuple[list[Page], list[Enclosed]]:
    """What goes into the file, as this officer may read it."""
    seen, called, now = await glance(officer, ticket, opened=True), await names(), clock.now()
    whole, mask = officer.can("ticket.see"), mask_for(officer)
    every = await queries.orders(ticket)
    reader = Reader(
        "hotline" if whole else "unit", mask, called.unit,
        {order["id"]: called.unit(order["unit"], order["unit_name"]) for order in every},
        frozenset(order["id"] for order in every if order["unit"] in officer.scopes),
    )  # fmt: skip
    orders = [
        {
            "unit": reader.orders[order["id"]], "part": order["part"], "round": order["round"],
            "word": order_word(order["status"]), "reply": order["reply"],
            "clocks": clocks_of_order(
                await queries.ledger(order["id"]), order, called.book, now=now, today=clock.local(now).date()
            ),
        }
        for order in every if whole or order["id"] in reader.own
    ]  # fmt: skip
    story = tell(await queries.events(ticket), reader)
    _row, files = await attachments.of_ticket(officer, ticket)
    digests = {
        file["id"]: (await attachments.attachment_for(officer, file["id"]))["digest"] for file in files
    }
    index = [
        {
            "name": file["name"], "href": safe_name(file["id"], file["name"]), "bytes": file["size"],
            "size": size_words(file["size"]), "sha256": digests[file["id"]], "digest": digests[file["id"]],
            "uploaded_at": file["uploaded_at"], "uploaded_by": file["uploaded_by_name"],
        }
        for file in files
    ]  # fmt: skip
    html = fragment(
        "crm/ticket/file.html", number=number.show(ticket), t=seen, orders=orders, story=story, files=index,
        clean=mask, by=officer.name, now=now, reason=reason, is_masked=not whole, stamp=_stamp,
    )  # fmt: skip
    pages = [
        Page("README.txt", _readme(ticket)),
        Page("index.html", html),
        Page("file.css", (ROOT / "static/css/file.css").read_text("utf-8")),
        Page("events.json", casefile.as_json([_event(told) for told in reversed(story)])),
        Page("clocks.json", casefile.as_json([_clocks(order) for order in orders])),
        Page("attachments.json", casefile.as_json([_without(entry, "size", "digest") for entry in index])),
    ]
    enclosed = [Enclosed(f["id"], f["name"], attachments.path_of(digests[f["id"]])) for f in files]
    return pages, enclosed


def _event(told: Any) -> dict[str, Any]:
    names_ = ("version", "round", "at", "verb", "status", "title", "detail", "who")
    return {name: getattr(told, name) for name in names_}


def _clocks(order: dict[str, Any]) -> dict[str, Any]:
    clocks = [
        {
            "clock": c.name, "started_at": c.started, "due_at": c.due, "done_at": c.done_at, "on_time": c.on_time,
            "lines": [
                {"at": s.at, "title": s.title, "detail": s.detail, "skipped": s.skipped, "due_at": s.due}
                for s in c.sums
            ],
        }
        for c in order["clocks"]
    ]  # fmt: skip
    return {"unit": order["unit"], "part": order["part"], "round": order["round"], "clocks": clocks}


def _without(entry: dict[str, Any], *left_out: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in left_out}


def _stamp(moment: Any) -> str:
    there = clock.local(moment)
    return f"{there:%Y-%m-%d %H:%M}"


def _readme(ticket: int) -> str:
    lines: Iterable[str] = (
        _("卷宗 {number}").format(number=number.show(ticket)),
        "",
        _("index.html：用浏览器打开，可打印，不联网。"),
        _(
            "events.json：经过，从先到后。version 次序，round 轮次，at 时刻（UTC），verb 动作，status 之后的状态，title 和 detail 文字，who 何人。"
        ),
        _("clocks.json：每张承办单每个时限的账。lines 每行一件事和它得出的到期时刻；skipped 跳过的休息日。"),
        _("attachments.json：附件目录，href 是 attachments/ 下的文件名，sha256 是摘要，可以核对。"),
    )
    return "\n".join(lines) + "\n"
