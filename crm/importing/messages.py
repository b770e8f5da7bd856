"""`import.messages`: old messages with their official replies become closed tickets, each at its own moments.

A historic import tells nobody and wakes no clock. Every row goes the whole way — registered, dispatched with a
reason, signed, replied, accepted and closed — under the rules of `MOVES`; a batch is one transaction, and a batch
that the database refuses is done again row by row, so that a bad row stands alone in the reject file.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import asyncpg

from core import clock, db, runs
from core.errors import Invalid, Refused
from core.i18n import N_, _
from core.officers import Officer
from crm.importing import files, rows
from crm.importing.mapping import BY_KEY
from crm.importing.rows import Message
from crm.tickets import clocks_of, dispatch, history, register, registration
from crm.tickets.access import TicketRow
from crm.tickets.history import Story
from crm.tickets.move import NewOrder
from crm.tickets.states import Status
from routing.catalogue import lead_for
from routing.placeless import Lead, lead_anywhere
from routing.rulebook import Rulebook, rulebook

KIND = "import.messages"
#: Rows a transaction.
BATCH = 200
#: What one who imports history does in the name of those who did it then.
RIGHTS = frozenset({"ticket.register", "ticket.dispatch", "order.sign", "order.work", "ticket.review"})
GROUND = N_("历史导入，原渠道已答复，不回访")

runs.KINDS[KIND] = N_("导入留言")
runs.TAKEN_UP.add(KIND)
_NOTHING: dict[str, Any] = dict.fromkeys(field.name for field in fields(TicketRow))
_old: tuple[Rulebook, date, Rulebook] | None = None


@dataclass(frozen=True)
class Done:
    """What became of a batch: tickets made, rows that were there already, complaints (line, field, value, why)."""

    made: int
    known: int
    wrong: list[tuple[int, str, str, str]]


async def work(run: runs.Run, *, now: datetime) -> None:
    """Go on with the run where it stands, by the rules of `now`. Raises Cancelled, Invalid (the file is another)."""
    asked = run.parameters
    table = await _same_file(asked)
    by = Officer(asked.get("by") or 0, "import", _("历史导入"), permissions=RIGHTS)
    counts = {"made": 0, "known": 0, **{k: v for k, v in run.cursor.items() if k in ("made", "known")}}
    for batch in _batches(table, after=run.cursor.get("line", 0)):
        done = await _batch(batch, asked, by, now)
        counts["made"] += done.made
        counts["known"] += done.known
        for line, name, value, why in done.wrong:
            await run.reject(
                line, _column(name, asked["map"]), value[:200], why, _(rows.CURES.get(name, rows.CURE))
            )
        cursor = {"line": batch[-1].line, **counts}
        await run.progress(min(run.done + len(batch), table.rows), table.rows, cursor=cursor)
        await asyncio.sleep(0)


async def start(
    path: Path, name: str, mapping: dict[str, str], *, source: str, by: Officer | None, confirmed: bool = True
) -> int:
    """A waiting run over a file that was looked at (`files.opened`); confirmed later where the mapping is still open."""
    digest = await asyncio.to_thread(files.digest, path)
    asked = {
        "file": str(path), "name": name, "digest": digest, "map": mapping, "source": source,
        "confirmed": confirmed, "by": by.id if by else None,
    }  # fmt: skip
    return await runs.create(KIND, title=name, parameters=asked, by=by.id if by else None)


async def confirm(number: int, mapping: dict[str, str], source: str) -> bool:
    """The mapping of an uploaded file is right: the worker may begin. False: it has begun, or was given up."""
    changes = json.dumps({"map": mapping, "source": source, "confirmed": True}, ensure_ascii=False)
    row = await db.fetchrow(
        """UPDATE run SET parameters = parameters || $2::jsonb WHERE id = $1 AND kind = $3 AND state = 'waiting'
           AND parameters ->> 'confirmed' = 'false' RETURNING id""",
        number, changes, KIND,
    )  # fmt: skip
    return row is not None


def source_of(name: str) -> str:
    """The source's usual name: the file's, without what says how it is packed."""
    return name.split("/")[-1].split(".")[0][:100] or "file"


async def _same_file(asked: dict[str, Any]) -> files.Table:
    path = Path(asked["file"])
    try:
        digest = await asyncio.to_thread(files.digest, path)
    except OSError:
        raise Invalid({"file": _("文件“{name}”不在了，请重新导入。").format(name=asked["name"])}) from None
    if digest != asked["digest"]:
        raise Invalid(
            {"file": _("文件“{name}”开始导入后被改过，请作为新的导入。").format(name=asked["name"])}
        )
    return await asyncio.to_thread(files.opened, path, asked["name"])


def _batches(table: files.Table, *, after: int) -> Iterator[list[files.Row]]:
    batch: list[files.Row] = []
    for row in table.read():
        if row.line > after:
            batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _batch(batch: list[files.Row], asked: dict[str, Any], by: Officer, now: datetime) -> Done:
    today = clock.local(now).date()
    book = await _rules(today)
    good: list[tuple[Message, Story]] = []
    wrong: list[tuple[int, str, str, str]] = []
    for row in batch:
        try:
            message = rows.check(row, asked["map"], book, now=now)
            good.append((message, await _lived(message, book, by, str(asked["source"]), today=today)))
        except rows.Faulty as faulty:
            wrong += [(row.line, *complaint) for complaint in faulty.complaints]
        except Invalid as error:
            wrong += [(row.line, name, "", why) for name, why in error.fields.items()]
        except Refused as refused:
            wrong.append((row.line, "", "", refused.message))
        except (ValueError, ArithmeticError) as error:  # no rule foresaw it; the rows after it shall not wait
            wrong.append((row.line, "", "", _("这一行处理不了：{why}").format(why=error)))
    source = f"import:{asked['source']}"
    try:
        made, changed = await _write(source, good, now)
    except (asyncpg.PostgresError, ValueError):
        return await _one_by_one(source, good, wrong, now)
    return Done(made, len(good) - made - len(changed), wrong + changed)


def _column(name: str, chosen: Mapping[str, str]) -> str:
    """The field and the column it came from; a complaint without a field is about the whole row."""
    if not name:
        return _("整行")
    return f"{_(BY_KEY[name].word) if name in BY_KEY else name}（{chosen.get(name, '—')}）"


async def _one_by_one(
    source: str, good: list[tuple[Message, Story]], wrong: list[tuple[int, str, str, str]], now: datetime
) -> Done:
    made = known = 0
    for pair in good:
        try:
            new, changed = await _write(source, [pair], now)
        except (asyncpg.PostgresError, ValueError) as error:
            wrong.append((pair[0].line, "", "", _("数据库不收这一行：{why}").format(why=error)))
            continue
        made, known, wrong = made + new, known + (1 - new - len(changed)), wrong + changed
    return Done(made, known, wrong)


async def _write(
    source: str, good: list[tuple[Message, Story]], now: datetime
) -> tuple[int, list[tuple[int, str, str, str]]]:
    """Claim the source ids and write what was not there; how many, and ids that came before with another content."""
    first = dict[str, tuple[Message, Story]]()
    for pair in good:
        first.setdefault(pair[0].source_id, pair)
    async with db.tx() as t:
        await history.give_numbers(t, [story for _message, story in first.values()])
        claimed = await t.fetch(
            """INSERT INTO idempotency_claim (source, source_id, claimed_at, request_hash, answer)
               SELECT $1, id, $2, hash, jsonb_build_object('ticket', number)
               FROM unnest($3::text[], $4::bytea[], $5::bigint[]) AS c(id, hash, number)
               ON CONFLICT (source, source_id) DO NOTHING RETURNING source_id""",
            source, now, list(first), [message.digest for message, _story in first.values()],
            [story.number for _message, story in first.values()],
        )  # fmt: skip
        mine = {row["source_id"] for row in claimed}
        await history.write(t, [first[source_id][1] for source_id in first if source_id in mine])
    rest = [pair for pair in good if pair[0].source_id not in mine or first[pair[0].source_id] is not pair]
    return len(mine), await _changed(source, rest) if rest else []


async def _changed(source: str, good: list[tuple[Message, Story]]) -> list[tuple[int, str, str, str]]:
    """Rows whose id came before with another content."""
    known = await db.fetch(
        "SELECT source_id, request_hash, answer ->> 'ticket' AS ticket FROM idempotency_claim"
        " WHERE source = $1 AND source_id = ANY($2::text[])",
        source, [message.source_id for message, _story in good],
    )  # fmt: skip
    before = {row["source_id"]: (bytes(row["request_hash"]), row["ticket"]) for row in known}
    return [
        (m.line, "source_id", m.source_id, _("这个来源编号已导入为工单 {ticket}，但内容不同；未改动。").format(
            ticket=before[m.source_id][1]
        ))
        for m, _story in good if before[m.source_id][0] != m.digest
    ]  # fmt: skip


# --- one message's life ---


async def _rules(today: date) -> Rulebook:
    """Today's rules, for any day: which limits held in those years nobody wrote down."""
    global _old
    book = await rulebook()
    if _old is None or _old[:2] != (book, today):
        _old = book, today, replace(book, limits=book.limits.ever(today))
    return _old[2]


async def _lived(message: Message, book: Rulebook, by: Officer, source: str, *, today: date) -> Story:
    """The ticket as it went: what the source does not tell (dispatch, signature) happened when it was received."""
    form, at, end = message.form, message.received_at, message.replied_at
    lead = await _lead(message, book, today)
    story = Story(await register.columns_of(by, form, book, None), await register.citizen_of(form))
    story.columns["queued_at"] = at
    origin = {"imported": {"source": source, "id": message.source_id, "line": message.line}}
    story.make("register", by=by, at=at, data=origin)
    sent = dispatch.Dispatch(lead.unit_id, f"{message.matter_why}{lead.reason}", line=lead.line_code)
    plan = await dispatch.plan(_row(story, form), sent, by, at, book=book)
    story.make(
        "dispatch", by=by, at=at, ticket_set={**plan.ticket_set, "suggested_unit": lead.unit_id,
        "suggested_percent": lead.percent, "suggested_reason": lead.reason}, new_orders=_judged(plan),
        data={**plan.data, "assumed_at": True},
    )  # fmt: skip
    order = story.orders[0]
    story.make("sign", by=by, at=at, order=order, data={"assumed_at": True},
               order_set={"signed_at": at, "signed_by_name": by.name})  # fmt: skip
    story.make(
        "reply", by=by, at=end, order=order, ticket_set={"replied_at": end},
        order_set={"replied_at": end, "result": message.reply.result, "reply": message.reply.answer, **clocks_of.RESTING},
        data={"result": message.reply.result, "answer": message.reply.answer},
    )  # fmt: skip
    story.stop(order, "close", end, by.name)
    story.make(
        "accept_and_close", by=by, at=end, order=order, ticket_set={"due_at": None, "closed_at": end},
        data={"follow_up": "none", "ground": _(GROUND)},
    )  # fmt: skip
    story.round |= {"replied_at": end, "accepted_at": end, "follow_up": "none", "follow_up_ground": _(GROUND)}
    return story


def _judged(plan: dispatch.Plan) -> list[NewOrder]:
    """Only the close clock: when a unit signed and whom it called the source does not tell, so no rate may say."""
    unknown = dict.fromkeys(("sign_due_at", "contact_due_at", "return_until", "escalate_at"))
    return [
        NewOrder(o.unit, o.part, {**o.columns, **unknown}, [line for line in o.clocks if line[0] == "close"])
        for o in plan.orders
    ]


async def _lead(message: Message, book: Rulebook, today: date) -> Lead:
    """The unit the source names, else today's catalogue: what held in those years nobody wrote down."""
    if message.unit:
        unit = next((u for u in book.units.values() if message.unit in (u.code, u.name)), None)
        if unit is None:
            raise Invalid(
                {"unit": _("没有叫“{name}”的单位，请用系统里的单位全称或代码。").format(name=message.unit)}
            )
        return Lead(unit.id, unit.name, "", 100, _("承办单位由来源给出。"))
    if message.form.street != registration.UNKNOWN_PLACE:
        found = await lead_for(message.form.matter, message.form.street, today)
        if found is not None:
            return Lead(found.unit_id, found.unit_name, found.line_code, found.confidence, found.reason)
    lead = await lead_anywhere(message.form.matter, today)
    if lead is None:
        raise Invalid({"unit": _("目录没有给出单位，请在文件里加一列承办单位。")})
    return lead


def _row(story: Story, form: registration.Registration) -> TicketRow:
    """The registered ticket as `dispatch.plan` reads it."""
    known = {
        "status": Status.RECEIVED, "kind": form.kind, "matter": form.matter, "urgency": form.urgency,
        "matter_name": story.columns["matter_name"], "street": form.street, "received_at": story.received_at,
    }  # fmt: skip
    return TicketRow(**{**_NOTHING, **known})
