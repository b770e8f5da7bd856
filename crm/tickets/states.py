"""States and moves of a ticket: one table. Pure.

Buttons, forms, API errors, the diagram in `docs/states.md` and the matrix tests are made from `MOVES`.
To add to the lifecycle, add a row here and a `Verb` in the module that makes it (`crm/tickets/verbs.py`).
Source of the moves: the practice of 12345 platforms (docs/glossary.md has the Chinese words).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.i18n import N_
from core.officers import covers


class Status(StrEnum):
    DRAFT = "draft"
    RECEIVED = "received"
    ANSWERED = "answered"
    REFUSED = "refused"
    EMERGENCY = "emergency"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    SUSPENDED = "suspended"
    RETURN_REVIEW = "return_review"
    CONFERENCE = "conference"
    REPLIED = "replied"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    REDO = "redo"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"


class OrderStatus(StrEnum):
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    SUSPENDED = "suspended"
    RETURN_REVIEW = "return_review"
    REPLIED = "replied"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    RECALLED = "recalled"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Party(StrEnum):
    CITIZEN = "citizen"
    UNIT = "unit"


#: No clock of the hotline or a unit runs any more, and nothing brings the ticket back.
FINAL = frozenset({Status.WITHDRAWN, Status.ARCHIVED})
#: Rests until somebody brings new facts.
RESTING = frozenset({Status.ANSWERED, Status.REFUSED, Status.CLOSED})
#: A unit has a lead order open; the order's state then is `LEAD_AT`'s.
LEAD_AT: dict[Status, OrderStatus] = {
    Status.DISPATCHED: OrderStatus.DISPATCHED,
    Status.HANDLING: OrderStatus.HANDLING,
    Status.SUSPENDED: OrderStatus.SUSPENDED,
    Status.RETURN_REVIEW: OrderStatus.RETURN_REVIEW,
    Status.CONFERENCE: OrderStatus.RETURN_REVIEW,
    Status.REPLIED: OrderStatus.REPLIED,
}
IN_HANDS = frozenset(LEAD_AT)
#: A merged ticket is open, but it is its master that is worked on.
OPEN = frozenset(Status) - FINAL - RESTING - {Status.DRAFT}
ORDER_OPEN = frozenset(LEAD_AT.values())
#: A unit still has to act.
ORDER_WORKING = frozenset({OrderStatus.DISPATCHED, OrderStatus.HANDLING})


@dataclass(frozen=True)
class Move:
    """One allowed move.

    `target` None: the ticket's state stays. `order` maps the acting work order's state, from → to; the
    ticket's other open orders end as `others`. `who` are permissions, any of which suffices. `passing`
    moves do not disturb somebody else's half-finished move on the same ticket. `restores` names the move
    that this one takes back: the ticket returns to the state it had before that.
    """

    name: str
    label: str
    sources: frozenset[Status]
    target: Status | None
    who: tuple[str, ...]
    needs: tuple[str, ...] = ()
    told: tuple[Party, ...] = ()
    order: tuple[tuple[OrderStatus, OrderStatus], ...] = ()
    part: str = "lead"
    others: OrderStatus | None = None
    passing: bool = False
    restores: str = ""

    def after(self, status: Status) -> Status:
        """Where the ticket is afterwards; of a move that `restores`, only the log knows."""
        return self.target or status


def _move(
    name: str,
    label: str,
    sources: set[Status] | frozenset[Status],
    target: Status | None,
    *who: str,
    **more: object,
) -> Move:
    return Move(name, label, frozenset(sources), target, who, **more)  # type: ignore[arg-type]  # kwargs of Move


_S, _O = Status, OrderStatus
_CITIZEN, _UNIT = (Party.CITIZEN,), (Party.UNIT,)
_BOTH = (Party.CITIZEN, Party.UNIT)
_SIGNED = ((_O.DISPATCHED, _O.HANDLING),)
#: The lead acts, and its order stays as it is.
_AS_IT_IS = tuple((status, status) for status in sorted(ORDER_OPEN))
_WORKING = ((_O.DISPATCHED, _O.DISPATCHED), (_O.HANDLING, _O.HANDLING))
#: Rights: the hotline's own jobs hold `ticket.auto` (crm/tickets/hotline.py).
_AUTO, _DISPATCH, _SUPERVISE = "ticket.auto", "ticket.dispatch", "ticket.supervise"

# fmt: off
MOVES: tuple[Move, ...] = (
    # at the agent's desk
    _move("register", N_("登记"), {_S.DRAFT}, _S.RECEIVED, "ticket.register",
          needs=("kind", "matter", "place", "content", "contact"), told=_CITIZEN),
    _move("answer", N_("当场答复办结"), {_S.DRAFT}, _S.ANSWERED, "ticket.register", needs=("answer",)),
    _move("refuse", N_("不予受理"), {_S.DRAFT}, _S.REFUSED, "ticket.register",
          needs=("ground", "legal_path"), told=_CITIZEN),
    _move("emergency", N_("紧急转接"), {_S.DRAFT, _S.RECEIVED}, _S.EMERGENCY, "ticket.register",
          needs=("service", "read_back")),
    _move("emergency_over", N_("紧急处置已结束"), {_S.EMERGENCY}, _S.CLOSED, "ticket.register", needs=("outcome",)),
    _move("emergency_back", N_("紧急转接退回热线"), {_S.EMERGENCY}, _S.RECEIVED, "ticket.register",
          needs=("ground",)),
    _move("append", N_("追加"), OPEN | RESTING, None, "ticket.register", needs=("content",), passing=True),
    # dispatch
    _move("dispatch", N_("派出"), {_S.RECEIVED}, _S.DISPATCHED, _DISPATCH, "ticket.dispatch_by_rule",
          needs=("lead", "reason"), told=_BOTH),
    _move("dispatch_redo", N_("重办派出"), {_S.REDO}, _S.DISPATCHED, _DISPATCH,
          needs=("lead", "reason"), told=_BOTH),
    _move("refuse_redo", N_("不予重办"), {_S.REDO}, _S.CLOSED, _DISPATCH, needs=("ground",), told=_CITIZEN),
    _move("reassign", N_("改派"), {_S.DISPATCHED, _S.HANDLING, _S.SUSPENDED}, _S.DISPATCHED, _DISPATCH,
          needs=("lead", "reason"), told=_UNIT, others=_O.RECALLED),
    _move("add_assist", N_("增派协办"), {_S.DISPATCHED, _S.HANDLING}, None, _DISPATCH,
          needs=("assists", "reason"), told=_UNIT, passing=True),
    _move("rerate", N_("重定时限"), IN_HANDS - {_S.REPLIED}, None, _DISPATCH, _AUTO,
          needs=("reason",), told=_UNIT, order=_AS_IT_IS, passing=True),
    _move("succeed", N_("单位变更，由继任单位承接"), IN_HANDS, None, _AUTO, "admin.units", needs=("unit",),
          told=_UNIT, order=_AS_IT_IS, passing=True),
    # the unit
    _move("sign", N_("签收"), {_S.DISPATCHED}, _S.HANDLING, "order.sign", order=_SIGNED),
    _move("escalate", N_("超时未签，升级"), {_S.DISPATCHED}, None, _AUTO, needs=("step",),
          order=((_O.DISPATCHED, _O.DISPATCHED),), passing=True),
    _move("contact", N_("记录联系"), {_S.HANDLING}, None, "order.work", needs=("how", "reached"),
          order=((_O.HANDLING, _O.HANDLING),), passing=True),
    _move("pass_down", N_("转派下属单位"), {_S.DISPATCHED, _S.HANDLING}, None, "order.work",
          needs=("unit",), told=_UNIT, order=_WORKING),
    _move("take_back", N_("收回自办"), {_S.DISPATCHED, _S.HANDLING}, None, "order.work",
          needs=("ground",), told=_UNIT, order=_WORKING),
    _move("reply", N_("提交答复"), {_S.HANDLING}, _S.REPLIED, "order.work", needs=("result", "answer"),
          order=((_O.HANDLING, _O.REPLIED),)),
    _move("sign_assist", N_("协办签收"), IN_HANDS, None, "order.sign", order=_SIGNED, part="assist",
          passing=True),
    _move("reply_assist", N_("回协办意见"), IN_HANDS, None, "order.work", needs=("answer",),
          order=((_O.HANDLING, _O.REPLIED),), part="assist", passing=True),
    # more time: asked for by the unit, approved by the hotline
    _move("ask_extension", N_("申请延期"), {_S.HANDLING}, None, "order.work", needs=("ground", "amount"),
          order=((_O.HANDLING, _O.HANDLING),), passing=True),
    _move("grant_extension", N_("批准延期"), {_S.HANDLING}, None, _DISPATCH, _SUPERVISE, needs=("ruling",),
          told=_BOTH, order=((_O.HANDLING, _O.HANDLING),), passing=True),
    _move("refuse_extension", N_("不准延期"), {_S.HANDLING}, None, _DISPATCH, _SUPERVISE, needs=("ruling",),
          told=_UNIT, order=((_O.HANDLING, _O.HANDLING),), passing=True),
    _move("ask_hold", N_("申请挂起"), {_S.HANDLING}, None, "order.work", needs=("ground", "resume_on"),
          order=((_O.HANDLING, _O.HANDLING),), passing=True),
    _move("grant_hold", N_("批准挂起"), {_S.HANDLING}, _S.SUSPENDED, _DISPATCH, _SUPERVISE,
          needs=("resume_on",), told=_BOTH, order=((_O.HANDLING, _O.SUSPENDED),)),
    _move("refuse_hold", N_("不准挂起"), {_S.HANDLING}, None, _DISPATCH, _SUPERVISE, needs=("ruling",),
          told=_UNIT, order=((_O.HANDLING, _O.HANDLING),), passing=True),
    _move("resume", N_("恢复办理"), {_S.SUSPENDED}, _S.HANDLING, _DISPATCH, "order.work", _AUTO,
          needs=("ground",), told=_UNIT, order=((_O.SUSPENDED, _O.HANDLING),)),
    _move("remind_citizen", N_("提醒市民补充"), {_S.SUSPENDED}, None, _AUTO, told=_CITIZEN, passing=True),
    # a return, its ruling, the conference
    _move("propose_return", N_("提请退单"), {_S.DISPATCHED, _S.HANDLING}, None, "order.work",
          needs=("code", "basis"), order=_WORKING, passing=True),
    _move("drop_return", N_("不同意退单"), {_S.DISPATCHED, _S.HANDLING}, None, "order.approve",
          needs=("ground",), order=_WORKING, passing=True),
    _move("ask_return", N_("退单"), {_S.DISPATCHED, _S.HANDLING}, _S.RETURN_REVIEW, "order.approve",
          needs=("code", "basis"),
          order=((_O.DISPATCHED, _O.RETURN_REVIEW), (_O.HANDLING, _O.RETURN_REVIEW))),
    _move("accept_return", N_("退单成立并改派"), {_S.RETURN_REVIEW}, _S.DISPATCHED, _DISPATCH,
          needs=("lead", "reason"), told=_UNIT, order=((_O.RETURN_REVIEW, _O.RETURNED),), others=_O.RECALLED),
    _move("refuse_return", N_("退单不成立"), {_S.RETURN_REVIEW}, _S.HANDLING, _DISPATCH, needs=("ruling",),
          told=_UNIT, order=((_O.RETURN_REVIEW, _O.HANDLING),)),
    _move("call_conference", N_("提交会商"), {_S.RETURN_REVIEW}, _S.CONFERENCE, _DISPATCH, _SUPERVISE, _AUTO,
          needs=("participants", "question")),
    _move("minute", N_("会商记录"), {_S.CONFERENCE}, None, _DISPATCH, _SUPERVISE, needs=("content",),
          passing=True),
    _move("designate", N_("会商指定承办"), {_S.CONFERENCE}, _S.DISPATCHED, _SUPERVISE, needs=("lead", "reason"),
          told=_UNIT, order=((_O.RETURN_REVIEW, _O.RETURNED),), others=_O.RECALLED),
    _move("designate_same", N_("会商定原单位办理"), {_S.CONFERENCE}, _S.HANDLING, _SUPERVISE, needs=("ruling",),
          told=_UNIT, order=((_O.RETURN_REVIEW, _O.HANDLING),)),
    # urged, supervised
    _move("urge", N_("催办"), OPEN - {_S.EMERGENCY, _S.FOLLOW_UP, _S.MERGED}, None, "ticket.register",
          _DISPATCH, _SUPERVISE, _AUTO, told=_UNIT, order=_AS_IT_IS, passing=True),
    _move("answer_urge", N_("回复催办"), IN_HANDS, None, "order.work", needs=("answer",), order=_AS_IT_IS,
          passing=True),
    _move("supervise", N_("督办"), (OPEN - {_S.MERGED}) | {_S.CLOSED}, None, _SUPERVISE, _AUTO,
          needs=("trigger", "demand"), told=_UNIT, order=_AS_IT_IS, passing=True),
    _move("answer_supervision", N_("回复督办"), OPEN | {_S.CLOSED}, None, "order.approve", needs=("answer",),
          passing=True),
    _move("raise_supervision", N_("督办升级"), OPEN | {_S.CLOSED}, None, _SUPERVISE, _AUTO, needs=("ground",),
          told=_UNIT, order=_AS_IT_IS, passing=True),
    _move("lift_supervision", N_("督办了结"), OPEN | {_S.CLOSED}, None, _SUPERVISE, needs=("ground",),
          passing=True),
    _move("leader_note", N_("领导批示"), OPEN | RESTING, None, _SUPERVISE, needs=("leader", "content"),
          told=_UNIT, order=_AS_IT_IS, passing=True),
    # review
    _move("send_back", N_("审核退回"), {_S.REPLIED}, _S.HANDLING, "ticket.review", needs=("defect",),
          told=_UNIT, order=((_O.REPLIED, _O.HANDLING),)),
    _move("accept", N_("审核通过，转回访"), {_S.REPLIED}, _S.FOLLOW_UP, "ticket.review", needs=("follow_up",),
          told=_CITIZEN, order=((_O.REPLIED, _O.ACCEPTED),), others=_O.CANCELLED),
    _move("accept_and_close", N_("审核通过并办结"), {_S.REPLIED}, _S.CLOSED, "ticket.review",
          needs=("follow_up_ground",), told=_CITIZEN, order=((_O.REPLIED, _O.ACCEPTED),), others=_O.CANCELLED),
    # follow-up
    _move("try_follow_up", N_("回访未联系上"), {_S.FOLLOW_UP, _S.MERGED}, None, "ticket.follow_up", needs=("outcome",),
          passing=True),
    _move("close", N_("回访办结"), {_S.FOLLOW_UP}, _S.CLOSED, "ticket.follow_up", needs=("solved",),
          told=_CITIZEN),
    _move("redo", N_("重办"), {_S.FOLLOW_UP}, _S.REDO, "ticket.follow_up", needs=("cause",)),
    # merged tickets and incidents
    _move("merge", N_("并单"), {_S.RECEIVED, _S.DISPATCHED, _S.HANDLING, _S.SUSPENDED, _S.REDO}, _S.MERGED,
          _DISPATCH, "ticket.register", needs=("master", "ground"), told=_BOTH, others=_O.MERGED),
    _move("unmerge", N_("撤销并单"), {_S.MERGED}, None, _DISPATCH, needs=("ground",), told=_BOTH,
          restores="merge"),
    _move("gather", N_("并入一单"), OPEN - {_S.MERGED, _S.EMERGENCY}, None, _DISPATCH, "ticket.register",
          passing=True),
    _move("release", N_("分出一单"), OPEN | RESTING, None, _DISPATCH, passing=True),
    _move("merged_answered", N_("并单回访"), {_S.MERGED}, None, "ticket.follow_up", needs=("solved",),
          passing=True),
    _move("merged_redo", N_("并单市民不满意，单独重办"), {_S.MERGED}, _S.REDO, "ticket.follow_up", needs=("cause",)),
    _move("declare_incident", N_("设为群发事件"), OPEN - {_S.MERGED, _S.EMERGENCY}, None, _DISPATCH, _SUPERVISE,
          needs=("title",), passing=True),
    _move("announce", N_("通报进展"), IN_HANDS | {_S.RECEIVED, _S.REDO}, None, _DISPATCH, _SUPERVISE,
          needs=("text",), told=_CITIZEN, passing=True),
    # confidence
    _move("keep_secret", N_("转为保密"), OPEN | RESTING, None, "ticket.register", _DISPATCH, "ticket.confidential",
          needs=("reason",), passing=True),
    _move("lift_secret", N_("解除保密"), OPEN | RESTING, None, "ticket.confidential", needs=("reason",),
          passing=True),
    _move("name_accused", N_("登记被反映单位"), OPEN - {_S.MERGED}, None, "ticket.register", _DISPATCH,
          needs=("units",), passing=True),
    # a changed calendar or limit: due moments are summed up again (`recomputing.py`)
    _move("recompute", N_("时限重算"), OPEN, None, "admin.limits", needs=("reason",), passing=True),
    # ways back and out
    _move("reopen", N_("重新受理"), RESTING, _S.RECEIVED, "ticket.register", _DISPATCH, needs=("facts",)),
    _move("appeal", N_("提出异议"), RESTING, None, "ticket.register", needs=("facts",), passing=True),
    _move("keep_closed", N_("异议不成立，维持办结"), RESTING, None, _DISPATCH, needs=("ground",), told=_CITIZEN,
          passing=True),
    _move("withdraw", N_("撤诉"), OPEN - {_S.MERGED}, _S.WITHDRAWN, "ticket.withdraw", "ticket.register",
          needs=("code", "ground"), told=_UNIT, others=_O.CANCELLED),
    _move("withdraw_merged", N_("撤诉"), {_S.MERGED}, _S.WITHDRAWN, "ticket.withdraw", "ticket.register",
          needs=("code", "ground")),
    _move("archive", N_("归档"), RESTING, _S.ARCHIVED, _AUTO),
)
# fmt: on

BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def allowed(status: Status, permissions: frozenset[str]) -> list[Move]:
    """The moves that somebody with `permissions` may make from `status`, in the table's order."""
    return [m for m in MOVES if status in m.sources and any(covers(permissions, right) for right in m.who)]


def order_after(move: Move, status: OrderStatus) -> OrderStatus | None:
    """What the acting order becomes, or None when the move does not fit its state."""
    return dict(move.order).get(status)
