"""The follow-up desk (回访台): who is to be called next, the call, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post

from core import audit, clock
from core.cursors import cursor, read_cursor
from core.errors import Invalid, NotFound, Refused
from core.i18n import N_, _
from core.officers import Officer
from core.privacy import open_sealed
from core.web import FromPath, FromQuery, Nav, Request, page, read_form, redirect, requires, visit
from crm.pages.cases import case_of, done, seen, shown
from crm.pages.dispatch_rows import PAGE, holder, readable
from crm.pages.names import names
from crm.tickets import follow_up_lists, following_up, queries
from crm.tickets.access import ticket_for
from crm.tickets.follow_up_lists import Wanted
from crm.tickets.following_up import DECLINED, HALF_DAYS, OUTCOME, UNREACHED, Answer
from crm.tickets.words import FOLLOW_UP, RESULT, SOLVED

CALLER = requires("ticket.follow_up")
nav = [Nav("follow_up", N_("回访台"), "/review/follow-ups", ("ticket.follow_up",), order=31)]
PARTS = {"": N_("全部"), "now": N_("现在可拨"), "waits": N_("本半天已试"), "over": N_("超期")}


@get("/review/follow-ups", guards=[CALLER])
async def worklist(
    request: Request, after: FromQuery[str] = "", part: FromQuery[str] = "", unit: FromQuery[str] = ""
) -> Response[bytes]:
    counts = await queries.counters(request.user)
    context = await _rows(request, after, part, unit)
    context["parts"] = await _parts(request.user, context["wanted"])
    return page("crm/review/follow_ups.html", desk="follow_up", counts=counts, **context)


@get("/review/follow-ups/rows", guards=[CALLER])
async def rows(
    request: Request, after: FromQuery[str] = "", part: FromQuery[str] = "", unit: FromQuery[str] = ""
) -> Response[bytes]:
    return page("crm/review/_follow_up_rows.html", **await _rows(request, after, part, unit))


@post("/review/follow-ups/next", guards=[CALLER], status_code=200)
async def take_next(request: Request) -> Response[Any]:
    """取下一件: nobody else is offered it meanwhile."""
    number = await following_up.take_next(request.user, now=clock.now())
    if number is None:
        return redirect(
            "/review/follow-ups",
            flash=_("现在没有可拨的了：都已办完、有人在办，或本半天已试过。"),
            fragment=visit().is_fragment,
        )
    return redirect(f"/review/{number}/follow-up", fragment=visit().is_fragment)


@get("/review/{number:int}/follow-up", guards=[CALLER])
async def show(request: Request, number: FromPath[int]) -> Response[bytes]:
    return await shown(request, "follow_up", await case_of(request, number), **_words())


@post("/review/{number:int}/follow-up", guards=[CALLER], status_code=200)
async def record(request: Request, number: FromPath[int]) -> Response[Any]:
    """The citizen's word closes the ticket or brings it back as a redo; a call in vain is a try."""
    typed = (await read_form(request)).raw()
    try:
        said = await _record(request.user, number, typed, now=clock.now())
    except NotFound:
        raise
    except Refused as refusal:
        case = await case_of(request, number, typed=typed, refusal=refusal)
        return await shown(request, "follow_up", case, status=refusal.status, **_words())
    return done("/review/follow-ups", said, number, typed)


@post("/review/{number:int}/phone", guards=[CALLER], status_code=200)
async def phone(request: Request, number: FromPath[int]) -> Response[bytes]:
    """The number to call, while the ticket waits for it; the view log remembers who saw it."""
    ticket = await ticket_for(request.user, number)
    row = await queries.ticket(request.user, number)
    if not await following_up.is_wanted(ticket) or row["citizen_phone"] is None:
        raise Refused(_("这张单现在不用回访，或没有留电话。"))
    await audit.seen(request.user, "phone", f"ticket:{number}", _("回访"), address=visit().address)
    return page("crm/review/_phone.html", phone=open_sealed(row["citizen_phone"]).removeprefix("+86"))


async def _record(officer: Officer, number: int, typed: dict[str, str], *, now: datetime) -> str:
    answer, tail = _answer(typed), str(number)[-5:]
    merged = (await ticket_for(officer, number)).merged_into
    outcome = await following_up.record(officer, number, answer, now=now, seen=seen(typed))
    if merged is not None and outcome.finished and not answer.redo:
        return _("…{tail} 回访已记下。工单仍随主单 …{master}。").format(tail=tail, master=str(merged)[-5:])
    if answer.redo:
        return _("…{tail} 转重办，已到派单台。").format(tail=tail)
    if answer.outcome == "answered":
        return _("…{tail} 回访办结：市民说{solved}。").format(tail=tail, solved=_(SOLVED[answer.solved]))
    if answer.outcome == DECLINED:
        return _("…{tail} 回访办结：市民不愿评价。").format(tail=tail)
    if outcome.finished:
        return _("…{tail} 三个半天都没有联系上，按“已尝试”办结。").format(tail=tail)
    if answer.outcome == "later":
        return _("…{tail} 记下了：市民请稍后再拨。").format(tail=tail)
    return _("…{tail} 记下了：{why}。还要在另外 {n} 个半天各拨一次。").format(
        tail=tail, why=_(OUTCOME[answer.outcome]), n=HALF_DAYS - outcome.tried
    )


def _answer(typed: dict[str, str]) -> Answer:
    """Raises Invalid where nothing, or nothing known, was chosen."""
    verdict, given = typed.get("verdict", ""), typed.get("satisfied", "")
    note = typed.get("remark", "")
    if verdict == "missed":
        outcome = typed.get("outcome", "")
        if outcome not in UNREACHED:
            raise Invalid({"outcome": _("选为什么没有联系上。")})
        return Answer(outcome, note=note)
    if verdict == "redo":
        return Answer("answered", solved="no", redo=True, cause=typed.get("cause", ""))
    if verdict != "close":
        raise Invalid({"verdict": _("选记下并办结、转重办，或没联系上。")})
    if typed.get("solved") == DECLINED:
        return Answer(DECLINED, note=note)
    satisfied = int(given) if given in tuple("12345") else None
    return Answer("answered", solved=typed.get("solved", ""), satisfied=satisfied, note=note)


async def _rows(request: Request, after: str, part: str, unit: str) -> dict[str, Any]:
    key = read_cursor(after, datetime, int)
    wanted = _wanted(part, unit)
    found = await follow_up_lists.follow_ups(
        request.user, wanted, after=(key[0], key[1]) if key else None, limit=PAGE
    )
    more = cursor(found[PAGE - 1]["sort_at"], found[PAGE - 1]["id"]) if len(found) > PAGE else ""
    return {
        "rows": found[:PAGE],
        "wanted": wanted,
        "called": await names(),
        "holder": holder,
        "results": {code: _(word) for code, word in RESULT.items()},
        "needs": {code: _(word) for code, word in FOLLOW_UP.items()},
        "clean": lambda text: readable(request.user, text),
        "next": _url("/review/follow-ups", wanted, after=more) if more else "",
        "refresh": _url("/review/follow-ups/rows", wanted, after=after),
        **_words(),
    }


async def _parts(officer: Officer, wanted: Wanted) -> list[dict[str, Any]]:
    found = await follow_up_lists.parts(officer, wanted)
    return [
        {
            "word": _(word), "n": found[part or "all"], "on": part == wanted.part,
            "url": _url("/review/follow-ups", Wanted(wanted.half, wanted.now, part, wanted.unit)),
        }
        for part, word in PARTS.items()
    ]  # fmt: skip


def _wanted(part: str, unit: str) -> Wanted:
    """Unknown values drop out."""
    now = clock.now()
    number = int(unit) if unit.isascii() and unit.isdecimal() and len(unit) < 9 else None
    return Wanted(following_up.half_day(now), now, part if part in PARTS else "", number)


def _url(path: str, wanted: Wanted, **more: str) -> str:
    query = {"part": wanted.part, "unit": str(wanted.unit or ""), **more}
    query = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(query)}" if query else path


def _words() -> dict[str, Any]:
    return {
        "outcomes": {code: _(word) for code, word in OUTCOME.items()},
        "unreached": [(code, _(word)) for code, word in UNREACHED.items()],
        "half": following_up.half_day(clock.now()),
        "half_days": HALF_DAYS,
        "solved_words": {code: _(word) for code, word in SOLVED.items()},
    }


routes = [worklist, rows, take_next, show, record, phone]
