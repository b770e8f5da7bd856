"""The call bar: answer the next, hang up, hold, mute, say how it ended, and see the number with a reason."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from core import clock, privacy
from core.errors import Invalid
from core.i18n import _
from core.web import FromPath, FromQuery, Request, page, read_form, redirect, requires, visit
from crm import calls
from crm.tickets.words import disposition_word

TAKER = requires("call.take")


@get("/desk/bar", guards=[TAKER])
async def bar(request: Request, call: FromQuery[int] = 0) -> Response[Any]:
    """`call`: the one whose form is open in this window."""
    return await _bar(request, call)


@post("/calls/answered", guards=[TAKER])
async def answer_next(request: Request) -> Response[Any]:
    """Take the longest waiting call; its form opens."""
    taken = await calls.answer_next(request.user, now=clock.now())
    if taken is None:
        return redirect("/desk", flash=_("没有人在等了。"), kind="warn", fragment=visit().is_fragment)
    return redirect("/desk", fragment=visit().is_fragment, call=str(taken))


@post("/calls/{call:int}/end", guards=[TAKER], status_code=200)
async def hang_up(request: Request, call: FromPath[int]) -> Response[Any]:
    await calls.hang_up(request.user, call, now=clock.now())
    return await _bar(request, call)


@post("/calls/{call:int}/hold", guards=[TAKER], status_code=200)
async def hold(request: Request, call: FromPath[int]) -> Response[Any]:
    await calls.hold(request.user, call, (await read_form(request)).flag("on"))
    return await _bar(request, call)


@post("/calls/{call:int}/mute", guards=[TAKER], status_code=200)
async def mute(request: Request, call: FromPath[int]) -> Response[Any]:
    await calls.mute(request.user, call, (await read_form(request)).flag("on"))
    return await _bar(request, call)


@post("/calls/{call:int}/disposition", guards=[TAKER])
async def dispose(request: Request, call: FromPath[int]) -> Response[Any]:
    """How a call without a ticket ended; the desk is free for the next one."""
    form = await read_form(request)
    given, note = form.text("disposition"), form.text("note")
    form.check()
    await calls.dispose(request.user, call, disposition=given, note=note, now=clock.now())
    said = _("这通电话记为“{word}”。").format(word=disposition_word(given))
    return redirect("/desk", flash=said, fragment=visit().is_fragment)


@post("/calls/{call:int}/number", guards=[requires("ticket.unmask")], status_code=200)
async def unmask(request: Request, call: FromPath[int]) -> Response[Any]:
    """The number in clear; the reason is logged first."""
    reason = (await read_form(request)).text("reason")
    try:
        phone = await calls.phone_of(request.user, call, reason=reason)
    except Invalid as wrong:
        return page("crm/agent/_number.html", status=422, current=call, error=wrong.message, reason=reason)
    return page("crm/agent/_number.html", current=call, phone=phone.removeprefix("+86"))


async def _bar(request: Request, call: int) -> Response[Any]:
    return page("crm/agent/_bar.html", **await bar_context(request, call))


async def bar_context(request: Request, open_call: int) -> dict[str, Any]:
    """`open_call`: the call whose form is in this window, 0 for none."""
    shown = await calls.in_hand(request.user)
    if shown is None or (shown["status"] == "ended" and open_call):
        shown = (await calls.in_hand(request.user, open_call) if open_call else None) or shown
    waiting, now = await calls.waiting(), clock.now()
    return {
        "current": shown,
        "masked": masked(shown),
        "open_call": open_call,
        "waiting": waiting,
        "talked": _spell(shown["answered_at"], shown["ended_at"] or now) if shown else "",
        "waited": _spell(waiting.since, now),
        "disposed": disposition_word(shown["disposition"]) if shown else "",
        "choices": [(choice, disposition_word(choice)) for choice in calls.CHOSEN],
    }


def _spell(start: datetime | None, end: datetime) -> str:
    """`03:42`, as the page's script goes on to count."""
    seconds = max(0, int((end - start).total_seconds())) if start else 0
    hours = f"{seconds // 3600}:" if seconds >= 3600 else ""
    return f"{hours}{seconds // 60 % 60:02}:{seconds % 60:02}"


def masked(call: Any) -> str:
    """`138****1234`; "" for a withheld number."""
    if call is None or call["phone"] is None:
        return ""
    return privacy.mask_phone(privacy.open_sealed(call["phone"]))


routes = [bar, answer_next, hang_up, hold, mute, dispose, unmask]
