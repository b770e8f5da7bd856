"""先例 beside a ruling, and the one click that makes a line of the 派单目录 from one of them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from core import clock
from core.errors import NotFound, Refused
from core.web import FromPath, Request, page, requires
from crm.pages.names import names
from crm.tickets import precedents
from crm.tickets.access import ticket_for
from crm.tickets.words import RETURN_CODE, say


@get("/dispatch/{number:int}/precedents", guards=[requires("ticket.dispatch")])
async def earlier(request: Request, number: FromPath[int]) -> Response[bytes]:
    ticket = await ticket_for(request.user, number)
    found = await precedents.earlier(request.user, ticket.matter, ticket.street)
    return page(
        "crm/dispatch/_precedents.html", found=found, number=number, called=await names(), street=ticket.street,
        may=request.user.can(*precedents.MAY_RECORD), code=lambda code: say(RETURN_CODE, code),
    )  # fmt: skip


@post(
    "/dispatch/precedents/{how:str}/{ruling:int}/line",
    guards=[requires("ticket.supervise", "admin.catalogue")],
    status_code=200,
)
async def record(request: Request, how: FromPath[str], ruling: FromPath[int]) -> Response[Any]:
    try:
        line = await precedents.record(request.user, how, ruling, now=clock.now())
    except NotFound:
        raise
    except Refused as refusal:
        return page("crm/dispatch/_recorded.html", status=refusal.status, refusal=refusal.message, line="")
    return page("crm/dispatch/_recorded.html", refusal="", line=line)


routes: list[Any] = [earlier, record]
