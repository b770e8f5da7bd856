"""What a person may do, in words: their posts' permissions as an administrator reads them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from core.i18n import N_, _

#: permission → what it lets somebody do. A right that is not listed is shown by its own name.
WORDS: Final = {
    "desk.agent": N_("坐席工作台"), "desk.dispatch": N_("派单工作台"), "desk.review": N_("审核工作台"),
    "desk.unit": N_("承办收件箱"), "desk.kb": N_("知识编辑台"),
    "call.take": N_("接听来电"), "ticket.see": N_("看全部工单"), "ticket.search": N_("查找工单"),
    "ticket.register": N_("登记工单"), "ticket.dispatch": N_("派单、改派、裁定退单"), "ticket.review": N_("审核答复"),
    "ticket.follow_up": N_("回访"), "ticket.confidential": N_("看保密工单"), "ticket.unmask": N_("看全号码（留痕）"),
    "ticket.withdraw": N_("撤诉"), "ticket.supervise": N_("督办、会商"), "order.sign": N_("签收承办单"),
    "order.work": N_("办理承办单"), "order.approve": N_("负责人同意"), "kb.read": N_("看知识"), "kb.edit": N_("编辑知识"),
    "runs.see": N_("看导入等后台任务"), "audit.see": N_("看改动与查看记录"), "admin.*": N_("全部管理项"),
}  # fmt: skip


def in_words(permissions: Collection[str]) -> list[str]:
    """In the table's order, then what it does not know."""
    known = [_(word) for name, word in WORDS.items() if name in permissions]
    return known + sorted(name for name in permissions if name not in WORDS)
