"""The page between a change and its doing: what it would do elsewhere, and the second yes to just that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response

from core import clock
from core.admin import changes, history, questions
from core.admin.questions import Question
from core.admin.subjects import Subject
from core.admin.writing import RowChange
from core.i18n import _
from core.web import Form, Request, page

#: Fields of the question itself; all others are what was typed before it and are sent along.
OWN = frozenset({"seen", "answer"})
MOST_SHOWN = 200


@dataclass(frozen=True)
class Asks:
    """What kind of change it is, why, the page behind it, and what the field of the reason is called."""

    kind: str
    reason: str
    back: str
    field: str = "reason"
    undoes: int | None = None


def answer_of(form: Form) -> str:
    return form.text("answer", most=40)


async def ask_first(
    request: Request, about: Subject, form: Form, rows: Sequence[RowChange], asks: Asks
) -> Response[Any] | None:
    """The question, unless there is none or the form carries the yes to just this. Raises `Refused`."""
    found = await changes.question(about, rows, reason=asks.reason, now=clock.now(), undoes=asks.undoes)
    if found is None:
        return None
    seen = await questions.fingerprint(about.key, rows)
    said, answer = form.text("seen"), answer_of(form)
    if said == seen and found.takes(answer):
        return None
    typed = {name: text for name, text in form.raw().items() if name not in OWN and name != asks.field}
    return page(
        "core/admin/ask.html",
        status=409 if said else 200,
        desk="admin", subject=about, asks=asks, kinds=history.KINDS, action=request.url.path, typed=typed, seen=seen,
        stale=bool(said) and said != seen, rows=[history.told(about, row) for row in rows[:MOST_SHOWN]],
        count=len(rows), title=about.title(rows[0].after or rows[0].before or {}) if rows else _(about.label),
        **shown(found, answer),
    )  # fmt: skip


def shown(question: Question | None, answer: str = "") -> Mapping[str, Any]:
    """What `_question.html` asks for."""
    context = dict(question.context) if question else {}
    return {**context, "question": question, "answer": answer or (question.chosen if question else "")}
