"""经过: each event of a ticket in the words of those who work on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.i18n import N_, _
from crm.tickets.following_up import OUTCOME
from crm.tickets.recompute_words import recomputed
from crm.tickets.states import BY_NAME
from crm.tickets.supervising import LEVEL
from crm.tickets.urging import SOURCE
from crm.tickets.words import DEFECT, FOLLOW_UP, REFUSAL, RESULT, RETURN_CODE, SATISFIED, SOLVED, say

#: The short mark before a line.
MARK = {
    "register": N_("受理"), "answer": N_("即答"), "refuse": N_("不受理"), "emergency": N_("紧急"),
    "emergency_over": N_("紧急"), "emergency_back": N_("紧急"), "append": N_("追加"), "dispatch": N_("派单"),
    "dispatch_redo": N_("派单"), "refuse_redo": N_("重办"), "reassign": N_("改派"), "add_assist": N_("协办"),
    "rerate": N_("时限"), "succeed": N_("承接"), "sign": N_("签收"), "escalate": N_("升级"), "contact": N_("联系"),
    "pass_down": N_("转派"), "take_back": N_("转派"), "reply": N_("答复"), "sign_assist": N_("签收"),
    "reply_assist": N_("协办"), "ask_extension": N_("延期"), "grant_extension": N_("延期"),
    "refuse_extension": N_("延期"), "ask_hold": N_("挂起"), "grant_hold": N_("挂起"), "refuse_hold": N_("挂起"),
    "resume": N_("恢复"), "propose_return": N_("退单"), "drop_return": N_("退单"), "ask_return": N_("退单"),
    "accept_return": N_("退单"), "refuse_return": N_("退单"), "call_conference": N_("会商"), "minute": N_("会商"),
    "designate": N_("会商"), "designate_same": N_("会商"), "urge": N_("催办"), "answer_urge": N_("催办"),
    "supervise": N_("督办"), "answer_supervision": N_("督办"), "raise_supervision": N_("督办"),
    "lift_supervision": N_("督办"), "leader_note": N_("批示"), "send_back": N_("退回"), "accept": N_("审核"),
    "accept_and_close": N_("审核"), "try_follow_up": N_("回访"), "close": N_("回访"), "redo": N_("重办"),
    "merge": N_("并单"), "unmerge": N_("并单"), "gather": N_("并单"), "release": N_("并单"),
    "merged_answered": N_("回访"), "merged_redo": N_("重办"), "declare_incident": N_("事件"), "announce": N_("通报"),
    "keep_secret": N_("保密"), "lift_secret": N_("保密"), "name_accused": N_("回避"), "reopen": N_("重启"),
    "appeal": N_("异议"), "keep_closed": N_("异议"), "withdraw": N_("撤诉"), "withdraw_merged": N_("撤诉"),
    "archive": N_("归档"), "recompute": N_("时限"),
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
        case "urge":
            return _("第 {n} 次催办（{source}）").format(n=data["no"], source=say(SOURCE, data["source"]))
        case "supervise" | "raise_supervision":
            return f"{_(BY_NAME[verb].label)} {data['number']} · {say(LEVEL, data['level'])}"
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
        case "recompute":
            return " · ".join((data.get("reason", ""), *recomputed(data)))
        case "try_follow_up":
            return " · ".join(
                part for part in (say(OUTCOME, data.get("outcome")), data.get("note", "")) if part
            )
        case "close" if data.get("way"):
            why = _("三个半天没有联系上") if data["way"] == "tried" else _("市民不愿评价")
            return " · ".join(part for part in (why, data.get("note", "")) if part)
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
                "demand",
                "text",
                "reason",
                "title",
                "question",
            )
            return next((str(data[name]) for name in written if data.get(name)), "")
