"""What a sheet would change: added, changed cell by cell, removed, and what cannot be taken, with the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from core import clock
from core.admin import changes
from core.admin.columns import Values
from core.admin.sheets import FORMULA, Line
from core.admin.subjects import Complaints, Removal, Subject, World
from core.admin.writing import RowChange
from core.i18n import _


@dataclass(frozen=True)
class Rejected:
    """A line that is left out: what is wrong in which cell. `line` is 0 for a row that only the table has."""

    line: int
    title: str
    cells: tuple[tuple[str, str, str], ...]  # label, what stands there, reason


@dataclass
class Diff:
    """Lines of a sheet held against the table."""

    added: list[RowChange] = field(default_factory=list)
    changed: list[RowChange] = field(default_factory=list)
    removed: list[RowChange] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    same: int = 0
    lines: dict[int, int] = field(default_factory=dict)  # row id → line

    @property
    def changes(self) -> list[RowChange]:
        return [*self.added, *self.changed, *self.removed]

    def fingerprint(self) -> str:
        """Of what would be done: the yes is to this and nothing else."""
        told = repr([(c.id, c.before, c.after) for c in self.changes])
        return hashlib.sha256(told.encode()).hexdigest()[:24]


async def plan(subject: Subject, lines: Sequence[Line], *, removes: bool, now: datetime) -> Diff:
    """The sheet against the table as it stands, every rule asked; what breaks one is rejected, the rest holds."""
    world = await changes.world_of(subject)
    on = clock.local(now).date()
    diff = compare(subject, world, lines)
    if removes:
        await _remove_missing(subject, world, diff, on)
    while complaints := await changes.complaints_of(subject, diff.changes, world, now):
        if not complaints.keys() & {change.id for change in diff.changes}:
            complaints = _blame_removal(diff, complaints)
        _reject(subject, diff, complaints)
    return diff


def compare(subject: Subject, world: World, lines: Sequence[Line]) -> Diff:
    """Cell by cell; columns the sheet does not have stay as they are."""
    diff = Diff()
    by_name = {subject.name_of(values): row for row, values in world.items()}
    met: dict[tuple[str, ...], int] = {}
    for number, (line, cells) in enumerate(lines, start=1):
        values, wrong = _parsed(subject, cells, by_name, world)
        name = subject.name_of(values)
        is_named = all(part in values for part in subject.natural)
        row = by_name.get(name) if is_named else None
        before = world[row] if row is not None else None
        if is_named and name in met:
            wrong.append(
                (
                    _(subject.column(subject.natural[0]).label),
                    name[0],
                    _("与第 {n} 行重复。").format(n=met[name]),
                )
            )
        if is_named:
            met.setdefault(name, line)
        after = _after(subject, before, values, wrong)
        change = RowChange(row if row is not None else -number, before, after)
        if before is None and not subject.creates:
            wrong.append(
                (_(subject.column(subject.natural[0]).label), name[0], _("没有这一行，也不能由表新增。"))
            )
        diff.lines.setdefault(change.id, line)
        if wrong:
            diff.rejected.append(Rejected(line, subject.title({**_blank(subject), **after}), tuple(wrong)))
        elif before is None:
            diff.added.append(change)
        elif change.changed:
            diff.changed.append(change)
        else:
            diff.same += 1
    return diff


def _parsed(
    subject: Subject, cells: dict[str, str], by_name: dict[tuple[str, ...], int], world: World
) -> tuple[Values, list[tuple[str, str, str]]]:
    """What stands in the table already is taken as it is, even if nobody could type it any more."""
    stands = by_name.get(tuple(cells.get(name, "") for name in subject.natural))
    before = world[stands] if stands is not None else {}
    values: Values = {}
    wrong: list[tuple[str, str, str]] = []
    for name, text in cells.items():
        column = subject.column(name)
        if column.secret and (not text or "*" in text):
            continue
        if text == FORMULA:
            wrong.append((_(column.label), "=", _("公式不收，请粘贴为值。")))
            continue
        try:
            values[name] = column.parse(text)
        except ValueError as why:
            if text and before.get(name) == text:
                values[name] = text
            else:
                wrong.append((_(column.label), text[:80], str(why)))
    return values, wrong


def _after(
    subject: Subject, before: Values | None, values: Values, wrong: list[tuple[str, str, str]]
) -> Values:
    if before is None:
        lacking = [c for c in subject.typed if c.required and c.name not in values and c.kind != "flag"]
        already = {label for label, _text, _why in wrong}
        wrong += [(_(c.label), "", _("请填写这一项。")) for c in lacking if _(c.label) not in already]
        return {**_blank(subject), **values}
    for column in subject.typed:
        if column.fixed and column.name in values and values[column.name] != before[column.name]:
            wrong.append((_(column.label), column.shown(values[column.name]), _("这一项建好后不能改。")))
    return {**before, **values}


def _blank(subject: Subject) -> Values:
    return {column.name: column.empty() for column in subject.columns}


async def _remove_missing(subject: Subject, world: World, diff: Diff, on: date) -> None:
    """Rows that the sheet lacks go, or end today; those in use are told as rejected."""
    missing = [row for row in world if row not in diff.lines]
    if subject.removal is Removal.END:
        missing = [row for row in missing if subject.is_valid(world[row], on)]
        last = on - timedelta(days=1)
        diff.removed = [RowChange(row, world[row], {**world[row], "valid_to": last}) for row in missing]
        return
    used = await subject.in_use(missing)
    for row in missing:
        if subject.removal is Removal.NEVER or used.get(row):
            why = _("；").join(used.get(row, [])) or _("这里的行不能由表移除。")
            diff.rejected.append(Rejected(0, subject.title(world[row]), (("", "", why),)))
        else:
            diff.removed.append(RowChange(row, world[row], None))


def _blame_removal(diff: Diff, complaints: Complaints) -> Complaints:
    """Rows that nobody touched break a rule: what they lost is to stay, and if nothing goes, nothing changes."""
    why = next(iter(next(iter(complaints.values())).values()))
    return {change.id: {"": why} for change in diff.removed or diff.changes}


def _reject(subject: Subject, diff: Diff, complaints: Complaints) -> None:
    """Move what a rule complains about to the rejected."""
    for kind in (diff.added, diff.changed, diff.removed):
        for change in [c for c in kind if c.id in complaints]:
            kind.remove(change)
            after = change.after or {}
            cells = tuple(
                _complaint(subject, name, after, why) for name, why in complaints[change.id].items()
            )
            diff.rejected.append(Rejected(diff.lines.get(change.id, 0), subject.title(after), cells))
    diff.rejected.sort(key=lambda rejected: rejected.line)


def _complaint(subject: Subject, name: str, after: Values, why: str) -> tuple[str, str, str]:
    column = next((column for column in subject.columns if column.name == name), None)
    return (_(column.label), column.shown(after.get(name)), why) if column else ("", "", why)
