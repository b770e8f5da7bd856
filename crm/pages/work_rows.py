"""A row of the further work lists, worked out so that one template writes them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import i18n
from core.i18n import _
from core.officers import Officer
from crm.pages.dispatch_rows import readable
from crm.pages.names import Names
from crm.tickets import extensions, holds, supervising
from crm.tickets.clock_words import amount
from crm.tickets.time_requests import KIND
from crm.tickets.words import say, status_word
from routing.limits import Limit


@dataclass(frozen=True)
class Row:
    """`due` and `start` turn the light; `who` acts or acted; `what` and `detail` say why it stands on this list."""

    number: int
    due: datetime | None
    start: datetime | None
    urgency: int
    matter: str
    summary: str
    who: str
    what: str
    detail: str
    at: datetime
    marks: tuple[tuple[str, str], ...] = ()


Shape = Callable[[Any, Officer, Names], Row]


def request(row: Any, officer: Officer, called: Names) -> Row:
    if row["asked"] == "extension":
        ground = say(extensions.GROUND, row["ground"])
        what = f"{_(KIND['extension'])} {amount(Limit(row['amount'], row['in_unit']))}"
        marks = ((_("第 {n} 次").format(n=row["extensions"] + 1), "strong"),) if row["extensions"] else ()
    else:
        ground, marks = say(holds.GROUND, row["ground"]), ()
        what = _("挂起到 {moment}").format(moment=i18n.moment(row["resume_on"]))
    return _row(
        row, officer, called, due=row["close_due_at"], start=row["dispatched_at"], who=called.unit(row["order_unit"]),
        what=what, detail=f"{ground}{_('：')}{row['note']}", at=row["asked_at"], marks=marks,
    )  # fmt: skip


def conference(row: Any, officer: Officer, called: Names) -> Row:
    units = _("、").join(called.unit(unit) for unit in row["participants"])
    return _row(
        row, officer, called, due=row["conference_due"], start=row["called_at"], who=units,
        what=_("退 {n}").format(n=row["returns"] + 1), detail=row["question"], at=row["called_at"],
    )  # fmt: skip


def appeal(row: Any, officer: Officer, called: Names) -> Row:
    what = _("异议") if row["brought"] == "appeal" else _("新情况")
    closed = row["closed_at"] or row["received_at"]
    said = _("{moment}{status}").format(moment=i18n.day(closed), status=status_word(row["status"]))
    return _row(
        row, officer, called, due=None, start=None, who=called.unit(row["lead_unit"], _("没有派出过")), what=what,
        detail=row["facts"], at=row["triage_at"], marks=((said, ""),),
    )  # fmt: skip


def incident(row: Any, officer: Officer, called: Names) -> Row:
    told = _("还没有通报")
    if row["announced_at"]:
        told = f"{i18n.moment(row['announced_at'])} {row['announced']}"
    queued = row["status"] in ("received", "redo")
    return _row(
        row, officer, called, due=row["dispatch_due_at"] if queued else row["due_at"],
        start=row["queued_at"] if queued else row["received_at"],
        who=called.unit(row["lead_unit"], status_word(row["status"])), what=row["incident"], detail=told,
        at=row["received_at"], marks=((f"⊕ {row['merged_count']}", "strong"),) if row["merged_count"] else (),
    )  # fmt: skip


def supervision(row: Any, officer: Officer, called: Names) -> Row:
    answered = row["answered_at"] is not None
    state = _("已答复，等决定") if answered else _("等书面答复")
    marks = [(say(supervising.LEVEL, row["level"]), "strong"), (state, "solid" if answered else "")]
    if row["leader"]:
        marks.append((_("批示 {name}").format(name=row["leader"]), "strong"))
    return _row(
        row, officer, called, due=None if answered else row["supervision_due"], start=row["issued_at"],
        who=called.unit(row["lead_unit"], status_word(row["status"])),
        what=f"{row['number']} {say(supervising.TRIGGER, row['trigger'])}",
        detail=row["answer"] if answered else row["demand"], at=row["issued_at"], marks=tuple(marks),
    )  # fmt: skip


SHAPES: Mapping[str, Shape] = {
    "requests": request,
    "conferences": conference,
    "appeals": appeal,
    "incidents": incident,
    "supervisions": supervision,
}


def _row(
    row: Any, officer: Officer, called: Names, *, due: datetime | None, start: datetime | None, who: str, what: str,
    detail: str, at: datetime, marks: tuple[tuple[str, str], ...] = (),
) -> Row:  # fmt: skip
    """A confidential ticket's own words stay covered until it is opened."""
    hidden = row["confidential"]
    if row["merged_count"] and not any(word.startswith("⊕") for word, _weight in marks):
        marks = (*marks, (f"⊕ {row['merged_count']}", "strong"))
    if hidden:
        marks = ((_("保密"), "solid"), *marks)
    return Row(
        number=row["id"],
        due=due,
        start=start,
        urgency=row["urgency"],
        matter=called.matter(row["matter"], row["matter_name"]),
        summary=_("内容已遮蔽；打开即记入查看日志") if hidden else readable(officer, row["summary"]),
        who=who,
        what=what,
        detail="" if hidden else readable(officer, detail),
        at=at,
        marks=marks,
    )
