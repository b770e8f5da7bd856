"""The reviewer's desk: does the unit's reply hold (待审核)?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from core import clock
from core.cursors import cursor, read_cursor
from core.errors import Invalid, NotFound, Refused
from core.i18n import N_, _
from core.officers import Officer
from core.web import FromPath, FromQuery, Nav, Request, page, read_form, requires
from crm.pages.cases import case_of, done, seen, shown
from crm.pages.dispatch_rows import PAGE, readable
from crm.pages.names import names
from crm.tickets import closing, queries, replies
from crm.tickets.words import DEFECT, FOLLOW_UP, RESULT

REVIEWER = requires("ticket.review")
nav = [Nav("review", N_("审核台"), "/review", ("desk.review",), order=30)]


@get("/review", guards=[REVIEWER])
async def queue(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    counts = await queries.counters(request.user)
    return page("crm/review/queue.html", desk="review", counts=counts, **await _replies(request, after))


@get("/review/rows", guards=[REVIEWER])
async def rows(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    return page("crm/review/_rows.html", **await _replies(request, after))


@get("/review/{number:int}", guards=[REVIEWER])
async def show(request: Request, number: FromPath[int]) -> Response[bytes]:
    case = await case_of(request, number)
    return await shown(request, "review", case)


@post("/review/{number:int}", guards=[REVIEWER], status_code=200)
async def judge(request: Request, number: FromPath[int]) -> Response[Any]:
    """审核通过 with the follow-up it needs, or 审核退回 with a coded defect."""
    typed = (await read_form(request)).raw()
    try:
        said = await _judge(request.user, number, typed, now=clock.now())
    except NotFound:
        raise
    except Refused as refusal:
        case = await case_of(request, number, typed=typed, refusal=refusal)
        return await shown(request, "review", case, status=refusal.status)
    return done("/review", said, number, typed)


async def _judge(officer: Officer, number: int, typed: dict[str, str], *, now: datetime) -> str:
    tail, version = str(number)[-5:], seen(typed)
    if typed.get("verdict") == "send_back":
        note = typed.get("note", "").strip()
        if len(note) < closing.SHORTEST:
            wrong = {"note": _("写明缺什么、要补什么，至少 {n} 个字。").format(n=closing.SHORTEST)}
            if typed.get("defect") not in DEFECT:
                wrong = {"defect": _("选一个退回原因。"), **wrong}
            raise Invalid(wrong)
        defect = typed.get("defect", "")
        await replies.send_back(officer, number, defect=defect, note=note, now=now, seen=version)
        return _("…{tail} 退回承办单位了：{defect}。办结时限没有停过。").format(
            tail=tail, defect=_(DEFECT[defect])
        )
    if typed.get("verdict") != "accept":
        raise Invalid({"verdict": _("选审核通过，或退回承办单位。")})
    follow_up = typed.get("follow_up", "")
    await replies.accept(
        officer, number, follow_up=follow_up, ground=typed.get("ground", ""), now=now, seen=version,
        marks=_marks(typed),
    )  # fmt: skip
    if follow_up == "none":
        return _("…{tail} 审核通过，办结，不回访。").format(tail=tail)
    return _("…{tail} 审核通过，转回访（{need}）。").format(tail=tail, need=_(FOLLOW_UP[follow_up]))


def _marks(typed: dict[str, str]) -> dict[int, int]:
    """`mark-<assist order>`: what the reviewer thought of each assist's input."""
    given = {name.removeprefix("mark-"): value for name, value in typed.items() if name.startswith("mark-")}
    return {
        int(order): int(mark) for order, mark in given.items()
        if order.isascii() and order.isdecimal() and len(order) < 19 and mark in ("1", "2", "3")
    }  # fmt: skip


async def _replies(request: Request, after: str) -> dict[str, Any]:
    key = read_cursor(after, datetime, int)
    found = await queries.to_review(request.user, after=(key[0], key[1]) if key else None, limit=PAGE)
    more = cursor(found[PAGE - 1]["replied_at"], found[PAGE - 1]["id"]) if len(found) > PAGE else ""
    return {
        "rows": found[:PAGE],
        "called": await names(),
        "results": {code: _(word) for code, word in RESULT.items()},
        "clean": lambda text: readable(request.user, text),
        "next": f"/review?after={more}" if more else "",
        "refresh": f"/review/rows?after={after}",
    }


routes = [queue, rows, show, judge]
