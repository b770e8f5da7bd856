"""A ticket's own page: what was asked, its whole story, and why it is due when it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post

from core import audit, clock, privacy
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.officers import Officer
from core.web import Form, FromPath, FromQuery, Request, page, read_form, redirect, requires
from crm.pages import casefiles
from crm.pages.glance import Glance, glance
from crm.pages.names import Names, names
from crm.tickets import (
    closing,
    escalating,
    escalation_words,
    lookers,
    merged_lists,
    presence,
    pressing,
    queries,
    timeline,
    why,
)
from crm.tickets.access import ticket_for
from crm.tickets.lights import Light
from crm.tickets.persons import mask_for
from crm.tickets.states import BY_NAME, FINAL, RESTING, Move, Status, allowed
from crm.tickets.story import Reader, Told, tell
from crm.tickets.supervising import LEVEL, TRIGGER
from crm.tickets.verbs import offered
from crm.tickets.words import CHANNEL, RESULT, WITHDRAWAL, order_word, say
from routing.rulebook import rulebook

_SEES = ("ticket.see", "desk.unit")
SHORTEST_REASON = 4
#: Verbs that this page itself has a form for; the desks have the others.
FORMS = {"append": "content", "withdraw": "ground", "reopen": "facts"}


@get("/tickets/{ticket:int}", guards=[requires(*_SEES)])
async def shown(request: Request, ticket: FromPath[int], show: FromQuery[str] = "all") -> Response[Any]:
    return page("crm/ticket/page.html", **await _page(request.user, ticket, show))


@get("/tickets/{ticket:int}/story", guards=[requires(*_SEES)])
async def story(request: Request, ticket: FromPath[int], show: FromQuery[str] = "all") -> Response[Any]:
    """The middle column, and with it what else a move changes: the head, the units, the clocks."""
    return page("crm/ticket/_story.html", afresh=True, **await _page(request.user, ticket, show))


@get("/tickets/{ticket:int}/presence", guards=[requires(*_SEES)])
async def on_it(request: Request, ticket: FromPath[int]) -> Response[Any]:
    """A heartbeat of the open page; answers who else is on the ticket."""
    await ticket_for(request.user, ticket)
    return page("crm/ticket/_presence.html", others=await presence.here(request.user, ticket))


@post("/tickets/{ticket:int}/additions", guards=[requires("ticket.register")])
async def add(request: Request, ticket: FromPath[int]) -> Response[Any]:
    async def verb(form: Form) -> Any:
        return await closing.append(
            request.user, ticket, content=_written(form, "content", 2000), call=None, now=clock.now()
        )

    return await _done(request, ticket, "append", verb, _("已追加到工单。"))


@post("/tickets/{ticket:int}/withdrawal", guards=[requires("ticket.withdraw", "ticket.register")])
async def withdraw(request: Request, ticket: FromPath[int]) -> Response[Any]:
    async def verb(form: Form) -> Any:
        return await closing.withdraw(
            request.user,
            ticket,
            ground=_written(form, "ground", 500),
            code=form.text("code") or "other",
            now=clock.now(),
            seen=_seen(form),
        )

    return await _done(request, ticket, "withdraw", verb, _("已撤诉，承办单位会收到通知。"))


@post("/tickets/{ticket:int}/reopening", guards=[requires("ticket.register", "ticket.dispatch")])
async def reopen(request: Request, ticket: FromPath[int]) -> Response[Any]:
    async def verb(form: Form) -> Any:
        return await closing.reopen(
            request.user, ticket, facts=_written(form, "facts", 2000), now=clock.now(), seen=_seen(form)
        )

    return await _done(request, ticket, "reopen", verb, _("已重新受理，交派单台。"))


@post("/tickets/{ticket:int}/phone", guards=[requires("ticket.unmask")], status_code=200)
async def phone(request: Request, ticket: FromPath[int]) -> Response[Any]:
    """The number in clear, for a reason that goes into the view log with it."""
    row = await queries.ticket(request.user, ticket)
    if row is None or not row["citizen_phone"]:
        raise NotFound(_("这张单没有留电话。"))
    form = await read_form(request)
    reason = form.text("reason")
    if len(reason) < SHORTEST_REASON:
        form.wrong("reason", _("写明为什么要看号码，至少 {n} 个字。").format(n=SHORTEST_REASON))
        return page("crm/ticket/_phone.html", status=422, number=ticket, errors=form.errors, typed=form.raw(),
                    phone=privacy.mask_phone(privacy.open_sealed(row["citizen_phone"])))  # fmt: skip
    await audit.seen(request.user, "phone", f"ticket:{ticket}", reason)
    return page(
        "crm/ticket/_phone.html", number=ticket, phone=privacy.open_sealed(row["citizen_phone"]), opened=True
    )


routes: list[Any] = [shown, story, on_it, add, withdraw, reopen, phone, *casefiles.routes]


async def _done(
    request: Request, ticket: int, name: str, verb: Callable[[Form], Awaitable[Any]], said: str
) -> Response[Any]:
    """Do it; what cannot be taken comes back with the page and everything that was typed."""
    form = await read_form(request)
    try:
        await verb(form)
    except Invalid as wrong:
        again = await _page(request.user, ticket)
        again |= {"errors": wrong.fields, "typed": form.raw(), "open_form": name}
        return page("crm/ticket/page.html", status=422, **again)
    except Conflict as first:
        again = await _page(request.user, ticket)
        again |= {"first": first, "typed": form.raw(), "open_form": name}
        return page("crm/ticket/page.html", status=409, **again)
    return redirect(f"/tickets/{ticket}", flash=said)


def _seen(form: Form) -> int | None:
    text = form.text("version")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _written(form: Form, field: str, most: int) -> str:
    """Raises Invalid where it is too long: the verbs only look whether it is long enough."""
    text = form.text(field, most=most)
    form.check()
    return text


async def _page(officer: Officer, number: int, show: str = "all") -> dict[str, Any]:
    seen: Glance = await glance(officer, number, opened=True)
    now, book, called = clock.now(), await rulebook(), await names()
    orders = await queries.orders(number)
    lead = next((order for order in orders if order["part"] == "lead"), None)
    entries = await queries.ledger(lead["id"]) if lead else []
    today = clock.local(now).date()
    clocks = why.clocks_of_order(entries, lead, book, now=now, today=today) if lead else []
    units = {order["id"]: called.unit(order["unit"], order["unit_name"]) for order in orders}
    can = allowed(seen.status, officer.permissions)
    told = await _told(officer, number, orders, units, called)
    return {
        "t": seen, "orders": [_order(order, units) for order in orders], "clocks": clocks,
        "minding": next((c for c in clocks if c.name == (lead or {"clock": ""})["clock"]), clocks[-1] if clocks else None),
        "chapters": timeline.chapters(told, show), "told": len(told), "show": show, "shows": timeline.SHOWN,
        **await _beside(officer, number), "by_name": BY_NAME,
        "escalation": [escalation_words.told(row, called.unit) for row in await escalating.tries(number)],
        "withdrawals": [(code, _(word)) for code, word in WITHDRAWAL.items()],
        "can": {move.name for move in can}, "elsewhere": _elsewhere(officer, seen, can, lead),
        "age_since": seen.received_at, "resting": seen.status in RESTING | FINAL,
        "channel": say(CHANNEL, seen.channel), "unmasks": officer.can("ticket.unmask"),
        "errors": {}, "typed": {}, "first": None, "open_form": "", "green": Light.GREEN,
        "clean": mask_for(officer),
    }  # fmt: skip


async def _beside(officer: Officer, number: int) -> dict[str, Any]:
    """What presses on the ticket, the buttons for it, and whom it is merged with: children and master are for the hotline,
    units read their number only."""
    row, now_on = await ticket_for(officer, number), await pressing.on(number)
    is_ours = officer.can("ticket.see")
    return {
        "row": row,
        "pressing": now_on,
        "shelf": pressing.arrange(offered(officer, row), now_on),
        "levels": LEVEL,
        "triggers": TRIGGER,
        "say": say,
        "children": await merged_lists.children(officer, number) if row.merged_count and is_ours else [],
        "master": row.merged_into if is_ours else None,
        "called": await names(),
    }


async def _told(
    officer: Officer, number: int, orders: list[Any], units: dict[int, str], called: Names
) -> list[Told]:
    """The story as this officer reads it; for an auditor with who looked."""
    reader = Reader(
        "hotline" if officer.can("ticket.see") else "unit", mask_for(officer), called.unit, units,
        frozenset(order["id"] for order in orders if order["unit"] in officer.scopes),
    )  # fmt: skip
    told = tell(await queries.events(number), reader)
    return lookers.beside(told, await lookers.looked(officer, number))


def _order(order: Any, units: dict[int, str]) -> dict[str, Any]:
    return {
        "id": order["id"], "unit": units[order["id"]], "part": order["part"], "status": order["status"],
        "word": order_word(order["status"]), "round": order["round"], "reason": order["reason"], "reply": order["reply"],
        "result": say(RESULT, order["result"]), "replied_at": order["replied_at"],
        "signed_by": order["signed_by_name"], "open": order["ended_at"] is None, "close_due_at": order["close_due_at"],
    }  # fmt: skip


def _elsewhere(officer: Officer, seen: Glance, can: list[Move], lead: Any) -> list[tuple[str, str]]:
    """Where the other moves are made: (label, address), the most likely first."""
    names_of = {move.name for move in can}
    ways: list[tuple[str, str]] = []
    if names_of & {"dispatch", "dispatch_redo"}:
        ways.append((_("去派单"), f"/dispatch/{seen.number}"))
    elif "reassign" in names_of:
        ways.append((_("改派…"), f"/dispatch/{seen.number}"))
    elif "accept_return" in names_of:
        ways.append((_("裁定退单…"), f"/dispatch/{seen.number}/ruling"))
    if names_of & {"accept", "send_back"}:
        ways.append((_("去审核"), f"/review/{seen.number}"))
    if names_of & {"close"}:
        ways.append((_("去回访"), f"/review/{seen.number}/follow-up"))
    if seen.status is Status.ARCHIVED and officer.can("desk.agent"):
        ways.append((_("另立新单…"), f"/desk?from={seen.number}"))
    ways.append((_("导出卷宗…"), f"/tickets/{seen.number}/file"))
    if lead is not None and officer.can("desk.unit") and lead["unit"] in officer.scopes:
        ways.insert(0, (_("打开承办单"), f"/orders/{lead['id']}"))
    return ways
