"""退单待审: the unit's ground, and the dispatcher's ruling on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from core import clock
from core.cursors import cursor, read_cursor
from core.errors import Conflict, Invalid, NotFound, Refused
from core.i18n import _
from core.officers import Officer
from core.web import FromPath, FromQuery, Request, fragment, page, read_form, redirect, requires, visit
from crm.pages import dispatch_forms, dispatch_work
from crm.pages.dispatch_rows import PAGE, readable
from crm.pages.glance import Glance, glance
from crm.pages.names import names
from crm.tickets import desk_lists, queries, returns
from crm.tickets.states import Status
from crm.tickets.words import RETURN_CODE

DISPATCHER = requires("ticket.dispatch")
VERDICTS = ("uphold", "refuse")


@dataclass(frozen=True)
class Case:
    """What the ruling is made on, and what was typed."""

    ticket: Glance
    asked: Any
    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    refusal: str = ""


@get("/dispatch/returns", guards=[DISPATCHER])
async def waiting(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    context = await _list(request, after)
    return page(
        "crm/dispatch/returns.html", desk="dispatch", counts=await queries.counters(request.user), tab="returns",
        tabs=await dispatch_work.tabs(request.user), **context,
    )  # fmt: skip


@get("/dispatch/returns/rows", guards=[DISPATCHER])
async def rows(request: Request, after: FromQuery[str] = "") -> Response[bytes]:
    return page("crm/dispatch/_return_rows.html", **await _list(request, after))


@get("/dispatch/{number:int}/ruling", guards=[DISPATCHER])
async def show(request: Request, number: FromPath[int]) -> Response[bytes]:
    case = await _case(request.user, number, opened=not visit().is_fragment)
    return await _shown(request, case)


@post("/dispatch/{number:int}/ruling", guards=[DISPATCHER], status_code=200)
async def rule(request: Request, number: FromPath[int]) -> Response[Any]:
    typed = (await read_form(request)).raw()
    try:
        said = await _rule(request.user, number, typed, now=clock.now())
    except NotFound:
        raise
    except Refused as refusal:
        case = await _case(request.user, number, opened=True, typed=typed, refusal=refusal)
        return await _shown(request, case, status=refusal.status)
    if visit().is_fragment and not typed.get("_whole"):
        answer = fragment("crm/dispatch/_said.html", said=said, number=number)
        headers = {"HX-Retarget": "#result", "HX-Reswap": "innerHTML", "HX-Trigger": "queue-changed"}
        return Response(answer, media_type="text/html", headers=headers)
    return redirect("/dispatch/returns", flash=said, fragment=visit().is_fragment)


async def _rule(officer: Officer, number: int, typed: dict[str, str], *, now: datetime) -> str:
    tail, seen = str(number)[-5:], dispatch_forms.version_seen(typed)
    if typed.get("verdict") == "refuse":
        await returns.refuse(officer, number, ruling=typed.get("reason", ""), now=now, seen=seen)
        return _("…{tail} 退单不成立，回到原单位办理，时限没有停过。").format(tail=tail)
    if typed.get("verdict") != "uphold":
        raise Invalid({"verdict": _("选退单成立并改派，或退单不成立。")})
    form = await dispatch_forms.wanted(officer, number, typed, now=now)
    asked = await desk_lists.return_of(number)
    if asked is not None and asked["order_unit"] == form.lead:
        raise Invalid({"lead": _("退单成立就要换一个单位；仍由原单位办，请选“不成立”。")})
    await returns.accept(officer, number, form, now=now, seen=seen)
    return _("…{tail} 退单成立，改派给{unit}了。").format(tail=tail, unit=(await names()).unit(form.lead))


async def _list(request: Request, after: str) -> dict[str, Any]:
    key = read_cursor(after, datetime, int)
    found = await desk_lists.returns(request.user, after=(key[0], key[1]) if key else None, limit=PAGE)
    shown, called = found[:PAGE], await names()
    more = cursor(shown[-1]["sort_at"], shown[-1]["id"]) if len(found) > PAGE else ""
    return {
        "rows": shown,
        "called": called,
        "codes": {code: _(word) for code, word in RETURN_CODE.items()},
        "clean": lambda text: readable(request.user, text),
        "next": f"/dispatch/returns?after={more}" if more else "",
        "refresh": f"/dispatch/returns/rows?after={after}",
    }


async def _case(
    officer: Officer, number: int, *, opened: bool, typed: dict[str, str] | None = None, refusal: Refused | None = None
) -> Case:  # fmt: skip
    ticket = await glance(officer, number, opened=opened)
    asked = await desk_lists.return_of(number) if ticket.status == Status.RETURN_REVIEW else None
    called = await names()
    start = {"verdict": "", "lead": "", "lead_text": "", "reason": "", "note": "", "urgency": ""}
    start |= {name: "" for a in dispatch_forms.ASSISTS for name in (a, f"{a}_text")}
    if asked is not None and asked["suggested_unit"]:
        start |= {"lead": str(asked["suggested_unit"]), "lead_text": called.unit(asked["suggested_unit"])}
    errors = dict(refusal.fields) if isinstance(refusal, Invalid) else {}
    if "ruling" in errors:
        errors["reason"] = errors.pop("ruling")
    said = refusal.message if refusal is not None and not errors else ""
    return Case(ticket, asked, start | (typed or {}), errors, said)


async def _shown(request: Request, case: Case, *, status: int = 200) -> Response[bytes]:
    in_pane = visit().is_fragment
    context: dict[str, Any] = {
        "case": case,
        "ticket": case.ticket,
        "called": await names(),
        "codes": {code: _(word) for code, word in RETURN_CODE.items()},
        "is_conflict": status == Conflict.status,
    }
    if not in_pane:
        context |= {"desk": "dispatch", "counts": await queries.counters(request.user)}
    return page(f"crm/dispatch/{'_ruling' if in_pane else 'ruling'}.html", status=status, **context)


routes = [waiting, rows, show, rule]
