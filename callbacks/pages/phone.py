"""`/phone`: a citizen's handset and a caller, to try the hotline from the other end. In demo and bench databases only."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Response, delete, get, post

from callbacks import duty, local_caller, queries, replies
from callbacks.gateway import CONSOLE, InMessage
from callbacks.replies import LONGEST
from core import clock, installation, privacy
from core.errors import NotFound
from core.i18n import _, locale
from core.web import Form, FromPath, FromQuery, OpenRequest, page, public, read_form, redirect, visit
from crm.lines import lines

#: What nobody in the demo has, for the first visit to an empty database.
SOMEBODY = "+8613800012345"


@get("/phone", guards=[public])
async def show(phone: FromQuery[str] = "", call: FromQuery[str] = "") -> Response[Any]:
    await _only_in_a_demo()
    people = await queries.recent_citizens()
    known = privacy.phone_e164(phone) if phone else (people[0][0] if people else SOMEBODY)
    errors = {} if known else {"phone": _phone_error(phone)}
    chosen = known or SOMEBODY
    context = {
        "people": [(e164, shown(e164), count) for e164, count in people], "errors": errors,
        "typed": phone if errors else "", **await _duty(),
    } | await _handset(chosen) | await _caller(chosen, call)  # fmt: skip
    return page("callbacks/phone.html", **context)


@get("/phone/thread", guards=[public])
async def thread(phone: FromQuery[str], last: FromQuery[int] = 0) -> Response[Any]:
    """The thread when something is new after message `last`; else 204 and nothing is swapped."""
    await _only_in_a_demo()
    context = await _handset(_known(phone))
    return (
        Response(None, status_code=204)
        if context["last"] == last
        else page("callbacks/_thread.html", **context)
    )


@post("/phone/messages", guards=[public])
async def write(request: OpenRequest) -> Response[Any]:
    """Text in as the citizen; the answer is in the thread that comes back."""
    await _only_in_a_demo()
    form = await read_form(request)
    phone = _known(form.text("phone"))
    body, key = form.text("body", most=LONGEST, required=True), form.text("key", most=60, required=True)
    if not form.errors:
        message = InMessage(CONSOLE.name, f"phone-{key}", phone, CONSOLE.sender, body)
        await replies.receive(message, CONSOLE, now=clock.now(), at=clock.real_now())
    if not visit().is_fragment:
        return redirect("/phone", phone=shown(phone))
    return page(
        "callbacks/_handset.html",
        status=422 if form.errors else 200,
        **await _handset(phone, form),
        fresh=True,
    )


@post("/phone/calls", guards=[public])
async def dial(request: OpenRequest) -> Response[Any]:
    await _only_in_a_demo()
    form = await read_form(request)
    phone = _known(form.text("phone"))
    caller = "" if form.choice("who", ("phone", "withheld")) == "withheld" else phone
    line = form.choice("line", list(await lines()))
    form.check()
    carrier_id = await local_caller.dial(line=line, phone=caller, now=clock.now())
    return await _answer_caller(phone, carrier_id)


@get("/phone/calls/{carrier_id:str}", guards=[public])
async def look(carrier_id: FromPath[str], phone: FromQuery[str], seen: FromQuery[str] = "") -> Response[Any]:
    """How the call stands; 204 while it stands as `seen`."""
    await _only_in_a_demo()
    context = await _caller(_known(phone), carrier_id)
    if context["seen"] == seen:
        return Response(None, status_code=204)
    return page("callbacks/_caller.html", **context)


@delete("/phone/calls/{carrier_id:str}", guards=[public], status_code=200)
async def put_down(carrier_id: FromPath[str], phone: FromQuery[str]) -> Response[Any]:
    await _only_in_a_demo()
    if not carrier_id.startswith(local_caller.PREFIX):
        raise NotFound(_("没有这通电话。"))
    await local_caller.put_down(carrier_id, now=clock.now())
    return await _answer_caller(_known(phone), carrier_id)


@get("/phone/duty", guards=[public])
async def duty_phones(ringing: FromQuery[str] = "") -> Response[Any]:
    """The duty phones; 204 while the same ones ring as in `ringing`."""
    await _only_in_a_demo()
    context = await _duty()
    if context["ringing"] == ringing:
        return Response(None, status_code=204)
    return page("callbacks/_duty.html", **context)


@post("/phone/duty/{call:int}", guards=[public])
async def pick_up(request: OpenRequest, call: FromPath[int]) -> Response[Any]:
    await _only_in_a_demo()
    form = await read_form(request)
    outcome = form.choice("does", ("confirmed", "answered", "no_answer"))
    form.check()
    await duty.pick_up(call, outcome, now=clock.now(), at=clock.real_now())
    if not visit().is_fragment:
        return redirect("/phone")
    return page("callbacks/_duty.html", **await _duty())


def shown(e164: str) -> str:
    """As one types it here: `13800001111`; others with their country."""
    return e164.removeprefix("+86") if e164.startswith("+861") else e164


async def _answer_caller(phone: str, carrier_id: str) -> Response[Any]:
    if not visit().is_fragment:
        return redirect("/phone", phone=shown(phone), call=carrier_id)
    return page("callbacks/_caller.html", **await _caller(phone, carrier_id))


async def _handset(phone: str, form: Form | None = None) -> dict[str, Any]:
    told = await queries.thread(phone)
    return {
        "phone": phone, "phone_shown": shown(phone), "thread": told, "last": told[-1].id if told else 0,
        "key": secrets.token_urlsafe(12), "body": form.raw().get("body", "") if form and form.errors else "",
        "body_error": form.errors.get("body", "") if form else "", "most": LONGEST,
    }  # fmt: skip


async def _duty() -> dict[str, Any]:
    calls = [
        (n, shown(e164), who, said, outcome) for n, e164, who, said, outcome in await queries.duty_calls()
    ]
    return {"duty": calls, "ringing": "-".join(f"{n}{outcome}" for n, _phone, _who, _said, outcome in calls)}


async def _caller(phone: str, carrier_id: str) -> dict[str, Any]:
    row = await queries.call(carrier_id) if carrier_id.startswith(local_caller.PREFIX) else None
    english = locale() == "en"
    return {
        "phone": phone, "phone_shown": shown(phone), "call": row,
        "call_line": (row["name_en"] or row["name"] if english else row["name"]) if row else "",
        "seen": f"{row['version']}-{row['ahead']}" if row else "",
        "lines": [(n, f"{n} · {ln.name_en or ln.name if english else ln.name}") for n, ln in (await lines()).items()],
    }  # fmt: skip


def _known(raw: str) -> str:
    """Raises NotFound for what is no phone: the page only ever sends phones it checked."""
    found = privacy.phone_e164(raw)
    if found is None:
        raise NotFound(_phone_error(raw))
    return found


def _phone_error(raw: str) -> str:
    return _("“{given}”不是电话号码；手机 11 位，座机带区号，例如 022-23456789。").format(given=raw[:30])


async def _only_in_a_demo() -> None:
    if await installation.purpose() not in installation.PLAYGROUNDS:
        raise NotFound(_("这一页只在演示库里有。"))


routes = [show, thread, write, dial, look, put_down, duty_phones, pick_up]
