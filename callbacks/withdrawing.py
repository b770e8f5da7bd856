"""撤 by SMS. A sender's number can be forged, so three digits go to the phone itself and must come back.

One try a code; three wrong ones and the phone hears nothing for a day (`callbacks/allowance.py`).
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from callbacks import allowance, questions
from callbacks.appeals import CITIZEN
from callbacks.questions import Question
from callbacks.talk import Answer, Talk
from callbacks.templates import render, state, tail
from core.db import tx
from core.errors import Refused
from crm.tickets import closing, status
from crm.tickets.status import Standing

GROUND: Final = "市民短信要求撤回，验证码相符"


async def ask_code(talk: Talk, ticket: Standing, locale: str) -> Answer:
    """Send the digits; by phone instead while something else is asked."""
    if not ticket.is_open:
        text = render("not_open", locale, tail=tail(ticket.id), state=state(ticket.status, locale))
        return Answer(text, ticket.id)
    code = str(100 + secrets.randbelow(900))
    await questions.close(talk.t, talk.hashes, talk.sender, questions.LIST)
    question = Question(questions.WITHDRAW, {"ticket": ticket.id, "code": code, "locale": locale})
    if not await questions.ask(talk.t, talk.phone, talk.sender, question, at=talk.at):
        return Answer(render("withdraw_call", locale), ticket.id)
    return Answer(render("withdraw_code", locale, tail=tail(ticket.id), code=code), ticket.id)


async def answer(talk: Talk, asked: dict[str, Any], digits: str) -> Answer:
    """Right or wrong, the code is spent."""
    number, locale = int(asked["ticket"]), asked["locale"]
    await questions.close(talk.t, talk.hashes, talk.sender, questions.WITHDRAW)
    if not secrets.compare_digest(asked["code"], digits):
        await allowance.wrong_number(talk.t, talk.phone, at=talk.at)
        return Answer(render("withdraw_wrong", locale), number)
    if not await status.of_number(talk.hashes, f"{number:013d}"):
        return Answer(render("no_match", locale))
    try:
        async with tx(apart=True):
            await closing.withdraw(CITIZEN, number, code="sms", ground=GROUND, now=talk.now)
    except Refused:  # it came to rest meanwhile, or others are merged into it: a human looks
        return Answer(render("withdraw_call", locale), number)
    return Answer(render("withdrawn", locale, tail=tail(number)), number)
