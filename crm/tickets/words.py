"""The words people read for states, kinds, codes. Citizens read only `citizen_word`."""

from __future__ import annotations

from core.i18n import _
from crm.tickets.states import OrderStatus, Status

STATUS: dict[str, str] = {
    Status.DRAFT: "起草",
    Status.RECEIVED: "待派",
    Status.ANSWERED: "即答办结",
    Status.REFUSED: "不予受理",
    Status.DISPATCHED: "待签收",
    Status.HANDLING: "办理中",
    Status.RETURN_REVIEW: "退单待审",
    Status.REPLIED: "待审核",
    Status.FOLLOW_UP: "待回访",
    Status.CLOSED: "办结",
    Status.REDO: "待重办",
    Status.WITHDRAWN: "已撤诉",
}
#: What the citizen is told; 退单, 会商, 督办 never show.
CITIZEN: dict[str, str] = {
    Status.DRAFT: "已受理",
    Status.RECEIVED: "已受理",
    Status.ANSWERED: "已答复",
    Status.REFUSED: "不属受理范围",
    Status.DISPATCHED: "已派单",
    Status.HANDLING: "办理中",
    Status.RETURN_REVIEW: "办理中",
    Status.REPLIED: "办理中",
    Status.FOLLOW_UP: "已答复待评价",
    Status.CLOSED: "已办结",
    Status.REDO: "重新办理",
    Status.WITHDRAWN: "已撤回",
}
ORDER: dict[str, str] = {
    OrderStatus.DISPATCHED: "待签收",
    OrderStatus.HANDLING: "办理中",
    OrderStatus.RETURN_REVIEW: "退单待审",
    OrderStatus.REPLIED: "待审核",
    OrderStatus.ACCEPTED: "已通过",
    OrderStatus.RETURNED: "已退",
    OrderStatus.RECALLED: "已收回",
    OrderStatus.CANCELLED: "已取消",
}
KIND: dict[str, str] = {
    "consult": "咨询",
    "help": "求助",
    "complaint": "投诉",
    "report": "举报",
    "suggestion": "建议",
    "praise": "表扬",
    "home_service": "家庭服务",
    "other": "其他",
}
URGENCY: dict[int, str] = {1: "危急", 2: "基本生活", 3: "一般", 4: "疑难"}
RESULT: dict[str, str] = {
    "solved": "已解决",
    "partly": "部分解决",
    "explained": "已解释",
    "cannot": "暂时不能解决",
}
RESULT_HINT: dict[str, str] = {
    "solved": "诉求全部落实，市民可以核对",
    "partly": "还缺什么、何时补上，写进答复",
    "explained": "依法依规不能办，说明依据",
    "cannot": "写明原因和下次回音的日期",
}
RETURN_CODE: dict[str, str] = {"R1": "属地不符", "R2": "权属不清", "R3": "职能交叉", "R4": "不属受理范围"}
RETURN_HINT: dict[str, str] = {
    "R1": "不在本区、本街道",
    "R2": "管网或设施不归本单位",
    "R3": "应由别的部门牵头",
    "R4": "写明应走的法定途径",
}
DEFECT: dict[str, str] = {
    "D1": "未联系市民",
    "D2": "答非所问",
    "D3": "结果与答复不符",
    "D4": "依据不足",
    "D5": "用语不当",
    "D6": "缺附件或佐证",
}
REFUSAL: dict[str, str] = {
    "litigation": "应走诉讼、仲裁、行政复议",
    "discipline": "属纪检监察",
    "petition": "已在信访程序中",
    "disclosure": "属政府信息公开申请",
    "secret": "涉国家秘密、商业秘密、个人隐私",
    "unlawful": "违反法律或公序良俗",
}
CHANNEL: dict[str, str] = {
    "call": "电话",
    "sms": "短信",
    "web": "网站",
    "counter": "窗口",
    "letter": "来信",
    "api": "接口",
    "import": "导入",
}
DISPOSITION: dict[str, str] = {
    "ticket": "已登记工单",
    "appended": "追加到原单",
    "answered": "当场答复",
    "transferred": "已转接",
    "silent": "无声",
    "nuisance": "骚扰",
    "test": "测试",
    "wrong_number": "拨错",
    "abandoned": "未接即挂",
}
FOLLOW_UP: dict[str, str] = {"must": "必访", "sample": "抽访", "none": "不回访"}
SOLVED: dict[str, str] = {"yes": "已解决", "partly": "部分解决", "no": "未解决"}
SATISFIED: dict[int, str] = {1: "非常满意", 2: "满意", 3: "基本满意", 4: "不满意", 5: "非常不满意"}


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
