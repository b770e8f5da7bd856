"""What becomes of the form: a ticket, an answer at once, a refusal, or words added to a ticket that is there."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post

from core import clock, fields, privacy
from core.db import tx
from core.errors import Invalid, NotFound, Refused
from core.i18n import _
from core.officers import Officer
from core.web import Form, FromPath, FromQuery, Request, page, read_form, requires, visit
from crm import calls
from crm.pages.agent import CHANNELS, DESK, desk_context, form_context
from crm.pages.calls import masked
from crm.tickets import (
    clock_words,
    clocks_of,
    closing,
    desk_work,
    emergency,
    merging,
    queries,
    register,
    registration,
    urging,
)
from crm.tickets.register import Registered
from crm.tickets.registration import Registration
from routing.limits import LimitMissing
from routing.rulebook import Rulebook, rulebook
from routing.suggest import suggest

REGISTRAR: Final = requires("ticket.register")
#: Hours run day and night; the sentence says so.
_NEEDED: Final = ("sign", "contact", "close")
LONGEST_ID: Final = 64
_TYPED: Final = (
    "form", "then", "kind", "matter", "matter_text", "street", "street_text", "urgency", "name", "phone", "contact",
    "channel", "article", "ground", "lead", "hand_over", "asked", "service",
)  # fmt: skip


@get("/desk/matter", guards=[DESK])
async def consequences(
    request: Request,
    matter: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    urgency: FromQuery[str] = "",
    asked: FromQuery[str] = "",
) -> Response[Any]:
    """What is to be asked about a matter, and what dispatching it starts. `asked`: places of what was asked, `0,2`."""
    book = await rulebook()
    chosen = book.matters.get(matter)
    ticked = {int(part) for part in asked[:100].split(",") if part.isascii() and part.isdigit()}
    level = int(urgency) if urgency in {"1", "2", "3"} else (chosen.urgency if chosen else 3)
    return page(
        "crm/agent/_matter.html",
        questions=[(n, question, n in ticked) for n, question in enumerate(chosen.questions)]
        if chosen
        else [],
        starts=started(book, kind or chosen.kind, level) if chosen else None,
    )


def started(book: Rulebook, kind: str, urgency: int) -> dict[str, Any] | None:
    """The limits in words and the moment due, if it were dispatched now; None where the table lacks a row."""
    now = clock.now()
    today = clock.local(now).date()
    try:
        limits = {name: book.limits.resolve(kind, urgency, name, today) for name in _NEEDED}
        due = clocks_of.start(book, kind, urgency, now).lead["close_due_at"]
    except LimitMissing:
        return None
    return {
        **{name: clock_words.amount(limit) for name, limit in limits.items()},
        "around_the_clock": not limits["close"].in_workdays, "due": due,
    }  # fmt: skip


@post("/tickets", guards=[REGISTRAR], status_code=200)
async def make(request: Request) -> Response[Any]:
    """`then`: dispatch, answered, refused or emergency. The form's own id is the claim: sent twice, it is one ticket."""
    form = await read_form(request)
    call = await _own_call(request.user, form)
    values = typed(form)
    try:
        checked = registration.check(_meant(values, form, call), await rulebook(), on=clock.today())
        done = await _carry_out(request.user, values, checked, call["id"] if call else None)
    except Invalid as wrong:
        return await _again(values, call, wrong.fields)
    return await _saved(request, done.number, values["then"], values, call, repeated=done.repeated)


@post("/desk/additions/{number:int}", guards=[REGISTRAR], status_code=200)
async def append(request: Request, number: FromPath[int]) -> Response[Any]:
    """The content of the form joins a ticket that is there; nothing else of the form is used."""
    form = await read_form(request)
    call = await _own_call(request.user, form)
    values = typed(form)
    try:
        form.check()
        await closing.append(
            request.user,
            number,
            content=values["content"],
            call=call["id"] if call else None,
            now=clock.now(),
        )
    except Invalid as wrong:
        return await _again(values, call, wrong.fields)
    return await _saved(request, number, "appended", values, call)


@post("/desk/joins/{number:int}", guards=[REGISTRAR], status_code=200)
async def join(request: Request, number: FromPath[int]) -> Response[Any]:
    """Register the form and merge it into an incident or another open ticket: both or neither."""
    form = await read_form(request)
    call = await _own_call(request.user, form)
    values = typed(form)
    try:
        checked = registration.check(_meant(values, form, call), await rulebook(), on=clock.today())
        done = await _join(request.user, values, checked, number, call["id"] if call else None)
    except Invalid as wrong:
        return await _again(values, call, wrong.fields)
    return await _saved(request, done.number, "joined", values, call, repeated=done.repeated, into=number)


@post("/desk/urges/{number:int}", guards=[REGISTRAR], status_code=200)
async def urge(request: Request, number: FromPath[int]) -> Response[Any]:
    """The citizen on the line urges a ticket that is worked on; the form stays as it is."""
    form = await read_form(request)
    call = await _own_call(request.user, form)
    now = clock.now()
    try:
        await urging.urge(
            request.user, number, urging.Urge(_("市民来电催办。")), now=now, source="citizen_call"
        )
        if call:
            await calls.settle(call["id"], "appended")
    except NotFound:
        raise
    except Refused as refusal:
        return page("crm/agent/_urged.html", status=refusal.status, number=number, refusal=refusal.message)
    return page("crm/agent/_urged.html", number=number, refusal="")


async def _join(
    officer: Officer, values: Mapping[str, Any], form: Registration, into: int, call: int | None
) -> Registered:
    """Raises Invalid beside the matter where the two do not fit; nothing is registered then."""
    if form.confidential:
        raise Invalid({"matter": _("保密件不能并单：两位市民不能从中看出对方。")})
    now = clock.now()
    claim = (f"desk:{officer.id}", values["form"])
    ground = _("市民来电反映同一件事")
    try:
        async with tx():
            done = await register.register(officer, form, now=now, claim=claim, call=call)
            if not done.repeated:
                await merging.merge(officer, done.number, merging.Merge(str(into), ground), now=now)
            return done
    except Invalid as wrong:
        raise Invalid(
            {("matter" if name == "master" else name): said for name, said in wrong.fields.items()}
        ) from wrong
    except NotFound:
        raise
    except Refused as refusal:
        raise Invalid({"matter": refusal.message}) from refusal


async def _carry_out(
    officer: Officer, values: Mapping[str, Any], form: Registration, call: int | None
) -> Registered:
    now = clock.now()
    known: dict[str, Any] = {"now": now, "claim": (f"desk:{officer.id}", values["form"]), "call": call}
    if values["then"] == "answered":
        return await register.answer(
            officer, form, answer=values["answer"], article=values["article"], **known
        )
    if values["then"] == "refused":
        return await register.refuse(
            officer, form, ground=values["ground"], legal_path=values["legal_path"], **known
        )
    if values["then"] == "emergency":
        given = {name: values[name] for name in ("service", "read_back", "three_party") if values[name]}
        to = fields.read(emergency.HandOver, fields.from_json(emergency.HandOver, given))
        return await register.hand_over(officer, form, to=to, **known)
    if await _left_to_dispatchers(values, form):
        return await register.register(officer, form, **known)
    return await register.register_and_dispatch(officer, form, **known)


async def _left_to_dispatchers(values: Mapping[str, Any], form: Registration) -> bool:
    """The agent left it to them, or saw another unit than the catalogue names by now."""
    if values["hand_over"]:
        return True
    advice = await suggest(form.matter, form.street, clock.local(clock.now()).date())
    return bool(values["lead"]) and (advice.unit is None or str(advice.unit.unit_id) != values["lead"])


async def _own_call(officer: Officer, form: Form) -> Any:
    """The call that the form came from, None for none. Raises NotFound for somebody else's."""
    number = form.integer("call", required=False)
    form.check()
    if number is None:
        return None
    found = await calls.in_hand(officer, number)
    if found is None:
        raise NotFound(_("这不是您手上的通话。"))
    return found


def typed(form: Form) -> dict[str, Any]:
    """Everything the form sent, as it was typed."""
    values: dict[str, Any] = {name: form.text(name) for name in _TYPED}
    values |= {
        name: form.text(name, most=registration.LONGEST_CONTENT * 2)
        for name in ("content", "answer", "legal_path")
    }
    values["address"] = form.text("address")
    values |= {name: form.flag(name) for name in ("confidential", "anonymous")}
    values["reply_by"] = form.every("reply_by", most=5)
    values["read_back"], values["three_party"] = form.text("read_back", most=500), form.flag("three_party")
    known = ("answered", "refused", "emergency")
    values["then"] = values["then"] if values["then"] in known else "dispatch"
    return values


def _meant(values: dict[str, Any], form: Form, call: Any) -> dict[str, Any]:
    """What was typed, as the verb reads it: the call's own phone for its masked one. Raises Invalid."""
    if not values["form"] or len(values["form"]) > LONGEST_ID:
        form.wrong("content", _("请再提交一次。"))
    if not call and values["channel"] not in CHANNELS:
        form.wrong("channel", _("从给出的几项里选一项。"))
    form.check()
    meant = dict(values)
    if call:
        meant |= {"line": call["line"], "channel": "call"}
        if call["phone"] and values["phone"] == masked(call):
            meant["phone"] = privacy.open_sealed(call["phone"])
    if "none" in values["reply_by"]:
        meant["reply_by"] = ["none"]
    return meant


async def _again(values: dict[str, Any], call: Any, wrong: Mapping[str, str]) -> Response[Any]:
    """The form with everything that was typed, and what is wrong beside it."""
    context = form_context(values, call, await rulebook(), wrong)
    if visit().is_fragment:
        return page("crm/agent/_form.html", status=422, **context)
    return page("crm/agent/wrong.html", status=422, desk="agent", **context)


async def _saved(
    request: Request, number: int, how: str, values: Mapping[str, Any], call: Any, *, repeated: bool = False,
    into: int | None = None,
) -> Response[Any]:  # fmt: skip
    """The number once, what happens next, and the form ready for the next."""
    current = await calls.in_hand(request.user, call["id"]) if call else await calls.in_hand(request.user)
    if current and current["status"] == "ended" and current["disposition"]:
        current = await calls.in_hand(request.user)
    ticket = await queries.ticket(request.user, number)
    saved = {
        "ticket": ticket, "number": number, "how": how, "repeated": repeated, "tail": values["phone"][-4:],
        "lost": values["content"] if repeated and ticket and ticket["content"] != values["content"].strip() else "",
        "texted": bool(ticket and ticket["phone_tail"] and not ticket["anonymous"] and not ticket["confidential"]
                       and "sms" in ticket["reply_by"] and how in ("dispatch", "joined")),
        "into": await desk_work.told_of(request.user, into) if into else None,
    }  # fmt: skip
    context = await desk_context(request, current, saved=saved)
    template = "crm/agent/_saved_desk.html" if visit().is_fragment else "crm/agent/desk.html"
    headers = {"HX-Retarget": "#desk", "HX-Reswap": "outerHTML"}
    return page(template, headers=headers, desk="agent", others=(), **context)


routes = [consequences, make, append, join, urge]
