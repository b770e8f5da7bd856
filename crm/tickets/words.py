"""The words people read for states, kinds, codes. Citizens read only `citizen_word`."""

from __future__ import annotations

from core.i18n import N_, _
from crm.tickets.states import OrderStatus, Status

STATUS: dict[str, str] = {
    Status.DRAFT: N_("起草"),
    Status.RECEIVED: N_("待派"),
    Status.ANSWERED: N_("即答办结"),
    Status.REFUSED: N_("不予受理"),
    Status.EMERGENCY: N_("紧急转接中"),
    Status.DISPATCHED: N_("待签收"),
    Status.HANDLING: N_("办理中"),
    Status.SUSPENDED: N_("挂起"),
    Status.RETURN_REVIEW: N_("退单待审"),
    Status.CONFERENCE: N_("会商中"),
    Status.REPLIED: N_("待审核"),
    Status.FOLLOW_UP: N_("待回访"),
    Status.CLOSED: N_("已办结"),  # 办结 is the clock
    Status.REDO: N_("待重办"),
    Status.MERGED: N_("已并单"),
    Status.WITHDRAWN: N_("已撤诉"),
    Status.ARCHIVED: N_("已归档"),
}
#: What the citizen is told; 退单, 会商, 督办 never show.
CITIZEN: dict[str, str] = {
    Status.DRAFT: N_("已受理"),
    Status.RECEIVED: N_("已受理"),
    Status.ANSWERED: N_("已答复"),
    Status.REFUSED: N_("不属受理范围"),
    Status.EMERGENCY: N_("已转紧急服务"),
    Status.DISPATCHED: N_("已派单"),
    Status.HANDLING: N_("办理中"),
    Status.SUSPENDED: N_("办理中"),
    Status.RETURN_REVIEW: N_("办理中"),
    Status.CONFERENCE: N_("办理中"),
    Status.REPLIED: N_("办理中"),
    Status.FOLLOW_UP: N_("已答复待评价"),
    Status.CLOSED: N_("已办结"),
    Status.REDO: N_("重新办理"),
    Status.MERGED: N_("办理中"),
    Status.WITHDRAWN: N_("已撤回"),
    Status.ARCHIVED: N_("已办结"),
}
ORDER: dict[str, str] = {
    OrderStatus.DISPATCHED: N_("待签收"),
    OrderStatus.HANDLING: N_("办理中"),
    OrderStatus.SUSPENDED: N_("挂起"),
    OrderStatus.RETURN_REVIEW: N_("退单待审"),
    OrderStatus.REPLIED: N_("待审核"),
    OrderStatus.ACCEPTED: N_("已通过"),
    OrderStatus.RETURNED: N_("已退"),
    OrderStatus.RECALLED: N_("已收回"),
    OrderStatus.CANCELLED: N_("已取消"),
    OrderStatus.MERGED: N_("已并单"),
}
KIND: dict[str, str] = {
    "consult": N_("咨询"),
    "help": N_("求助"),
    "complaint": N_("投诉"),
    "report": N_("举报"),
    "suggestion": N_("建议"),
    "praise": N_("表扬"),
    "home_service": N_("家庭服务"),
    "other": N_("其他"),
}
URGENCY: dict[int, str] = {1: N_("危急"), 2: N_("基本生活"), 3: N_("一般"), 4: N_("疑难")}
RESULT: dict[str, str] = {
    "solved": N_("已解决"),
    "partly": N_("部分解决"),
    "explained": N_("已解释"),
    "cannot": N_("暂时不能解决"),
}
RESULT_HINT: dict[str, str] = {
    "solved": N_("诉求全部落实，市民可以核对"),
    "partly": N_("还缺什么、何时补上，写进答复"),
    "explained": N_("依法依规不能办，说明依据"),
    "cannot": N_("写明原因和下次回音的日期"),
}
RETURN_CODE: dict[str, str] = {
    "R1": N_("属地不符"),
    "R2": N_("权属不清"),
    "R3": N_("职能交叉"),
    "R4": N_("不属受理范围"),
}
RETURN_HINT: dict[str, str] = {
    "R1": N_("不在本区、本街道"),
    "R2": N_("管网或设施不归本单位"),
    "R3": N_("应由别的部门牵头"),
    "R4": N_("写明应走的法定途径"),
}
DEFECT: dict[str, str] = {
    "D1": N_("未联系市民"),
    "D2": N_("答非所问"),
    "D3": N_("结果与答复不符"),
    "D4": N_("依据不足"),
    "D5": N_("用语不当"),
    "D6": N_("缺附件或佐证"),
}
REFUSAL: dict[str, str] = {
    "litigation": N_("应走诉讼、仲裁、行政复议"),
    "discipline": N_("属纪检监察"),
    "petition": N_("已在信访程序中"),
    "disclosure": N_("属政府信息公开申请"),
    "secret": N_("涉国家秘密、商业秘密、个人隐私"),
    "unlawful": N_("违反法律或公序良俗"),
}
WITHDRAWAL: dict[str, str] = {
    "settled": N_("已自行解决"),
    "agreed": N_("与单位谈妥"),
    "mistake": N_("报错了"),
    "duplicate": N_("与另一张单重复"),
    "sms": N_("市民短信撤回，已核对验证码"),
    "other": N_("其他原因"),
}
CHANNEL: dict[str, str] = {
    "call": N_("电话"),
    "sms": N_("短信"),
    "web": N_("网站"),
    "counter": N_("窗口"),
    "letter": N_("来信"),
    "api": N_("接口"),
    "import": N_("导入"),
}
DISPOSITION: dict[str, str] = {
    "ticket": N_("已登记工单"),
    "appended": N_("追加到原单"),
    "answered": N_("当场答复"),
    "transferred": N_("已转接"),
    "silent": N_("无声"),
    "nuisance": N_("骚扰"),
    "test": N_("测试"),
    "wrong_number": N_("拨错"),
    "abandoned": N_("未接即挂"),
}
FOLLOW_UP: dict[str, str] = {"must": N_("必访"), "sample": N_("抽访"), "none": N_("不回访")}
SOLVED: dict[str, str] = {"yes": N_("已解决"), "partly": N_("部分解决"), "no": N_("未解决")}
SATISFIED: dict[int, str] = {
    1: N_("非常满意"),
    2: N_("满意"),
    3: N_("基本满意"),
    4: N_("不满意"),
    5: N_("非常不满意"),
}


def status_word(status: str) -> str:
    return _(STATUS[status])


def order_word(status: str) -> str:
    return _(ORDER[status])


def citizen_word(status: str) -> str:
    return _(CITIZEN[status])


def kind_word(kind: str) -> str:
    return _(KIND.get(kind, kind))


def disposition_word(disposition: str) -> str:
    """How a call ended; nothing while nobody has said."""
    return _(DISPOSITION[disposition]) if disposition else ""


def urgency_word(urgency: int) -> str:
    """`P2 基本生活`."""
    return f"P{urgency} {_(URGENCY[urgency])}"


def defect_word(code: str) -> str:
    return _(DEFECT.get(code, code)) if code else ""


def say(table: dict[str, str] | dict[int, str], key: object) -> str:
    """The word of a code from one of the tables above, or nothing for a code that has none."""
    return _(table[key]) if key in table else ""  # type: ignore[index]  # key in table
