"""The unit's desk: `/orders` with its tabs and the batch signature, `/orders/{id}` with the three clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from litestar import Response, get, post

from core import audit, clock, privacy
from core.errors import NotFound, Refused
from core.i18n import N_, _, ngettext
from core.officers import Officer
from core.web import (
    FromPath,
    FromQuery,
    Nav,
    Request,
    cursor,
    page,
    read_cursor,
    read_form,
    redirect,
    requires,
    visit,
)  # fmt: skip
from crm.pages import order_answers, order_contacts, order_prints, order_returns
from crm.pages.names import names
from crm.pages.order_view import faces, next_step, words
from crm.tickets import inbox, persons, pressing, queries, signing
from crm.tickets.access import order_for
from crm.tickets.states import BY_NAME
from crm.tickets.story import Reader, Told, tell, written
from crm.tickets.supervising import LEVEL
from crm.tickets.urging import SOURCE
from crm.tickets.verbs import offered
from crm.tickets.why import Clock, clocks_of_order
from crm.tickets.words import RETURN_CODE, defect_word, say

UNIT = requires("desk.unit")
PAGE: Final = 40
#: A browser hears at most 100 topics over all its tabs.
MOST_TOPICS: Final = 60
TABS: Final = {
    "sign": N_("待签收"),
    "handling": N_("办理中"),
    "waiting": N_("待审核"),
    "done": N_("已退已结"),
}


@get("/orders", guards=[UNIT])
async def show(request: Request, tab: FromQuery[str] = "sign", after: FromQuery[str] = "") -> Response[Any]:
    return await _inbox(request, tab, after)


@get("/orders/rows", guards=[UNIT])
async def rows(request: Request, tab: FromQuery[str] = "sign", after: FromQuery[str] = "") -> Response[Any]:
    """The list alone, for the live strip."""
    return page("crm/orders/_rows.html", **await _list(request, tab, after))


@post("/orders/signatures", guards=[requires("order.sign")], status_code=200)
async def sign_many(request: Request) -> Response[Any]:
    """Sign what was ticked, each by itself; what could not be signed is named with the reason."""
    form = await read_form(request)
    asked = list(dict.fromkeys(int(v) for v in form.every("order", most=200) if v.isascii() and v.isdigit()))
    form.check()
    if not asked:
        return redirect("/orders", flash=_("先勾选要签收的承办单。"), kind="warn")
    done = await signing.sign_many(request.user, asked, now=clock.now())
    if not done.refused:
        said = ngettext("已签收 1 件。", "已签收 {n} 件。", len(done.signed))
        return redirect("/orders", flash=said)
    tails = {
        row["id"]: row["ticket"] for row in await inbox.orders_to_print(request.user, list(done.refused))
    }
    refused = [(order, tails.get(order), why) for order, why in done.refused.items()]
    return await _inbox(
        request, "sign", "", status=200 if done.signed else 409, signed=len(done.signed), refused=refused
    )


@get("/orders/{order:int}", guards=[requires("desk.unit", "ticket.see")])
async def one(request: Request, order: FromPath[int]) -> Response[Any]:
    row = await inbox.order(request.user, order)
    await audit.seen(request.user, "order", f"ticket:{row['ticket']}", address=visit().address)
    return page("crm/orders/order.html", **await _order(request, row))


@get("/orders/{order:int}/state", guards=[requires("desk.unit", "ticket.see")])
async def state(request: Request, order: FromPath[int], seen: FromQuery[int] = 0) -> Response[Any]:
    """The clocks, and whether somebody moved the order since version `seen`. Nothing personal."""
    row = await inbox.order(request.user, order)
    reachable = persons.to_be_contacted(row)
    context = {"row": row, "faces": faces(row, reachable=reachable), "seen": seen}
    return page("crm/orders/_state.html", **context, **await words())


@post("/orders/{order:int}/signature", guards=[requires("order.sign")])
async def sign(request: Request, order: FromPath[int]) -> Response[Any]:
    form = await read_form(request)
    seen = form.integer("seen", required=False, least=0)
    try:
        await signing.sign(request.user, order, now=clock.now(), seen=seen)
    except NotFound:
        raise
    except Refused as refusal:
        return redirect(f"/orders/{order}", flash=refusal.message, kind="warn")
    return redirect(f"/orders/{order}", flash=_("已签收。"))


async def _inbox(request: Request, tab: str, after: str, *, status: int = 200, **more: Any) -> Response[Any]:
    officer = request.user
    found = await _list(request, tab, after)
    counts = await inbox.counts(officer, now=clock.now())
    own = [officer.unit] if officer.unit in officer.scopes else []
    units = [*own, *sorted(officer.scopes - set(own))][:MOST_TOPICS]
    return page(
        "crm/orders/inbox.html", status=status, **found, tabs=TABS, tab_counts=counts, most=inbox.MOST_COUNTED,
        topics=" ".join(f"unit:{unit}" for unit in units), counts={"orders": counts["sign"]},
        **{"signed": 0, "refused": [], **more},
    )  # fmt: skip


async def _list(request: Request, tab: str, after: str) -> dict[str, Any]:
    tab = tab if tab in TABS else "sign"
    if tab == "done":
        key = read_cursor(after, int)
        found = await inbox.orders(request.user, tab, below=key[0] if key else None, limit=PAGE)
    else:
        soonest = read_cursor(after, datetime, int)
        place = (soonest[0], soonest[1]) if soonest else None
        found = await inbox.orders(request.user, tab, after=place, limit=PAGE)
    shown = found[:PAGE]
    further = ""
    if len(found) > PAGE:
        last = shown[-1]
        further = cursor(last["id"]) if tab == "done" else cursor(last["sort_at"], last["id"])
    return {
        "rows": shown, "tab": tab, "after": after, "further": further, "mask": persons.mask_for(request.user),
        "several": len(request.user.scopes) > 1, **await words(),
    }  # fmt: skip


async def _order(request: Request, row: Any) -> dict[str, Any]:
    officer, mask = request.user, persons.mask_for(request.user)
    events = await queries.events(row["ticket"])
    reachable = persons.to_be_contacted(row)
    is_own = row["unit"] in officer.scopes and officer.can("order.work")
    back = written(events, "send_back", "note") if row["defect"] else ""
    now_on = await pressing.on(row["ticket"], own_order=row["id"] if is_own else None)
    approves = officer.can("order.approve")
    verbs = offered(officer, *await order_for(officer, row["id"])) if is_own else []
    return {
        "row": row, "faces": faces(row, reachable=reachable), "person": persons.person(row), "seen": row["version"],
        "clocks": await _clocks(row),
        "address": privacy.open_sealed(row["address"]) if row["address"] else "", "text": mask(row["content"]),
        "beside": await inbox.beside(row), "story": await story_of(officer, row, events), "is_own": is_own, "mask": mask,
        "step": next_step(row, reachable=reachable) if is_own else "none", "reachable": reachable,
        "defect": defect_word(row["defect"]), "defect_note": mask(back),
        "ruling": mask(written(events, "refuse_return", "ruling")), "reasons": persons.REASONS,
        "pressing": now_on, "shelf": pressing.arrange(verbs, now_on), "by_name": BY_NAME,
        "may_answer": {verb.move for verb in verbs}, "sources": SOURCE, "levels": LEVEL, "say": say, "return_codes": RETURN_CODE,
        "may_return": _may_return(row) and is_own and (now_on.proposed is None or approves), "approves": approves,
        **await words(),
    }  # fmt: skip


async def _clocks(row: Any) -> list[Clock]:
    """Why it is due when it is, clock by clock."""
    entries, called, now = await queries.ledger(row["id"]), await names(), clock.now()
    return clocks_of_order(entries, row, called.book, now=now, today=clock.local(now).date())


async def story_of(officer: Officer, row: Any, events: Sequence[Any]) -> list[Told]:
    """The ticket's events as a unit is told them; who did what at other units is named by the unit."""
    called, orders = await names(), await queries.orders(row["ticket"])
    reader = Reader(
        "unit", persons.mask_for(officer), called.unit,
        {order["id"]: called.unit(order["unit"], order["unit_name"]) for order in orders},
        frozenset(order["id"] for order in orders if order["unit"] in officer.scopes),
    )  # fmt: skip
    return tell(events, reader)


def _may_return(row: Any) -> bool:
    """Whether the button stands there; after the window its page says why not and what to do instead."""
    return row["part"] == "lead" and not row["binding"] and row["status"] in ("dispatched", "handling")


nav = [Nav("orders", N_("承办"), "/orders", ("desk.unit",), order=50)]
routes = [
    show, rows, sign_many, one, state, sign,
    *order_contacts.routes, *order_answers.routes, *order_returns.routes, *order_prints.routes,
]  # fmt: skip
