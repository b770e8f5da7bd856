"""The moves that make a ticket, described for programs: register, answer at once, refuse.

What the desk's form reads is read here too (`registration.check`); with `call`, line and number are the call's own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

from core import clock, privacy
from core.claims import Claim
from core.errors import NotFound
from core.fields import Field
from core.i18n import N_, _
from core.officers import Officer
from crm import calls
from crm.tickets import register, registration
from crm.tickets.register import Registered
from crm.tickets.registration import LONGEST, LONGEST_CONTENT, REPLY_BY, SHORTEST_CONTENT, Registration
from crm.tickets.verb import Verb
from crm.tickets.words import CHANNEL, KIND, REFUSAL, URGENCY
from routing.rulebook import rulebook

_CHANNEL = {code: word for code, word in CHANNEL.items() if code not in ("call", "import")}
_URGENCY = {level: word for level, word in URGENCY.items() if level < 4}
_REPLY_BY = {"sms": N_("短信"), "call": N_("电话"), "none": N_("不用回")}
assert set(_REPLY_BY) == REPLY_BY


@dataclass(frozen=True)
class Given:
    """What the citizen brought. Without `matter`'s own urgency given, the matter's counts."""

    kind: Annotated[str, Field(N_("诉求类型"), "choices", options=KIND, example="help")]
    matter: Annotated[
        str, Field(N_("事项代码"), "text", hint=N_("树叶，见 /api/v1/matters"), most=12, example="030101")
    ]
    content: Annotated[
        str,
        Field(
            N_("诉求内容"), least=SHORTEST_CONTENT, most=LONGEST_CONTENT,
            example="家里暖气从昨天下午开始不热，室温 14 度，有老人。要求尽快恢复。",
        ),
    ]  # fmt: skip
    title: Annotated[str, Field(N_("标题"), "text", required=False, most=100)] = ""
    street: Annotated[
        str, Field(N_("街道代码"), "text", N_("全市性的咨询、建议可不填"), most=12, required=False, example="120104009")
    ] = ""  # fmt: skip
    address: Annotated[
        str, Field(N_("详细地址"), "text", most=LONGEST["address"], required=False, example="林苑西里 6 号楼 2 门")
    ] = ""  # fmt: skip
    urgency: Annotated[int | None, Field(N_("紧急程度"), "choices", options=_URGENCY, required=False)] = None
    confidential: Annotated[bool, Field(N_("保密"), "flag")] = False
    anonymous: Annotated[bool, Field(N_("匿名"), "flag")] = False
    name: Annotated[
        str, Field(N_("姓名"), "text", most=LONGEST["name"], required=False, example="张女士")
    ] = ""
    phone: Annotated[
        str, Field(N_("电话"), "text", N_("没有电话就要匿名"), most=40, required=False, example="13800221234")
    ] = ""
    contact: Annotated[str, Field(N_("联系要求"), "text", most=LONGEST["contact"], required=False)] = ""
    reply_by: Annotated[
        tuple[str, ...], Field(N_("怎样回音"), "choices", options=_REPLY_BY, most=3, required=False)
    ] = ("sms",)
    line: Annotated[str, Field(N_("来电线路"), "text", most=20, required=False)] = "12345"
    channel: Annotated[str, Field(N_("渠道"), "choices", options=_CHANNEL, required=False)] = "api"
    call: Annotated[
        int | None, Field(N_("手上的通话"), "number", N_("线路和号码随通话"), least=1, most=2**53, required=False)
    ] = None  # fmt: skip


@dataclass(frozen=True)
class Register(Given):
    dispatch: Annotated[bool, Field(N_("目录把握大时直接派出"), "flag", example=True)] = False


@dataclass(frozen=True)
class Answered(Given):
    answer: Annotated[
        str, Field(N_("怎样答复的"), least=5, most=5000, example="供暖期为 11 月 15 日至次年 3 月 15 日。")
    ] = ""
    article: Annotated[str, Field(N_("依据的知识编号"), "text", most=40, required=False)] = ""


@dataclass(frozen=True)
class Turned(Given):
    ground: Annotated[str, Field(N_("不予受理的法定情形"), "choices", options=REFUSAL)] = ""
    legal_path: Annotated[
        str, Field(N_("告知市民走什么途径"), least=5, most=5000, example="已告知可向南开区法院起诉。")
    ] = ""


async def register_one(
    officer: Officer, form: Register, *, now: datetime, claim: Claim | None = None
) -> Registered:
    """`claim`: of a plain registration, which is one statement with it."""
    read, call = await _read(officer, form, now)
    verb = register.register_and_dispatch if form.dispatch else register.register
    return await verb(officer, read, now=now, call=call, claim=claim)


async def answer(officer: Officer, form: Answered, *, now: datetime) -> Registered:
    read, call = await _read(officer, form, now)
    return await register.answer(officer, read, answer=form.answer, article=form.article, now=now, call=call)


async def refuse(officer: Officer, form: Turned, *, now: datetime) -> Registered:
    read, call = await _read(officer, form, now)
    return await register.refuse(
        officer, read, ground=form.ground, legal_path=form.legal_path, now=now, call=call
    )


async def _read(officer: Officer, form: Given, now: datetime) -> tuple[Registration, int | None]:
    """Checked, with the call's own line and number. Raises Invalid, and NotFound for somebody else's call."""
    meant: dict[str, Any] = asdict(form)
    if form.call is not None:
        call = await calls.in_hand(officer, form.call)
        if call is None:
            raise NotFound(_("这不是您手上的通话。"))
        meant |= {"line": call["line"], "channel": "call"}
        if not form.phone and call["phone"]:
            meant["phone"] = privacy.open_sealed(call["phone"])
    return registration.check(meant, await rulebook(), on=clock.local(now).date()), form.call


verbs = (
    Verb("register", Register, register_one, "new", page="/desk"),
    Verb("answer", Answered, answer, "new", page="/desk"),
    Verb("refuse", Turned, refuse, "new", page="/desk"),
)
