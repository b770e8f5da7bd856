"""A try to get an order signed, and what came of it, in people's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.i18n import N_, _
from crm.tickets.words import say

STEP: Final = {
    "handler": N_("值守电话"), "head": N_("单位负责人"), "substitute": N_("替岗人"), "district": N_("上级值守"),
    "supervisor": N_("热线督办"),
}  # fmt: skip
CHANNEL: Final = {"sms": N_("短信"), "voice": N_("电话")}
#: `duty_call.outcome` → (light, word). A pressed key means heard, not signed.
OUTCOME: Final = {
    "": ("grey", N_("正在叫")),
    "sent": ("green", N_("短信已发")),
    "confirmed": ("green", N_("按键确认听到")),
    "answered": ("yellow", N_("接了，没有确认")),
    "no_answer": ("red", N_("无人接听")),
    "busy": ("red", N_("占线")),
    "failed": ("red", N_("打不通")),
    "unknown": ("grey", N_("不知结果")),
    "no_phone": ("red", N_("没有留值守电话")),
    "no_carrier": ("red", N_("没有接语音线路")),
    "overtaken": ("grey", N_("已签收，不用再叫")),
}


def escalated(data: Mapping[str, Any]) -> str:
    """The title of the event: which step, whom, by what."""
    if not data.get("step"):
        return _("催签：没有一处留有值守电话")
    words = {
        "n": data["n"],
        "who": data["who"],
        "step": say(STEP, data["step"]),
        "channel": say(CHANNEL, data["channel"]),
    }
    return _("催签第 {n} 步：{step} {who}（{channel}）").format(**words)


def before(data: Mapping[str, Any]) -> str:
    """What became of the step before, and which steps had nobody to reach."""
    parts = []
    if last := data.get("before"):
        word = OUTCOME[last][1]
        parts.append(_("上一步：{word}").format(word=_(word)))
    if data.get("step") and data.get("skipped"):
        skipped = _("、").join(say(STEP, step) for step in data["skipped"])
        parts.append(_("没有电话，跳过：{steps}").format(steps=skipped))
    if data.get("step") and data.get("call") is None:
        parts.append(_("随派单通知发出"))
    return " · ".join(parts)


def replied_without(names: Sequence[str]) -> str:
    return _("答复时协办未回：{units}").format(units=_("、").join(names))


@dataclass(frozen=True)
class Try:
    """One line of the list: when, whom, by what, and how it went as a light with its word."""

    at: datetime
    who: str
    step: str
    channel: str
    light: str
    word: str


def told(row: Mapping[str, Any], unit_name: Callable[[int, str], str]) -> Try:
    """A row of `escalating.tries` as people read it; `unit_name`: (id, its name then) → in the reader's language."""
    data = json.loads(row["data"])
    who = unit_name(data["office"], data["who"]) if data.get("office") else data.get("who", "")
    step, channel = say(STEP, data.get("step")), say(CHANNEL, data.get("channel"))
    return Try(row["at"], who, step, channel, *_outcome(data, row["outcome"]))


def _outcome(data: Mapping[str, Any], found: str | None) -> tuple[str, str]:
    """Light and word of a try; `found` is its call's outcome, None for what went with the notice."""
    if data.get("step") and found is None:
        return "grey", _("随派单通知发出")
    light, word = OUTCOME[found or ("" if data.get("step") else "no_phone")]
    return light, _(word)
