"""A carrier of our own that speaks Twilio: its REST for messages and calls, its signed webhooks, its moods.

`hotline demo-carrier` runs it; tests run it too. Nothing leaves the machine: phones are rows in a list. What it
answers and sends follows the vendor's documentation (docs/sms.md), written again from the facts, with none of the
client's code. `Moods` make it forget, repeat, shuffle, refuse and fall silent, always the same way for a seed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import logging
import random
import secrets
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode

log = logging.getLogger("hotline.carrier")

ACCOUNT: Final = "AC" + "0" * 31 + "1"
TOKEN: Final = "demo-carrier-token"  # noqa: S105 - of the demo, printed on its first line
SERVICE: Final = "MG" + "0" * 31 + "1"
NUMBER: Final = "+12025550123"
#: Phones that the carrier refuses, as the vendor's own test numbers do, and those whose messages come to grief later.
REFUSED: Final = {"+15005550001": 21211, "+15005550002": 21612, "+15005550003": 21408, "+15005550004": 21610,
                  "+15005550009": 21614}  # fmt: skip
LOST_LATER: Final = {"+15005550013": 30003, "+15005550015": 30005, "+15005550016": 30006, "+15005550017": 30007,
                     "+15005550018": 30008}  # fmt: skip
STOP: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "CANCEL"})
START: Final = frozenset({"START", "YES", "UNSTOP"})
WAY: Final = ("queued", "sending", "sent", "delivered")

#: url, form, headers → HTTP status and body.
Post = Callable[[str, list[tuple[str, str]], dict[str, str]], Awaitable[tuple[int, str]]]


@dataclass
class Moods:
    """Shares of 1, except the seconds."""

    seed: int = 0
    too_many: float = 0.0  # 429, not taken
    refuses: float = 0.0  # 503 before it was taken
    torn: float = 0.0  # taken, but the answer is HTTP 500
    silent: float = 0.0  # taken, but the answer never comes
    undelivered: float = 0.0  # 30003 in the end
    repeats: float = 0.0  # a webhook comes twice
    shuffles: float = 0.0  # a message's webhooks come in any order
    loses: float = 0.0  # a webhook never comes
    early: float = 0.0  # webhooks come before the answer
    pause: float = 0.0  # seconds between webhooks


#: Bad weather, for trying things out.
MOODY: Final = Moods(
    too_many=0.1, torn=0.05, silent=0.05, undelivered=0.05, repeats=0.2, shuffles=0.3, loses=0.1, pause=0.5
)


class Hang(Exception):
    """The answer that never comes."""


class Problem(Exception):
    """An error in the vendor's shape."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def json(self) -> dict[str, Any]:
        return {
            "code": self.code, "message": self.message, "status": self.status,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
        }  # fmt: skip


@dataclass
class Sms:
    sid: str
    to: str
    sender: str
    body: str
    direction: str
    callback: str
    created: datetime
    status: str = "accepted"
    error: int | None = None
    service: str | None = None

    def json(self, account: str) -> dict[str, Any]:
        stamp = format_datetime(self.created)
        base = f"/2010-04-01/Accounts/{account}/Messages/{self.sid}"
        return {
            "account_sid": account, "api_version": "2010-04-01", "body": self.body, "date_created": stamp,
            "date_sent": None if self.status in ("accepted", "queued") else stamp, "date_updated": stamp,
            "direction": self.direction, "error_code": self.error, "error_message": None, "from": self.sender or None,
            "messaging_service_sid": self.service, "num_media": "0", "num_segments": "0" if self.service else "1",
            "price": None, "price_unit": "USD", "sid": self.sid, "status": self.status,
            "subresource_uris": {"media": f"{base}/Media.json"}, "to": self.to, "uri": f"{base}.json",
        }  # fmt: skip


@dataclass
class Phone:
    """A duty phone that rings; `url` where a digit goes."""

    sid: str
    to: str
    said: str
    url: str
    callback: str
    status: str = "ringing"


@dataclass
class Carrier:
    """The whole account, in memory. `post` carries its webhooks to us."""

    post: Post
    public_url: str = ""
    moods: Moods = field(default_factory=Moods)
    token: str = TOKEN
    messages: dict[str, Sms] = field(default_factory=dict)
    calls: dict[str, Phone] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(
        default_factory=dict
    )  # phone → busy, no-answer, 1, hang: what its owner does
    hooks: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.moods.seed)  # noqa: S311 - faults, not secrets
        self._under_way: set[asyncio.Task[None]] = set()
        self._ticks = itertools.count()

    # --- REST ---

    async def create_message(self, form: dict[str, str]) -> dict[str, Any]:
        """Raises `Problem`, or `Hang` when the caller shall wait in vain."""
        self._throttle()
        to, body = form.get("To", ""), form.get("Body", "")
        if not body:
            raise Problem(400, 21602, "Message body is required.")
        if not form.get("From") and not form.get("MessagingServiceSid"):
            raise Problem(400, 21603, "A 'From' phone number is required.")
        if to in REFUSED or to in self.opted_out:
            code = REFUSED.get(to, 21610)
            raise Problem(400, code, f"refused by rule {code}")
        sms = Sms(
            _sid("SM"), to, form.get("From", "") or NUMBER, body, "outbound-api", form.get("StatusCallback", ""),
            datetime.now(UTC).replace(microsecond=0), service=form.get("MessagingServiceSid"),
        )  # fmt: skip
        self.messages[sms.sid] = sms
        first = sms.json(ACCOUNT) | {"status": "accepted" if sms.service else "queued"}
        if self._roll(self.moods.early):
            await self._go(sms)
        else:
            self._later(self._go(sms))
        if self._roll(self.moods.torn):
            raise Problem(500, 20500, "Internal error")
        if self._roll(self.moods.silent):
            raise Hang
        return first

    def list_messages(self, query: dict[str, str]) -> dict[str, Any]:
        found = [
            m.json(ACCOUNT)
            for m in reversed(self.messages.values())
            if query.get("To", m.to) == m.to and query.get("From", m.sender) == m.sender
        ]
        size = int(query.get("PageSize", "50"))
        base = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        return {
            "messages": found[:size], "page": 0, "page_size": size, "start": 0, "end": max(0, min(size, len(found)) - 1),
            "first_page_uri": base, "next_page_uri": None, "previous_page_uri": None, "uri": base,
        }  # fmt: skip

    def message(self, sid: str) -> dict[str, Any]:
        if sid not in self.messages:
            raise Problem(404, 20404, "The requested resource was not found")
        return self.messages[sid].json(ACCOUNT)

    async def create_call(self, form: dict[str, str]) -> dict[str, Any]:
        self._throttle()
        to = form.get("To", "")
        if to in REFUSED:
            raise Problem(400, 21217, "Phone number does not appear to be valid")
        gather = ET.fromstring(form.get("Twiml", "<Response/>")).find("Gather")  # noqa: S314 - our own words
        said = "" if gather is None else "".join(gather.itertext())
        url = "" if gather is None else gather.get("action", "")
        call = Phone(_sid("CA"), to, said, url, form.get("StatusCallback", ""))
        self.calls[call.sid] = call
        if to in self.answers:
            self._later(self.pick_up(call.sid, self.answers[to]))
        if self._roll(self.moods.torn):
            raise Problem(500, 20500, "Internal error")
        if self._roll(self.moods.silent):
            raise Hang
        return {
            "sid": call.sid, "status": "queued", "to": to, "from": form.get("From", ""), "account_sid": ACCOUNT,
            "direction": "outbound-api", "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{call.sid}.json",
        }  # fmt: skip

    # --- people at the other end ---

    async def text_in(self, phone: str, body: str, *, sid: str = "") -> str:
        """A citizen writes; the carrier itself acts on STOP and START, as a Messaging Service does."""
        word = body.strip().upper()
        kind = (
            "STOP"
            if word in STOP
            else "START"
            if word in START
            else "HELP"
            if word in {"HELP", "INFO"}
            else ""
        )
        if kind == "STOP":
            self.opted_out.add(phone)
        elif kind == "START":
            self.opted_out.discard(phone)
        sms = Sms(
            sid or _sid("SM"),
            NUMBER,
            phone,
            body,
            "inbound",
            "",
            datetime.now(UTC).replace(microsecond=0),
            "received",
        )
        self.messages[sms.sid] = sms
        form = [
            ("ToCountry", "US"), ("SmsMessageSid", sms.sid), ("NumMedia", "0"), ("SmsSid", sms.sid), ("SmsStatus", "received"),
            ("Body", body), ("To", NUMBER), ("NumSegments", "1"), ("MessagingServiceSid", SERVICE), ("MessageSid", sms.sid),
            ("AccountSid", ACCOUNT), ("From", phone), ("ApiVersion", "2010-04-01"),
            *([("OptOutType", kind)] if kind else []),
        ]  # fmt: skip
        await self._hooks([(f"{self.public_url}/carrier/sms/inbound", form)])
        return sms.sid

    async def pick_up(self, sid: str, does: str) -> str:
        """Somebody takes the call and presses `1`, or hangs up (`hang`); or it is `busy`, `no-answer`. What they hear."""
        call, heard = self.calls[sid], ""
        if does not in ("busy", "no-answer"):
            call.status = "completed"
            if does.isdigit() and call.url:
                heard = await self._hook(call.url, [*self._of_call(call, "in-progress"), ("Digits", does)])
        else:
            call.status = does
        if call.callback:
            await self._hooks([(call.callback, self._of_call(call, call.status))])
        return heard

    # --- inside ---

    async def _go(self, sms: Sms) -> None:
        """The message's way, told by webhooks in the order, number and loss that the mood has."""
        error = LOST_LATER.get(sms.to) or (30003 if self._roll(self.moods.undelivered) else None)
        states = [*WAY[:-1], "undelivered"] if error else list(WAY)
        hooks = []
        for state in states:
            form = [
                ("SmsSid", sms.sid), ("SmsStatus", state), ("MessageStatus", state), ("To", sms.to),
                ("MessagingServiceSid", SERVICE), ("MessageSid", sms.sid), ("AccountSid", ACCOUNT), ("From", sms.sender),
                ("ApiVersion", "2010-04-01"),
            ]  # fmt: skip
            if error and state == "undelivered":
                form.append(("ErrorCode", str(error)))
            if state in ("delivered", "undelivered"):
                form.append(("RawDlrDoneDate", f"{datetime.now(UTC):%y%m%d%H%M}"))
            hooks.append((sms.callback, form))
        sms.status, sms.error = states[-1], error
        if sms.callback:
            await self._hooks(hooks)

    async def _hooks(self, hooks: list[tuple[str, list[tuple[str, str]]]]) -> None:
        kept = [hook for hook in hooks if not self._roll(self.moods.loses)]
        kept += [hook for hook in kept if self._roll(self.moods.repeats)]
        if self._roll(self.moods.shuffles):
            self.dice.shuffle(kept)
        for url, form in kept:
            if self.moods.pause:
                await asyncio.sleep(self.dice.random() * self.moods.pause * 2)
            await self._hook(url, form)

    async def _hook(self, url: str, form: list[tuple[str, str]]) -> str:
        self.hooks += 1
        headers = {
            "X-Twilio-Signature": sign(self.token, url, form),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
        }
        try:
            status, body = await self.post(url, form, headers)
        except OSError as error:
            log.warning("webhook %s: %s", url.partition("?")[0], error)
            return ""
        if status >= 300:
            log.warning("webhook %s: HTTP %d", url.partition("?")[0], status)
        return body

    def _of_call(self, call: Phone, status: str) -> list[tuple[str, str]]:
        return [
            ("Called", call.to), ("To", call.to), ("CallStatus", status), ("From", NUMBER), ("Direction", "outbound-api"),
            ("AccountSid", ACCOUNT), ("ApiVersion", "2010-04-01"), ("CallSid", call.sid),
        ]  # fmt: skip

    def _throttle(self) -> None:
        if self._roll(self.moods.too_many):
            raise Problem(429, 20429, "Too Many Requests")
        if self._roll(self.moods.refuses):
            raise Problem(503, 20503, "Service unavailable")

    def _roll(self, share: float) -> bool:
        return share > 0 and self.dice.random() < share

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def rest(self) -> None:
        """Until every webhook under way has arrived."""
        while self._under_way:
            await asyncio.gather(*self._under_way)


def sign(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """HMAC-SHA1 over the address and every field, names in order, in base64."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def body_of(form: list[tuple[str, str]]) -> bytes:
    return urlencode(form).encode()


def _sid(kind: str) -> str:
    return kind + secrets.token_hex(16)
