"""The form by which a ticket goes to its units: what it starts from, what was typed, and who was first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core import clock, i18n
from core.errors import Invalid, Refused
from core.i18n import N_, _
from core.officers import Officer
from crm.pages.glance import Glance, glance
from crm.pages.names import Names, move_word, names
from crm.tickets import clocks_of, dispatch, queries
from crm.tickets.access import ticket_for
from crm.tickets.states import BY_NAME, ORDER_OPEN, Status
from crm.tickets.words import urgency_word
from routing.suggest import Advice, suggest

MOST_ASSISTS = 5
ASSISTS = tuple(f"assist{n}" for n in range(1, MOST_ASSISTS + 1))
LABELS = {
    "lead": N_("主办单位"),
    "urgency": N_("紧急程度"),
    "assists": N_("协办单位"),
    "status": N_("状态"),
    "reason": N_("派单理由"),
    "note": N_("附言"),
    **dict.fromkeys(ASSISTS, N_("协办单位")),
}
#: What the form can do from here; from elsewhere there is nothing to dispatch.
MOVES = {
    Status.RECEIVED: "dispatch",
    Status.REDO: "dispatch_redo",
    Status.DISPATCHED: "reassign",
    Status.HANDLING: "reassign",
}
COMPARED = ("lead", "urgency", "assists", "status")


@dataclass(frozen=True)
class Standing:
    """Where the ticket is now: `words` are what the conflict panel compares."""

    version: int
    lead: int | None
    assists: tuple[int, ...]
    urgency: int
    words: Mapping[str, str]


@dataclass(frozen=True)
class First:
    """Somebody was first: `changes` as the conflict macro wants them; `both` lists the fields to choose in."""

    who: str
    when: str
    versions: str
    changes: list[dict[str, Any]]
    keep: dict[str, dict[str, dict[str, str]]]


@dataclass(frozen=True)
class Sheet:
    """Everything the form's templates show."""

    ticket: Glance
    standing: Standing
    advice: Advice
    typed: dict[str, str]
    move: str
    clocks: Mapping[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    first: First | None = None
    refusal: str = ""

    @property
    def labels(self) -> dict[str, str]:
        return {name: _(word) for name, word in LABELS.items()}

    @property
    def is_reassignment(self) -> bool:
        return self.move == "reassign"


async def opened(officer: Officer, number: int, *, whole: bool) -> Sheet:
    """The form as it starts; `whole` false for the preview beside the queue."""
    ticket = await glance(officer, number, opened=whole)
    standing = await _standing(ticket)
    advice = await advice_for(ticket)
    return Sheet(
        ticket,
        standing,
        advice,
        _start(ticket, standing, advice, await names()),
        MOVES.get(ticket.status, ""),
        await clocks_after(ticket, ticket.urgency),
    )


async def again(
    officer: Officer, number: int, typed: dict[str, str], refusal: Refused, *, whole: bool
) -> Sheet:
    """The form once more after `refusal`, with everything that was typed; the conflict first when there is one."""
    sheet = await opened(officer, number, whole=whole)
    errors = dict(refusal.fields) if isinstance(refusal, Invalid) else {}
    first = await _first(sheet, typed)
    kept = {**sheet.typed, **{name: text for name, text in typed.items() if not name.startswith("_")}}
    kept["_back"] = typed.get("_back", "")
    for field_name in first.keep if first else ():
        kept |= first.keep[field_name]["now"] if first else {}
    return Sheet(
        sheet.ticket, sheet.standing, sheet.advice, kept, sheet.move, sheet.clocks, _at_fields(errors), first,
        "" if errors or first else refusal.message,
    )  # fmt: skip


async def send(officer: Officer, number: int, typed: Mapping[str, str], *, now: datetime) -> str:
    """Dispatch, reassign or dispatch a redo as typed; the unit's name. Raises whatever the verb raises."""
    ticket = await ticket_for(officer, number)
    form = await wanted(officer, number, typed, now=now)
    if MOVES.get(ticket.status) == "reassign":
        _check_something_changes(await _standing(await glance(officer, number)), form)
    await dispatch.dispatch(officer, number, form, now=now, seen=version_seen(typed))
    return (await names()).unit(form.lead)


async def wanted(
    officer: Officer, number: int, typed: Mapping[str, str], *, now: datetime
) -> dispatch.Dispatch:
    """The dispatch that was typed. Raises Invalid with every complaint at once."""
    ticket = await ticket_for(officer, number)
    advice = await suggest(ticket.matter, ticket.street, clock.local(now).date())
    suggested = advice.unit if not ticket.confidential else None
    lead, reason = _id(typed.get("lead", "")), typed.get("reason", "").strip()
    assists = tuple(dict.fromkeys(_id(typed[name]) for name in ASSISTS if typed.get(name)))
    is_suggested = suggested is not None and suggested.unit_id == lead
    form = dispatch.Dispatch(
        lead, reason, assists, typed.get("note", "").strip()[:500],
        suggested.line_code if suggested and is_suggested else "", _id(typed.get("urgency", "")) or None,
    )  # fmt: skip
    wrong = {
        name: _("从列表里选一个协办单位，或清空这一格。")
        for name in ASSISTS
        if typed.get(f"{name}_text", "").strip() and not typed.get(name)
    }
    if suggested and not is_suggested and lead and reason == suggested.reason:
        wrong["reason"] = _("这是目录派给{unit}的理由；写明为什么改派给别的单位。").format(
            unit=suggested.unit_name
        )
    try:
        await dispatch.plan(ticket, form, officer, now)
    except Invalid as more:
        wrong = {**more.fields, **wrong}
    if wrong:
        raise Invalid(wrong)
    return form


def version_seen(typed: Mapping[str, str]) -> int | None:
    return _id(typed.get("_seen", "")) or None


async def advice_for(ticket: Glance) -> Advice:
    if ticket.confidential:
        return Advice(says=_("保密件由您指定单位，不给建议。"))
    return await suggest(ticket.matter, ticket.street, clock.local(clock.now()).date())


async def clocks_after(ticket: Glance, urgency: int) -> Mapping[str, Any]:
    """The moments that a dispatch now would set."""
    book = (await names()).book
    return clocks_of.start(book, ticket.kind, urgency, clock.now()).lead


def _check_something_changes(standing: Standing, form: dispatch.Dispatch) -> None:
    same = form.lead == standing.lead and set(form.assists) == set(standing.assists)
    if same and form.urgency in (None, standing.urgency):
        raise Invalid({"lead": _("现在就是这家单位在办，没有要改的。换一个单位，或加协办。")})


async def _standing(ticket: Glance) -> Standing:
    called = await names()
    working = [row for row in await queries.orders(ticket.number) if row["status"] in ORDER_OPEN]
    lead = next((row["unit"] for row in working if row["part"] == "lead"), None)
    assists = tuple(row["unit"] for row in working if row["part"] == "assist")
    told = sorted(called.unit(unit) for unit in assists)  # in whatever order they were sent, it is the same
    words = {
        "lead": called.unit(lead, _("未定")),
        "urgency": ticket.urgency_word,
        "assists": _("、").join(told) or _("无"),
        "status": ticket.status_word,
    }
    return Standing(ticket.version, lead, assists, ticket.urgency, words)


def _start(ticket: Glance, standing: Standing, advice: Advice, called: Names) -> dict[str, str]:
    typed = {"lead": "", "lead_text": "", "reason": "", "note": "", "urgency": str(ticket.urgency)}
    assists: tuple[int, ...] = ()
    if standing.lead is not None:
        typed |= {"lead": str(standing.lead), "lead_text": called.unit(standing.lead)}
        assists = standing.assists
    elif advice.unit is not None:
        typed |= {"lead": str(advice.unit.unit_id), "lead_text": advice.unit.unit_name}
        typed["reason"] = advice.unit.reason
        assists = advice.unit.assists
    for place, name in enumerate(ASSISTS):
        unit = assists[place] if place < len(assists) else None
        typed |= {name: str(unit or ""), f"{name}_text": called.unit(unit)}
    return typed


async def _first(sheet: Sheet, typed: Mapping[str, str]) -> First | None:
    """Who was first and with what, when the ticket is no longer as this person opened it."""
    seen, standing = version_seen(typed), sheet.standing
    if seen is None or seen >= standing.version:
        return None
    passed = await queries.events(sheet.ticket.number, after=seen)
    told = [event for event in passed if not BY_NAME[event["verb"]].passing]
    if not told:
        return None
    changes, keep = [], {}
    for name in COMPARED:
        was, now = typed.get(f"_opened_{name}", ""), standing.words[name]
        yours = _yours(name, typed, sheet.move)
        both = name != "status" and now != was and yours not in (was, now)
        changes.append(
            {"field": name, "label": _(LABELS[name]), "opened": was, "now": now, "yours": yours, "both": both}
        )
        if both:
            keep[name] = {"now": _values(name, sheet.typed), "yours": _values(name, typed)}
    return First(
        told[0]["actor_name"],
        i18n.moment(told[0]["at"]),
        _("版本 {was} → {now}").format(was=seen, now=standing.version),
        changes,
        keep,
    )


def _yours(name: str, typed: Mapping[str, str], move: str) -> str:
    if name == "urgency":
        return urgency_word(_id(typed.get("urgency", "")) or 3)
    if name == "assists":
        return _("、").join(sorted(typed[f"{a}_text"] for a in ASSISTS if typed.get(f"{a}_text"))) or _("无")
    if name == "status":
        return _("派出 → 现在应为“{move}”").format(move=move_word(move)) if move else _("现在不能派出")
    return typed.get("lead_text", "") or _("未定")


def _values(name: str, typed: Mapping[str, str]) -> dict[str, str]:
    """The form's fields that make up one compared thing."""
    fields = {"lead": ("lead",), "urgency": ("urgency",), "assists": ASSISTS}[name]
    return {f: typed.get(f, "") for field in fields for f in (field, f"{field}_text") if f in typed}


def _at_fields(errors: Mapping[str, str]) -> dict[str, str]:
    """The verb's names of fields as the form's."""
    return {"assist1" if name == "assists" else name: message for name, message in errors.items()}


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
