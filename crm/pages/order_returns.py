"""`/orders/{id}/return`: the unit says the order is not its own; after the window, why not and what to do instead."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from core import audit, clock
from core.errors import Invalid, NotFound, Refused
from core.i18n import N_, _
from core.web import FromPath, Request, page, read_form, redirect, requires, visit
from crm.pages.names import names
from crm.pages.order_answers import conflict_of, gone
from crm.pages.order_view import words
from crm.tickets import inbox, returns
from crm.tickets.words import RETURN_CODE, RETURN_HINT, order_word

WORKER = requires("order.work")
LABELS = {"code": N_("理由"), "basis": N_("依据"), "unit": N_("建议单位")}


@get("/orders/{order:int}/return", guards=[WORKER])
async def show(request: Request, order: FromPath[int]) -> Response[Any]:
    row = await inbox.order(request.user, order)
    await audit.seen(request.user, "order", f"ticket:{row['ticket']}", address=visit().address)
    if row["status"] not in ("dispatched", "handling") or row["part"] != "lead":
        said = _("这张承办单现在是“{status}”，不能退单。").format(status=order_word(row["status"]))
        if row["part"] == "assist":
            said = _("协办单不退单；请在意见里写明。")
        return redirect(f"/orders/{order}", flash=said, kind="warn")
    if row["binding"]:
        return redirect(f"/orders/{order}", flash=returns.binding().message, kind="warn")
    proposed = await returns.proposal(order)
    if proposed is not None and not request.user.can("order.approve"):
        return redirect(f"/orders/{order}", flash=_("已提请退单，等本单位负责人同意。"), kind="warn")
    typed = {} if proposed is None else {"code": proposed["code"], "basis": proposed["basis"]}
    if proposed is not None and proposed["suggested_unit"]:
        unit = proposed["suggested_unit"]
        typed |= {"unit": str(unit), "unit_text": (await names()).unit(unit)}
    return await _form(row, typed, proposed=proposed)


@post("/orders/{order:int}/return", guards=[WORKER])
async def ask(request: Request, order: FromPath[int]) -> Response[Any]:
    form = await read_form(request)
    code, basis = form.text("code"), form.text("basis", most=500)
    unit = form.integer("unit", required=False, least=1, most=2**31 - 1)
    if unit is None and form.text("unit_text"):
        form.wrong("unit", _("从列表里选一个单位，或者清空这一栏。"))
    seen, typed = form.integer("seen", required=False, least=0), form.raw()
    try:
        errors = _checked(form.errors, returns.Return(code, basis, unit))
        if errors:
            raise Invalid(errors)
        await returns.ask(request.user, order, returns.Return(code, basis, unit), now=clock.now(), seen=seen)
    except NotFound:
        return gone(typed.get("basis", ""))
    except Invalid as wrong:
        return await _form(await inbox.order(request.user, order), typed, status=422, errors=wrong.fields)
    except Refused as refusal:
        return await _form(await inbox.order(request.user, order), typed, status=409, refusal=refusal)
    said = _("退单已送热线。热线受理前，办结时限照走。")
    if not request.user.can("order.approve"):
        said = _("已提请退单，等本单位负责人同意。办结时限照走。")
    return redirect(f"/orders/{order}", flash=said, kind="warn")


def _checked(errors: dict[str, str], asked: returns.Return) -> dict[str, str]:
    """The page's complaints and the verb's own, all at once."""
    try:
        returns.check(asked)
    except Invalid as wrong:
        return {**wrong.fields, **errors}
    return errors


async def _form(
    row: Any, typed: dict[str, str], *, status: int = 200, errors: dict[str, str] | None = None,
    refusal: Refused | None = None, proposed: Any = None,
) -> Response[Any]:  # fmt: skip
    asked_at = proposed["asked_at"] if proposed else clock.now()
    over = row["return_until"] is not None and asked_at > row["return_until"]
    return page(
        "crm/orders/return.html", status=status, row=row, typed=typed, errors=errors or {}, over=over, proposed=proposed,
        approves=bool((who := visit().officer) and who.can("order.approve")),
        labels={k: _(v) for k, v in LABELS.items()},
        codes=[(k, f"{k} {_(v)}", _(RETURN_HINT[k])) for k, v in RETURN_CODE.items()],
        conflict=None if over else conflict_of(row, typed, refusal, _("退单")), **await words(),
    )  # fmt: skip


routes = [show, ask]
