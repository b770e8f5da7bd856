"""A citizen's SMS, answered. Only the phone a ticket was registered with hears about it; everybody else gets
the same words whether the ticket exists or not.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from callbacks import allowance, appeals, inbound, links, optouts, outbox, questions, surveys, withdrawing
from callbacks.gateway import InMessage, SmsGateway
from callbacks.inbound import Ask, Intent
from callbacks.outbox import About
from callbacks.phones import country, phone
from callbacks.questions import Question
from callbacks.talk import Answer, Talk
from callbacks.templates import Text, due, render, state, tail
from core import claims, clock, db, privacy
from core.db import Tx, tx
from crm.tickets import status
from crm.tickets.status import Standing

log = logging.getLogger("hotline.sms")

MOST_LISTED = 3
LONGEST = 1600
MOST_TRIES = 5
AGAIN_AFTER = timedelta(minutes=1)
#: Heard even from a phone that gets no answer any more.
ALWAYS = frozenset({Ask.OPT_OUT, Ask.STOP, Ask.OPT_IN, Ask.START})
#: Written down though not answered: a citizen's words on their own ticket.
KEPT = frozenset({Ask.ADD, Ask.URGE})


async def receive(message: InMessage, gateway: SmsGateway, *, now: datetime, at: datetime) -> int | None:
    """Answer at once, once however often it comes; the id of our reply, or None for silence.

    Claim, work and reply are one transaction; the reply goes out after it, here or by the worker.
    """
    number = _number_of(message)
    reply: int | None = None
    async with tx() as t:
        if number is None or await claims.claim(_source(message), message.carrier_id, now=at) is not None:
            return None
        talk = _talk(t, number, message, gateway, now=now, at=at)
        received = await _keep(talk, message, "handled")
        reply = await _reply(talk, received, inbound.read(message.body[:LONGEST]))
    if reply is not None:
        await outbox.send_one(gateway, reply, now=now, at=at)
    return reply


async def take(message: InMessage, gateway: SmsGateway, *, now: datetime, at: datetime) -> bool:
    """Claim an incoming message and write it down for the worker; False when it was here before."""
    number = _number_of(message)
    async with tx() as t:
        if number is None or await claims.claim(_source(message), message.carrier_id, now=at) is not None:
            return False
        await _keep(_talk(t, number, message, gateway, now=now, at=at), message, "received")
    return True


async def answer_next(gateway: SmsGateway, *, now: datetime, at: datetime) -> bool:
    """Answer the oldest message that was taken; False when none waits. What cannot be answered is left after some tries."""
    row: Any = None
    try:
        async with tx() as t:
            row = await t.fetchrow(
                """SELECT id, gateway, carrier_id, phone, sender, body, keyword, tries FROM message WHERE state = 'received'
                   AND tries < $1 AND (claimed_at IS NULL OR claimed_at < $2) ORDER BY id LIMIT 1
                   FOR UPDATE SKIP LOCKED""",
                MOST_TRIES, at - AGAIN_AFTER,
            )  # fmt: skip
            if row is None:
                return False
            phone, body = privacy.open_sealed(row["phone"]), privacy.open_sealed(row["body"])
            message = InMessage(row["gateway"], row["carrier_id"], phone, row["sender"], body, row["keyword"])
            talk = _talk(t, phone, message, gateway, now=now, at=at)
            await _reply(talk, row["id"], _intent(message))
            await t.execute("UPDATE message SET state = 'handled' WHERE id = $1", row["id"])
    except db.UNREACHABLE:
        raise
    except Exception:
        if row is None:
            raise
        log.exception("SMS %s could not be answered", row["id"])
        await db.execute(
            "UPDATE message SET tries = tries + 1, claimed_at = $2, error = 'not answered' WHERE id = $1",
            row["id"],
            at,
        )
    return True


def _number_of(message: InMessage) -> str | None:
    number = privacy.phone_e164(message.phone)
    if number is None:
        log.warning("an SMS from something that is no phone was dropped")
    return number


def _source(message: InMessage) -> str:
    return f"sms:{message.gateway}"


def _talk(
    t: Tx, number: str, message: InMessage, gateway: SmsGateway, *, now: datetime, at: datetime
) -> Talk:
    stops = gateway.capabilities(country(number)).answers_stop
    return Talk(t, phone(number), privacy.lookups("phone", number), message.sender, stops, now, at)


def _intent(message: InMessage) -> Intent:
    """What the carrier itself acted on means that, in whatever words: it has blocked them, or not, already."""
    intent = inbound.read(message.body[:LONGEST])
    acted = {"STOP": Ask.STOP, "START": Ask.START, "HELP": Ask.CARRIER_HELP}.get(message.keyword)
    return Intent(acted, locale=intent.locale) if acted else intent


async def _reply(talk: Talk, received: int, intent: Intent) -> int | None:
    answer = await _answer(talk, intent)
    if answer is None:
        return None
    about = About(ticket=answer.ticket, reply_to=received)
    return await outbox.put(talk.t, answer.text, talk.phone, about, now=talk.now, after=talk.now)


async def _keep(talk: Talk, message: InMessage, state: str) -> int:
    return int(
        await talk.t.fetchval(
            """INSERT INTO message (direction, gateway, carrier_id, phone, phone_hash, phone_tail, body, party,
                   sender, keyword, state, created_at)
               VALUES ('in', $1, $2, $3, $4, $5, $6, 'citizen', $7, $8, $9, $10) RETURNING id""",
            message.gateway, message.carrier_id, talk.phone.sealed, talk.phone.hash, talk.phone.tail,
            privacy.seal(message.body[:LONGEST]), message.sender, message.keyword, state, talk.now,
        )
    )  # fmt: skip


async def _answer(talk: Talk, intent: Intent) -> Answer | None:
    """Over the limit nothing is lost: what they add is written down, and they are told once how to reach us."""
    await optouts.reached(talk.t, talk.hashes, now=talk.now)
    may = await allowance.count(talk.t, talk.phone, talk.hashes, at=talk.at)
    if intent.ask in ALWAYS or (may.answered and not may.stopped):
        answer = await _HANDLERS[intent.ask](talk, intent)
        return answer if may.answered else None
    if intent.ask in KEPT and may.heard:
        await _about_ticket(talk, intent)
    if may.first_over and not may.stopped:
        return Answer(render("too_many", intent.locale))
    return None


async def _about_ticket(talk: Talk, intent: Intent) -> Answer | None:
    """查, 催, 补, 撤, 链接: find the one ticket that is meant, then do it; else ask which."""
    if intent.ask is Ask.ADD and not (intent.number and intent.text):
        return Answer(render("add_how", intent.locale))
    if intent.number:
        found = await status.of_number(talk.hashes, intent.number, limit=MOST_LISTED + 1)
        if not found:
            await allowance.wrong_number(talk.t, talk.phone, at=talk.at)
    else:
        found = await status.open_of(talk.hashes, limit=MOST_LISTED + 1)
    if not found:
        return Answer(render("no_match", intent.locale))
    if len(found) == 1:
        return await _do(talk, intent, found[0])
    return await _which(talk, intent, found)


async def _do(talk: Talk, intent: Intent, ticket: Standing) -> Answer:
    locale = intent.locale or ticket.language
    if ticket.confidential:
        return Answer(render("call_us", locale), ticket.id)
    if intent.ask is Ask.QUERY:
        return Answer(standing(ticket, locale, talk.now), ticket.id)
    if intent.ask is Ask.LINK:
        url = await links.make(talk.t, ticket.id, at=talk.at)
        return Answer(render("link", locale, tail=tail(ticket.id), url=url), ticket.id)
    if intent.ask is Ask.WITHDRAW:
        return await withdrawing.ask_code(talk, ticket, locale)
    did = await appeals.appeal(ticket, urge=intent.ask is Ask.URGE, text=intent.text, now=talk.now)
    return Answer(render(did, locale, tail=tail(ticket.id), state=state(ticket.status, locale)), ticket.id)


async def _which(talk: Talk, intent: Intent, found: list[Standing]) -> Answer:
    """Up to three as 1, 2, 3. Confidential ones are not on the list: for them there is the phone."""
    open_ones = [ticket for ticket in found if not ticket.confidential]
    locale = intent.locale or found[0].language
    if not open_ones:
        return Answer(render("call_us", locale))
    listed = open_ones[:MOST_LISTED]
    payload = {
        "ask": intent.ask.value, "locale": locale, "tickets": [ticket.id for ticket in listed],
        "text": privacy.seal(intent.text).hex() if intent.text else "",
    }  # fmt: skip
    asked = await questions.ask(
        talk.t, talk.phone, talk.sender, Question(questions.LIST, payload), at=talk.at
    )
    return Answer(_list(listed, len(found) > MOST_LISTED, locale, asked))


def _list(listed: list[Standing], has_more: bool, locale: str, asked: bool) -> Text:
    english = locale == "en"
    items = " ".join(
        f"{n}.{' ' if english else '尾号'}{tail(ticket.id)} {state(ticket.status, locale)}"
        for n, ticket in enumerate(listed, 1)
    )
    more = {(True, True): ", or text another number.", (True, False): ".", (False, True): "，更多请发单号"}
    return render(
        "list" if asked else "list_only",
        locale,
        items=items,
        more=more.get((english, has_more and asked), "." * english),
    )


async def _digits(talk: Talk, intent: Intent) -> Answer | None:
    if len(intent.number) == surveys.DIGITS:
        survey = await questions.open_one(talk.t, talk.hashes, surveys.SENDER, at=talk.at)
        if survey is not None:
            return await surveys.answer(talk, survey.payload, intent.number)
    question = await questions.open_one(talk.t, talk.hashes, talk.sender, at=talk.at)
    if question is not None and question.kind == questions.WITHDRAW:
        return await withdrawing.answer(talk, question.payload, intent.number)
    if question is None or question.kind != questions.LIST:
        return Answer(render("help", intent.locale))
    payload, choice = question.payload, int(intent.number)
    if not 1 <= choice <= len(payload["tickets"]):
        return Answer(render("choose_again", payload["locale"]))
    text = privacy.open_sealed(bytes.fromhex(payload["text"])) if payload["text"] else ""
    number = f"{payload['tickets'][choice - 1]:013d}"
    return await _about_ticket(talk, Intent(Ask(payload["ask"]), number, text, payload["locale"]))


async def _help(_talk: Talk, intent: Intent) -> Answer | None:
    return Answer(render("help", intent.locale))


async def _carrier_help(talk: Talk, intent: Intent) -> Answer | None:
    return None if talk.answers_stop else await _help(talk, intent)


async def _opt_out(talk: Talk, intent: Intent) -> Answer | None:
    await optouts.opt_out(talk.t, talk.phone, optouts.UNASKED, word=intent.ask, now=talk.now)
    return Answer(render("opted_out", intent.locale))


async def _stop(talk: Talk, intent: Intent) -> Answer | None:
    await optouts.opt_out(talk.t, talk.phone, optouts.PURPOSES, word=intent.ask, now=talk.now)
    return None if talk.answers_stop else Answer(render("stopped", intent.locale))


async def _opt_in(talk: Talk, intent: Intent) -> Answer | None:
    await optouts.opt_in(talk.t, talk.hashes, now=talk.now)
    return (
        None if talk.answers_stop and intent.ask is Ask.START else Answer(render("opted_in", intent.locale))
    )


async def _unknown(talk: Talk, intent: Intent) -> Answer | None:
    if not await allowance.may_help(talk.t, talk.phone, at=talk.at):
        return None
    return Answer(render("help", intent.locale))


_HANDLERS: dict[Ask, Callable[[Talk, Intent], Awaitable[Answer | None]]] = {
    Ask.QUERY: _about_ticket,
    Ask.URGE: _about_ticket,
    Ask.ADD: _about_ticket,
    Ask.LINK: _about_ticket,
    Ask.DIGITS: _digits,
    Ask.WITHDRAW: _about_ticket,
    Ask.HELP: _help,
    Ask.CARRIER_HELP: _carrier_help,
    Ask.OPT_OUT: _opt_out,
    Ask.STOP: _stop,
    Ask.OPT_IN: _opt_in,
    Ask.START: _opt_in,
    Ask.UNKNOWN: _unknown,
}


def standing(ticket: Standing, locale: str, now: datetime) -> Text:
    """One ticket's status in a sentence; late is said, not hidden."""
    values = {"tail": tail(ticket.id), "state": state(ticket.status, locale)}
    if ticket.unit is None or ticket.due_at is None:
        return render("status", locale, **values)
    name = "status_over" if ticket.due_at <= now else "status_with"
    unit = (ticket.unit_en or "the office in charge") if locale == "en" else ticket.unit
    return render(name, locale, **values, unit=unit, due=due(ticket.due_at, locale, clock.local(now).date()))
