"""The moves that desks have forms of their own for, described like every other: programs make them by the same table.

What each asks for, and the verb that makes it; the rules are the verbs' own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

from core.fields import Field
from core.i18n import N_
from core.officers import Officer
from crm.tickets import closing, dispatch, following_up, move, replies, returns, signing
from crm.tickets.following_up import OUTCOME
from crm.tickets.signing import HOW
from crm.tickets.verb import Empty, Verb
from crm.tickets.words import (
    DEFECT,
    FOLLOW_UP,
    RESULT,
    RETURN_CODE,
    SATISFIED,
    SOLVED,
    URGENCY,
    WITHDRAWAL,
)

_HOW = dict(zip(HOW, (N_("电话"), N_("上门"), N_("短信")), strict=True))
_UNASKED = {code: word for code, word in OUTCOME.items() if code != "answered"}
_NEEDS = {code: word for code, word in FOLLOW_UP.items() if code != "none"}


@dataclass(frozen=True)
class Send:
    """Where a ticket shall go, and why."""

    lead: Annotated[int, Field(N_("主办单位"), "unit", example=12)]
    reason: Annotated[str, Field(N_("派单理由"), least=5, example="供热属供热办，派单目录 0301 × 南开区。")]
    assists: Annotated[tuple[int, ...], Field(N_("协办单位"), "units", required=False, most=5)] = ()
    note: Annotated[str, Field(N_("附言"), required=False)] = ""
    line: Annotated[str, Field(N_("依据的目录行"), "text", required=False, most=40)] = ""
    urgency: Annotated[int | None, Field(N_("紧急程度"), "select", options=URGENCY, required=False)] = None


@dataclass(frozen=True)
class Contact:
    how: Annotated[str, Field(N_("联系方式"), "choices", options=_HOW)]
    reached: Annotated[bool, Field(N_("联系上了"), "flag", example=True)] = False
    note: Annotated[str, Field(N_("情况"), required=False, hint=N_("没联系上时必填"))] = ""


@dataclass(frozen=True)
class Reply:
    result: Annotated[str, Field(N_("办理结果"), "choices", options=RESULT)]
    answer: Annotated[
        str,
        Field(N_("给市民的答复"), least=10, most=2000, example="2 号炉已修复点火，今天 18:00 前回到 18 度。"),
    ]


@dataclass(frozen=True)
class Opinion:
    answer: Annotated[str, Field(N_("协办意见"), least=10, most=2000, example="管段属我方，已派员配合抢修。")]


@dataclass(frozen=True)
class Return:
    code: Annotated[str, Field(N_("退单理由"), "choices", options=RETURN_CODE)]
    basis: Annotated[str, Field(N_("依据"), least=5, example="楼前阀门后为开发商未移交管段。")]
    suggested_unit: Annotated[int | None, Field(N_("应由哪个单位办"), "unit", required=False)] = None


@dataclass(frozen=True)
class Ruling:
    ruling: Annotated[str, Field(N_("不成立的理由"), least=5, example="目录 0301 明确由区供热办主办。")]


@dataclass(frozen=True)
class Defect:
    defect: Annotated[str, Field(N_("退回原因"), "choices", options=DEFECT)]
    note: Annotated[str, Field(N_("缺什么、要补什么"), least=5, example="没有写恢复供热的时间。")]


@dataclass(frozen=True)
class Accept:
    follow_up: Annotated[str, Field(N_("回访"), "choices", options=_NEEDS)]


@dataclass(frozen=True)
class AcceptAndClose:
    ground: Annotated[str, Field(N_("为什么不回访"), least=2, example="匿名，无号码。")]


@dataclass(frozen=True)
class Missed:
    outcome: Annotated[str, Field(N_("为什么没有问到"), "choices", options=_UNASKED)]
    note: Annotated[str, Field(N_("备注"), required=False, most=200)] = ""


@dataclass(frozen=True)
class Close:
    solved: Annotated[str, Field(N_("市民说的结果"), "choices", options=SOLVED)]
    satisfied: Annotated[int | None, Field(N_("满意度"), "choices", options=SATISFIED, required=False)] = None
    note: Annotated[
        str, Field(N_("备注"), required=False, most=200, hint=N_("市民说没有解决时，写明为什么不转重办"))
    ] = ""


@dataclass(frozen=True)
class Redo:
    cause: Annotated[str, Field(N_("缺什么、为什么重办"), least=5, example="只修了一个房间，卧室仍不热。")]


@dataclass(frozen=True)
class Append:
    content: Annotated[str, Field(N_("市民补充了什么"), least=5, most=2000, example="市民补充：今晚仍不热。")]


@dataclass(frozen=True)
class Withdraw:
    ground: Annotated[str, Field(N_("市民怎样要求撤诉"), least=5, example="市民来电：已自行解决，不用办了。")]
    code: Annotated[str, Field(N_("撤诉原因"), "choices", options=WITHDRAWAL, required=False)] = "other"


@dataclass(frozen=True)
class Reopen:
    facts: Annotated[str, Field(N_("新情况"), least=5, most=2000, example="昨天又停暖了，上次的处理没有用。")]


Made = Callable[..., Awaitable[move.Moved]]


def _send(name: str) -> Made:
    async def do(
        officer: Officer, number: int, form: Send, *, now: datetime, seen: int | None = None
    ) -> move.Moved:
        return await dispatch.dispatch(officer, number, _planned(form), now=now, seen=seen, as_=name)

    return do


def _planned(form: Send) -> dispatch.Dispatch:
    return dispatch.Dispatch(**asdict(form))


def _sign(name: str) -> Made:
    async def do(
        officer: Officer, order: int, _form: Empty, *, now: datetime, seen: int | None = None
    ) -> move.Moved:
        return await signing.sign(officer, order, now=now, seen=seen, as_=name)

    return do


async def _contact(
    officer: Officer, order: int, form: Contact, *, now: datetime, seen: int | None = None
) -> Any:
    return await signing.contact(officer, order, **asdict(form), now=now)


async def _reply(officer: Officer, order: int, form: Reply, *, now: datetime, seen: int | None = None) -> Any:
    return await replies.reply(
        officer, order, replies.Reply(form.result, form.answer), now=now, seen=seen, as_="reply"
    )


async def _opinion(
    officer: Officer, order: int, form: Opinion, *, now: datetime, seen: int | None = None
) -> Any:
    return await replies.reply(
        officer, order, replies.Reply("", form.answer), now=now, seen=seen, as_="reply_assist"
    )


async def _return(
    officer: Officer, order: int, form: Return, *, now: datetime, seen: int | None = None
) -> Any:
    return await returns.ask(officer, order, returns.Return(**asdict(form)), now=now, seen=seen)


async def _accept_return(
    officer: Officer, number: int, form: Send, *, now: datetime, seen: int | None = None
) -> Any:
    return await returns.accept(officer, number, _planned(form), now=now, seen=seen)


async def _accept(
    officer: Officer, number: int, form: Accept, *, now: datetime, seen: int | None = None
) -> Any:
    return await replies.accept(officer, number, follow_up=form.follow_up, ground="", now=now, seen=seen)


async def _accept_and_close(
    officer: Officer, number: int, form: AcceptAndClose, *, now: datetime, seen: int | None = None
) -> Any:
    return await replies.accept(officer, number, follow_up="none", ground=form.ground, now=now, seen=seen)


def _called(answer: Callable[[Any], following_up.Answer]) -> Made:
    async def do(
        officer: Officer, number: int, form: Any, *, now: datetime, seen: int | None = None
    ) -> move.Moved:
        return (await following_up.record(officer, number, answer(form), now=now, seen=seen)).moved

    return do


def _by_name(verb: Made) -> Made:
    """A verb that takes the form's fields as keywords."""

    async def do(
        officer: Officer, number: int, form: Any, *, now: datetime, seen: int | None = None
    ) -> move.Moved:
        return await verb(officer, number, **asdict(form), now=now, seen=seen)

    return do


async def _append(
    officer: Officer, number: int, form: Append, *, now: datetime, seen: int | None = None
) -> Any:
    return await closing.append(officer, number, content=form.content, call=None, now=now)


def _closed(form: Close) -> following_up.Answer:
    return following_up.Answer("answered", form.solved, form.satisfied, note=form.note)


def _redo(form: Redo) -> following_up.Answer:
    return following_up.Answer("answered", "no", redo=True, cause=form.cause)


_TICKET, _DISPATCH, _REVIEW = "/tickets/{id}", "/dispatch/{id}", "/review/{id}"
_CALLING, _ORDER = "/review/{id}/follow-up", "/orders/{id}"

verbs = (
    Verb("append", Append, _append, page=_TICKET),
    Verb("withdraw", Withdraw, _by_name(closing.withdraw), page=_TICKET, stop=True),
    Verb("reopen", Reopen, _by_name(closing.reopen), page=_TICKET),
    Verb("dispatch", Send, _send("dispatch"), page=_DISPATCH),
    Verb("dispatch_redo", Send, _send("dispatch_redo"), page=_DISPATCH),
    Verb("reassign", Send, _send("reassign"), page=_DISPATCH),
    Verb("accept_return", Send, _accept_return, page=f"{_DISPATCH}/ruling"),
    Verb("refuse_return", Ruling, _by_name(returns.refuse), page=f"{_DISPATCH}/ruling"),
    Verb("sign", Empty, _sign("sign"), "order", page=_ORDER),
    Verb("sign_assist", Empty, _sign("sign_assist"), "order", page=_ORDER),
    Verb("contact", Contact, _contact, "order", page=f"{_ORDER}/contact"),
    Verb("reply", Reply, _reply, "order", page=f"{_ORDER}/reply"),
    Verb("reply_assist", Opinion, _opinion, "order", page=f"{_ORDER}/reply"),
    Verb("ask_return", Return, _return, "order", page=f"{_ORDER}/return"),
    Verb("send_back", Defect, _by_name(replies.send_back), page=_REVIEW),
    Verb("accept", Accept, _accept, page=_REVIEW),
    Verb("accept_and_close", AcceptAndClose, _accept_and_close, page=_REVIEW),
    Verb("try_follow_up", Missed, _called(lambda f: following_up.Answer(f.outcome, note=f.note)), page=_CALLING),
    Verb("close", Close, _called(_closed), page=_CALLING),
    Verb("redo", Redo, _called(_redo), page=_CALLING),
)  # fmt: skip
