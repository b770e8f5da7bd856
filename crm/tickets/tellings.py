"""What each move is called in the story, for whom, and what of its data is told beside it. Pure; `story.py` tells it."""

from __future__ import annotations

from dataclasses import dataclass

from core.i18n import N_


@dataclass(frozen=True)
class Telling:
    """`mark` is the short word before the line. Sentences have places, `{lead}`, for what `Words` says of the event.

    `title`: for those who work on it; "" = the move's own label. `detail`: named parts of `Words`, those that say
    something. `citizen`: "" = not told to them. `hidden`: not told to units; `inner`: only to the unit that did it.
    """

    mark: str
    title: str = ""
    detail: tuple[str, ...] = ()
    citizen: str = ""
    citizen_detail: tuple[str, ...] = ()
    hidden: bool = False
    inner: bool = False


_T = Telling
_GIVEN = N_("已转由{lead}办理")
_NOW_BY = N_("已转由{unit}办理")
_KEPT = N_("经复核，维持原来的答复")
_ONCE_MORE = N_("您不认可结果，重新办理")
_BACK = N_("已按您的要求撤回")

# fmt: off
#: Verb, or `verb:how it went` (`story.variant`).
TELLINGS: dict[str, Telling] = {
    # at the agent's desk
    "register": _T(N_("受理"), detail=("follows",), citizen=N_("已受理您的诉求")),
    "answer": _T(N_("即答"), detail=("answer",), citizen=N_("已当场答复您")),
    "refuse": _T(N_("不受理"), N_("不予受理：{ground}"), ("legal_path",), N_("不属受理范围，已告知您该走的途径")),
    "emergency": _T(N_("紧急"), N_("紧急转接 {service}"), ("three_party", "read_back"), N_("已转 {service}")),
    "emergency_over": _T(N_("紧急"), detail=("outcome",), citizen=N_("紧急处置已结束")),
    "emergency_back": _T(N_("紧急"), detail=("ground",), citizen=N_("转回热线，继续办理")),
    "append": _T(N_("追加"), detail=("content",), citizen=N_("您补充了情况")),
    # dispatch
    "dispatch": _T(N_("派单"), N_("派出 → {lead}"), ("assists", "reason", "note"), N_("已派给{lead}办理")),
    "dispatch_redo": _T(N_("派单"), N_("重办派出 → {lead}"), ("assists", "reason", "note"), N_("已重新派给{lead}办理")),
    "refuse_redo": _T(N_("重办"), detail=("ground",), citizen=_KEPT),
    "reassign": _T(N_("改派"), N_("改派 → {lead}"), ("assists", "reason", "note"), _GIVEN),
    "add_assist": _T(N_("协办"), N_("增派协办 → {names}"), ("reason", "note", "by_when")),
    "rerate": _T(N_("时限"), detail=("rated", "reason", "by_when")),
    "succeed": _T(N_("承接"), N_("{from} 变更，由{unit}承接"), ("reason",), _NOW_BY),
    # the unit
    "sign": _T(N_("签收"), citizen=N_("承办单位已收到")),
    "escalate": _T(N_("升级"), N_("催签第 {n} 步：{step} {who}（{channel}）"), ("before", "skipped")),
    "escalate:nobody": _T(N_("升级"), N_("催签：没有一处留有值守电话"), ("before",)),
    "contact": _T(N_("联系"), N_("已联系市民（{how}）"), ("note",), N_("承办单位联系了您")),
    "contact:missed": _T(N_("联系"), N_("没联系上市民（{how}）"), ("note",), N_("承办单位没有联系上您")),
    "pass_down": _T(N_("转派"), N_("{from} 转派 → {unit}"), ("note",), _NOW_BY),
    "take_back": _T(N_("转派"), N_("{unit} 从{from}收回自办"), ("ground",), _NOW_BY),
    "reply": _T(N_("答复"), N_("提交答复：{result}"), ("answer", "without")),
    "sign_assist": _T(N_("签收")),
    "reply_assist": _T(N_("协办"), detail=("answer",)),
    # more time
    "ask_extension": _T(N_("延期"), N_("申请延期 {amount}"), ("more_ground", "note")),
    "grant_extension": _T(N_("延期"), N_("准延期 {amount}：{was_and_due}"), ("ruling",), N_("答复时限改到 {due}")),
    "refuse_extension": _T(N_("延期"), detail=("ruling",)),
    "ask_hold": _T(N_("挂起"), N_("申请挂起到 {resume_on}"), ("hold_ground", "note")),
    "grant_hold": _T(N_("挂起"), N_("批准挂起到 {resume_on}"), ("hold_ground", "ruling"),
                     N_("暂停办理，预计 {resume_on} 恢复")),
    "grant_hold:citizen": _T(N_("挂起"), N_("批准挂起到 {resume_on}"), ("hold_ground", "ruling"),
                             N_("等您补充材料，最晚 {resume_on}")),
    "refuse_hold": _T(N_("挂起"), detail=("ruling",)),
    "resume": _T(N_("恢复"), detail=("ground",), citizen=N_("恢复办理")),
    "remind_citizen": _T(N_("挂起"), citizen=N_("已提醒您补充材料")),
    # a return, its ruling, the conference
    "propose_return": _T(N_("退单"), N_("提请退单：{code}"), ("basis", "suggested"), inner=True),
    "drop_return": _T(N_("退单"), detail=("ground",), inner=True),
    "ask_return": _T(N_("退单"), N_("退单申请：{code}"), ("basis", "suggested")),
    "accept_return": _T(N_("退单"), N_("退单成立，改派 → {lead}"), ("assists", "reason", "note"), _GIVEN),
    "refuse_return": _T(N_("退单"), detail=("ruling",)),
    "call_conference": _T(N_("会商"), N_("提交会商：{names}"), ("question", "by_when")),
    "minute": _T(N_("会商"), detail=("content",)),
    "designate": _T(N_("会商"), N_("会商指定 → {lead}"), ("assists", "reason"), _GIVEN),
    "designate_same": _T(N_("会商"), detail=("ruling",)),
    # urged, supervised
    "urge": _T(N_("催办"), N_("第 {no} 次催办（{source}）"), ("content", "by_when"), N_("已记下您的催办")),
    "urge:ours": _T(N_("催办"), N_("第 {no} 次催办（{source}）"), ("content", "by_when")),
    "answer_urge": _T(N_("催办"), N_("回复第 {urges} 次催办"), ("answer",)),
    "supervise": _T(N_("督办"), N_("督办 {number} · {level}"), ("trigger", "demand", "by_when")),
    "answer_supervision": _T(N_("督办"), N_("回复督办 {number}"), ("answer",)),
    "raise_supervision": _T(N_("督办"), N_("督办升级 {number} · {level}"), ("ground", "by_when")),
    "lift_supervision": _T(N_("督办"), N_("督办了结 {number}"), ("ground",)),
    "leader_note": _T(N_("批示"), N_("领导批示：{leader}"), ("content",)),
    # review and follow-up
    "send_back": _T(N_("退回"), N_("审核退回：{defect}"), ("note",)),
    "accept": _T(N_("审核"), detail=("follow_up", "ground"), citizen=N_("已答复您，请您评价")),
    "accept_and_close": _T(N_("审核"), detail=("follow_up", "ground"), citizen=N_("已答复您，办理结束")),
    "try_follow_up": _T(N_("回访"), detail=("outcome", "note"), citizen=N_("我们回访过您")),
    "close": _T(N_("回访"), detail=("citizen_said",), citizen=N_("已办结")),
    "close:unasked": _T(N_("回访"), detail=("way", "note"), citizen=N_("已办结")),
    "redo": _T(N_("重办"), detail=("cause",), citizen=_ONCE_MORE),
    # merged tickets and incidents
    "merge": _T(N_("并单"), N_("并入 {master}"), ("ground",), N_("与同一件事一并办理")),
    "unmerge": _T(N_("并单"), N_("与 {master} 分开"), ("ground",), N_("恢复单独办理")),
    "gather": _T(N_("并单"), N_("{child} 并入本单")),
    "release": _T(N_("并单"), N_("{child} 从本单分出")),
    "merged_answered": _T(N_("回访"), detail=("citizen_said",), citizen=N_("您评价了结果")),
    "merged_redo": _T(N_("重办"), N_("不满意，与 {master} 分开重办"), ("cause",), _ONCE_MORE),
    "declare_incident": _T(N_("事件"), N_("设为群发事件“{title}”")),
    "announce": _T(N_("通报"), N_("通报进展（{told} 位市民）"), ("text",), N_("热线通报进展"), ("text",)),
    # confidence
    "keep_secret": _T(N_("保密"), detail=("reason",), hidden=True),
    "lift_secret": _T(N_("保密"), detail=("reason",), hidden=True),
    "name_accused": _T(N_("回避"), N_("登记被反映单位：{names}"), hidden=True),
    "recompute": _T(N_("时限"), detail=("reason", "recomputed")),
    # ways back and out
    "reopen": _T(N_("重启"), detail=("facts",), citizen=N_("按新情况重新受理")),
    "appeal": _T(N_("异议"), detail=("facts",), citizen=N_("您提出了异议")),
    "keep_closed": _T(N_("异议"), detail=("ground",), citizen=_KEPT),
    "withdraw": _T(N_("撤诉"), N_("撤诉：{withdrawal}"), ("ground",), _BACK),
    "withdraw_merged": _T(N_("撤诉"), N_("撤诉：{withdrawal}"), ("ground",), _BACK),
    "archive": _T(N_("归档")),
}
# fmt: on
