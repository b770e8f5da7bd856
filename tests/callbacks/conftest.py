"""Tickets made with the real verbs, and a gateway that does what a test tells it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar import Litestar

from callbacks import gateway, jobs, replies
from callbacks.gateway import Capabilities, Check, Doubt, InMessage, OutMessage, Report, Sent
from core import clock, db, privacy
from core.officers import Officer
from crm.tickets import register, registration
from routing.rulebook import rulebook

#: A Tuesday morning in the hotline's zone.
MORNING = datetime(2026, 11, 24, 2, 45, tzinfo=UTC)
SetClocks = Callable[[datetime], None]
ALICE, BOB = "13800001111", "13900002222"
STAFF = Officer(
    id=1, username="staff", name="李静",
    permissions=frozenset({
        "ticket.see", "ticket.register", "ticket.dispatch", "ticket.review", "ticket.follow_up", "ticket.withdraw",
        "ticket.confidential",
    }),
)  # fmt: skip


@dataclass
class Carrier:
    """Keeps what it was given; `fails` is raised instead, `knows` is what it says of messages in doubt."""

    name: str = "test"
    sender: str = "12345"
    answers_stop: bool = False
    reaches_people: bool = False
    two_way: bool = True
    got: list[OutMessage] = field(default_factory=list)
    fails: BaseException | None = None
    knows: Sent | None = None
    reports: dict[str, Report] = field(default_factory=dict)

    async def send(self, message: OutMessage) -> Sent:
        if self.fails is not None:
            raise self.fails
        self.got.append(message)
        return Sent(f"c-{message.key}", "accepted")

    async def find(self, doubt: Doubt) -> Sent | None:
        return self.knows

    async def look(self, carrier_id: str) -> Report | None:
        return self.reports.get(carrier_id)

    def capabilities(self, country: int) -> Capabilities:
        return Capabilities(self.two_way, 8, self.answers_stop)

    async def examine(self) -> list[Check]:
        return []

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.got]


@pytest.fixture
async def app(database: str) -> AsyncIterator[Litestar]:
    """This floor's pages and the ground's: all that a carrier and a citizen can call."""
    from core import sessions
    from hotline.app import create_app, life

    sessions.forget_all()
    made = create_app(("core.pages", "callbacks.pages"))
    async with life(made):
        yield made


@pytest.fixture
def carrier() -> Any:
    made = Carrier()
    gateway.use(made)
    yield made
    gateway.use(None)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clocks, business and real."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)
        monkeypatch.setattr(clock, "real_now", lambda: moment)

    set_to(MORNING)
    return set_to


async def ticket(phone: str = ALICE, **more: Any) -> int:
    """Registered by the agent; the number."""
    book = await rulebook()
    matter = next(m.code for m in book.matters.values() if m.leaf and not m.confidential)
    form = {
        "kind": "help", "matter": matter, "content": "五号楼暖气不热，室温十四度", "street": next(iter(book.streets)),
        "phone": phone, "urgency": 3, "name": "王某某", "address": "五号楼 301", **more,
    }  # fmt: skip
    done = await register.register(STAFF, registration.check(form, book), now=clock.now())
    return done.number


class Texter:
    """A citizen with a phone in hand."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.sent = 0

    async def __call__(self, body: str, phone: str = ALICE, id: str | None = None) -> str | None:
        """Our answer, or None for silence."""
        self.sent += 1
        message = InMessage("test", id or f"in-{self.sent}", phone, "12345", body)
        before = len(self.carrier.got)
        await replies.receive(message, self.carrier, now=clock.now(), at=clock.real_now())
        answers = self.carrier.bodies[before:]
        assert len(answers) <= 1
        return answers[0] if answers else None


@pytest.fixture
def text(database: str, carrier: Carrier, at: Any) -> Texter:
    return Texter(carrier)


async def work() -> None:
    """What the worker does."""
    await jobs.send_notices()
    await jobs.send_messages()


async def outcomes(number: int) -> list[tuple[str, str, str]]:
    rows = await db.fetch(
        "SELECT verb, party, outcome FROM notice_due WHERE ticket = $1 ORDER BY event, party", number
    )
    return [(row["verb"], row["party"], row["outcome"]) for row in rows]


async def unit_with_phone() -> int:
    """A unit's id; its duty phone rings."""
    return int(
        await db.fetchval(
            "UPDATE unit SET duty_phone = $1 WHERE id = (SELECT id FROM unit WHERE kind <> 'street' AND valid_to IS NULL"
            " AND level > 0 ORDER BY id LIMIT 1) RETURNING id",
            privacy.seal("+862223456789"),
        )
    )
