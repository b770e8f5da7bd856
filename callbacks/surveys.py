"""回访 by SMS: two digits, asked an hour after the answer was accepted, by day, once a round and one at a time a phone.

The first valid reply counts: content, it closes the follow-up; 3 in either place, a human calls back. Who does not
reply stays on the callers' worklist as before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from callbacks import notices, optouts, outbox, questions
from callbacks.appeals import CITIZEN
from callbacks.gateway import SmsGateway
from callbacks.outbox import About
from callbacks.phones import Phone, country
from callbacks.questions import Question
from callbacks.talk import Answer, Talk
from callbacks.templates import render, state, tail
from core import db, installation, privacy
from core.db import tx
from core.errors import Refused
from core.officers import Officer
from core.settings import settings
from crm.tickets import closing, following_up, merged_follow_up
from crm.tickets.access import ticket_for
from crm.tickets.states import Status

AFTER: Final = timedelta(hours=1)
NOT_AFTER: Final = timedelta(hours=24)
LASTS: Final = timedelta(hours=72)
#: A survey is asked of a phone, whichever of our numbers they answer to.
SENDER: Final = ""
DIGITS: Final = 2
_SOLVED: Final = {"1": "yes", "2": "partly", "3": "no"}
_SATISFIED: Final = {"1": 2, "2": 3, "3": 4}
_UNHAPPY: Final = "3"
#: What the citizen's digits may do: end their own follow-up.
_ASKED: Final = Officer(
    id=0, username="citizen", name="市民", permissions=frozenset({"ticket.see", "ticket.follow_up"})
)
#: Rounds accepted up to here were looked at by this process.
_looked: datetime | None = None


async def send_due(gateway: SmsGateway, *, now: datetime, at: datetime) -> int:
    """Ask whom to ask now; how many. Nobody outside the hours, and where no reply can come back."""
    global _looked
    if notices.earliest(now, notices.survey_hours()) != now or not await is_on():
        return 0
    since = now - NOT_AFTER
    if _looked is not None and since < _looked <= now - AFTER:  # else a demo's clock was turned
        since = _looked
    rows = await db.fetch(
        f"""SELECT f.id FROM round f JOIN ticket t ON t.id = f.ticket AND f.no = t.round
            WHERE f.accepted_at > $1 AND f.accepted_at <= $2 AND f.follow_up IN ('must', 'sample')
              AND 'sms' = ANY(t.reply_by) AND NOT t.confidential AND NOT t.anonymous AND t.phone_tail <> ''
              AND {merged_follow_up.WANTED} ORDER BY f.accepted_at""",
        since, now - AFTER,
    )  # fmt: skip
    sent = 0
    for row in rows:
        sent += await _send(row["id"], gateway, now=now, at=at)
    _looked = now - AFTER
    return sent


async def is_on() -> bool:
    """By the setting; a demo shows it anyway."""
    return settings().sms_surveys or await installation.purpose() == "demo"


async def answer(talk: Talk, asked: dict[str, Any], digits: str) -> Answer:
    """Two digits while a survey is open; anything else than 1 to 3 is asked for again."""
    number, round_, locale = int(asked["ticket"]), asked["round"], asked["locale"]
    if not set(digits) <= set(_SOLVED):
        return Answer(render("survey_again", locale), number)
    await questions.close(talk.t, talk.hashes, SENDER, questions.SURVEY)
    ticket = await ticket_for(_ASKED, number, to="change")
    if ticket.round != round_ or not await following_up.is_wanted(ticket):
        return Answer(
            render("not_open", locale, tail=tail(number), state=state(ticket.status, locale)), number
        )
    solved, satisfied = _SOLVED[digits[0]], _SATISFIED[digits[1]]
    if _UNHAPPY in digits:
        await _call_back(talk, number, round_, solved, satisfied)
        return Answer(render("survey_call", locale, tail=tail(number)), number)
    try:
        async with tx(apart=True):
            if ticket.status is Status.MERGED:
                await merged_follow_up.close(
                    talk.t, _ASKED, ticket, solved=solved, satisfied=satisfied, by_way="sms", now=talk.now
                )
            else:
                await closing.close(
                    _ASKED, number, solved=solved, satisfied=satisfied, by_way="sms", now=talk.now
                )
    except Refused:
        return Answer(render("survey_call", locale, tail=tail(number)), number)
    return Answer(render("survey_thanks", locale, tail=tail(number)), number)


def forget() -> None:
    """Between tests' databases."""
    global _looked
    _looked = None


async def _send(round_: int, gateway: SmsGateway, *, now: datetime, at: datetime) -> bool:
    async with tx() as t:
        row = await t.fetchrow(
            """SELECT f.ticket, f.no, c.phone, c.phone_hash, c.phone_tail, c.language
               FROM round f JOIN ticket t ON t.id = f.ticket JOIN citizen c ON c.id = t.citizen
               WHERE f.id = $1 AND c.phone IS NOT NULL AND f.follow_up_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.ticket = f.ticket AND m.round = f.no AND m.template = 'survey')
                 AND NOT EXISTS (SELECT 1 FROM follow_up_try y WHERE y.ticket = f.ticket AND y.round = f.no)
               FOR UPDATE OF f SKIP LOCKED""",
            round_,
        )  # fmt: skip
        if row is None:
            return False
        number = privacy.open_sealed(row["phone"])
        if not gateway.capabilities(country(number)).two_way:
            return False
        if await optouts.refuses(t, privacy.lookups("phone", number), "survey"):
            return False
        to = Phone(row["phone"], row["phone_hash"], row["phone_tail"])
        payload = {"ticket": row["ticket"], "round": row["no"], "locale": row["language"]}
        await questions.ask(t, to, SENDER, Question(questions.SURVEY, payload), at=at, lasts=LASTS)
        text = render("survey", row["language"], tail=tail(row["ticket"]))
        await outbox.put(t, text, to, About(row["ticket"], row["no"]), now=now, after=now)
    return True


async def _call_back(talk: Talk, number: int, round_: int, solved: str, satisfied: int) -> None:
    """It stays to be asked, now by voice in any case; the caller sees what they wrote."""
    words = {"yes": "已解决", "partly": "部分解决", "no": "未解决"}[solved]
    content = f"市民短信评价：{words}{'，不满意' if satisfied == _SATISFIED[_UNHAPPY] else ''}。请回电"
    await closing.append(CITIZEN, number, content=content, call=None, now=talk.now)
    await talk.t.execute(
        """UPDATE round SET follow_up = 'must', solved = $3, satisfied = $4
           WHERE ticket = $1 AND no = $2 AND follow_up_at IS NULL""",
        number, round_, solved, satisfied,
    )  # fmt: skip
    talk.t.changed("queue:follow_up")
