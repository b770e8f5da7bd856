"""Where carriers call us back. Open to the street, so nothing is believed before its signature fits.

The address that is checked is the public one from the settings; Host and X-Forwarded headers are never asked. What
comes is written down and acknowledged; the work is the worker's.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qsl

from litestar import MediaType, Request, Response, post

from callbacks import duty, gateway, replies, reports, wake
from callbacks.gateway import Callback, Forged, SmsGateway, Webhooks
from core import clock
from core.errors import Denied
from core.settings import settings
from core.web import machine

log = logging.getLogger("hotline.sms")

FORM = "application/x-www-form-urlencoded"
NOTHING_MORE = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
THANKS = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Say language="zh-CN">已确认，谢谢。</Say></Response>'
)
AnyRequest = Request[Any, Any, Any]


@post("/carrier/sms/inbound", guards=[machine], status_code=200)
async def sms_inbound(request: AnyRequest) -> Response[str]:
    carrier, reader = await _sms()
    callback = await _callback(request)
    try:
        message = reader.parse_inbound(callback)
    except Forged as forged:
        raise _refused(callback, forged) from None
    await replies.take(message, carrier, now=clock.now(), at=clock.real_now())
    return _twiml(NOTHING_MORE)


@post("/carrier/sms/status", guards=[machine], status_code=200)
async def sms_status(request: AnyRequest) -> Response[str]:
    _carrier, reader = await _sms()
    callback = await _callback(request)
    try:
        found = reader.parse_status(callback)
    except Forged as forged:
        raise _refused(callback, forged) from None
    await reports.report(found, now=clock.now(), at=clock.real_now())
    return _twiml(NOTHING_MORE)


@post("/carrier/voice/status", guards=[machine], status_code=200)
async def voice_status(request: AnyRequest) -> Response[str]:
    waker, callback = await _voice(), await _callback(request)
    try:
        found = waker.parse_call(callback)
    except Forged as forged:
        raise _refused(callback, forged) from None
    await duty.progress(found, now=clock.now(), at=clock.real_now())
    return _twiml(NOTHING_MORE)


@post("/carrier/voice/pressed", guards=[machine], status_code=200)
async def voice_pressed(request: AnyRequest) -> Response[str]:
    waker, callback = await _voice(), await _callback(request)
    try:
        found = waker.parse_pressed(callback)
    except Forged as forged:
        raise _refused(callback, forged) from None
    await duty.progress(found, now=clock.now(), at=clock.real_now())
    return _twiml(THANKS if found.outcome == "confirmed" else NOTHING_MORE)


async def _sms() -> tuple[SmsGateway, Webhooks]:
    carrier = await gateway.current()
    if carrier is None or not isinstance(carrier, Webhooks):
        log.warning("a carrier calls back, but none is set up")
        raise Denied("no carrier is set up")
    return carrier, carrier


async def _voice() -> wake.Waker:
    waker = await wake.current()
    if waker is None or waker is wake.CONSOLE:
        log.warning("a carrier calls back, but none is set up")
        raise Denied("no carrier is set up")
    return waker


async def _callback(request: AnyRequest) -> Callback:
    """As it came: the signature is over every field, untrimmed and in all its repeats."""
    path, query = request.url.path, request.url.query
    url = f"{settings().public_url}{path}{'?' + query if query else ''}"
    body = await request.body()
    is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
    try:
        form = parse_qsl(body.decode(), keep_blank_values=True) if is_form else []
    except UnicodeDecodeError:
        form = []
    return Callback(url, dict(request.headers), form, dict(parse_qsl(query)))


def _refused(callback: Callback, forged: Forged) -> Denied:
    log.warning(
        "a call of the carrier was refused (%s). Its signature was checked against %s from PUBLIC_URL: is that"
        " what the carrier was told, letter by letter?",
        forged,
        callback.url.partition("?")[0],
    )
    return Denied("signature")


def _twiml(text: str) -> Response[str]:
    return Response(text, media_type=MediaType.XML)


routes = [sms_inbound, sms_status, voice_status, voice_pressed]
