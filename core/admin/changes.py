"""The one way a subject's rows change: checked as a whole, written, noted with before, after and why, and told.

An edit, an import and an undo are the same thing: some rows before and after, by one person, for one reason.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import clock, db
from core.admin.columns import Column, Values
from core.admin.questions import Question, Settled
from core.admin.subjects import Complaints, Subject, World
from core.admin.writing import RowChange
from core.db import Tx, tx
from core.errors import Change, Conflict, Invalid, NotFound, Refused
from core.i18n import _
from core.officers import Officer

SHORTEST_REASON = 2


@dataclass(frozen=True)
class Done:
    """A change that is in the book; `leads_to` is the path of what it set going, if anything."""

    id: int
    rows: tuple[RowChange, ...]
    leads_to: str = ""


class RowsInvalid(Invalid):
    """What is wrong, row by row; `fields` are the first row's."""

    def __init__(self, complaints: Complaints) -> None:
        super().__init__(next(iter(complaints.values())))
        self.complaints = complaints


async def apply(
    subject: Subject,
    changes: Sequence[RowChange],
    *,
    by: Officer,
    reason: str,
    now: datetime,
    kind: str = "edit",
    undoes: int | None = None,
    answer: str = "",
) -> Done | None:
    """Do all of `changes` or none; None when nothing would differ. `answer` is what was said to the question.

    Raises `Invalid` (reason, a row's fields), `Conflict` when a row is no longer as `before` says, `Refused`.
    """
    wanted = [change for change in changes if change.changed]
    if not wanted:
        return None
    check_reason(reason)
    async with tx() as t:
        await _one_at_a_time(t, now)
        await _check(subject, wanted, now)
        written = await subject.writer.write(t, subject, wanted, now=now)
        change = await _note(t, subject, written, by, reason.strip(), now, kind, undoes)
        await subject.verify(t, written)
        await subject.after(t, written)
        done = Settled(change, tuple(written), reason.strip(), by)
        leads_to = await subject.consequences.settle(t, done, answer) if subject.consequences else ""
        t.changed(f"admin:{subject.key}")
    return Done(change, tuple(written), leads_to)


async def question(
    subject: Subject, changes: Sequence[RowChange], *, reason: str, now: datetime, undoes: int | None = None
) -> Question | None:
    """What is to be asked before `changes`; None when nothing is, or nothing would differ.

    Raises what `apply` would raise before it writes: nobody is asked about what cannot be.
    """
    wanted = [change for change in changes if change.changed]
    if subject.consequences is None or not wanted:
        return None
    check_reason(reason)
    await _check(subject, wanted, now)
    return await subject.consequences.ask(wanted, undoes=undoes)


async def _check(subject: Subject, wanted: Sequence[RowChange], now: datetime) -> None:
    world = await world_of(subject)
    check_unchanged(subject, wanted, world)
    await _check_removable(subject, wanted)
    await check_world(subject, wanted, world, now)


def check_reason(reason: str) -> None:
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid({"reason": _("写明为什么改，例如“市编办〔2026〕12 号文”。")})


async def world_of(subject: Subject) -> dict[int, Values]:
    """Every row of the subject; reference tables are small."""
    rows = await db.fetch(subject.select())
    return {row["id"]: subject.values(row) for row in rows}


async def row_of(subject: Subject, row: int) -> Values:
    """Raises `NotFound`."""
    found = await db.fetchrow(f"SELECT * FROM ({subject.select()}) s WHERE id = $1", row)
    if found is None:
        raise NotFound
    return subject.values(found)


def after_all(world: World, changes: Sequence[RowChange]) -> dict[int, Values]:
    """The table as it would be."""
    found = dict(world)
    for change in changes:
        if change.after is None:
            found.pop(change.id, None)
        else:
            found[change.id] = change.after
    return found


async def complaints_of(
    subject: Subject, changes: Sequence[RowChange], world: World, now: datetime
) -> Complaints:
    """What the subject's rules, its natural key and its references say about the rows that are touched."""
    wished = after_all(world, changes)
    touched = {change.id for change in changes if change.after is not None}
    found: Complaints = {}
    _add(found, _twins(subject, wished, touched))
    for column in subject.typed:
        if column.refers:
            _add(found, _dangling(column, await known(column, subject, wished), wished, touched))
    _add(found, subject.check(wished, touched, clock.local(now).date()))
    return found


async def check_world(subject: Subject, changes: Sequence[RowChange], world: World, now: datetime) -> None:
    found = await complaints_of(subject, changes, world, now)
    if found:
        raise RowsInvalid(found)


async def known(column: Column, subject: Subject, world: World) -> set[str]:
    """What a reference may hold; within the subject itself that is the table as it would be."""
    assert column.refers is not None
    if column.refers.subject == subject.key and len(subject.natural) == 1:
        return {str(values[subject.natural[0]]) for values in world.values()}
    return {str(row["value"]) for row in await db.fetch(column.refers.sql)}


def check_unchanged(subject: Subject, changes: Sequence[RowChange], world: World) -> None:
    """Raises `Conflict` naming the columns that somebody else changed meanwhile."""
    for change in changes:
        if change.before is None:
            continue
        now = world.get(change.id)
        if now is None:
            raise Conflict(_("“{name}”已经被删掉了。").format(name=subject.title(change.before)))
        differ = tuple(
            Change(c.name, c.shown(change.before[c.name]), c.shown(now[c.name]))
            for c in subject.typed
            if c.name in change.before and not c.secret and change.before[c.name] != now[c.name]
        )
        if differ:
            raise Conflict(
                _("“{name}”刚被别人改过，请看过再改。").format(name=subject.title(now)), changes=differ
            )


def plain(subject: Subject, values: Values | None) -> dict[str, Any] | None:
    """For the audit: secrets stay masked."""
    return None if values is None else {c.name: c.plain(values.get(c.name)) for c in subject.columns}


def revived(subject: Subject, noted: str | None) -> Values | None:
    """Values from the audit again; columns that have come since are empty."""
    if noted is None:
        return None
    found: Mapping[str, Any] = json.loads(noted)
    return {c.name: c.revive(found.get(c.name)) for c in subject.columns}


async def _one_at_a_time(t: Tx, now: datetime) -> None:
    """Rules look at whole tables, so two administrators take turns."""
    await t.execute(
        """INSERT INTO installation (key, value) VALUES ('admin_changed', $1)
           ON CONFLICT (key) DO UPDATE SET value = excluded.value""",
        now.isoformat(),
    )


async def _check_removable(subject: Subject, changes: Sequence[RowChange]) -> None:
    leaving = [change for change in changes if change.after is None]
    used = await subject.in_use([change.id for change in leaving]) if leaving else {}
    for change in leaving:
        if why := used.get(change.id):
            raise Refused(
                _("“{name}”还在用：{why}。").format(
                    name=subject.title(change.before or {}), why=_("；").join(why)
                ),
                code="in_use",
            )


async def _note(
    t: Tx, subject: Subject, rows: Sequence[RowChange], by: Officer, reason: str, now: datetime,
    kind: str, undoes: int | None,
) -> int:  # fmt: skip
    change: int = await t.fetchval(
        """INSERT INTO admin_change (at, account, name, subject, kind, reason, rows, undoes)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id""",
        now, by.id, by.name, subject.key, kind, reason, len(rows), undoes,
    )  # fmt: skip
    if undoes is not None:
        undone = await t.fetchval(
            "UPDATE admin_change SET undone_by = $2 WHERE id = $1 RETURNING undoes", undoes, change
        )  # taking an undo back puts the first change in force again
        await t.execute("UPDATE admin_change SET undone_by = NULL WHERE id = $1", undone)
    await t.executemany(
        """INSERT INTO audit_entry (at, account, name, action, subject, reason, before, after, change)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        [
            (
                now, by.id, by.name, f"admin.{kind}", f"{subject.key}:{row.id}", reason,
                _json(plain(subject, row.before)), _json(plain(subject, row.after)), change,
            )
            for row in rows
        ],
    )  # fmt: skip
    return change


def _json(values: dict[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(values, ensure_ascii=False)


def _add(found: Complaints, more: Complaints) -> None:
    for row, fields in more.items():
        found[row] = {**fields, **found.get(row, {})}


def _twins(subject: Subject, world: World, touched: Collection[int]) -> Complaints:
    holders: dict[tuple[str, ...], list[int]] = {}
    for row, values in world.items():
        holders.setdefault(subject.name_of(values), []).append(row)
    names = _("、").join(_(subject.column(name).label) for name in subject.natural)
    return {
        row: {subject.natural[0]: _("已有{names}相同的一行。").format(names=names)}
        for rows in holders.values()
        if len(rows) > 1
        for row in rows
        if row in touched
    }


def _dangling(column: Column, known: Collection[str], world: World, touched: Collection[int]) -> Complaints:
    found: Complaints = {}
    for row in touched:
        value = world[row].get(column.name)
        for part in value if isinstance(value, tuple) else (value,):
            if part and str(part) not in known:
                found[row] = {column.name: _("没有“{value}”，从列表里选一个。").format(value=part)}
    return found
