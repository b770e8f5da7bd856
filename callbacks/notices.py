"""Who a move says is told, is told: a `notice_due` row becomes a message, or the reason why there is none.

Outcomes: message, together (told with the number, or in answer to them), no phone, anonymous, not by sms, opted out, confidential,
overtaken (the ticket has moved on), nothing to say, no gateway, failed.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, time, timedelta
from typing import Any, Final

from callbacks import optouts, outbox, told
from callbacks.gateway import SmsGateway
from callbacks.outbox import About
from callbacks.phones import Phone, country, phone
from callbacks.templates import Text, due, path, render, result, tail, why
from callbacks.texts import TEMPLATES
from core import clock, db, privacy
from core.db import Tx, tx
from core.settings import parse_hours, settings
from crm.tickets.number import DIGITS
from crm.tickets.states import IN_HANDS

log = logging.getLogger("hotline.sms")

#: Between these nobody is woken for P3 and P4.
QUIET_FROM: Final = time(21, 0)
QUIET_TO: Final = time(8, 0)
MOST_TRIES: Final = 5
#: What a hold waits for when its ruling did not say.
WHAT: Final = {"zh_CN": "材料或约上门时间", "en": "papers, or a time for a visit"}


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
    """The oldest notice with what its reader may hear of: `s` is what is worked on, the ticket itself or the one it is
    merged into; the event may be the master's."""
    return await t.fetchrow(
        """WITH next AS MATERIALIZED (
               SELECT id, ticket, round, event, verb, party, work_order, due_at FROM notice_due
               WHERE done_at IS NULL AND due_at <= $1 ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
           SELECT next.*, t.merged_into, t.confidential, t.anonymous, t.reply_by,
               s.status, s.urgency, s.due_at AS answer_due, e.ticket AS event_ticket, e.data,
               c.phone, c.phone_hash, c.phone_tail, c.language, lead.name AS unit, lead.name_en AS unit_en,
               w.part, w.sign_due_at, w.close_due_at, u.duty_phone, e.orders ->> next.work_order::text AS order_after,
               (SELECT o.result FROM work_order o WHERE o.ticket = e.ticket AND o.round = e.round
                AND o.part = 'lead' AND o.status = 'accepted' ORDER BY o.id DESC LIMIT 1) AS result
           FROM next JOIN ticket t ON t.id = next.ticket
           JOIN ticket s ON s.id = coalesce(t.merged_into, t.id)
           LEFT JOIN LATERAL (SELECT ticket, round, orders, data FROM ticket_event
               WHERE ticket IN (t.id, t.merged_into) AND id = next.event) e ON TRUE
           LEFT JOIN citizen c ON c.id = t.citizen AND next.party = 'citizen'
           LEFT JOIN unit lead ON lead.id = s.lead_unit
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
        text = render("call_us", row["language"]) if row["verb"] in told.CONFIDENTIAL else None
        return await _write(t, row, text, now) if text else "confidential"
    if row["event_ticket"] is None or told.is_overtaken(
        row["verb"], row["status"], is_merged=row["merged_into"] is not None
    ):
        return "overtaken"
    if row["verb"] == "close" and json.loads(row["data"]).get("by") == "sms":
        return "together"  # thanked in answer to their survey
    two_way = gateway.capabilities(country(number)).two_way
    return await _write(t, row, await _text(t, row, now, two_way=two_way), now)


async def _text(t: Tx, row: Any, now: datetime, *, two_way: bool) -> Text | None:
    """What the citizen reads, without asking for a reply where none can come; None for a move that tells them nothing."""
    data = json.loads(row["data"])
    known = _known(row, data, now)
    if row["verb"] == "register":
        dispatched = "unit" in known and await _take_dispatch(t, row, now)
        name = "registered_dispatched" if dispatched else "registered"
    else:
        of_master = row["event_ticket"] != row["ticket"]
        name = told.citizen(row["verb"], known, ground=data.get("ground", ""), of_master=of_master)
    return render(_way(name, two_way), row["language"], **known) if name else None


def _known(row: Any, data: dict[str, Any], now: datetime) -> dict[str, str]:
    """The placeholders that can be filled."""
    verb, locale, today = row["verb"], row["language"], clock.local(now).date()
    known = {"tail": tail(row["ticket"]), "number": f"{row['ticket']:0{DIGITS}d}"}
    if row["unit"] and row["answer_due"]:
        known["unit"] = (row["unit_en"] or "the office in charge") if locale == "en" else row["unit"]
        known["due"] = due(row["answer_due"], locale, today)
    if row["result"]:
        known["result"] = result(row["result"], locale)
    match verb:
        case "grant_hold" | "remind_citizen":
            known["due"] = due(datetime.fromisoformat(data["resume_on"]), locale, today)
            known["what"] = data.get("tell") or WHAT["en" if locale == "en" else "zh_CN"]
            known["why"] = why(data.get("ground", ""), locale)
        case "refuse":
            known["path"] = path(data.get("ground", ""), locale)
        case "announce":
            known["text"] = data["text"]
    return known


def _way(name: str, two_way: bool) -> str:
    return name if two_way or f"{name}_one_way" not in TEMPLATES else f"{name}_one_way"


async def _take_dispatch(t: Tx, row: Any, now: datetime) -> bool:
    """Dispatched in the same breath: one message tells both, and the other notice is settled here."""
    if row["status"] not in IN_HANDS:
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
    """A duty phone is for duty: no quiet hours, but for a nudge that can wait for the morning."""
    name = told.unit(row["verb"], row["order_after"] or "", row["part"])
    if not name:
        return "nothing to say"
    data = json.loads(row["data"] or "{}")
    if row["verb"] == "take_back":
        await _tell_former(t, row, data["from"], now)
    if row["duty_phone"] is None:
        return "no phone"
    by = told.UNIT_DUE.get(name)
    moment = row[by] if by in ("sign_due_at", "close_due_at") else data.get(by or "")
    if by and not moment:  # its clock rests meanwhile
        name = "unit_news"
    elif isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    text = render(
        name, "zh_CN", tail=tail(row["ticket"]), urgency=row["urgency"], n=data.get("no", 1),
        due=due(moment, "zh_CN", clock.local(now).date()) if moment else "",
    )  # fmt: skip
    about = About(row["ticket"], row["round"], row["event"], party="unit")
    after = earliest(now) if row["verb"] == "urge" and row["urgency"] > 2 else now
    await outbox.put(t, text, phone(privacy.open_sealed(row["duty_phone"])), about, now=now, after=after)
    return "message"


async def _tell_former(t: Tx, row: Any, unit: int, now: datetime) -> None:
    """Whom the order was passed down to hears that it is gone; the notice is for the unit that has it now."""
    sealed = await t.fetchval("SELECT duty_phone FROM unit WHERE id = $1", unit)
    if sealed is not None:
        text = render("unit_recalled", "zh_CN", tail=tail(row["ticket"]))
        about = About(row["ticket"], row["round"], row["event"], party="unit")
        await outbox.put(t, text, phone(privacy.open_sealed(sealed)), about, now=now, after=now)


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
