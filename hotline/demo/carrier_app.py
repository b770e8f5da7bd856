"""The demo's carrier as a web application, and its small page for people: who got what, write, pick up."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from typing import Any

import aiohttp
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.params import FromPath

from hotline.demo.carrier import ACCOUNT, NUMBER, SERVICE, TOKEN, Carrier, Hang, Moods, Problem, body_of

log = logging.getLogger("hotline.carrier")

REST = "/2010-04-01/Accounts"
#: Longer than our client waits.
FOR_EVER = 120.0
AnyRequest = Request[Any, Any, Any]


def _carrier(request: AnyRequest) -> Carrier:
    found: Carrier = request.app.state.carrier
    return found


def _check(request: AnyRequest) -> Carrier:
    """Basic authentication with the account's own token, or any key of its (SK…)."""
    carrier = _carrier(request)
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, secret = base64.b64decode(given).decode().partition(":")
    except ValueError:
        user = secret = ""
    if kind != "Basic" or secret != carrier.token or not (user == ACCOUNT or user.startswith("SK")):
        raise Problem(401, 20003, "Authenticate")
    return carrier


@post(f"{REST}/{{account:str}}/Messages.json")
async def create_message(request: AnyRequest, account: FromPath[str]) -> Response[Any]:
    carrier, form = _check(request), dict((await request.form()).multi_items())
    return await _in_the_end(carrier.create_message(form))


@get(f"{REST}/{{account:str}}/Messages.json")
async def list_messages(request: AnyRequest, account: FromPath[str]) -> Response[Any]:
    return Response(_check(request).list_messages(dict(request.query_params)))


@get(f"{REST}/{{account:str}}/Messages/{{name:str}}")
async def one_message(request: AnyRequest, account: FromPath[str], name: FromPath[str]) -> Response[Any]:
    return Response(_check(request).message(name.removesuffix(".json")))


@post(f"{REST}/{{account:str}}/Calls.json")
async def create_call(request: AnyRequest, account: FromPath[str]) -> Response[Any]:
    carrier, form = _check(request), dict((await request.form()).multi_items())
    return await _in_the_end(carrier.create_call(form))


@get(f"{REST}/{{name:str}}")
async def account(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    _check(request)
    return Response({"sid": ACCOUNT, "status": "active", "type": "Full", "friendly_name": "demo carrier"})


@get("/v1/Services/{name:str}")
async def service(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    carrier = _check(request)
    if name != SERVICE:
        raise Problem(404, 20404, "The requested resource was not found")
    return Response({
        "sid": SERVICE, "account_sid": ACCOUNT, "friendly_name": "demo", "use_inbound_webhook_on_number": False,
        "inbound_request_url": f"{carrier.public_url}/carrier/sms/inbound", "inbound_method": "POST",
    })  # fmt: skip


# --- for people ---


@get("/")
async def page(request: AnyRequest) -> Response[str]:
    carrier = _carrier(request)
    rows = "".join(
        f"<tr><td>{'→' if m.direction == 'inbound' else '←'} {escape(m.sender if m.direction == 'inbound' else m.to)}</td>"
        f"<td>{escape(m.body)}</td><td>{m.status} {m.error or ''}</td></tr>"
        for m in list(reversed(carrier.messages.values()))[:50]
    )
    rings = "".join(
        f"<form method='post' action='/calls/{c.sid}'><p>☎ {escape(c.to)}: {escape(c.said)} "
        "<button name='does' value='1'>按 1</button> <button name='does' value='hang'>挂断</button> "
        "<button name='does' value='no-answer'>不接</button></p></form>"
        for c in carrier.calls.values()
        if c.status == "ringing"
    )
    text = (
        "<!doctype html><meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>demo carrier</title>"
        f"<h1>demo carrier · {NUMBER}</h1>{rings}<form method='post' action='/messages'>"
        "<label>手机 <input name='phone' value='+14155550100'></label> <label>短信 <input name='body' value='查'></label> "
        f"<button>发送</button></form><table>{rows}</table>"
    )
    return Response(text, media_type=MediaType.HTML)


@post("/messages")
async def write(request: AnyRequest) -> Response[Any]:
    form = await request.form()
    await _carrier(request).text_in(str(form.get("phone", "")), str(form.get("body", "")))
    return Response(None, status_code=303, headers={"Location": "/"})


@post("/calls/{sid:str}")
async def pick_up(request: AnyRequest, sid: FromPath[str]) -> Response[Any]:
    await _carrier(request).pick_up(sid, str((await request.form()).get("does", "hang")))
    return Response(None, status_code=303, headers={"Location": "/"})


async def _in_the_end(work: Any) -> Response[Any]:
    try:
        return Response(await work, status_code=201)
    except Hang:
        await asyncio.sleep(FOR_EVER)
        return Response(None, status_code=504)


def _problem(_request: AnyRequest, problem: Problem) -> Response[Any]:
    return Response(problem.json(), status_code=problem.status)


def app_of(carrier: Carrier) -> Litestar:
    app = Litestar(
        [create_message, list_messages, one_message, create_call, account, service, page, write, pick_up],
        exception_handlers={Problem: _problem},
        openapi_config=None,
        logging_config=None,
    )
    app.state.carrier = carrier
    return app


@asynccontextmanager
async def posting() -> AsyncIterator[Any]:
    """Webhooks over HTTP."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session:

        async def send(url: str, form: list[tuple[str, str]], headers: dict[str, str]) -> tuple[int, str]:
            try:
                async with session.post(url, data=body_of(form), headers=headers) as answer:
                    return answer.status, await answer.text()
            except aiohttp.ClientError as error:  # a page killed in the middle of its answer
                raise ConnectionError(str(error)) from error

        yield send


async def serve(*, port: int, public_url: str, moods: Moods) -> None:
    """Until Ctrl-C."""
    from granian.constants import Interfaces
    from granian.server.embed import Server

    async with posting() as post_out:
        carrier = Carrier(post_out, public_url, moods)
        print(
            f"TWILIO_API_URL=http://127.0.0.1:{port}\nTWILIO_ACCOUNT_SID={ACCOUNT}\nTWILIO_AUTH_TOKEN={TOKEN}\n"
            f"TWILIO_MESSAGING_SERVICE={SERVICE}\nTWILIO_VOICE_FROM={NUMBER}",
            flush=True,
        )
        server = Server(app_of(carrier), port=port, interface=Interfaces.ASGI, log_enabled=False)
        try:
            await server.serve()
        finally:
            server.stop()  # type: ignore[no-untyped-call]
