"""Calls: offered, answered, ended with a disposition. The carrier stands behind the `Carrier` port.

A PBX, Twilio or the demo's local caller call the same verbs: `receive`, `hung_up`. Agents call `answer_next`,
`hang_up`, `hold`, `mute`, `dispose`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core import audit, db, privacy
from core.db import tx
from core.errors import Conflict, Invalid, NotFound, Refused
from core.i18n import _
from core.officers import Officer
from crm.lines import line_id
from crm.tickets.words import DISPOSITION

#: In an agent's hands.
LIVE = ("ringing", "talking", "held")
#: What an agent may choose; `ticket`, `appended` and `answered` follow from what was done.
CHOSEN = ("answered", "transferred", "silent", "nuisance", "test", "wrong_number")

SHORTEST_REASON = 4


@dataclass(frozen=True)
class Waiting:
    """Who waits in the queue: how many, and since when the first of them."""

    count: int
    since: datetime | None


class Carrier(Protocol):
    """What the desk needs of whoever carries the voice. Raises nothing the caller must know of."""

    async def answer(self, carrier_id: str) -> None: ...
    async def hang_up(self, carrier_id: str) -> None: ...
    async def hold(self, carrier_id: str, on: bool) -> None: ...
    async def mute(self, carrier_id: str, on: bool) -> None: ...


class NoCarrier:
    """Voice runs beside us (a PBX with its own handset): the desk only keeps the books."""

    async def answer(self, carrier_id: str) -> None: ...
    async def hang_up(self, carrier_id: str) -> None: ...
    async def hold(self, carrier_id: str, on: bool) -> None: ...
    async def mute(self, carrier_id: str, on: bool) -> None: ...


_carrier: Carrier = NoCarrier()


def use(carrier: Carrier) -> None:
    """Wire the carrier (floor 5 does, at start)."""
    global _carrier
    _carrier = carrier


async def receive(*, carrier_id: str, line: str, phone: str, now: datetime) -> int:
    """A call is offered on a line; repeats of the same `carrier_id` find the same call. `phone` "" = withheld."""
    number = privacy.phone_e164(phone) if phone else None
    line_no = await line_id(line)
    known = privacy.lookups("phone", number) if number else []
    async with tx() as t:
        call = await t.fetchval(
            """INSERT INTO call (carrier_id, line, status, direction, phone, phone_hash, phone_tail, citizen, offered_at)
               VALUES ($1, $2, 'queued', 'in', $3, $4, $5,
                   (SELECT id FROM citizen WHERE phone_hash = ANY($6::bytea[]) LIMIT 1), $7)
               ON CONFLICT (carrier_id) DO NOTHING RETURNING id""",
            carrier_id, line_no, privacy.seal(number) if number else None, known[0] if known else None,
            number[-4:] if number else "", known, now,
        )  # fmt: skip
        if call is None:
            return int(await t.fetchval("SELECT id FROM call WHERE carrier_id = $1", carrier_id))
        t.changed("queue:calls")
        return int(call)


async def answer_next(officer: Officer, *, now: datetime) -> int | None:
    """Take the longest waiting call; two agents never get the same one. None when nobody waits."""
    async with tx() as t:
        # Two windows of one agent that press at once: the second waits here, and finds the first one's call.
        await t.execute("SELECT 1 FROM account WHERE id = $1 FOR UPDATE", officer.id)
        busy = await t.fetchval(
            "SELECT id FROM call WHERE agent = $1 AND status = ANY($2::text[])", officer.id, LIVE
        )
        if busy is not None:
            raise Conflict(_("先结束手上的通话，再接下一个。"))
        row = await t.fetchrow(
            """UPDATE call SET status = 'talking', agent = $1, agent_name = $2, answered_at = $3,
                   ringing_at = coalesce(ringing_at, $3), version = version + 1
               WHERE id = (SELECT id FROM call WHERE status = 'queued' ORDER BY offered_at, id LIMIT 1
                           FOR UPDATE SKIP LOCKED)
               RETURNING id, carrier_id""",
            officer.id, officer.name, now,
        )  # fmt: skip
        if row is None:
            return None
        t.changed("queue:calls", f"agent:{officer.id}")
    await _carrier.answer(row["carrier_id"])
    return int(row["id"])


async def hang_up(officer: Officer, call: int, *, now: datetime) -> None:
    """The agent ends the call; it waits for its disposition."""
    row = await _own(officer, call)
    if row["status"] == "ended":
        return
    await _end(call, now=now, by="agent")
    await _carrier.hang_up(row["carrier_id"])


async def hung_up(carrier_id: str, *, now: datetime) -> None:
    """The carrier says the caller is gone. Never answered: the disposition is `abandoned`."""
    call = await db.fetchval("SELECT id FROM call WHERE carrier_id = $1", carrier_id)
    if call is None:
        raise NotFound(_("没有这通电话。"))
    await _end(call, now=now, by="caller")


async def hold(officer: Officer, call: int, on: bool) -> None:
    row = await _own(officer, call)
    if row["status"] not in ("talking", "held"):
        raise Refused(_("通话已结束。"), code="ended")
    await db.execute(
        "UPDATE call SET status = $2, version = version + 1 WHERE id = $1", call, "held" if on else "talking"
    )
    await _carrier.hold(row["carrier_id"], on)


async def mute(officer: Officer, call: int, on: bool) -> None:
    row = await _own(officer, call)
    if row["status"] == "ended":
        raise Refused(_("通话已结束。"), code="ended")
    await db.execute("UPDATE call SET muted = $2, version = version + 1 WHERE id = $1", call, on)
    await _carrier.mute(row["carrier_id"], on)


async def dispose(officer: Officer, call: int, *, disposition: str, note: str, now: datetime) -> None:
    """How the call ended, where no ticket says so. Raises Invalid for an unknown disposition."""
    if disposition not in CHOSEN:
        raise Invalid({"disposition": _("选一个通话结果：{choices}。").format(
            choices="、".join(_(DISPOSITION[c]) for c in CHOSEN))})  # fmt: skip
    await _own(officer, call)
    await _settle(call, disposition, note)
    await _end(call, now=now, by="agent")


async def settle(call: int, disposition: str) -> None:
    """A verb that used the call says what came of it (`ticket`, `appended`, `answered`); the first word stays."""
    await _settle(call, disposition, "")


async def waiting() -> Waiting:
    row = await db.fetchrow(
        "SELECT count(*) AS n, min(offered_at) AS since FROM call WHERE status = 'queued'"
    )
    return Waiting(row["n"], row["since"])


async def in_hand(officer: Officer, call: int | None = None) -> Any:
    """The officer's call as the desk shows it: the one named, else the live one, else the last ended that still
    needs a disposition; or None. The phone stays sealed; `tickets` is how many came of the call so far."""
    return await db.fetchrow(
        """SELECT c.id, c.status, c.phone, c.phone_tail, c.offered_at, c.answered_at, c.ended_at, c.muted,
               c.disposition, l.number AS line, l.name AS line_name, l.name_en AS line_name_en, l.greeting,
               (SELECT count(*) FROM call_ticket k WHERE k.call = c.id) AS tickets,
               z.id AS citizen, z.name, z.contact, z.remark
           FROM call c JOIN line l ON l.id = c.line
           LEFT JOIN citizen z ON z.id = coalesce(c.citizen,
               (SELECT k.id FROM citizen k WHERE k.phone_hash = c.phone_hash))
           WHERE c.agent = $1 AND CASE WHEN $2::bigint IS NOT NULL THEN c.id = $2
               ELSE c.status = ANY($3::text[]) OR (c.status = 'ended' AND c.disposition = '') END
           ORDER BY c.status = 'ended', c.id DESC LIMIT 1""",
        officer.id, call, LIVE,
    )  # fmt: skip


async def phone_of(officer: Officer, call: int, *, reason: str) -> str:
    """The caller's number in clear, "" where it was withheld; looking is logged. Raises NotFound, Invalid."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid({"reason": _("写明为什么要看号码，至少 {n} 个字。").format(n=SHORTEST_REASON)})
    async with tx() as t:
        row = await t.fetchrow("SELECT phone FROM call WHERE id = $1 AND agent = $2", call, officer.id)
        if row is None:
            raise NotFound(_("这不是您手上的通话。"))
        await audit.seen(officer, "phone", f"call:{call}", reason.strip())
    return privacy.open_sealed(row["phone"]) if row["phone"] else ""


async def without_disposition(officer: Officer) -> list[Any]:
    """The officer's ended calls that still need one."""
    return await db.fetch(
        "SELECT id, offered_at, phone_tail FROM call WHERE agent = $1 AND status = 'ended' AND disposition = ''"
        " ORDER BY id DESC LIMIT 20",
        officer.id,
    )


async def _settle(call: int, disposition: str, note: str) -> None:
    await db.execute(
        """UPDATE call SET disposition = $2, note = CASE WHEN $3 = '' THEN note ELSE $3 END, version = version + 1
           WHERE id = $1 AND disposition = ''""",
        call, disposition, note,
    )  # fmt: skip


async def _end(call: int, *, now: datetime, by: str) -> None:
    async with tx() as t:
        row = await t.fetchrow(
            """UPDATE call SET status = 'ended', ended_at = $2, ended_by = $3, version = version + 1,
                   disposition = CASE WHEN answered_at IS NULL THEN 'abandoned' ELSE disposition END
               WHERE id = $1 AND status <> 'ended' RETURNING agent""",
            call, now, by,
        )  # fmt: skip
        if row is not None:
            t.changed("queue:calls", *([f"agent:{row['agent']}"] if row["agent"] else []))


async def _own(officer: Officer, call: int) -> Any:
    row = await db.fetchrow(
        "SELECT carrier_id, status FROM call WHERE id = $1 AND agent = $2", call, officer.id
    )
    if row is None:
        raise NotFound(_("这不是您手上的通话。"))
    return row
