"""A sheet from its upload to the yes: kept as it was read, held against the table as it then stands, applied once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import db
from core.admin import changes, diff
from core.admin.diff import Diff
from core.admin.sheets import Line
from core.admin.subjects import Subject
from core.errors import Conflict, NotFound, Refused
from core.i18n import _
from core.officers import Officer

KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Brought:
    """A sheet that waits for a yes, or has had it (`change`)."""

    id: int
    name: str
    lines: list[Line]
    removes: bool
    created_at: datetime
    change: int | None


async def bring(
    subject: Subject, lines: Sequence[Line], *, by: Officer, name: str, removes: bool, now: datetime
) -> int:
    """Keep what was read; the id to look at it under."""
    brought: int = await db.fetchval(
        """INSERT INTO admin_sheet (subject, account, name, rows, removes, created_at)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING id""",
        subject.key, by.id, name[:200], json.dumps(lines, ensure_ascii=False), removes, now,
    )  # fmt: skip
    return brought


async def brought(subject: Subject, sheet: int, officer: Officer, *, lock: bool = False) -> Brought:
    """One's own sheet. Raises `NotFound`."""
    row = await db.fetchrow(
        f"""SELECT id, name, rows, removes, created_at, change FROM admin_sheet
            WHERE id = $1 AND subject = $2 AND account = $3{" FOR UPDATE" if lock else ""}""",
        sheet, subject.key, officer.id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    lines = [(int(number), dict(cells)) for number, cells in json.loads(row["rows"])]
    return Brought(row["id"], row["name"], lines, row["removes"], row["created_at"], row["change"])


async def preview(subject: Subject, sheet: Brought, *, now: datetime) -> Diff:
    return await diff.plan(subject, sheet.lines, removes=sheet.removes, now=now)


async def apply(
    subject: Subject, sheet: int, *, by: Officer, reason: str, seen: str, now: datetime, answer: str = ""
) -> int:
    """Do what was shown under the fingerprint `seen`, in one transaction; the change's id. Twice is once.

    Raises `Conflict` when the table has moved since, so that something else would happen than was shown.
    """
    async with db.tx() as t:
        found = await brought(subject, sheet, by, lock=True)
        if found.change is not None:
            return found.change
        planned = await preview(subject, found, now=now)
        if planned.fingerprint() != seen:
            raise Conflict(_("您看过之后，有人改了这些内容。下面是现在的差别，请再看一遍。"))
        done = await changes.apply(
            subject, planned.changes, by=by, reason=reason, now=now, kind="import", answer=answer
        )
        if done is None:
            raise Refused(_("这张表和现在的内容没有差别，不用导入。"), code="nothing")
        await t.execute("UPDATE admin_sheet SET change = $2 WHERE id = $1", sheet, done.id)
        return done.id


async def forget(*, now: datetime) -> int:
    """Sheets nobody said yes to for a week; how many."""
    gone = await db.execute("DELETE FROM admin_sheet WHERE created_at < $1", now - KEPT)
    return int(gone.split()[-1])
