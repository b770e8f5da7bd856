"""The port to whoever carries our SMS, and the console gateway of demos and benches.

A vendor is one file that implements `SmsGateway` (and `Webhooks`, when it calls back); no vendor's word leaves
that file. `outbox` is the only caller of `send`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from core import installation
from core.i18n import _
from core.privacy import mask_phone

log = logging.getLogger("hotline.sms")

#: How far a message has come; a later report of a lower rank never overwrites. `waiting` is the outbox,
#: `claimed` a worker's, `unknown` means the carrier may have it or not.
RANK: Final[Mapping[str, int]] = {
    "waiting": 0,
    "claimed": 1,
    "unknown": 2,
    "accepted": 3,
    "queued": 4,
    "sending": 5,
    "sent": 6,
    "failed": 7,
    "undelivered": 7,
    "delivered": 8,
    "read": 9,
}
FINAL: Final = ("failed", "undelivered", "read")


@dataclass(frozen=True)
class OutMessage:
    """`key` is ours and the same for every try, for gateways that know a repeat by it; `attempt` counts the tries.

    `phone` is E.164.
    """

    key: str
    phone: str
    body: str
    attempt: int = 1


@dataclass(frozen=True)
class Doubt:
    """A message that may have been taken after `since` (real time). `known`: carrier ids of others to this phone."""

    message: OutMessage
    since: datetime
    known: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sent:
    """What the carrier answered at once; `state` is one of `RANK`."""

    carrier_id: str
    state: str


@dataclass(frozen=True)
class Capabilities:
    """Towards one country. `answers_stop`: the carrier itself answers STOP, START and HELP, so we do not."""

    two_way: bool
    most_segments: int
    answers_stop: bool = False


class Why(StrEnum):
    """Classes of a carrier's refusal; each gateway maps its codes to these."""

    NUMBER = "number"  # no such phone, a landline: never again
    OPTED_OUT = "opted_out"
    NOT_ALLOWED = "not_allowed"  # region, unregistered sender
    BUSY = "busy"  # too fast, phone off, lost on the way: try again later
    AWAY = "away"  # the carrier could not be reached at all
    FILTERED = "filtered"  # the text is blocked: stop the template
    ACCOUNT = "account"  # our own credentials
    OTHER = "other"


class Rejected(Exception):
    """The carrier certainly did not take the message."""

    def __init__(self, why: Why, code: str = "") -> None:
        super().__init__(f"{why} {code}".strip())
        self.why = why
        self.code = code


class InDoubt(Exception):
    """A time-out or a torn connection: the carrier may have taken it."""


class SmsGateway(Protocol):
    """`sender` is the number of ours that citizens see and write to. `reaches_people`: phones really ring."""

    name: str
    sender: str
    reaches_people: bool

    async def send(self, message: OutMessage) -> Sent:
        """Raises `Rejected`, or `InDoubt` when nobody can know."""
        ...

    async def find(self, doubt: Doubt) -> Sent | None:
        """What became of it; None: the carrier surely never had it. Raises `InDoubt` while nobody can know."""
        ...

    async def look(self, carrier_id: str) -> Report | None:
        """How a message stands by the carrier's own book; None: it knows no such message. Raises `InDoubt`."""
        ...

    def capabilities(self, country: int) -> Capabilities:
        """`country` is a calling code: 86."""
        ...

    async def examine(self) -> list[Check]:
        """Is it set up well? Asks the carrier; takes as long as its patience."""
        ...


@dataclass(frozen=True)
class Callback:
    """A carrier's call to one of our addresses, as it came. `url` is the public one (a setting), never Host."""

    url: str
    headers: Mapping[str, str]
    form: Sequence[tuple[str, str]]
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class InMessage:
    """An SMS to us. `carrier_id` names it for good; `phone` as the carrier wrote it.

    `keyword`: STOP, START or HELP where the carrier itself acted on the text and answered it.
    """

    gateway: str
    carrier_id: str
    phone: str
    sender: str
    body: str
    keyword: str = ""


@dataclass(frozen=True)
class Report:
    """How far a message of ours has come; `state` "" tells nothing of that.

    `own`: the key and attempt we gave along, "123.1", where the carrier says it back. `data`: nothing personal.
    """

    gateway: str
    carrier_id: str
    state: str
    error: str = ""
    why: Why | None = None
    own: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One thing looked at while setting up: is it well, what was seen, what to do about it."""

    name: str
    well: bool
    seen: str
    cure: str = ""


class Forged(Exception):
    """The callback's signature does not fit: answer 403, do nothing."""


@runtime_checkable
class Webhooks(Protocol):
    """What a gateway that calls back can read. Both raise `Forged`; signatures are checked first."""

    def parse_inbound(self, callback: Callback) -> InMessage: ...
    def parse_status(self, callback: Callback) -> Report: ...


class ConsoleGateway:
    """Delivers on the spot into our own `message` table, where the page `/phone` shows it; logs it masked."""

    name = "console"
    sender = "12345"
    reaches_people = False

    async def send(self, message: OutMessage) -> Sent:
        log.info("SMS to %s: %d characters", mask_phone(message.phone), len(message.body))
        return Sent(f"console-{message.key}", "delivered")

    async def find(self, doubt: Doubt) -> Sent | None:
        """The row is the handset: whatever is not marked delivered never was."""
        return None

    async def look(self, carrier_id: str) -> Report | None:
        return Report(self.name, carrier_id, "delivered")

    def capabilities(self, country: int) -> Capabilities:
        return Capabilities(two_way=True, most_segments=8)

    async def examine(self) -> list[Check]:
        return [Check(_("短信"), True, _("演示：短信送到 /phone 页"))]


CONSOLE: Final = ConsoleGateway()
_wired: SmsGateway | None = None


def use(gateway: SmsGateway | None) -> None:
    """Wire a carrier (floor 5 does, at start)."""
    global _wired
    _wired = gateway


async def current() -> SmsGateway | None:
    """The wired gateway; None where nobody carries SMS.

    In a demo or bench database the console, or a carrier that reaches nobody: invented phones may be somebody's.
    """
    if _wired is not None and not _wired.reaches_people:
        return _wired
    return CONSOLE if await installation.purpose() in installation.PLAYGROUNDS else _wired
