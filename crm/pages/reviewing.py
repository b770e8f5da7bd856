"""The reviewer's desk: does the unit's reply hold (待审核)? And what does the citizen say (待回访)?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from core import audit, clock
from core.cursors import cursor, read_cursor
from core.errors import Conflict, Invalid, NotFound, Refused
from core.i18n import N_, _
from core.officers import Officer
from core.privacy import open_sealed
from core.web import (
    FromPath,
    FromQuery,
    Nav,
    Request,
    fragment,
    page,
    read_form,
    redirect,
    requires,
    visit,
)  # fmt: skip
from crm.pages.dispatch_rows import PAGE, readable
from crm.pages.glance import Glance, glance
from crm.pages.names import names
from crm.tickets import closing, desk_lists, queries, replies
from crm.tickets.access import ticket_for
from crm.tickets.states import Status
from crm.tickets.words import DEFECT, FOLLOW_UP, RESULT, SATISFIED, SOLVED

REVIEWER = requires("ticket.review")
CALLER = requires("ticket.follow_up")
nav = [
    Nav("review", N_("审核台"), "/review", ("desk.review",), order=30),
    Nav("follow_up", N_("回访台"), "/review/follow-ups", ("desk.review",), order=31),
]


@dataclass(frozen=True)
class Case:
    """What is judged: the ticket, its work orders with contacts, and what was typed."""

    ticket: Glance
    lead: Any
    assists: list[Any]
    contacts: list[Any]
    rounds: list[Any]
    files: list[Any]
    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    refusal: str = ""


# --- 待审核 ---


@get("/review", guards=[REVIEWER])
async def queue(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    counts = await queries.counters(request.user)
    return page("crm/review/queue.html", desk="review", counts=counts, **await _replies(request, after))


@get("/review/rows", guards=[REVIEWER])
async def rows(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    return page("crm/review/_rows.html", **await _replies(request, after))


@get("/review/{number:int}", guards=[REVIEWER])
async def show(request: Request, number: FromPath[int]) -> Response[bytes]:
    case = await _case(request, number)
    return await _shown(request, "review", case)


@post("/review/{number:int}", guards=[REVIEWER], status_code=200)
async def judge(request: Request, number: FromPath[int]) -> Response[Any]:
    """审核通过 with the follow-up it needs, or 审核退回 with a coded defect."""
    typed = (await read_form(request)).raw()
    try:
        said = await _judge(request.user, number, typed, now=clock.now())
    except NotFound:
        raise
    except Refused as refusal:
        case = await _case(request, number, typed=typed, refusal=refusal)
        return await _shown(request, "review", case, status=refusal.status)
    return _done("/review", said, number, typed)


async def _judge(officer: Officer, number: int, typed: dict[str, str], *, now: datetime) -> str:
    tail, seen = str(number)[-5:], _seen(typed)
    if typed.get("verdict") == "send_back":
        note = typed.get("note", "").strip()
        if len(note) < closing.SHORTEST:
            wrong = {"note": _("写明缺什么、要补什么，至少 {n} 个字。").format(n=closing.SHORTEST)}
            if typed.get("defect") not in DEFECT:
                wrong = {"defect": _("选一个退回原因。"), **wrong}
            raise Invalid(wrong)
        defect = typed.get("defect", "")
        await replies.send_back(officer, number, defect=defect, note=note, now=now, seen=seen)
        return _("…{tail} 退回承办单位了：{defect}。办结时限没有停过。").format(
            tail=tail, defect=_(DEFECT[defect])
        )
    if typed.get("verdict") != "accept":
        raise Invalid({"verdict": _("选审核通过，或退回承办单位。")})
    follow_up = typed.get("follow_up", "")
    await replies.accept(
        officer, number, follow_up=follow_up, ground=typed.get("ground", ""), now=now, seen=seen
    )
    if follow_up == "none":
        return _("…{tail} 审核通过，办结，不回访。").format(tail=tail)
    return _("…{tail} 审核通过，转回访（{need}）。").format(tail=tail, need=_(FOLLOW_UP[follow_up]))


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


# --- 待回访 ---


@get("/review/follow-ups", guards=[CALLER])
async def follow_ups(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    counts = await queries.counters(request.user)
    context = await _follow_ups(request, after)
    return page("crm/review/follow_ups.html", desk="follow_up", counts=counts, **context)


@get("/review/follow-ups/rows", guards=[CALLER])
async def follow_up_rows(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    return page("crm/review/_follow_up_rows.html", **await _follow_ups(request, after))


@get("/review/{number:int}/follow-up", guards=[CALLER])
async def show_follow_up(request: Request, number: FromPath[int]) -> Response[bytes]:
    return await _shown(request, "follow_up", await _case(request, number))


@post("/review/{number:int}/follow-up", guards=[CALLER], status_code=200)
async def follow_up(request: Request, number: FromPath[int]) -> Response[Any]:
    """The citizen's word closes the ticket, or brings it back as a redo."""
    typed = (await read_form(request)).raw()
    try:
        said = await _follow_up(request.user, number, typed, now=clock.now())
    except NotFound:
        raise
    except Refused as refusal:
        case = await _case(request, number, typed=typed, refusal=refusal)
        return await _shown(request, "follow_up", case, status=refusal.status)
    return _done("/review/follow-ups", said, number, typed)


@post("/review/{number:int}/phone", guards=[CALLER], status_code=200)
async def phone(request: Request, number: FromPath[int]) -> Response[bytes]:
    """The number to call, while the ticket waits for it; the view log remembers who saw it."""
    ticket = await ticket_for(request.user, number)
    row = await queries.ticket(request.user, number)
    if ticket.status != Status.FOLLOW_UP or row["citizen_phone"] is None:
        raise Refused(_("这张单现在不用回访，或没有留电话。"))
    await audit.seen(request.user, "phone", f"ticket:{number}", _("回访"), address=visit().address)
    return page("crm/review/_phone.html", phone=open_sealed(row["citizen_phone"]).removeprefix("+86"))


async def _follow_up(officer: Officer, number: int, typed: dict[str, str], *, now: datetime) -> str:
    tail, seen = str(number)[-5:], _seen(typed)
    if typed.get("verdict") == "redo":
        await closing.redo(officer, number, cause=typed.get("cause", ""), now=now, seen=seen)
        return _("…{tail} 转重办，已到派单台。").format(tail=tail)
    if typed.get("verdict") != "close":
        raise Invalid({"verdict": _("选办结，或重办。")})
    given, solved = typed.get("satisfied", ""), typed.get("solved", "")
    await closing.close(
        officer, number, solved=solved, satisfied=int(given) if given in "12345" and given else None,
        by_way="call", now=now, seen=seen,
    )  # fmt: skip
    return _("…{tail} 回访办结：市民说{solved}。").format(tail=tail, solved=_(SOLVED[solved]))


async def _follow_ups(request: Request, after: str) -> dict[str, Any]:
    key = read_cursor(after, datetime, int)
    found = await desk_lists.follow_ups(request.user, after=(key[0], key[1]) if key else None, limit=PAGE)
    more = cursor(found[PAGE - 1]["sort_at"], found[PAGE - 1]["id"]) if len(found) > PAGE else ""
    return {
        "rows": found[:PAGE],
        "called": await names(),
        "results": {code: _(word) for code, word in RESULT.items()},
        "needs": {code: _(word) for code, word in FOLLOW_UP.items()},
        "clean": lambda text: readable(request.user, text),
        "next": f"/review/follow-ups?after={more}" if more else "",
        "refresh": f"/review/follow-ups/rows?after={after}",
    }


# --- both ---


async def _case(
    request: Request, number: int, *, typed: dict[str, str] | None = None, refusal: Refused | None = None
) -> Case:
    opened = not visit().is_fragment or typed is not None
    ticket = await glance(request.user, number, opened=opened)
    orders = [row for row in await queries.orders(number) if row["round"] == ticket.round]
    leads = [row for row in orders if row["part"] == "lead" and row["status"] in ("replied", "accepted")]
    errors = dict(refusal.fields) if isinstance(refusal, Invalid) else {}
    return Case(
        ticket,
        leads[0] if leads else None,
        [row for row in orders if row["part"] == "assist" and row["reply"]],
        await desk_lists.contacts([row["id"] for row in leads[:1]]),
        await desk_lists.rounds(number),
        [] if ticket.is_hidden else await desk_lists.attachments(number),
        _defaults(ticket, (await names()).book.matters.get(ticket.matter)) | (typed or {}),
        errors,
        refusal.message if refusal is not None and not errors else "",
    )


def _defaults(ticket: Glance, matter: Any) -> dict[str, str]:
    """Follow-up as the matter asks; without a phone nobody can be asked."""
    start = {"verdict": "", "defect": "", "note": "", "solved": "", "satisfied": "", "cause": ""}
    if not ticket.phone:
        return start | {"verdict": "accept", "follow_up": "none", "ground": _("没有留电话，无法回访")}
    need = matter.follow_up if matter is not None and matter.follow_up in FOLLOW_UP else "must"
    ground = _("按事项规定不回访") if need == "none" else ""
    return start | {"verdict": "accept", "follow_up": need, "ground": ground}


async def _shown(request: Request, name: str, case: Case, *, status: int = 200) -> Response[bytes]:
    """The pane, or the whole page; `name` is `review` or `follow_up`."""
    in_pane = visit().is_fragment
    context: dict[str, Any] = {
        "case": case,
        "ticket": case.ticket,
        "called": await names(),
        "clean": lambda text: readable(request.user, text),
        "results": {code: _(word) for code, word in RESULT.items()},
        "defect_options": [(code, f"{code} {_(word)}") for code, word in DEFECT.items()],
        "needs": {code: _(word) for code, word in FOLLOW_UP.items()},
        "solved": [(code, _(word)) for code, word in SOLVED.items()],
        "satisfied": [(str(code), _(word)) for code, word in SATISFIED.items()],
        "is_conflict": status == Conflict.status,
    }
    if not in_pane:
        context |= {"desk": name, "counts": await queries.counters(request.user)}
    return page(f"crm/review/{'_' if in_pane else ''}{name}.html", status=status, **context)


def _done(back: str, said: str, number: int, typed: dict[str, str]) -> Response[Any]:
    if not visit().is_fragment or typed.get("_whole"):
        return redirect(back, flash=said, fragment=visit().is_fragment)
    answer = fragment("crm/dispatch/_said.html", said=said, number=number)
    headers = {"HX-Retarget": "#result", "HX-Reswap": "innerHTML", "HX-Trigger": "queue-changed"}
    return Response(answer, media_type="text/html", headers=headers)


def _seen(typed: dict[str, str]) -> int | None:
    text = typed.get("_seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


routes = [queue, rows, show, judge, follow_ups, follow_up_rows, show_follow_up, follow_up, phone]
