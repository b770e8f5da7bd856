"""Work orders on paper: `/orders/{id}/print`, several at once at `/orders/print?order=…`. Printing is counted and logged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, get, post

from core import audit, clock, privacy
from core.errors import NotFound
from core.i18n import _, ngettext
from core.web import FromPath, Request, page, read_form, requires, visit
from crm.pages.order_view import stamp, words
from crm.tickets import clock_words, inbox, persons
from crm.tickets.clocks import BrokenLedger, Entry, Kind, standing
from crm.tickets.words import RESULT
from routing.limits import Limit
from routing.rulebook import Rulebook, rulebook

UNIT = requires("desk.unit")
MOST: Final = 60


@get("/orders/{order:int}/print", guards=[UNIT])
async def one(request: Request, order: FromPath[int]) -> Response[Any]:
    return await _papers(request, [order])


@get("/orders/print", guards=[UNIT])
async def several(request: Request) -> Response[Any]:
    asked = [int(v) for v in request.query_params.getall("order", []) if v.isascii() and v.isdigit()]
    return await _papers(request, asked[:MOST])


@post("/orders/prints", guards=[UNIT], status_code=200)
async def count(request: Request) -> dict[str, int]:
    """A printer's window opened: one more print of each. Order id → how many by now, to put on the paper."""
    form = await read_form(request)
    asked = [int(v) for v in form.every("order", most=MOST) if v.isascii() and v.isdigit()]
    rows = await inbox.orders_to_print(request.user, asked)
    counted = await inbox.printed(request.user, [row["id"] for row in rows])
    for row in rows:
        await audit.seen(request.user, "print", f"ticket:{row['ticket']}", address=visit().address)
    return {str(order): n for order, n in counted.items()}


async def _papers(request: Request, asked: Sequence[int]) -> Response[Any]:
    rows = await inbox.orders_to_print(request.user, asked)
    if not rows:
        raise NotFound(_("没有可打印的承办单：没有选，或者不归您的单位。"))
    for row in rows:
        await audit.seen(request.user, "order", f"ticket:{row['ticket']}", address=visit().address)
    beside = await inbox.beside_many([row["ticket"] for row in rows])
    ledgers = await inbox.ledgers([row["id"] for row in rows])
    book, mask = await rulebook(), persons.mask_for(request.user)
    papers = [
        {
            "row": row, "person": persons.person(row), "text": mask(row["content"]),
            "address": privacy.open_sealed(row["address"]) if row["address"] else "",
            "beside": [b for b in beside if b["ticket"] == row["ticket"] and b["round"] == row["round"] and b["id"] != row["id"]],
            "limits": _limits(row, [e for e in ledgers if e["work_order"] == row["id"]], book),
        }
        for row in rows
    ]  # fmt: skip
    return page(
        "crm/orders/print.html", papers=papers, results=[_(word) for word in RESULT.values()], printed_at=clock.now(),
        left_out=len(set(asked)) - len(rows), mask=mask, **await words(),
    )  # fmt: skip


def _limits(row: Any, ledger: Sequence[Any], book: Rulebook) -> str:
    """`P2 求助 24 小时，昼夜连续计，自派单 11-24 10:45 起；退单限至 11:15；无停走，无延期。`"""
    entries = [Entry.of(entry) for entry in ledger if entry["clock"] == "close"]
    try:
        stands = standing(entries, book.calendar)
    except BrokenLedger:
        stands = None
    if stands is None:
        return ""
    parts = [_basis(row, stands.limit)]
    if row["return_until"]:
        parts.append(_("退单限至 {moment}").format(moment=stamp(row["return_until"])))
    pauses = sum(entry.entry is Kind.PAUSE for entry in entries)
    paused = ngettext("停走 1 次", "停走 {n} 次", pauses) if pauses else _("无停走")
    longer = ngettext("延期 1 次", "延期 {n} 次", stands.extensions) if stands.extensions else _("无延期")
    return _("；").join([*parts, _("{paused}，{longer}。").format(paused=paused, longer=longer)])


def _basis(row: Any, limit: Limit) -> str:
    counted = _("按工作日计") if limit.in_workdays else _("昼夜连续计")
    return _("P{urgency} 限 {amount}，{counted}，自派单 {moment} 起").format(
        urgency=row["urgency"],
        amount=clock_words.amount(limit),
        counted=counted,
        moment=stamp(row["dispatched_at"]),
    )


routes = [one, several, count]
