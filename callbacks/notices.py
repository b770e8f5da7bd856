"""Who a move says is told, is told: a `notice_due` row becomes a message, or the reason why there is none.

Outcomes: message, together (told with the number), no phone, anonymous, not by sms, opted out, confidential,
overtaken (the ticket has moved on), nothing to say, no gateway, failed.
"""

from __future__ import annotations

import logging
from datetime import datetime, time, timedelta
from typing import Any, Final

from callbacks import optouts, outbox
from callbacks.gateway import SmsGateway
from callbacks.outbox import About
from callbacks.phones import Phone, country, phone
from callbacks.templates import TEMPLATES, Text, due, render, result, tail
from core import clock, db, privacy
from core.db import Tx, tx
from core.settings import parse_hours, settings
from crm.tickets.number import DIGITS

log = logging.getLogger("hotline.sms")

#: Between these nobody is woken for P3 and P4.
QUIET_FROM: Final = time(21, 0)
QUIET_TO: Final = time(8, 0)
MOST_TRIES: Final = 5
WITH_UNIT: Final = ("dispatched", "handling", "return_review", "replied")
#: What a confidential ticket may be told of: never more than "call us".
_CONFIDENTIAL_TOLD: Final = ("register", "accept", "accept_and_close", "close")
#: (verb, the order's state after it) → the unit's message.
_UNIT: Final = {
    ("refuse_return", "handling"): "unit_return_refused",
    ("send_back", "handling"): "unit_sent_back",
    ("accept_return", "returned"): "unit_return_granted",
}
_UNIT_STATE: Final = {"dispatched": "unit_new", "recalled": "unit_recalled", "cancelled": "unit_cancelled"}


async def tell_next(*, now: datetime, gateway: SmsGateway | None) -> bool:
    """Settle the oldest notice in a transaction of its own; False when none is due."""
    notice: int | None = None
    try:
        async with tx() as t:
            row = await _next(t, now)
            if row is None:
                return False
            notice = row["id"]
            outcome = await _tell(t, row, gateway, now) if gateway else "no gateway"
            await _done(t, row["id"], outcome, now)
    except db.UNREACHABLE:
        raise
    except Exception:
        if notice is None:
            raise
        log.exception("notice %s could not be told", notice)
        await _later(notice, now)
    return True


async def _next(t: Tx, now: datetime) -> Any:
    return await t.fetchrow(
        """WITH next AS MATERIALIZED (
               SELECT id, ticket, round, event, verb, party, work_order, due_at FROM notice_due
               WHERE done_at IS NULL AND due_at <= $1 ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
           SELECT next.*, t.status, t.urgency, t.confidential, t.anonymous, t.reply_by, t.due_at AS answer_due,
               c.phone, c.phone_hash, c.phone_tail, c.language, lead.name AS unit, lead.name_en AS unit_en,
               w.sign_due_at, u.duty_phone,
               (SELECT o.result FROM work_order o WHERE o.ticket = next.ticket AND o.round = next.round
                AND o.part = 'lead' AND o.status = 'accepted' ORDER BY o.id DESC LIMIT 1) AS result,
               (SELECT e.orders ->> next.work_order::text FROM ticket_event e
                WHERE e.ticket = next.ticket AND e.id = next.event) AS order_after
           FROM next JOIN ticket t ON t.id = next.ticket
           LEFT JOIN citizen c ON c.id = t.citizen AND next.party = 'citizen'
           LEFT JOIN unit lead ON lead.id = t.lead_unit
           LEFT JOIN work_order w ON w.id = next.work_order
           LEFT JOIN unit u ON u.id = w.unit""",
        now,
    )


async def _tell(t: Tx, row: Any, gateway: SmsGateway, now: datetime) -> str:
    if row["party"] == "unit":
        return await _tell_unit(t, row, now)
    if row["phone"] is None:
        return "anonymous" if row["anonymous"] else "no phone"
    if row["anonymous"]:
        return "anonymous"
    if "sms" not in row["reply_by"]:
        return "not by sms"
    number = privacy.open_sealed(row["phone"])
    if await optouts.refuses(t, privacy.lookups("phone", number), "notice"):
        return "opted out"
    if row["confidential"]:
        text = render("call_us", row["language"]) if row["verb"] in _CONFIDENTIAL_TOLD else None
        return await _write(t, row, text, now) if text else "confidential"
    if row["verb"] == "dispatch" and row["status"] not in WITH_UNIT:
        return "overtaken"
    two_way = gateway.capabilities(country(number)).two_way
    return await _write(t, row, await _text(t, row, now, two_way=two_way), now)


async def _text(t: Tx, row: Any, now: datetime, *, two_way: bool) -> Text | None:
    """What the citizen reads, without asking for a reply where none can come; None for a verb that tells them nothing."""
    verb, locale = row["verb"], row["language"]
    known = {"tail": tail(row["ticket"]), "number": f"{row['ticket']:0{DIGITS}d}"}
    if row["unit"] and row["answer_due"]:
        known["unit"] = (row["unit_en"] or "the office in charge") if locale == "en" else row["unit"]
        known["due"] = due(row["answer_due"], locale, clock.local(now).date())
    if row["result"]:
        known["result"] = result(row["result"], locale)
    if verb == "register":
        name = (
            "registered_dispatched" if "due" in known and await _take_dispatch(t, row, now) else "registered"
        )
        return render(_way(name, two_way), locale, **known)
    name = {
        "dispatch": "dispatched", "dispatch_redo": "redispatched", "accept": "answered",
        "accept_and_close": "answered_closed", "close": "closed",
    }.get(verb, "")  # fmt: skip
    needs = {"dispatched": "due", "redispatched": "due", "answered": "result", "answered_closed": "result"}
    if not name or needs.get(name, "tail") not in known:
        return None
    return render(_way(name, two_way), locale, **known)


def _way(name: str, two_way: bool) -> str:
    return name if two_way or f"{name}_one_way" not in TEMPLATES else f"{name}_one_way"


async def _take_dispatch(t: Tx, row: Any, now: datetime) -> bool:
    """Dispatched in the same breath: one message tells both, and the other notice is settled here."""
    if row["status"] not in WITH_UNIT:
        return False
    other = await t.fetchval(
        """SELECT id FROM notice_due WHERE done_at IS NULL AND due_at BETWEEN $2 AND $3 AND ticket = $1
           AND verb = 'dispatch' AND party = 'citizen' FOR UPDATE SKIP LOCKED""",
        row["ticket"], row["due_at"], row["due_at"] + timedelta(minutes=1),
    )  # fmt: skip
    if other is not None:
        await _done(t, other, "together", now)
    return other is not None


async def _write(t: Tx, row: Any, text: Text | None, now: datetime) -> str:
    if text is None:
        return "nothing to say"
    to = Phone(row["phone"], row["phone_hash"], row["phone_tail"])
    about = About(row["ticket"], row["round"], row["event"])
    at_once = row["verb"] == "register" or row["urgency"] <= 2  # they are on the line with us
    await outbox.put(t, text, to, about, now=now, after=now if at_once else earliest(now))
    return "message"


async def _tell_unit(t: Tx, row: Any, now: datetime) -> str:
    """A duty phone is for duty: no quiet hours."""
    after = row["order_after"]
    name = _UNIT.get((row["verb"], after)) or _UNIT_STATE.get(after)
    if name is None:
        return "nothing to say"
    if row["duty_phone"] is None:
        return "no phone"
    sign_due = due(row["sign_due_at"] or now, "zh_CN", clock.local(now).date())
    text = render(name, "zh_CN", tail=tail(row["ticket"]), urgency=row["urgency"], due=sign_due)
    about = About(row["ticket"], row["round"], row["event"], party="unit")
    await outbox.put(t, text, phone(privacy.open_sealed(row["duty_phone"])), about, now=now, after=now)
    return "message"


def earliest(now: datetime, hours: tuple[time, time] = (QUIET_TO, QUIET_FROM)) -> datetime:
    """`now`, or when the hours begin in which we write; surveys have their own (`survey_hours`)."""
    first, last = hours
    here = clock.local(now)
    if first <= here.time() < last:
        return now
    day = here.date() + timedelta(days=1 if here.time() >= last else 0)
    return datetime.combine(day, first, here.tzinfo).astimezone(now.tzinfo)


def survey_hours() -> tuple[time, time]:
    return parse_hours(settings().survey_hours)


async def _done(t: Tx, notice: int, outcome: str, now: datetime) -> None:
    await t.execute("UPDATE notice_due SET done_at = $2, outcome = $3 WHERE id = $1", notice, now, outcome)


async def _later(notice: int, now: datetime) -> None:
    """Out of the way of the others; after some tries for good."""
    await db.execute(
        """UPDATE notice_due SET tries = tries + 1, due_at = $2::timestamptz + interval '1 minute' * power(2, tries),
               done_at = CASE WHEN tries + 1 >= $3 THEN $2 END, outcome = CASE WHEN tries + 1 >= $3 THEN 'failed' ELSE '' END
           WHERE id = $1 AND done_at IS NULL""",
        notice, now, MOST_TRIES,
    )  # fmt: skip
