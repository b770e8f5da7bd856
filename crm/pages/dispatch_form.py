"""One ticket at the dispatcher's desk: the preview beside the queue, the whole form, and who else is on it."""

from __future__ import annotations

from typing import Any

from litestar import Response, delete, get, post

from core import clock, i18n
from core.errors import Conflict, NotFound, Refused
from core.i18n import _
from core.web import FromPath, FromQuery, Request, fragment, page, read_form, redirect, requires, visit
from crm.pages import dispatch_forms
from crm.pages.dispatch_filters import LABELS as FILTERS
from crm.pages.dispatch_forms import Sheet
from crm.pages.names import move_word
from crm.tickets import desk_lists, dispatch, presence, queries
from crm.tickets.access import ticket_for
from crm.tickets.states import BY_NAME
from crm.tickets.words import URGENCY, urgency_word

DISPATCHER = requires("ticket.dispatch")


@get("/dispatch/{number:int}", guards=[DISPATCHER])
async def form(request: Request, number: FromPath[int]) -> Response[bytes]:
    sheet = await dispatch_forms.opened(request.user, number, whole=True)
    sheet.typed["_back"] = request.query_params.get("from", "")
    return await _whole(request, sheet)


@get("/dispatch/{number:int}/preview", guards=[DISPATCHER])
async def preview(request: Request, number: FromPath[int]) -> Response[bytes]:
    sheet = await dispatch_forms.opened(request.user, number, whole=False)
    return page("crm/dispatch/_preview.html", sheet=sheet, ticket=sheet.ticket)


@post("/dispatch/{number:int}", guards=[DISPATCHER], status_code=200)
async def send(request: Request, number: FromPath[int]) -> Response[Any]:
    """派出, 重办派出 or 改派, whichever the ticket's state asks for."""
    typed = (await read_form(request)).raw()
    try:
        unit = await dispatch_forms.send(request.user, number, typed, now=clock.now())
    except NotFound:
        raise
    except Refused as refusal:
        return await _again(request, number, typed, refusal)
    said = _("…{tail} 派给{unit}了。派错了就“改派”，原单位会收到收回通知。").format(
        tail=str(number)[-5:], unit=unit
    )
    if visit().is_fragment:
        answer = fragment("crm/dispatch/_said.html", said=said, number=number)
        headers = {"HX-Retarget": "#result", "HX-Reswap": "innerHTML", "HX-Trigger": "queue-changed"}
        return Response(answer, media_type="text/html", headers=headers)
    return redirect(_back(typed), flash=said)


@get("/dispatch/{number:int}/presence", guards=[DISPATCHER])
async def who(request: Request, number: FromPath[int], seen: FromQuery[int] = 0) -> Response[bytes]:
    await ticket_for(request.user, number)
    return await _present(request, number, await presence.others(request.user, number), seen)


@post("/dispatch/{number:int}/presence", guards=[DISPATCHER], status_code=200)
async def here(request: Request, number: FromPath[int], seen: FromQuery[int] = 0) -> Response[bytes]:
    """The page says so every half minute; a claim lives on by it."""
    await ticket_for(request.user, number)
    await dispatch.keep_claim(request.user, number)
    return await _present(request, number, await presence.here(request.user, number), seen)


@delete("/dispatch/{number:int}/presence", guards=[DISPATCHER])
async def gone(request: Request, number: FromPath[int]) -> None:
    await presence.left(request.user, number)


async def _present(request: Request, number: int, others: list[Any], seen: int) -> Response[bytes]:
    passed = await queries.events(number, after=seen) if seen else []
    moved = [(e, move_word(e["verb"])) for e in passed if not BY_NAME[e["verb"]].passing]
    return page("crm/dispatch/_presence.html", others=others, moved=moved, moment=i18n.moment)


async def _again(request: Request, number: int, typed: dict[str, str], refusal: Refused) -> Response[bytes]:
    in_whole = not visit().is_fragment
    sheet = await dispatch_forms.again(request.user, number, typed, refusal, whole=in_whole)
    status = 409 if isinstance(refusal, Conflict) or sheet.first else refusal.status
    if in_whole:
        return await _whole(request, sheet, status=status)
    return page("crm/dispatch/_preview.html", status=status, sheet=sheet, ticket=sheet.ticket)


async def _whole(request: Request, sheet: Sheet, *, status: int = 200) -> Response[bytes]:
    return page(
        "crm/dispatch/form.html",
        status=status,
        desk="dispatch",
        counts=await queries.counters(request.user),
        sheet=sheet,
        ticket=sheet.ticket,
        back=_back(sheet.typed),
        levels=[
            (str(level), urgency_word(level)) for level in URGENCY if level < 4 or sheet.ticket.urgency == 4
        ],
        rounds=await desk_lists.rounds(sheet.ticket.number) if sheet.ticket.round > 1 else [],
        others=await presence.others(request.user, sheet.ticket.number),
    )


def _back(typed: dict[str, str]) -> str:
    """The queue as it was filtered; only what filters write comes through."""
    kept = "&".join(
        part
        for part in typed.get("_back", "").split("&")
        if part.partition("=")[0] in FILTERS and "\n" not in part
    )
    return f"/dispatch?{kept}" if kept else "/dispatch"


routes = [form, preview, send, who, here, gone]
