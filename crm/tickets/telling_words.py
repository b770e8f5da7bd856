"""What an event's data says in words, by the name of the place it fills in a sentence (`tellings.py`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from core import i18n
from core.i18n import N_, _
from crm.tickets import clock_words, extensions, holds, number
from crm.tickets.emergency import SERVICE
from crm.tickets.escalation_words import CHANNEL, STEP
from crm.tickets.escalation_words import OUTCOME as REACHED
from crm.tickets.following_up import OUTCOME
from crm.tickets.recompute_words import recomputed
from crm.tickets.supervising import LEVEL, TRIGGER
from crm.tickets.urging import SOURCE
from crm.tickets.words import (
    DEFECT,
    FOLLOW_UP,
    REFUSAL,
    RESULT,
    RETURN_CODE,
    SATISFIED,
    SOLVED,
    WITHDRAWAL,
    say,
    urgency_word,
)
from routing.limits import Limit

HOW: Final = {"call": N_("电话"), "visit": N_("上门"), "sms": N_("短信")}
_WAY: Final = {"tried": N_("三个半天没有联系上"), "call": N_("市民不愿评价")}

#: place → (the data's own key, its table of words)
_CODED: Final[dict[str, tuple[str, Any]]] = {
    "service": ("service", SERVICE), "how": ("how", HOW), "step": ("step", STEP), "channel": ("channel", CHANNEL),
    "result": ("result", RESULT), "source": ("source", SOURCE), "level": ("level", LEVEL),
    "trigger": ("trigger", TRIGGER), "defect": ("defect", DEFECT), "follow_up": ("follow_up", FOLLOW_UP),
    "outcome": ("outcome", OUTCOME), "withdrawal": ("code", WITHDRAWAL), "hold_ground": ("ground", holds.GROUND),
    "more_ground": ("ground", extensions.GROUND),
}  # fmt: skip
#: Where a code stands for itself among words that people wrote.
_OWN_CODED: Final[dict[tuple[str, str], Any]] = {("refuse", "ground"): REFUSAL}
_NAMED_UNITS: Final = {
    "lead": ("lead", "lead_name"),
    "unit": ("unit", "unit_name"),
    "from": ("from", "from_name"),
}
_TAILS: Final = ("master", "child")


class Words(dict[str, str]):
    """Place → words; what the data does not say is "". `in_full`: moments as citizens read them."""

    def __init__(
        self,
        verb: str,
        data: Mapping[str, Any],
        unit_name: Callable[[int, str], str],
        *,
        in_full: bool = False,
    ) -> None:
        super().__init__()
        self.verb, self.data, self.unit_name, self.in_full = verb, data, unit_name, in_full

    def __missing__(self, place: str) -> str:
        data = self.data
        if place in _CODED:
            key, table = _CODED[place]
            return say(table, data.get(key)) or str(data.get(key) or "")
        if place in _NAMED_UNITS:
            key, name = _NAMED_UNITS[place]
            return self._unit(data.get(key), str(data.get(name) or ""))
        if place in _TAILS:
            return number.tail(int(data[place])) if data.get(place) else ""
        if found := _MADE.get(place):
            return found(self)
        said = str(data.get(place) if data.get(place) is not None else "")
        own = _OWN_CODED.get((self.verb, place))
        return say(own, said) if own else said

    def _unit(self, unit: Any, name: str = "") -> str:
        return self.unit_name(unit, name) if isinstance(unit, int) else name

    def moment(self, key: str) -> str:
        text = self.data.get(key)
        if not text:
            return ""
        when = datetime.fromisoformat(str(text))
        return i18n.in_full(when) if self.in_full else f"{i18n.day(when)} {i18n.hour(when)}"

    def units(self) -> str:
        """The units that a list names: participants, assists, those complained about."""
        ids: list[int] = next(
            (self.data[k] for k in ("participants", "units", "assists") if self.data.get(k)), []
        )
        names = self.data.get("names") or [""] * len(ids)
        return _("、").join(filter(None, (self._unit(*pair) for pair in zip(ids, names, strict=False))))


def _assists(words: Words) -> str:
    found = words.units()
    return _("协办 {units}").format(units=found) if found else ""


def _suggested(words: Words) -> str:
    found = words._unit(words.data.get("suggested_unit"))
    return _("建议 {unit}").format(unit=found) if found else ""


def _by_when(words: Words) -> str:
    found = words.moment("due")
    return _("限 {due} 前").format(due=found) if found else ""


def _was_and_due(words: Words) -> str:
    was, due = words.moment("was"), words.moment("due")
    return f"{was} → {due}" if was else due


def _amount(words: Words) -> str:
    n, unit = words.data.get("amount"), words.data.get("unit")
    return clock_words.amount(Limit(int(n), str(unit))) if n and unit else ""


def _rated(words: Words) -> str:
    """`P3 一般 → P2 基本生活`"""
    levels = [words.data.get(key) for key in ("from", "to")]
    return " → ".join(urgency_word(level) for level in levels if isinstance(level, int))


def _code(words: Words) -> str:
    code = words.data.get("code")
    return f"{code} {say(RETURN_CODE, code)}" if code else ""


def _citizen_said(words: Words) -> str:
    said = [say(SOLVED, words.data.get("solved")), say(SATISFIED, words.data.get("satisfied"))]
    found = " · ".join(filter(None, said))
    return _("市民：{words}").format(words=found) if found else ""


def _without(words: Words) -> str:
    names = words.data.get("without")
    return _("答复时协办未回：{units}").format(units=_("、").join(names)) if names else ""


def _before(words: Words) -> str:
    last = words.data.get("before")
    return _("上一步：{word}").format(word=_(REACHED[last][1])) if last in REACHED and last else ""


def _skipped(words: Words) -> str:
    steps = words.data.get("skipped")
    found = _("、").join(say(STEP, step) for step in steps or ())
    return _("没有电话，跳过：{steps}").format(steps=found) if found else ""


def _follows(words: Words) -> str:
    earlier = words.data.get("follows")
    return _("接已归档的 {tail}").format(tail=number.tail(int(earlier))) if earlier else ""


_MADE: Final[dict[str, Callable[[Words], str]]] = {
    "names": Words.units,
    "assists": _assists,
    "suggested": _suggested,
    "by_when": _by_when,
    "due": lambda words: words.moment("due"),
    "resume_on": lambda words: words.moment("resume_on"),
    "was_and_due": _was_and_due,
    "amount": _amount,
    "rated": _rated,
    "code": _code,
    "urges": lambda words: _("、").join(str(n) for n in words.data.get("urges") or ()),
    "three_party": lambda words: _("三方通话") if words.data.get("three_party") else "",
    "way": lambda words: say(_WAY, words.data.get("way")),
    "citizen_said": _citizen_said,
    "follows": _follows,
    "before": _before,
    "skipped": _skipped,
    "without": _without,
    "recomputed": lambda words: " · ".join(recomputed(words.data)),
}
