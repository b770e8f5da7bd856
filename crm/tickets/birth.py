"""A ticket's first move, from draft: the citizen, the ticket, its round, its event and who is told, in one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.claims import Claim
from core.db import Tx
from core.officers import Officer
from crm.tickets.access import check_may
from crm.tickets.move import Args, Moved, notices
from crm.tickets.states import BY_NAME, Move


@dataclass(frozen=True)
class Birth:
    """A ticket about to be written: its columns, and what hangs on it from the first moment.

    `citizen` holds the columns of a citizen known by phone (`phone_hash` set): found again or made.
    `claim` is a `core.claims.Claim`, or its first two, under which the caller may repeat itself safely.
    """

    number: int
    columns: Mapping[str, Any]
    citizen: Mapping[str, Any] | None = None
    call: int | None = None
    claim: Claim | tuple[str, str] | None = None


async def create(
    t: Tx, name: str, birth: Birth, *, by: Officer, now: datetime, data: Mapping[str, Any] | None = None
) -> Moved | None:
    """The first move of a ticket, from draft. None when `birth.claim` was taken before: nothing is written."""
    move = BY_NAME[name]
    check_may(by, move)
    args = Args()
    sql = _statement(move, birth, args, by, now, data or {})
    row = await t.fetchrow(sql, *args.values)
    if row is None:
        return None
    t.changed(f"ticket:{birth.number}", f"queue:{row['status']}")
    return Moved(row["event"], row["status"], 1)


def _statement(
    move: Move, birth: Birth, args: Args, by: Officer, now: datetime, data: Mapping[str, Any]
) -> str:
    number, at = args(birth.number), args(now)
    parts = [_claim(birth, args, at)]
    origin, citizen = "claim", "NULL::bigint"
    if birth.citizen:
        parts.append(_citizen(birth.citizen, args, at))
        origin, citizen = "claim, known", "known.id"
    columns = ", ".join(birth.columns)
    values = ", ".join(_value(column, value, args) for column, value in birth.columns.items())
    parts.append(
        f"""moved AS (INSERT INTO ticket (id, status, version, round, received_at, citizen, {columns})
            SELECT {number}, {args(move.target)}, 1, 1, {at}, {citizen}, {values} FROM {origin}
            RETURNING id, status, version, round)"""
    )
    parts.append(f"first AS (INSERT INTO round (ticket, no, opened_at) SELECT id, 1, {at} FROM moved)")
    if birth.call is not None:
        parts.append(
            f"""called AS (INSERT INTO call_ticket (call, ticket, relation)
                SELECT {args(birth.call)}::bigint, id, 'opened' FROM moved)"""
        )
    parts.append(
        f"""event AS (INSERT INTO ticket_event (ticket, at, verb, actor, actor_name, status, round, version, orders, data)
            SELECT id, {at}, {args(move.name)}, {args(by.id)}, {args(by.name)}, status, 1, 1, '{{}}',
                {args(json.dumps(data, ensure_ascii=False, default=str))}::jsonb
            FROM moved RETURNING id)"""
    )
    parts += notices(move, number, at, args)
    return "WITH " + ",\n".join(parts) + "\nSELECT event.id AS event, moved.status FROM moved, event"


def _value(column: str, value: Any, args: Args) -> str:
    """Search words go as one text: the driver looks at each member of an array several times."""
    return f"string_to_array({args(' '.join(value))}, ' ')" if column == "grams" else args(value)


def _claim(birth: Birth, args: Args, at: str) -> str:
    if birth.claim is None:
        return "claim AS (SELECT 1 AS id)"
    source, source_id, digest = Claim(*birth.claim)
    return f"""claim AS (INSERT INTO idempotency_claim (source, source_id, claimed_at, request_hash, answer)
        VALUES ({args(source)}, {args(source_id)}, {at}, {args(digest)}, {args(json.dumps({"ticket": birth.number}))}::jsonb)
        ON CONFLICT (source, source_id) DO NOTHING RETURNING id)"""


def _citizen(citizen: Mapping[str, Any], args: Args, at: str) -> str:
    columns = ", ".join(citizen)
    values = ", ".join(args(value) for value in citizen.values())
    fresh = ", ".join(f"{c} = coalesce(EXCLUDED.{c}, citizen.{c})" for c in citizen if c != "phone_hash")
    return f"""known AS (INSERT INTO citizen (created_at, {columns}) SELECT {at}, {values} FROM claim
        ON CONFLICT (phone_hash) WHERE phone_hash IS NOT NULL DO UPDATE SET {fresh} RETURNING id)"""
