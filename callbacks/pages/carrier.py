"""`/carrier`: is the line to the citizen well? For supervisors to look at, for administrators to mend."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from callbacks import carrier_state, gateway, outbox, reports
from callbacks.outbox import About
from callbacks.pages import carrier_rows
from callbacks.phones import phone
from callbacks.templates import render
from core import audit, clock, privacy
from core.db import tx
from core.errors import NotFound
from core.i18n import N_, _
from core.settings import settings
from core.web import FromPath, Nav, Request, page, read_form, redirect, requires

LOOK, MEND = requires("admin.carrier", "audit.see"), requires("admin.carrier")


@get("/carrier", guards=[LOOK])
async def show(request: Request) -> Response[Any]:
    return await _page(request)


@get("/carrier/checks", guards=[LOOK])
async def checks() -> Response[Any]:
    """Asks the carrier; a fragment, as it may take a while."""
    carrier = await gateway.current()
    found = await carrier.examine() if carrier else []
    return page("callbacks/_checks.html", checks=found)


@post("/carrier/messages", guards=[MEND])
async def test_message(request: Request) -> Response[Any]:
    form = await read_form(request)
    typed = form.text("phone", most=30, required=True)
    number = privacy.phone_e164(typed)
    if typed and number is None:
        form.wrong("phone", _("“{given}”不是电话号码。").format(given=typed))
    if form.errors or number is None:
        return await _page(request, typed=typed, errors=form.errors)
    carrier = await gateway.current()
    if carrier is None:
        raise NotFound(_("还没有接入运营商。"))
    now, at = clock.now(), clock.real_now()
    async with tx() as t:
        message = await outbox.put(
            t, render("test", request.user.locale), phone(number), About(party="test"), now=now, after=now
        )
        await audit.record(request.user, "carrier.test", f"message:{message}")
    assert message is not None
    await outbox.send_one(carrier, message, now=now, at=at)
    return redirect("/carrier", flash=_("测试短信已交给运营商，状态见“最近的短信”。"))


@post("/carrier/stops/{stopped:int}/lifting", guards=[MEND])
async def lift(request: Request, stopped: FromPath[int]) -> Response[Any]:
    async with tx():
        if await carrier_state.lift(stopped, by=request.user.name, at=clock.real_now()):
            await audit.record(request.user, "carrier.lift", f"stopped_template:{stopped}")
    return redirect("/carrier", flash=_("这条模板已恢复发送。"))


@post("/carrier/doubts/{message:int}", guards=[MEND])
async def decide(request: Request, message: FromPath[int]) -> Response[Any]:
    form = await read_form(request)
    again = form.choice("does", ("again", "leave")) == "again"
    form.check()
    async with tx():
        done = await reports.decide(
            message, again=again, by=request.user.name, now=clock.now(), at=clock.real_now()
        )
        if done:
            await audit.record(
                request.user, "carrier.again" if again else "carrier.leave", f"message:{message}"
            )
    words = _("已排队重发。") if again else _("已记为不再发送。")
    return redirect(
        "/carrier",
        flash=words if done else _("这条短信已经有结果，没有改动。"),
        kind="good" if done else "warn",
    )


async def _page(request: Request, *, typed: str = "", errors: dict[str, str] | None = None) -> Response[Any]:
    carrier, at = await gateway.current(), clock.real_now()
    cap = settings().sms_monthly_cap
    return page(
        "callbacks/carrier.html", status=422 if errors else 200, desk="carrier",
        carrier=carrier, standing=await carrier_state.read(carrier.name, at=at) if carrier else None,
        dry=settings().sms_dry_run, cap=cap, may_mend=request.user.can("admin.carrier"), typed=typed, errors=errors or {},
        labels={"phone": _("手机号")}, words=carrier_rows.words(),
        **await carrier_rows.everything(carrier.name if carrier else "", at=at, in_doubt=carrier_state.FOR_A_HUMAN),
    )  # fmt: skip


routes = [show, checks, test_message, lift, decide]
nav = [Nav("carrier", N_("短信线路"), "/carrier", ("admin.carrier",), order=90)]
