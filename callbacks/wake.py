"""The port that rings a duty phone: says a text, and hears whether somebody pressed 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from callbacks.gateway import Callback
from core import installation


@dataclass(frozen=True)
class Ring:
    """`key` is ours, `attempt` counts the tries. `phone` is E.164; `locale` of the voice: zh_CN, en."""

    key: str
    attempt: int
    phone: str
    text: str
    locale: str = "zh_CN"


@dataclass(frozen=True)
class Progress:
    """What became of a call; `outcome` as in `duty_call`, "" for nothing yet. `own`: "key.attempt"."""

    gateway: str
    carrier_id: str
    outcome: str
    own: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


class Waker(Protocol):
    """Raises `gateway.Rejected` when it surely rang nowhere, `gateway.InDoubt` when nobody can know."""

    name: str
    reaches_people: bool

    async def ring(self, call: Ring) -> str:
        """The carrier's id of the call; how it ends comes by callback."""
        ...

    def parse_call(self, callback: Callback) -> Progress: ...
    def parse_pressed(self, callback: Callback) -> Progress: ...


class ConsoleWaker:
    """The row is the telephone: it rings on the page `/phone`, where somebody takes it or not."""

    name = "console"
    reaches_people = False

    async def ring(self, call: Ring) -> str:
        return f"duty-{call.key}.{call.attempt}"

    def parse_call(self, callback: Callback) -> Progress:
        raise NotImplementedError("the page /phone settles the row itself")

    parse_pressed = parse_call


CONSOLE: Final = ConsoleWaker()
_wired: Waker | None = None


def use(waker: Waker | None) -> None:
    """Wire a carrier (floor 5 does, at start)."""
    global _wired
    _wired = waker


async def current() -> Waker | None:
    """The wired one, by the rule of `gateway.current`: a demo rings nobody."""
    if _wired is not None and not _wired.reaches_people:
        return _wired
    return CONSOLE if await installation.purpose() in installation.PLAYGROUNDS else _wired
