"""States and moves of a ticket: one table. Pure.

Buttons, API errors, the diagram in `docs/states.md` and the matrix tests are made from `MOVES`.
To add to the lifecycle, add a row here and a verb beside `dispatch.py`. Source of the moves: the practice
of 12345 platforms (docs/glossary.md has the Chinese words).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.i18n import N_


class Status(StrEnum):
    DRAFT = "draft"
    RECEIVED = "received"
    ANSWERED = "answered"
    REFUSED = "refused"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    RETURN_REVIEW = "return_review"
    REPLIED = "replied"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    REDO = "redo"
    WITHDRAWN = "withdrawn"


class OrderStatus(StrEnum):
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    RETURN_REVIEW = "return_review"
    REPLIED = "replied"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    RECALLED = "recalled"
    CANCELLED = "cancelled"


class Party(StrEnum):
    CITIZEN = "citizen"
    UNIT = "unit"


#: No clock of the hotline or a unit runs any more.
FINAL = frozenset({Status.WITHDRAWN})
#: Rests until somebody brings new facts.
RESTING = frozenset({Status.ANSWERED, Status.REFUSED, Status.CLOSED})
OPEN = frozenset(Status) - FINAL - RESTING - {Status.DRAFT}
ORDER_OPEN = frozenset(
    {OrderStatus.DISPATCHED, OrderStatus.HANDLING, OrderStatus.RETURN_REVIEW, OrderStatus.REPLIED}
)
#: A unit still has to act.
ORDER_WORKING = frozenset({OrderStatus.DISPATCHED, OrderStatus.HANDLING})


@dataclass(frozen=True)
class Move:
    """One allowed move.

    `target` None: the ticket's state stays. `order` maps the acting work order's state, from → to; the
    ticket's other open orders end as `others`. `who` are permissions, any of which suffices. `passing`
    moves do not disturb somebody else's half-finished move on the same ticket.
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

    def after(self, status: Status) -> Status:
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
_SIGNED = ((_O.DISPATCHED, _O.HANDLING),)
_CITIZEN, _UNIT = (Party.CITIZEN,), (Party.UNIT,)
_BOTH = (Party.CITIZEN, Party.UNIT)

MOVES: tuple[Move, ...] = (
    # at the agent's desk
    _move(
        "register",
        N_("登记"),
        {_S.DRAFT},
        _S.RECEIVED,
        "ticket.register",
        needs=("kind", "matter", "place", "content", "contact"),
        told=_CITIZEN,
    ),
    _move("answer", N_("当场答复办结"), {_S.DRAFT}, _S.ANSWERED, "ticket.register", needs=("answer",)),
    _move(
        "refuse", N_("不予受理"), {_S.DRAFT}, _S.REFUSED, "ticket.register", needs=("ground", "legal_path")
    ),
    _move("append", N_("追加"), OPEN | RESTING, None, "ticket.register", needs=("content",), passing=True),
    # dispatch
    _move(
        "dispatch",
        N_("派出"),
        {_S.RECEIVED},
        _S.DISPATCHED,
        "ticket.dispatch",
        "ticket.dispatch_by_rule",
        needs=("lead", "reason"),
        told=_BOTH,
    ),
    _move(
        "dispatch_redo",
        N_("重办派出"),
        {_S.REDO},
        _S.DISPATCHED,
        "ticket.dispatch",
        needs=("lead", "reason"),
        told=_BOTH,
    ),
    _move(
        "reassign",
        N_("改派"),
        {_S.DISPATCHED, _S.HANDLING},
        _S.DISPATCHED,
        "ticket.dispatch",
        needs=("lead", "reason"),
        told=_UNIT,
        others=_O.RECALLED,
    ),
    # the unit
    _move("sign", N_("签收"), {_S.DISPATCHED}, _S.HANDLING, "order.sign", order=_SIGNED),
    _move(
        "contact",
        N_("记录联系"),
        {_S.HANDLING},
        None,
        "order.work",
        needs=("how", "reached"),
        order=((_O.HANDLING, _O.HANDLING),),
        passing=True,
    ),
    _move(
        "ask_return",
        N_("退单"),
        {_S.DISPATCHED, _S.HANDLING},
        _S.RETURN_REVIEW,
        "order.work",
        needs=("code", "basis"),
        order=((_O.DISPATCHED, _O.RETURN_REVIEW), (_O.HANDLING, _O.RETURN_REVIEW)),
    ),
    _move(
        "reply",
        N_("提交答复"),
        {_S.HANDLING},
        _S.REPLIED,
        "order.work",
        needs=("result", "answer"),
        order=((_O.HANDLING, _O.REPLIED),),
    ),
    _move(
        "sign_assist",
        N_("协办签收"),
        {_S.DISPATCHED, _S.HANDLING, _S.RETURN_REVIEW, _S.REPLIED},
        None,
        "order.sign",
        order=_SIGNED,
        part="assist",
        passing=True,
    ),
    _move(
        "reply_assist",
        N_("回协办意见"),
        {_S.DISPATCHED, _S.HANDLING, _S.RETURN_REVIEW, _S.REPLIED},
        None,
        "order.work",
        needs=("answer",),
        order=((_O.HANDLING, _O.REPLIED),),
        part="assist",
        passing=True,
    ),
    # ruling on a return
    _move(
        "accept_return",
        N_("退单成立并改派"),
        {_S.RETURN_REVIEW},
        _S.DISPATCHED,
        "ticket.dispatch",
        needs=("lead", "reason"),
        told=_UNIT,
        order=((_O.RETURN_REVIEW, _O.RETURNED),),
        others=_O.RECALLED,
    ),
    _move(
        "refuse_return",
        N_("退单不成立"),
        {_S.RETURN_REVIEW},
        _S.HANDLING,
        "ticket.dispatch",
        needs=("ruling",),
        told=_UNIT,
        order=((_O.RETURN_REVIEW, _O.HANDLING),),
    ),
    # review
    _move(
        "send_back",
        N_("审核退回"),
        {_S.REPLIED},
        _S.HANDLING,
        "ticket.review",
        needs=("defect",),
        told=_UNIT,
        order=((_O.REPLIED, _O.HANDLING),),
    ),
    _move(
        "accept",
        N_("审核通过，转回访"),
        {_S.REPLIED},
        _S.FOLLOW_UP,
        "ticket.review",
        needs=("follow_up",),
        told=_CITIZEN,
        order=((_O.REPLIED, _O.ACCEPTED),),
        others=_O.CANCELLED,
    ),
    _move(
        "accept_and_close",
        N_("审核通过并办结"),
        {_S.REPLIED},
        _S.CLOSED,
        "ticket.review",
        needs=("follow_up_ground",),
        told=_CITIZEN,
        order=((_O.REPLIED, _O.ACCEPTED),),
        others=_O.CANCELLED,
    ),
    # follow-up
    _move(
        "close",
        N_("回访办结"),
        {_S.FOLLOW_UP},
        _S.CLOSED,
        "ticket.follow_up",
        needs=("solved",),
        told=_CITIZEN,
    ),
    _move("redo", N_("重办"), {_S.FOLLOW_UP}, _S.REDO, "ticket.follow_up", needs=("cause",)),
    # ways back and out
    _move(
        "reopen", N_("重新受理"), RESTING, _S.RECEIVED, "ticket.register", "ticket.dispatch", needs=("facts",)
    ),
    _move(
        "withdraw",
        N_("撤诉"),
        OPEN,
        _S.WITHDRAWN,
        "ticket.withdraw",
        "ticket.register",
        needs=("ground",),
        told=_UNIT,
        others=_O.CANCELLED,
    ),
)

BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def allowed(status: Status, permissions: frozenset[str]) -> list[Move]:
    """The moves that somebody with `permissions` may make from `status`, in the table's order."""
    return [m for m in MOVES if status in m.sources and permissions.intersection(m.who)]


def order_after(move: Move, status: OrderStatus) -> OrderStatus | None:
    """What the acting order becomes, or None when the move does not fit its state."""
    return dict(move.order).get(status)
