"""The dispatcher's desk: one queue of all lines, the moment due soonest first; claims; sending in bulk."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Response, delete, get, post

from core import clock
from core.i18n import N_, _
from core.web import FromPath, FromQuery, Nav, Request, page, read_form, redirect, requires, visit
from crm.pages import dispatch_filters, dispatch_form, dispatch_rows, dispatch_work, rulings
from crm.pages.dispatch_filters import Filters
from crm.pages.names import move_word, names
from crm.tickets import desk_lists, dispatch, queries

DISPATCHER = requires("ticket.dispatch")
nav = [Nav("dispatch", N_("派单台"), "/dispatch", ("desk.dispatch",), order=20)]
MOST_AT_ONCE = 200


@get("/dispatch", guards=[DISPATCHER])
async def queue(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    filters = await dispatch_filters.read(request.query_params)
    return page("crm/dispatch/queue.html", **await _queue(request, filters, after))


@get("/dispatch/rows", guards=[DISPATCHER])
async def rows(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    filters = await dispatch_filters.read(request.query_params)
    found = await dispatch_rows.page_of(request.user, filters, after=after, begin=1)
    return page("crm/dispatch/_rows.html", rows=found.rows, query=filters.query())


@get("/dispatch/lights", guards=[DISPATCHER])
async def lights(request: Request) -> Response[bytes]:
    """The figures of the head; replaced in place."""
    filters = await dispatch_filters.read(request.query_params)
    counted = await queries.queue_lights(request.user, filters.chosen(request.user), now=clock.now())
    counters = await queries.counters(request.user)
    return page("crm/dispatch/_lights.html", row=dispatch_rows.head(filters, counted, counters))


@get("/dispatch/moves", guards=[requires("ticket.dispatch", "ticket.review")])
async def moves(request: Request) -> Response[bytes]:
    """Who took the rows (`number`, repeated) that left the queue while somebody looked at it."""
    moved = await desk_lists.last_moves(request.user, _numbers(request.query_params.getall("number", [])))
    said = [(row["id"], row["actor_name"], move_word(row["verb"])) for row in moved]
    return page("crm/dispatch/_moves.html", said=said)


@get("/dispatch/batch", guards=[DISPATCHER])
async def foresee(request: Request) -> Response[bytes]:
    """What sending the chosen rows will do, and which will stay: before the click."""
    numbers = _numbers(request.query_params.getall("number", []))
    foreseen = await dispatch.foresee(request.user, numbers, now=clock.now())
    called = await names()
    going: dict[str, int] = {}
    for _ticket, form in foreseen.going:
        unit = called.unit(form.lead)
        going[unit] = going.get(unit, 0) + 1
    return page("crm/dispatch/_foreseen.html", going=going, n=len(foreseen.going), kept=foreseen.kept)


@post("/dispatch/batch", guards=[DISPATCHER], status_code=200)
async def send_batch(request: Request) -> Response[bytes]:
    numbers = _numbers((await read_form(request)).every("number", most=MOST_AT_ONCE))
    done = await dispatch.dispatch_suggested(request.user, numbers, now=clock.now())
    tickets = {row["id"]: row for row in await queries.tickets_of(request.user, done.sent)}
    return page(
        "crm/dispatch/_result.html",
        headers={"HX-Trigger": "queue-changed"},
        sent=[(number, tickets.get(number)) for number in done.sent],
        kept=done.kept,
        called=await names(),
        takes_focus=True,
    )


@post("/dispatch/claim", guards=[DISPATCHER])
async def claim_next(request: Request) -> Response[Any]:
    """The next free one within the filter shown; its form opens."""
    query = (await read_form(request)).text("query", most=1000)
    filters = await dispatch_filters.read(dict(parse_qsl(query)))
    condition, args = queries.queue_condition(request.user, filters.chosen(request.user), now=clock.now())
    number = await dispatch.claim_next(request.user, where=condition, args=args)
    if number is None:
        said = _("筛选里没有空着的单：都有人在办，或已经派完。") if filters.values else _("没有空着的单了。")
        return redirect(filters.url(), flash=said, kind="info")
    narrowed = f"?{urlencode({'from': filters.query()})}" if filters.values else ""
    return redirect(f"/dispatch/{number}{narrowed}")


@post("/dispatch/{number:int}/claim", guards=[DISPATCHER])
async def claim(request: Request, number: FromPath[int]) -> Response[Any]:
    await dispatch.claim(request.user, number)
    return redirect(f"/dispatch/{number}", fragment=visit().is_fragment)


@delete("/dispatch/{number:int}/claim", guards=[DISPATCHER], status_code=200)
async def put_back(request: Request, number: FromPath[int]) -> Response[Any]:
    await dispatch.put_back(request.user, number)
    said = _("…{tail} 放回队列了。").format(tail=str(number)[-5:])
    return redirect("/dispatch", flash=said, fragment=visit().is_fragment)


async def _queue(request: Request, filters: Filters, after: str) -> dict[str, Any]:
    officer, now = request.user, clock.now()
    begin = _place(request.query_params.get("from", ""))
    found = await dispatch_rows.page_of(officer, filters, after=after, begin=begin)
    counters = await queries.counters(officer)
    lights = await queries.queue_lights(officer, filters.chosen(officer), now=now)
    return {
        "desk": "dispatch",
        "counts": counters,
        "filters": filters,
        "query": filters.query(),
        "page": found,
        "rows": found.rows,
        "lights": lights,
        "head": dispatch_rows.head(filters, lights, counters),
        "is_empty": not found.rows,
        "tabs": await dispatch_work.tabs(officer),
        "tab": "dispatch",
    }


def _numbers(given: list[str]) -> list[int]:
    return [int(text) for text in given if text.isascii() and text.isdecimal() and len(text) < 19][
        :MOST_AT_ONCE
    ]


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 8 else 1


routes = [
    queue, rows, lights, moves, foresee, send_batch, claim_next, claim, put_back,
    *dispatch_form.routes, *dispatch_work.routes, *rulings.routes,
]  # fmt: skip
