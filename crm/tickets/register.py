"""受理: a call or message becomes a ticket, is answered at once (即答), or refused (不予受理)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg

from core import clock, db, privacy
from core.claims import Claim, Reused
from core.db import alone, tx
from core.errors import Invalid
from core.i18n import _
from core.officers import Officer
from core.text import grams
from crm import calls
from crm.lines import line_id
from crm.tickets import birth, clocks_of, dispatch, emergency, number
from crm.tickets.emergency import HandOver
from crm.tickets.registration import SHORTEST_CONTENT, UNKNOWN_PLACE, Registration
from crm.tickets.words import REFUSAL
from routing.catalogue import Suggestion, lead_for
from routing.rulebook import Rulebook, StreetRow, rulebook


@dataclass(frozen=True)
class Registered:
    """The number the citizen hears; `repeated` when the same form came twice and nothing new was written."""

    number: int
    repeated: bool = False
    dispatched_to: str = ""


#: How the call of a ticket ends that is none of a unit's.
_DISPOSITION = {"answer": "answered", "emergency": "transferred"}


async def register(
    officer: Officer, form: Registration, *, now: datetime, claim: Claim | tuple[str, str] | None = None,
    call: int | None = None,
) -> Registered:  # fmt: skip
    """A ticket for the dispatchers' queue; the citizen gets its number by SMS."""
    book = await rulebook()
    found = await lead_for(form.matter, form.street, clock.local(now).date())
    columns = {
        **await columns_of(officer, form, book, found),
        "queued_at": now,
        "dispatch_due_at": clocks_of.dispatch_due(book, form.kind, form.urgency, now),
    }
    return await _write(officer, "register", form, columns, now=now, claim=claim, call=call)


async def register_and_dispatch(
    officer: Officer, form: Registration, *, now: datetime, claim: Claim | tuple[str, str] | None = None,
    call: int | None = None,
) -> Registered:  # fmt: skip
    """登记并派单: dispatched by the rule at once where the catalogue is sure; else left to the dispatchers."""
    done = await register(officer, form, now=now, claim=claim, call=call)
    if done.repeated or form.confidential:
        return done
    found = await lead_for(form.matter, form.street, clock.local(now).date())
    if found is None or found.confidence < dispatch.SURE:
        return done
    by_rule = replace(officer, permissions=officer.permissions | {"ticket.dispatch_by_rule"})
    await dispatch.dispatch(
        by_rule, done.number,
        dispatch.Dispatch(found.unit_id, found.reason, tuple(found.assists), line=found.line_code), now=now,
    )  # fmt: skip
    return Registered(done.number, dispatched_to=found.unit_name)


async def answer(
    officer: Officer, form: Registration, *, answer: str, article: str, now: datetime,
    claim: Claim | tuple[str, str] | None = None, call: int | None = None,
) -> Registered:  # fmt: skip
    """当场答复办结: answered from the knowledge base or freely; no unit, no clock."""
    if len(answer.strip()) < SHORTEST_CONTENT:
        raise Invalid({"answer": _("写下您当场怎样答复的，至少 {n} 个字。").format(n=SHORTEST_CONTENT)})
    columns = {
        **await columns_of(officer, form, await rulebook(), None),
        "answer": answer.strip(),
        "closed_at": now,
    }
    data = {"answer": answer.strip(), "article": article}
    return await _write(officer, "answer", form, columns, now=now, claim=claim, call=call, data=data)


async def refuse(
    officer: Officer, form: Registration, *, ground: str, legal_path: str, now: datetime,
    claim: Claim | tuple[str, str] | None = None, call: int | None = None,
) -> Registered:  # fmt: skip
    """不予受理 on a coded ground; the caller is told which way the law gives."""
    wrong: dict[str, str] = {}
    if ground not in REFUSAL:
        wrong["ground"] = _("选一个不予受理的法定情形。")
    if len(legal_path.strip()) < SHORTEST_CONTENT:
        wrong["legal_path"] = _("写明已告知市民走什么途径，至少 {n} 个字。").format(n=SHORTEST_CONTENT)
    if wrong:
        raise Invalid(wrong)
    columns = {
        **await columns_of(officer, form, await rulebook(), None),
        "answer": legal_path.strip(),
        "closed_at": now,
    }
    data = {"ground": ground, "legal_path": legal_path.strip()}
    return await _write(officer, "refuse", form, columns, now=now, claim=claim, call=call, data=data)


async def hand_over(
    officer: Officer, form: Registration, *, to: HandOver, now: datetime,
    claim: Claim | tuple[str, str] | None = None, call: int | None = None,
) -> Registered:  # fmt: skip
    """紧急转接: the emergency service has it; the ticket is kept and no unit's clock runs."""
    columns = await columns_of(officer, form, await rulebook(), None)
    return await _write(
        officer, "emergency", form, columns, now=now, claim=claim, call=call, data=emergency.told(to)
    )


async def _write(
    officer: Officer, verb: str, form: Registration, columns: dict[str, Any], *, now: datetime,
    claim: Claim | tuple[str, str] | None, call: int | None, data: Mapping[str, Any] | None = None,
) -> Registered:  # fmt: skip
    for _attempt in range(5):
        try:
            async with tx() if call is not None else alone() as t:
                made = number.make(
                    clock.local(now).date(), await t.fetchval("SELECT nextval('ticket_number')")
                )
                born = birth.Birth(made, columns, await citizen_of(form), call, claim)
                if await birth.create(t, verb, born, by=officer, now=now, data=data) is not None:
                    if call is not None:
                        await calls.settle(call, _DISPOSITION.get(verb, "ticket"))
                    return Registered(made)
            assert claim is not None
            return Registered(await _earlier(Claim(*claim)), repeated=True)
        except asyncpg.UniqueViolationError as clash:
            if (
                clash.constraint_name != "ticket_pkey"
            ):  # the day's millionth ticket wraps: take the next number
                raise
    raise RuntimeError("five ticket numbers in a row were taken")


async def _earlier(claim: Claim) -> int:
    """The ticket that this claim made. Raises Reused when it came with another content then."""
    row = await db.fetchrow(
        "SELECT request_hash, answer FROM idempotency_claim WHERE source = $1 AND source_id = $2", *claim[:2]
    )
    if claim.digest is not None and row["request_hash"] != claim.digest:
        raise Reused(_("这个编号已用于另一份内容，请换一个。"))
    return int(json.loads(row["answer"])["ticket"])


async def columns_of(
    officer: Officer, form: Registration, book: Rulebook, found: Suggestion | None
) -> dict[str, Any]:
    """What a new ticket's row holds of the form; `found` is the unit that is suggested to the dispatchers."""
    street = book.streets.get(form.street)
    matter = book.matter(form.matter)
    sure = found if found is not None and not form.confidential else None
    return {
        "kind": form.kind, "matter": form.matter, "matter_name": matter.path_name, "urgency": form.urgency,
        "confidential": form.confidential, "anonymous": form.anonymous,
        "title": form.title, "content": form.content,
        "grams": _grams(form, street.name if street else ""),
        "district": street.district if street else "", "street": form.street,
        "place": _place(street, form.street),
        "address": privacy.seal(form.address) if form.address else None,
        "phone_tail": form.phone[-4:], "contact": form.contact, "reply_by": list(form.reply_by),
        "line": await line_id(form.line), "channel": form.channel,
        "created_by": officer.id, "created_by_name": officer.name,
        "suggested_unit": sure.unit_id if sure else None,
        "suggested_percent": sure.confidence if sure else None, "suggested_reason": sure.reason if sure else "",
    }  # fmt: skip


def _place(street: StreetRow | None, code: str) -> str:
    if street is None:
        return "地点不明" if code == UNKNOWN_PLACE else ""
    return f"{street.district_name} · {street.name}"


def _grams(form: Registration, street: str) -> Sequence[str]:
    """Words for the search index; phone and ID numbers never get in, confidential text does not at all."""
    if form.confidential:
        return []
    return sorted(grams(privacy.mask_text(f"{form.title} {form.content} {street}")))


async def _hash_of(phone: str) -> bytes:
    """Under which key a known citizen's phone is filed: between a new key and `hotline rekey` it may be an old one."""
    newest, *older = privacy.lookups("phone", phone)
    if older:
        known = await db.fetchval(
            "SELECT phone_hash FROM citizen WHERE phone_hash = ANY($1::bytea[]) LIMIT 1", [newest, *older]
        )
        return known or newest
    return newest


async def citizen_of(form: Registration) -> dict[str, Any] | None:
    """The columns of the citizen behind the phone; nobody without one, so that anonymous callers stay apart."""
    if not form.phone:
        return None
    known: dict[str, Any] = {
        "phone_hash": await _hash_of(form.phone), "phone": privacy.seal(form.phone),
        "phone_tail": form.phone[-4:],
    }  # fmt: skip
    if form.name and not form.anonymous:
        known |= {"name": privacy.seal(form.name), "name_hash": privacy.lookup("name", form.name)}
    if form.contact:
        known["contact"] = form.contact
    return known
