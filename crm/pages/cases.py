"""A reply to be judged, or a citizen to be asked about it: what both panes show, and how they answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from litestar import Response

from core.errors import Conflict, Invalid, Refused
from core.i18n import _
from core.web import Request, fragment, page, redirect, visit
from crm.pages.dispatch_rows import readable
from crm.pages.glance import Glance, glance
from crm.pages.names import names
from crm.tickets import assists, desk_lists, following_up, merged_follow_up, queries
from crm.tickets.states import Status
from crm.tickets.words import DEFECT, FOLLOW_UP, RESULT, SATISFIED, SOLVED

#: Assists that were asked for input and still are, or have given it.
_HELPED = ("dispatched", "handling", "replied", "cancelled")


@dataclass(frozen=True)
class Case:
    """What is judged: the ticket, its work orders with contacts, the calls to the citizen, and what was typed."""

    ticket: Glance
    lead: Any
    assists: list[Any]
    contacts: list[Any]
    rounds: list[Any]
    tries: list[Any]
    files: list[Any]
    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    refusal: str = ""
    master: int | None = None  # whose answer it is, where the ticket is merged
    is_wanted: bool = False  # the citizen is to be asked now


async def case_of(
    request: Request, number: int, *, typed: dict[str, str] | None = None, refusal: Refused | None = None
) -> Case:
    opened = not visit().is_fragment or typed is not None
    ticket = await glance(request.user, number, opened=opened)
    merged = await merged_follow_up.answered_with(number) if ticket.status is Status.MERGED else None
    answered, round_ = (merged.ticket, merged.round) if merged else (number, ticket.round)
    orders = [row for row in await queries.orders(answered) if row["round"] == round_]
    leads = [row for row in orders if row["part"] == "lead" and row["status"] in ("replied", "accepted")]
    errors = dict(refusal.fields) if isinstance(refusal, Invalid) else {}
    return Case(
        ticket,
        leads[0] if leads else None,
        [row for row in orders if row["part"] == "assist" and row["status"] in _HELPED],
        await desk_lists.contacts([row["id"] for row in leads[:1]]),
        await desk_lists.rounds(number),
        await following_up.tries(number, ticket.round),
        [] if ticket.is_hidden else await desk_lists.attachments(number),
        _defaults(ticket, (await names()).book.matters.get(ticket.matter)) | (typed or {}),
        errors,
        refusal.message if refusal is not None and not errors else "",
        merged.ticket if merged else None,
        merged.wanted if merged else ticket.status is Status.FOLLOW_UP,
    )


def _defaults(ticket: Glance, matter: Any) -> dict[str, str]:
    """Follow-up as the matter asks; without a phone nobody can be asked."""
    start = {
        "verdict": "", "defect": "", "note": "", "solved": "", "satisfied": "", "cause": "", "outcome": "",
        "remark": "",
    }  # fmt: skip
    if not ticket.phone:
        return start | {"verdict": "accept", "follow_up": "none", "ground": _("没有留电话，无法回访")}
    need = matter.follow_up if matter is not None and matter.follow_up in FOLLOW_UP else "must"
    ground = _("按事项规定不回访") if need == "none" else ""
    return start | {"verdict": "accept", "follow_up": need, "ground": ground}


async def shown(
    request: Request, name: str, case: Case, *, status: int = 200, **more: Any
) -> Response[bytes]:
    """The pane, or the whole page; `name` is `review` or `follow_up`."""
    in_pane = visit().is_fragment
    context: dict[str, Any] = {
        "case": case,
        "ticket": case.ticket,
        "called": await names(),
        "clean": lambda text: readable(request.user, text),
        "results": {code: _(word) for code, word in RESULT.items()},
        "defect_options": [(code, f"{code} {_(word)}") for code, word in DEFECT.items()],
        "marks": [(str(mark), _(word)) for mark, word in assists.MARK.items()],
        "default_mark": lambda row: str(assists.default_mark(row)),
        "needs": {code: _(word) for code, word in FOLLOW_UP.items()},
        "solved": [(code, _(word)) for code, word in SOLVED.items()],
        "satisfied": [(str(code), _(word)) for code, word in SATISFIED.items()],
        "is_conflict": status == Conflict.status,
        "whole": bool(case.typed.get("_whole")),  # a form on a page of its own stays one after a complaint
        **more,
    }
    if not in_pane:
        context |= {"desk": name, "counts": await queries.counters(request.user)}
    return page(f"crm/review/{'_' if in_pane else ''}{name}.html", status=status, **context)


def done(back: str, said: str, number: int, typed: dict[str, str]) -> Response[Any]:
    if not visit().is_fragment or typed.get("_whole"):
        return redirect(back, flash=said, fragment=visit().is_fragment)
    answer = fragment("crm/dispatch/_said.html", said=said, number=number)
    headers = {"HX-Retarget": "#result", "HX-Reswap": "innerHTML", "HX-Trigger": "queue-changed"}
    return Response(answer, media_type="text/html", headers=headers)


def seen(typed: dict[str, str]) -> int | None:
    text = typed.get("_seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
