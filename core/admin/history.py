"""What was changed, by whom and why; and taking a change back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import db
from core.admin import changes
from core.admin.columns import Values
from core.admin.subjects import Subject
from core.admin.writing import RowChange
from core.errors import NotFound, Refused
from core.i18n import N_, _
from core.officers import Officer

PAGE = 30
#: What kinds of changes are called; a subject's own are added by its floor.
KINDS = {
    "create": N_("新增"), "edit": N_("修改"), "remove": N_("移除"), "import": N_("导入"), "undo": N_("撤销"),
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One column of one row that a change touched, as people read it."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class RowTold:
    """One row of a change: its id, what it is called, whether it was made or went, and its cells."""

    id: int
    title: str
    made: bool
    gone: bool
    cells: tuple[Cell, ...]


async def recent(subject: Subject, *, before: int | None = None, limit: int = PAGE) -> list[Any]:
    """Changes of a subject, newest first, below the id `before`; one more than `limit` says there are more."""
    return await db.fetch(
        """SELECT id, at, name, kind, reason, rows, undoes, undone_by FROM admin_change
           WHERE subject = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3""",
        subject.key, before, limit + 1,
    )  # fmt: skip


async def of_row(subject: Subject, row: int, *, limit: int = PAGE) -> list[tuple[Any, RowTold]]:
    """The changes that touched this row, newest first, each with what it did to the row."""
    rows = await db.fetch(
        """SELECT c.id, c.at, c.name, c.kind, c.reason, c.rows, c.undone_by, e.subject, e.before, e.after
           FROM audit_entry e JOIN admin_change c ON c.id = e.change
           WHERE e.subject = $1 ORDER BY c.id DESC LIMIT $2""",
        f"{subject.key}:{row}", limit,
    )  # fmt: skip
    return [(found, told(subject, change_of(subject, found))) for found in rows]


async def change(subject: Subject, change_id: int, *, most: int | None = 500) -> tuple[Any, list[RowChange]]:
    """A change and the rows it touched. Raises `NotFound`."""
    head = await db.fetchrow(
        """SELECT id, at, name, kind, reason, rows, undoes, undone_by FROM admin_change
           WHERE id = $1 AND subject = $2""",
        change_id, subject.key,
    )  # fmt: skip
    if head is None:
        raise NotFound
    rows = await db.fetch(
        "SELECT subject, before, after FROM audit_entry WHERE change = $1 ORDER BY id LIMIT $2",
        change_id,
        most,
    )
    return head, [change_of(subject, row) for row in rows]


async def rows_back(subject: Subject, change_id: int) -> list[RowChange]:
    """What puts the rows back as they were. Raises `Refused`, in words, when later changes build on this one."""
    head, rows = await change(subject, change_id, most=None)
    if head["undone_by"] is not None:
        raise Refused(_("这次改动已经撤销过了。"), code="undone")
    await _check_last(subject, change_id)
    _check_no_secrets(subject, rows)
    world = await changes.world_of(subject)
    return [_backwards(subject, row, world.get(row.id)) for row in rows]


async def undo(
    subject: Subject, change_id: int, *, by: Officer, reason: str, now: datetime, answer: str = ""
) -> changes.Done:
    """Put the rows back as they were. Raises as `rows_back` does, and as `changes.apply`."""
    async with db.tx():
        back = await rows_back(subject, change_id)
        done = await changes.apply(
            subject, back, by=by, reason=reason, now=now, kind="undo", undoes=change_id, answer=answer
        )
        if done is None:
            raise Refused(_("现在的内容已经和改动之前一样。"), code="nothing")
        return done


def told(subject: Subject, row: RowChange, *, cells: Sequence[str] | None = None) -> RowTold:
    """A row's change in words; of a new row what was filled in, of one that went its title only."""
    before, after = row.before, row.after
    shown = []
    for column in subject.columns:
        if column.name not in (row.changed if cells is None else cells) or (before and after is None):
            continue
        was = column.shown(before[column.name]) if before else ""
        became = column.shown(after[column.name]) if after else ""
        if was != became:
            shown.append(Cell(_(column.label), was, became))
    title = subject.title(after or before or {})
    return RowTold(row.id, title, before is None, after is None, tuple(shown))


def change_of(subject: Subject, noted: Any) -> RowChange:
    """A row of the audit as a change."""
    row = int(noted["subject"].rpartition(":")[2])
    return RowChange(row, changes.revived(subject, noted["before"]), changes.revived(subject, noted["after"]))


async def _check_last(subject: Subject, change_id: int) -> None:
    """Raises `Refused` when a later change, itself not taken back, touched one of the same rows."""
    later = await db.fetchrow(
        """SELECT c.name, c.at, c.reason, count(DISTINCT e.subject) AS rows
           FROM audit_entry e JOIN admin_change c ON c.id = e.change
           WHERE e.change > $1 AND c.undone_by IS NULL AND c.subject = $2
             AND (c.undoes IS NULL OR c.undoes = $1 OR c.undoes < $1)
             AND e.subject IN (SELECT subject FROM audit_entry WHERE change = $1)
           GROUP BY c.id, c.name, c.at, c.reason ORDER BY c.id DESC LIMIT 1""",
        change_id, subject.key,
    )  # fmt: skip
    if later is not None:
        raise Refused(
            _("之后 {name} 又改过其中 {n} 行（{reason}），请先撤销那一次。").format(
                name=later["name"], n=later["rows"], reason=later["reason"]
            ),
            code="later",
        )


def _check_no_secrets(subject: Subject, rows: Sequence[RowChange]) -> None:
    secret = {column.name: column for column in subject.columns if column.secret}
    for row in rows:
        if row.before is not None and (touched := secret.keys() & set(row.changed)):
            raise Refused(
                _("“{column}”加密保存，不留旧值，不能撤销；请直接改回。").format(
                    column=_(secret[touched.pop()].label)
                ),
                code="secret",
            )


def _backwards(subject: Subject, row: RowChange, now: Values | None) -> RowChange:
    """From what stands now to what stood before. Columns the change did not touch stay as they are."""
    if row.before is None:
        return RowChange(row.id, now, None)
    if row.after is None or now is None:
        return RowChange(row.id, None, row.before)
    put_back = {name: row.before[name] for name in row.changed if not subject.column(name).derived}
    return RowChange(row.id, now, {**now, **put_back})
