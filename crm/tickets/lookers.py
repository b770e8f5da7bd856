"""Who looked at a ticket: the view log and what was changed beside its story, for those who may audit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from core import db
from core.i18n import N_, _
from core.officers import Officer
from crm.tickets.persons import REASONS
from crm.tickets.story import Told
from crm.tickets.words import say

WHAT: Final = {
    "phone": N_("看了完整号码"),
    "ticket": N_("打开工单"),
    "confidential": N_("打开保密工单"),
    "order": N_("打开承办单"),
    "print": N_("打印承办单"),
    "attachment": N_("打开附件"),
    "file": N_("导出卷宗"),
    "attachment.add": N_("上传附件"),
    "attachment.remove": N_("删去附件"),
}
MOST: Final = 500


async def looked(officer: Officer, number: int) -> list[Told]:
    """Each look as a line of the story, latest first; nothing for those without `audit.see`. A ticket already let in to."""
    if not officer.can("audit.see"):
        return []
    rows = await db.fetch(
        """SELECT at, name, what, reason FROM view_log WHERE subject = $1
           UNION ALL SELECT at, name, action, reason FROM audit_entry WHERE subject = $1
           ORDER BY at DESC LIMIT $2""",
        f"ticket:{number}", MOST,
    )  # fmt: skip
    return [_line(row) for row in rows]


def beside(story: list[Told], looks: list[Told]) -> list[Told]:
    """Both by time, latest first; a look belongs to the round that was open then."""
    merged = sorted([*story, *looks], key=lambda line: line.at, reverse=True)
    found, current = [], min((line.round for line in story), default=1)
    for line in reversed(merged):
        current = line.round or current
        found.append(line if line.round else replace(line, round=current))
    return found[::-1]


def _line(row: Any) -> Told:
    what = say(WHAT, row["what"]) or row["what"]
    reason = say(REASONS, row["reason"]) or row["reason"]
    return Told(row["at"], "viewed", _("查看"), what, reason, row["name"], 0, 0, "", False)
