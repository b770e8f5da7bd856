"""Twilio behind the ports of `gateway.py` and `wake.py`: the only file that knows its words.

The official client with its own asynchronous HTTP: nothing blocks, nothing needs a thread. Built in the lifespan,
as its connections belong to the running loop. Facts and error classes: DOMAIN §7.6, docs/sms.md.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final
from xml.sax.saxutils import escape

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from callbacks.gateway import (
    Callback,
    Capabilities,
    Check,
    Doubt,
    Forged,
    InDoubt,
    InMessage,
    OutMessage,
    Rejected,
    Report,
    Sent,
    Why,
)
from callbacks.phones import country
from callbacks.wake import Progress, Ring
from core.i18n import _
from core.settings import Settings, parse_senders

log = logging.getLogger("hotline.sms")

#: A POST that takes longer may have arrived or not.
PATIENCE: Final = 15.0
AT_ONCE: Final = 10
SMS_STATUS, SMS_INBOUND = "/carrier/sms/status", "/carrier/sms/inbound"
VOICE_STATUS, VOICE_PRESSED = "/carrier/voice/status", "/carrier/voice/pressed"
MAINLAND_CHINA: Final = 86

STATES: Final = {
    "accepted": "accepted", "scheduled": "accepted", "queued": "queued", "sending": "sending", "sent": "sent",
    "partially_delivered": "sent", "delivered": "delivered", "read": "read", "undelivered": "undelivered",
    "failed": "failed", "canceled": "failed",
}  # fmt: skip
CALL_OUTCOMES: Final = {
    "completed": "answered", "busy": "busy", "no-answer": "no_answer", "failed": "failed", "canceled": "failed",
}  # fmt: skip
CLASSES: Final[dict[Why, frozenset[int]]] = {
    Why.NUMBER: frozenset({21211, 21214, 21217, 21614, 30005, 30006}),
    Why.OPTED_OUT: frozenset({21610}),
    Why.NOT_ALLOWED: frozenset({21215, 21408, 21606, 21612, 30034}),
    Why.BUSY: frozenset({20429, 21611, 30001, 30003, 30008}),
    Why.FILTERED: frozenset({30007}),
    Why.ACCOUNT: frozenset({20003, 20005, 30002}),
}
#: Of a report, what is kept as it came: nothing that names a person.
KEPT: Final = ("MessageStatus", "SmsStatus", "ErrorCode", "RawDlrDoneDate", "MessagingServiceSid", "CallStatus", "CallDuration",
               "SequenceNumber", "Timestamp", "SipResponseCode")  # fmt: skip


def why(code: str | int | None) -> Why | None:
    """The class of an error code; None for no error."""
    number = int(code or 0) if str(code or "").isdecimal() else 0
    return next((w for w, codes in CLASSES.items() if number in codes), Why.OTHER) if number else None


class _Http(AsyncTwilioHttpClient):  # type: ignore[misc]  # the client is untyped to us
    """The client's own transport, silent (it logs phones), and to another address than api.twilio.com where set.

    It would build aiohttp's `BasicAuth`, which aiohttp takes away in 4.0: the header is ours.
    """

    def __init__(self, base: str) -> None:
        super().__init__(logger=logging.Logger("silent", logging.CRITICAL))
        self.base = base

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if self.base:
            url = self.base + url.partition(".twilio.com")[2]
        if auth := kwargs.pop("auth", None):
            pair = base64.b64encode(":".join(auth).encode()).decode()
            kwargs["headers"] = {**(kwargs.get("headers") or {}), "Authorization": f"Basic {pair}"}
        return await super().request(method, url, *args, **kwargs)


class Twilio:
    """`SmsGateway`, `Webhooks` and `Waker` in one account."""

    name = "twilio"

    def __init__(self, chosen: Settings) -> None:
        self.http = _Http(chosen.twilio_api_url)
        key = (chosen.twilio_api_key, chosen.twilio_api_secret)
        pair = key if chosen.twilio_api_key else (chosen.twilio_account_sid, chosen.twilio_auth_token)
        self.client = Client(*pair, account_sid=chosen.twilio_account_sid, http_client=self.http)
        self.validator = RequestValidator(chosen.twilio_auth_token)
        self.service = chosen.twilio_messaging_service
        self.senders = parse_senders(chosen.twilio_senders)
        self.voice_from = chosen.twilio_voice_from
        self.public_url = chosen.public_url
        self.dry = chosen.sms_dry_run
        self.sender = self.senders.get(0) or next(iter(self.senders.values()), self.service)
        self.reaches_people = not chosen.twilio_api_url
        self._limit = asyncio.Semaphore(AT_ONCE)

    # --- SMS out ---

    async def send(self, message: OutMessage) -> Sent:
        if self.dry:
            log.info("dry run: SMS %s of %d characters not sent", message.key, len(message.body))
            return Sent(f"dry-{message.key}.{message.attempt}", "accepted")
        values: dict[str, str] = {"to": message.phone, "body": message.body}
        values["status_callback"] = f"{self.public_url}{SMS_STATUS}?m={message.key}.{message.attempt}"
        sender = self._sender(country(message.phone))
        if sender:
            values["from_"] = sender
        if self.service:
            values["messaging_service_sid"] = self.service
        made = await self._post(lambda: self.client.messages.create_async(**values))
        return Sent(made.sid, STATES.get(made.status or "", "accepted"))

    async def find(self, doubt: Doubt) -> Sent | None:
        """By phone, moment and words in the account's own list. Not found proves nothing: it may be slow."""
        if self.dry:
            return None
        wanted = doubt.message
        found = await self._get(
            lambda: self.client.messages.list_async(to=wanted.phone, limit=50, page_size=50)
        )
        for one in sorted(found, key=lambda m: m.date_created or doubt.since):
            created = one.date_created
            if (
                one.sid not in doubt.known
                and (one.direction or "").startswith("outbound")
                and (created is None or created >= doubt.since - timedelta(minutes=1))
                and wanted.body in (one.body or "")
            ):
                return Sent(one.sid, STATES.get(one.status or "", "accepted"))
        raise InDoubt(f"not in the list: {wanted.key}")

    async def look(self, carrier_id: str) -> Report | None:
        if carrier_id.startswith("dry-"):
            return None
        try:
            one = await self._get(lambda: self.client.messages(carrier_id).fetch_async())
        except Rejected as rejected:
            if rejected.code == "20404":
                return None
            raise InDoubt(str(rejected)) from rejected
        code = str(one.error_code or "")
        return Report(self.name, carrier_id, STATES.get(one.status or "", ""), code, why(code))

    def capabilities(self, country: int) -> Capabilities:
        """No answers come from mainland China, nor to a sender that is a name. A Messaging Service answers STOP itself."""
        sender = self._sender(country)
        two_way = country != MAINLAND_CHINA and not any(c.isalpha() for c in sender)
        return Capabilities(two_way, 8 if country == MAINLAND_CHINA else 10, answers_stop=True)

    def _sender(self, to: int) -> str:
        return self.senders.get(to) or self.senders.get(0, "")

    # --- calls out ---

    async def ring(self, call: Ring) -> str:
        """The call's id."""
        own = f"d={call.key}.{call.attempt}"
        values: dict[str, Any] = {
            "to": call.phone, "from_": self.voice_from, "timeout": 30,
            "twiml": _said(call, f"{self.public_url}{VOICE_PRESSED}?{own}"),
            "status_callback": f"{self.public_url}{VOICE_STATUS}?{own}", "status_callback_event": ["completed"],
        }  # fmt: skip
        if self.dry:
            log.info("dry run: duty call %s not made", call.key)
            return f"dry-{own}"
        made = await self._post(lambda: self.client.calls.create_async(**values))
        return str(made.sid)

    # --- is it set up well ---

    async def examine(self) -> list[Check]:
        """By the list of messages, as a standard API key may not read the account itself."""
        found = [await self._signs_in()]
        if found[0].well and self.service:
            found.append(await self._service_calls_us())
        is_safe = self.public_url.startswith("https://") or not self.reaches_people
        cure = _("把 PUBLIC_URL 设为运营商能访问的 https 地址。")
        found.append(
            Check(_("回调地址"), is_safe, f"{self.public_url}{SMS_INBOUND}", "" if is_safe else cure)
        )
        voice = self.voice_from or _("没有设置 TWILIO_VOICE_FROM，值班电话只发短信")
        return [*found, Check(_("值班电话"), True, voice)]

    async def _signs_in(self) -> Check:
        name, sid = _("运营商认证"), self.client.account_sid
        try:
            await self._get(lambda: self.client.messages.list_async(limit=1, page_size=1))
        except Rejected as rejected:
            cure = _("核对 TWILIO_ACCOUNT_SID、TWILIO_AUTH_TOKEN 或 TWILIO_API_KEY、TWILIO_API_SECRET。")
            return Check(name, False, f"{sid[:6]}… {rejected}", cure)
        except InDoubt as doubt:
            return Check(name, False, str(doubt), _("检查这台机器到运营商的网络。"))
        return Check(name, True, f"{sid[:6]}…{sid[-4:]}")

    async def _service_calls_us(self) -> Check:
        name, wanted = _("消息服务"), f"{self.public_url}{SMS_INBOUND}"
        try:
            found = await self._get(lambda: self.client.messaging.v1.services(self.service).fetch_async())
        except (Rejected, InDoubt) as error:
            return Check(name, False, str(error), _("核对 TWILIO_MESSAGING_SERVICE。"))
        if found.use_inbound_webhook_on_number:
            seen = _("来信按各号码自己的设置转来，请逐个号码填 {url}").format(url=wanted)
            return Check(name, True, seen)
        cure = _("在消息服务的 Integration 一栏选 Send a webhook，填 {url}").format(url=wanted)
        return Check(
            name, found.inbound_request_url == wanted, found.inbound_request_url or _("没有填来信地址"), cure
        )

    # --- called back ---

    def parse_inbound(self, callback: Callback) -> InMessage:
        form = self._checked(callback)
        word = form.get("OptOutType", "")
        return InMessage(
            self.name, form["MessageSid"], form.get("From", ""), form.get("To", ""), form.get("Body", ""),
            word if word in {"STOP", "START", "HELP"} else "",
        )  # fmt: skip

    def parse_status(self, callback: Callback) -> Report:
        form = self._checked(callback)
        code = form.get("ErrorCode", "")
        state = STATES.get(form.get("MessageStatus", ""), "")
        return Report(
            self.name, form["MessageSid"], state, code, why(code), callback.query.get("m", ""), _kept(form)
        )

    def parse_call(self, callback: Callback) -> Progress:
        form = self._checked(callback)
        outcome = CALL_OUTCOMES.get(form.get("CallStatus", ""), "")
        return Progress(
            self.name, form["CallSid"], outcome, own=callback.query.get("d", ""), data=_kept(form)
        )

    def parse_pressed(self, callback: Callback) -> Progress:
        form = self._checked(callback)
        outcome = "confirmed" if form.get("Digits", "").strip() == "1" else ""
        return Progress(
            self.name, form["CallSid"], outcome, own=callback.query.get("d", ""), data=_kept(form)
        )

    def _checked(self, callback: Callback) -> dict[str, str]:
        """The form once its signature fits. Raises `Forged`."""
        given = next((v for k, v in callback.headers.items() if k.lower() == "x-twilio-signature"), "")
        values = _Values(callback.form)
        if not given or not self.validator.validate(callback.url, values, given):
            raise Forged("no signature" if not given else f"checked against {callback.url}")
        if not {"MessageSid", "CallSid"} & values.keys():
            raise Forged("signed, but neither a message nor a call")
        return dict(values)

    # --- talking to it ---

    async def _post(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Raises `Rejected` when it surely was not taken, `InDoubt` when nobody can know."""
        return await self._ask(call, writes=True)

    async def _get(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Raises `Rejected`, `InDoubt`."""
        return await self._ask(call, writes=False)

    async def _ask(self, call: Callable[[], Awaitable[Any]], *, writes: bool) -> Any:
        try:
            async with self._limit, asyncio.timeout(PATIENCE):
                return await call()
        except (TwilioRestException, TwilioServiceException) as error:
            raise _refused(error.status, error.code) from None
        except aiohttp.ClientConnectorError as error:
            raise (Rejected(Why.AWAY, type(error).__name__) if writes else InDoubt("away")) from None
        except (TimeoutError, aiohttp.ClientError, TwilioException, ValueError, OSError) as error:
            raise InDoubt(type(error).__name__) from None

    async def close(self) -> None:
        await self.http.close()


def _refused(status: int, code: Any) -> Exception:
    """4xx: not taken. 5xx: it may have been."""
    known = why(code if code and int(code) > 999 else {401: 20003, 429: 20429, 404: 20404}.get(status))
    if status >= 500 and known in (None, Why.OTHER):
        return InDoubt(f"HTTP {status}")
    return Rejected(known or Why.OTHER, str(code or status))


def _said(call: Ring, pressed: str) -> str:
    """TwiML: the text twice, and 1 to confirm. Without a digit the call ends and counts as answered only."""
    lines = f'<Say language="{call.locale.replace("_", "-")}">{escape(call.text)}</Say>'
    gather = f'<Gather numDigits="1" timeout="8" action="{escape(pressed)}" method="POST">{lines}</Gather>'
    return f"<Response>{gather}{gather}</Response>"


def _kept(form: dict[str, str]) -> dict[str, str]:
    return {name: form[name] for name in KEPT if form.get(name)}


class _Values(dict[str, str]):
    """All values of a field, as the validator asks for them; reading gives the last."""

    def __init__(self, pairs: Any) -> None:
        super().__init__(pairs)
        self.every: dict[str, list[str]] = {}
        for name, value in pairs:
            self.every.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        return self.every[name]


@asynccontextmanager
async def connected(chosen: Settings) -> AsyncIterator[Twilio | None]:
    """The account that is set, its connections open; None where none is."""
    if not chosen.twilio_account_sid:
        yield None
        return
    made = Twilio(chosen)
    try:
        yield made
    finally:
        await made.close()
