"""Reaching the citizen: the number with a reason, on record, and what came of the try."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from core import audit, clock
from core.errors import Invalid, NotFound, Refused
from core.i18n import N_, _
from core.web import FromPath, Request, page, read_form, redirect, requires, visit
from crm.pages.order_view import words
from crm.tickets import inbox, persons, signing
from crm.tickets.telling_words import HOW

WORKER = requires("order.work")
LABELS = {"how": N_("联系方式"), "reached": N_("结果"), "note": N_("情况")}


@get("/orders/{order:int}/contact", guards=[WORKER])
async def show(request: Request, order: FromPath[int]) -> Response[Any]:
    row = await inbox.order(request.user, order)
    await audit.seen(request.user, "order", f"ticket:{row['ticket']}", address=visit().address)
    return await _form(request, row, {})


@post("/orders/{order:int}/contacts", guards=[WORKER])
async def add(request: Request, order: FromPath[int]) -> Response[Any]:
    form = await read_form(request)
    how, note = form.text("how"), form.text("note", most=500)
    reached = form.choice("reached", ("1", "0"))
    if "reached" in form.errors:
        form.errors["reached"] = _("选“联系上了”或“没联系上”。")
    try:
        form.check()
        await signing.contact(
            request.user, order, how=how, reached=reached == "1", note=note, now=clock.now()
        )
    except Invalid as wrong:
        row = await inbox.order(request.user, order)
        return await _form(request, row, form.raw(), status=422, errors=wrong.fields)
    except NotFound:
        raise
    except Refused as refusal:
        return redirect(f"/orders/{order}", flash=refusal.message, kind="warn")
    if reached == "1":
        return redirect(f"/orders/{order}", flash=_("联系已记下。下一步：写答复。"))
    return redirect(f"/orders/{order}", flash=_("已记下没联系上。首次联系时限照走，请再联系。"), kind="warn")


@post("/orders/{order:int}/phone", guards=[requires("order.work", "ticket.unmask")], status_code=200)
async def reveal(request: Request, order: FromPath[int]) -> Response[Any]:
    """The number in place of the button; nothing of it is kept in the page's address or cache."""
    form = await read_form(request)
    number = await persons.phone_of_order(request.user, order, reason=form.text("reason"))
    return page("crm/orders/_number.html", number=number, shown=_grouped(number))


async def _form(
    request: Request,
    row: Any,
    typed: dict[str, str],
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
) -> Response[Any]:
    return page(
        "crm/orders/contact.html", status=status, row=row, typed=typed, errors=errors or {},
        labels={k: _(v) for k, v in LABELS.items()}, hows=[(k, _(v)) for k, v in HOW.items()],
        person=persons.person(row), tries=await inbox.contacts(row["id"]), how_words=HOW,
        mask=persons.mask_for(request.user), reasons=persons.REASONS, **await words(),
    )  # fmt: skip


def _grouped(number: str) -> str:
    """`138 0022 1234`; others as they are."""
    if number.startswith("+861") and len(number) == 14:
        return f"{number[3:6]} {number[6:10]} {number[10:]}"
    return f"0{number[3:]}" if number.startswith("+86") else number


routes = [show, add, reveal]
