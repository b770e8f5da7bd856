"""经过: each event of a ticket in the words of those who work on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.i18n import N_, _
from crm.tickets.states import BY_NAME
from crm.tickets.words import DEFECT, FOLLOW_UP, REFUSAL, RESULT, RETURN_CODE, SATISFIED, SOLVED, say

#: The short mark before a line.
MARK = {
    "register": N_("受理"), "answer": N_("即答"), "refuse": N_("不受理"), "append": N_("追加"), "dispatch": N_("派单"),
    "dispatch_redo": N_("派单"), "reassign": N_("改派"), "sign": N_("签收"), "sign_assist": N_("签收"),
    "contact": N_("联系"), "ask_return": N_("退单"), "accept_return": N_("退单"), "refuse_return": N_("退单"),
    "reply": N_("答复"), "reply_assist": N_("协办"), "send_back": N_("退回"), "accept": N_("审核"),
    "accept_and_close": N_("审核"), "close": N_("回访"), "redo": N_("重办"), "reopen": N_("重启"), "withdraw": N_("撤诉"),
}  # fmt: skip
_HOW = {"call": N_("电话"), "visit": N_("上门"), "sms": N_("短信")}


@dataclass(frozen=True)
class Told:
    """One line of the story; `detail` may hold what people wrote, to be masked by the page for those who must not read it."""

    at: datetime
    verb: str
    mark: str
    title: str
    detail: str
    who: str
    version: int
    round: int


def tell(event: Any, units: dict[int, str], unit_name: Callable[[int, str], str]) -> Told:
    """An event's row (`queries.events`) as people read it. `units`: work order id → unit, to name whose act it was;
    `unit_name`: (unit id, what it was called then) → its name in the reader's language."""
    verb, data = event["verb"], json.loads(event["data"])
    unit = units.get(event["work_order"] or 0, "")
    return Told(
        event["at"], verb, _(MARK[verb]), _title(verb, data, unit_name), _detail(verb, data),
        " · ".join(part for part in (event["actor_name"], unit) if part), event["version"], event["round"],
    )  # fmt: skip


def _title(verb: str, data: dict[str, Any], unit_name: Callable[[int, str], str]) -> str:
    match verb:
        case "dispatch" | "dispatch_redo" | "reassign" | "accept_return":
            return f"{_(BY_NAME[verb].label)} → {unit_name(data['lead'], data['lead_name'])}"
        case "contact":
            how = say(_HOW, data.get("how"))
            reached = _("已联系市民") if data.get("reached") else _("没联系上市民")
            return _("{what}（{how}）").format(what=reached, how=how)
        case "reply":
            return _("提交答复：{result}").format(result=say(RESULT, data["result"]))
        case "ask_return":
            return _("退单申请：{code} {reason}").format(
                code=data["code"], reason=say(RETURN_CODE, data["code"])
            )
        case "send_back":
            return _("审核退回：{defect}").format(defect=say(DEFECT, data["defect"]))
        case "refuse":
            return _("不予受理：{ground}").format(ground=say(REFUSAL, data["ground"]))
        case _:
            return _(BY_NAME[verb].label)


def _detail(verb: str, data: dict[str, Any]) -> str:
    """What was written, in one or two sentences."""
    match verb:
        case "dispatch" | "dispatch_redo" | "reassign" | "accept_return":
            return " ".join(part for part in (data.get("reason", ""), data.get("note", "")) if part)
        case "accept" | "accept_and_close":
            need = say(FOLLOW_UP, data.get("follow_up"))
            return " · ".join(part for part in (need, data.get("ground", "")) if part)
        case "close":
            solved = say(SOLVED, data.get("solved"))
            satisfied = say(SATISFIED, data.get("satisfied"))
            return _("市民：{words}").format(words=" · ".join(part for part in (solved, satisfied) if part))
        case _:
            written = (
                "answer",
                "basis",
                "ruling",
                "content",
                "cause",
                "facts",
                "ground",
                "legal_path",
                "note",
            )
            return next((str(data[name]) for name in written if data.get(name)), "")
