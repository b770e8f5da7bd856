"""A ticket's events in a unit's words, and what the unit has to do next. Pure but for the reader's language."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.i18n import N_, _
from crm.tickets.states import BY_NAME
from crm.tickets.words import RESULT, RETURN_CODE, defect_word

HOW = {"call": N_("电话"), "visit": N_("上门"), "sms": N_("短信")}

#: verb → the sentence; `{name}` did it.
_SAID = {
    "register": N_("{name} 受理"),
    "append": N_("市民补充"),
    "dispatch": N_("{name} 派单"),
    "dispatch_redo": N_("{name} 重办派单"),
    "reassign": N_("{name} 改派"),
    "sign": N_("{name} 签收"),
    "sign_assist": N_("{name} 协办签收"),
    "contact": N_("{name} 联系市民：{how}，{reached}"),
    "ask_return": N_("{name} 退单：{code}"),
    "accept_return": N_("退单成立，{name} 改派"),
    "refuse_return": N_("退单不成立"),
    "reply": N_("{name} 提交答复：{result}"),
    "reply_assist": N_("{name} 回协办意见"),
    "send_back": N_("审核退回：{defect}"),
    "accept": N_("审核通过，转回访"),
    "accept_and_close": N_("审核通过，办结"),
    "close": N_("回访办结"),
    "redo": N_("市民不认可，重办"),
    "reopen": N_("重新受理"),
    "withdraw": N_("市民撤诉"),
}
#: What of an event's data is told beside the sentence.
_DETAIL = {
    "append": "content", "dispatch": "reason", "dispatch_redo": "reason", "reassign": "reason", "contact": "note",
    "ask_return": "basis", "refuse_return": "ruling", "send_back": "note", "redo": "cause", "reopen": "facts",
    "withdraw": "ground", "recompute": "reason",
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    at: datetime
    words: str
    detail: str = ""


def told(events: Iterable[Mapping[str, Any]], mask: Callable[[str], str]) -> list[Said]:
    """The events in the order given, free text through `mask`."""
    return [_line(event, mask) for event in events]


def _line(event: Mapping[str, Any], mask: Callable[[str], str]) -> Said:
    data = event["data"] if isinstance(event["data"], dict) else json.loads(event["data"] or "{}")
    verb = event["verb"]
    code, defect = str(data.get("code", "")), str(data.get("defect", ""))
    words = _(_SAID[verb]) if verb in _SAID else _(BY_NAME[verb].label)
    filled = words.format(
        name=event["actor_name"] or _("系统"),
        how=_(HOW.get(str(data.get("how")), "")),
        reached=_("联系上了") if data.get("reached") else _("没联系上"),
        code=f"{code} {_(RETURN_CODE.get(code, ''))}",
        result=_(RESULT.get(str(data.get("result")), "")),
        defect=defect_word(defect),
    )
    return Said(event["at"], filled, mask(str(data.get(_DETAIL.get(verb, ""), "") or "")))


def note_of(events: Iterable[Mapping[str, Any]], verb: str, field: str) -> str:
    """What the latest `verb` said in `field`; `events` latest first."""
    for event in events:
        if event["verb"] == verb:
            data = event["data"] if isinstance(event["data"], dict) else json.loads(event["data"] or "{}")
            return str(data.get(field) or "")
    return ""


def next_step(row: Mapping[str, Any], *, reachable: bool) -> str:
    """Which panel the page shows: sign, contact, reply, opinion, wait_return, wait_review, or done."""
    match row["status"]:
        case "dispatched":
            return "sign"
        case "handling" if row["part"] == "assist":
            return "opinion"
        case "handling":
            return "contact" if reachable and row["contacted_at"] is None else "reply"
        case "return_review":
            return "wait_return"
        case "replied":
            return "wait_review"
    return "done"
