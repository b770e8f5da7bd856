"""Who a move says is told, is told: a `notice_due` row becomes a message, or the reason why there is none.

Outcomes: message, together (told with the number, or in answer to them), no phone, anonymous, not by sms, opted out, confidential,
overtaken (the ticket has moved on), nothing to say, no gateway, failed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final

from callbacks import optouts, outbox, told
from callbacks.gateway import SmsGateway
from callbacks.outbox import About, Letter
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
#: So many in a transaction.
BATCH: Final = 50
#: What a hold waits for when its ruling did not say.
WHAT: Final = {"zh_CN": "材料或约上门时间", "en": "papers, or a time for a visit"}


async def tell(*, now: datetime, gateway: SmsGateway | None) -> int:
    """Settle every notice that is due, the oldest first, many in a transaction; returns how many.

    One that cannot be told is found by telling them one by one, and tried later; the others do not wait for it.
    """
    settled = alone = 0
    while True:
        size, taken = 1 if alone else BATCH, list[int]()
        try:
            async with tx() as t:
                rows = await _due(t, now, size)
                taken += (row["id"] for row in rows)
                await _settle(t, rows, gateway, now)
        except db.UNREACHABLE:
            raise
        except Exception:
            if not taken:
                raise
            if size > 1:
                alone = len(taken)
                continue
            log.exception("notice %s could not be told", taken[0])
            await _later(taken[0], now)
        settled, alone = settled + len(taken), max(0, alone - 1)
        if len(taken) < size:
            return settled


async def _due(t: Tx, now: datetime, most: int) -> list[Any]:
    """The oldest notices with what their readers may hear of: `s` is what is worked on, the ticket itself or the one
    it is merged into; the event may be the master's. `together`: the notice of a dispatch in the same breath."""
    found: list[Any] = await t.fetch(
        """WITH next AS MATERIALIZED (
               SELECT id, ticket, round, event, verb, party, work_order, due_at FROM notice_due
               WHERE done_at IS NULL AND due_at <= $1 ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
           SELECT next.*, t.merged_into, t.confidential, t.anonymous, t.reply_by,
               s.status, s.urgency, s.due_at AS answer_due, e.ticket AS event_ticket, e.data,
               c.phone, c.phone_hash, c.phone_tail, c.language, lead.name AS unit, lead.name_en AS unit_en,
               w.part, w.sign_due_at, w.close_due_at, u.duty_phone, e.orders ->> next.work_order::text AS order_after,
               (SELECT o.result FROM work_order o WHERE o.ticket = e.ticket AND o.round = e.round
                AND o.part = 'lead' AND o.status = 'accepted' ORDER BY o.id DESC LIMIT 1) AS result,
               CASE next.verb WHEN 'take_back' THEN
                   (SELECT f.duty_phone FROM unit f WHERE f.id = (e.data ->> 'from')::int) END AS former_phone,
               CASE next.verb WHEN 'register' THEN
                   (SELECT d.id FROM notice_due d WHERE d.ticket = next.ticket AND d.verb = 'dispatch'
                    AND d.party = 'citizen' AND d.done_at IS NULL
                    AND d.due_at BETWEEN next.due_at AND next.due_at + interval '1 minute' LIMIT 1) END AS together
           FROM next JOIN ticket t ON t.id = next.ticket
           JOIN ticket s ON s.id = coalesce(t.merged_into, t.id)
           LEFT JOIN LATERAL (SELECT ticket, round, orders, data FROM ticket_event
               WHERE ticket IN (t.id, t.merged_into) AND id = next.event) e ON TRUE
           LEFT JOIN citizen c ON c.id = t.citizen AND next.party = 'citizen'
           LEFT JOIN unit lead ON lead.id = s.lead_unit
           LEFT JOIN work_order w ON w.id = next.work_order
           LEFT JOIN unit u ON u.id = w.unit
           ORDER BY next.due_at, next.id""",
        now, most,
    )  # fmt: skip
    return found


async def _settle(t: Tx, rows: Sequence[Any], gateway: SmsGateway | None, now: datetime) -> None:
    desk = _Desk(now, gateway, await _refusing(t, rows), await _joining(t, rows))
    for row in rows:
        if row["id"] not in desk.outcomes:
            desk.outcomes[row["id"]] = desk.tell(row)
    await outbox.put_many(t, desk.letters, now=now)
    await t.execute(
        """UPDATE notice_due n SET done_at = $3, outcome = o.outcome
           FROM unnest($1::bigint[], $2::text[]) o(id, outcome) WHERE n.id = o.id""",
        list(desk.outcomes), list(desk.outcomes.values()), now,
    )  # fmt: skip


async def _refusing(t: Tx, rows: Sequence[Any]) -> set[bytes]:
    """The hashes of those citizens who want no notices."""
    numbers = [privacy.open_sealed(row["phone"]) for row in rows if row["phone"] is not None]
    hashes = [found for number in numbers for found in privacy.lookups("phone", number)]
    return await optouts.refusing(t, hashes, "notice") if hashes else set()


async def _joining(t: Tx, rows: Sequence[Any]) -> set[int]:
    """The notices of dispatches that the registration's message may tell too; nobody else is at them now."""
    wanted = [row["together"] for row in rows if row["together"] is not None]
    if not wanted:
        return set()
    locked = await t.fetch(
        "SELECT id FROM notice_due WHERE id = ANY($1::bigint[]) AND done_at IS NULL FOR UPDATE SKIP LOCKED",
        wanted,
    )
    return {row["id"] for row in locked}


@dataclass
class _Desk:
    """Where a batch is told: what is known of all of them, and what comes of each."""

    now: datetime
    gateway: SmsGateway | None
    refusing: Set[bytes]
    joining: Set[int]
    letters: list[Letter] = field(default_factory=list)
    #: Notice → what became of it.
    outcomes: dict[int, str] = field(default_factory=dict)

    def tell(self, row: Any) -> str:
        if self.gateway is None:
            return "no gateway"
        if row["party"] == "unit":
            return self._tell_unit(row)
        if row["phone"] is None:
            return "anonymous" if row["anonymous"] else "no phone"
        if row["anonymous"]:
            return "anonymous"
        if "sms" not in row["reply_by"]:
            return "not by sms"
        number = privacy.open_sealed(row["phone"])
        if not self.refusing.isdisjoint(privacy.lookups("phone", number)):
            return "opted out"
        if row["confidential"]:
            text = render("call_us", row["language"]) if row["verb"] in told.CONFIDENTIAL else None
            return self._write(row, text) if text else "confidential"
        if row["event_ticket"] is None or told.is_overtaken(
            row["verb"], row["status"], is_merged=row["merged_into"] is not None
        ):
            return "overtaken"
        if row["verb"] == "close" and json.loads(row["data"]).get("by") == "sms":
            return "together"  # thanked in answer to their survey
        two_way = self.gateway.capabilities(country(number)).two_way
        return self._write(row, self._text(row, two_way=two_way))

    def _text(self, row: Any, *, two_way: bool) -> Text | None:
        """What the citizen reads, without asking for a reply where none can come; None for a move that tells them nothing."""
        data = json.loads(row["data"])
        known = _known(row, data, self.now)
        if row["verb"] == "register":
            name = "registered_dispatched" if "unit" in known and self._take_dispatch(row) else "registered"
        else:
            of_master = row["event_ticket"] != row["ticket"]
            name = told.citizen(row["verb"], known, ground=data.get("ground", ""), of_master=of_master)
        return render(_way(name, two_way), row["language"], **known) if name else None

    def _take_dispatch(self, row: Any) -> bool:
        """Dispatched in the same breath: one message tells both, and the other notice is settled here."""
        if row["status"] not in IN_HANDS or row["together"] not in self.joining:
            return False
        self.outcomes[row["together"]] = "together"
        return True

    def _write(self, row: Any, text: Text | None) -> str:
        if text is None:
            return "nothing to say"
        to = Phone(row["phone"], row["phone_hash"], row["phone_tail"])
        at_once = row["verb"] == "register" or row["urgency"] <= 2  # they are on the line with us
        return self._post(row, text, to, self.now if at_once else earliest(self.now))

    def _tell_unit(self, row: Any) -> str:
        """A duty phone is for duty: no quiet hours, but for a nudge that can wait for the morning."""
        name = told.unit(row["verb"], row["order_after"] or "", row["part"])
        if not name:
            return "nothing to say"
        if row["former_phone"] is not None:  # whom it was passed down to hears that it is gone
            gone = render("unit_recalled", "zh_CN", tail=tail(row["ticket"]))
            self._post(row, gone, phone(privacy.open_sealed(row["former_phone"])), self.now)
        if row["duty_phone"] is None:
            return "no phone"
        data = json.loads(row["data"] or "{}")
        by = told.UNIT_DUE.get(name)
        moment = row[by] if by in ("sign_due_at", "close_due_at") else data.get(by or "")
        if by and not moment:  # its clock rests meanwhile
            name = "unit_news"
        elif isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        text = render(
            name, "zh_CN", tail=tail(row["ticket"]), urgency=row["urgency"], n=data.get("no", 1),
            due=due(moment, "zh_CN", clock.local(self.now).date()) if moment else "",
        )  # fmt: skip
        after = earliest(self.now) if row["verb"] == "urge" and row["urgency"] > 2 else self.now
        return self._post(row, text, phone(privacy.open_sealed(row["duty_phone"])), after)

    def _post(self, row: Any, text: Text, to: Phone, after: datetime) -> str:
        about = About(row["ticket"], row["round"], row["event"], party=row["party"])
        self.letters.append(Letter(text, to, about, after))
        return "message"


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


async def _later(notice: int, now: datetime) -> None:
    """Out of the way of the others; after some tries for good."""
    await db.execute(
        """UPDATE notice_due SET tries = tries + 1, due_at = $2::timestamptz + interval '1 minute' * power(2, tries),
               done_at = CASE WHEN tries + 1 >= $3 THEN $2 END, outcome = CASE WHEN tries + 1 >= $3 THEN 'failed' ELSE '' END
           WHERE id = $1 AND done_at IS NULL""",
        notice, now, MOST_TRIES,
    )  # fmt: skip
