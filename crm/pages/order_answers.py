"""`/orders/{id}/reply`: the lead's answer to the citizen, an assist's opinion to the lead."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from core import audit, clock
from core.errors import Conflict, Invalid, NotFound, Refused
from core.i18n import N_, _
from core.web import FromPath, Request, page, read_form, redirect, requires, visit
from crm.pages.order_view import words
from crm.tickets import inbox, persons, queries, replies
from crm.tickets.story import written
from crm.tickets.telling_words import HOW
from crm.tickets.words import RESULT, RESULT_HINT, defect_word, order_word

WORKER = requires("order.work")
LONGEST = 2000
LABELS = {"result": N_("办理结果"), "answer": N_("给市民的答复"), "contacted": N_("联系市民")}


@get("/orders/{order:int}/reply", guards=[WORKER])
async def show(request: Request, order: FromPath[int]) -> Response[Any]:
    row = await inbox.order(request.user, order)
    await audit.seen(request.user, "order", f"ticket:{row['ticket']}", address=visit().address)
    if row["status"] != "handling":
        said = _("这张承办单现在是“{status}”，不能写答复。").format(status=order_word(row["status"]))
        return redirect(f"/orders/{order}", flash=said, kind="warn")
    typed = {"result": row["result"], "answer": row["reply"]}  # sent back: what was answered stands there
    return await _form(request, row, typed)


@post("/orders/{order:int}/reply", guards=[WORKER])
async def hand_in(request: Request, order: FromPath[int]) -> Response[Any]:
    form = await read_form(request)
    reply = replies.Reply(form.text("result"), form.text("answer", most=LONGEST))
    seen = form.integer("seen", required=False, least=0)
    typed = form.raw()
    try:
        form.check()
        await replies.reply(request.user, order, reply, now=clock.now(), seen=seen)
    except NotFound:
        return gone(typed.get("answer", ""))
    except Invalid as wrong:
        row = await inbox.order(request.user, order)
        return await _form(request, row, typed, status=422, errors=wrong.fields)
    except Refused as refusal:
        row = await inbox.order(request.user, order)
        return await _form(request, row, typed, status=409, refusal=refusal)
    return redirect(f"/orders/{order}", flash=_("已提交，等热线审核。办结时间按现在算，退回不停钟。"))


async def _form(
    request: Request, row: Any, typed: dict[str, str], *, status: int = 200, errors: dict[str, str] | None = None,
    refusal: Refused | None = None,
) -> Response[Any]:  # fmt: skip
    mask, events = persons.mask_for(request.user), await queries.events(row["ticket"])
    labels = {k: _(v) for k, v in LABELS.items()}
    if row["part"] == "assist":
        labels["answer"] = _("协办意见")
    beside, called = await inbox.beside(row), await words()
    waits = [o["unit"] for o in beside if o["part"] == "assist" and o["status"] in ("dispatched", "handling")]
    return page(
        "crm/orders/reply.html", status=status, row=row,
        waited_for=_("、").join(called["names"].unit(unit) for unit in waits), typed=typed, errors=errors or {}, labels=labels,
        results=[(k, _(v), _(RESULT_HINT[k])) for k, v in RESULT.items()], longest=LONGEST,
        tries=await inbox.contacts(row["id"]), how_words=HOW, mask=mask, beside=beside,
        reachable=persons.to_be_contacted(row), person=persons.person(row), text=mask(row["content"]),
        defect=defect_word(row["defect"]),
        defect_note=mask(written(events, "send_back", "note")) if row["defect"] else "",
        conflict=conflict_of(row, typed, refusal, _("提交答复")), **called,
    )  # fmt: skip


def conflict_of(
    row: Any, typed: dict[str, str], refusal: Refused | None, wanted: str
) -> dict[str, Any] | None:
    """What the panel tells: where somebody was first, the order's state when opened, now, and what one wanted; else
    the refusal alone, which is nobody's doing."""
    if refusal is None:
        return None
    now = order_word(row["status"])
    opened = order_word(typed["status"]) if typed.get("status") in _STATES else now
    if not isinstance(refusal, Conflict) and opened == now:
        return {"message": refusal.message}
    who = refusal.by if isinstance(refusal, Conflict) and refusal.by else _("有人")
    change = {
        "field": "status",
        "label": _("承办单"),
        "opened": opened,
        "now": now,
        "yours": wanted,
        "both": False,
    }
    return {"who": who, "changes": [change], "message": refusal.message}


_STATES = {"dispatched", "handling", "return_review", "replied"}


def gone(text: str) -> Response[Any]:
    """The order went to somebody else while this was being written: the words are given back, nothing else is."""
    return page("crm/orders/gone.html", status=409, text=text, desk="orders")


routes = [show, hand_in]
