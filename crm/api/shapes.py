"""What `/api/v1` answers with, as msgspec structs: the document describes the answers from these very classes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.i18n import N_
from crm.tickets.lights import Light
from crm.tickets.states import OrderStatus, Status

Number = Annotated[
    str, Meta(description=N_("工单编号，13 位"), pattern="^[0-9]{13}$", examples=["2611240604027"])
]
Next = Annotated[str | None, Meta(description=N_("下一页的 `after`；null 是最后一页"))]
Version = Annotated[int, Meta(description=N_("版本号，办理时放进 `seen`"), examples=[3])]
Percent = Annotated[int | None, Meta(description=N_("目录的把握，百分之几"))]
Urgency = Annotated[int, Meta(ge=1, le=4, description=N_("P1 危急 … P4 疑难"), examples=[2])]


class TicketBrief(msgspec.Struct):
    """A row of a ticket list."""

    number: Number
    status: Status
    version: Version
    kind: Annotated[str, Meta(examples=["help"])]
    matter: Annotated[str, Meta(examples=["030101"])]
    matter_name: Annotated[str, Meta(examples=["公用事业 › 供热 › 不热"])]
    urgency: Urgency
    confidential: bool
    title: Annotated[str, Meta(examples=["家里暖气从昨天下午开始不热"])]
    place: Annotated[str, Meta(examples=["南开区 · 华苑街道"])]
    received_at: datetime
    dispatch_due_at: datetime | None
    due_at: datetime | None
    replied_at: datetime | None
    closed_at: datetime | None
    unit: Annotated[str | None, Meta(description=N_("主办单位"), examples=["南开区供热办"])]
    round: Annotated[int, Meta(description=N_("第几轮：每次重办加一"))]
    urges: int
    returns: int
    phone_tail: Annotated[str, Meta(description=N_("电话末四位"), examples=["1234"])]


class TicketPage(msgspec.Struct):
    tickets: list[TicketBrief]
    found_by: Annotated[
        str, Meta(description=N_("按什么找到：编号、尾号、电话、末四位、姓名或字词"), examples=["words"])
    ]
    next: Next


class Order(msgspec.Struct):
    """A work order of a ticket."""

    id: int
    round: int
    unit: int
    unit_name: Annotated[str, Meta(examples=["南开区供热办"])]
    part: Annotated[str, Meta(description=N_("lead 主办，assist 协办"), examples=["lead"])]
    status: OrderStatus
    version: Version
    reason: str
    dispatched_at: datetime
    signed_at: datetime | None
    contacted_at: datetime | None
    replied_at: datetime | None
    sign_due_at: datetime | None
    contact_due_at: datetime | None
    close_due_at: datetime | None
    return_until: Annotated[datetime | None, Meta(description=N_("此前可以退单"))]
    result: str
    reply: str


class Event(msgspec.Struct):
    """A line of the story. `data` is what the move was made with; numbers in texts are shortened."""

    at: datetime
    verb: Annotated[str, Meta(examples=["dispatch"])]
    by: str
    status: Status
    round: int
    version: int
    data: dict[str, Any]


class Ticket(TicketBrief):
    """A ticket with its work orders and its story, the latest first."""

    content: str
    line: Annotated[str, Meta(examples=["12345"])]
    answer: str
    reason: Annotated[str, Meta(description=N_("目录为什么荐这个单位"))]
    work_orders: list[Order]
    events: list[Event]


class Sum(msgspec.Struct):
    """A line of a clock's ledger, and the due moment it leads to."""

    at: datetime
    title: str
    detail: str
    due: datetime | None


class Clock(msgspec.Struct):
    """Why it is due when it is."""

    order: int
    name: Annotated[str, Meta(examples=["close"])]
    label: str
    due: datetime | None
    started: datetime
    done_at: datetime | None
    on_time: bool | None
    light: Light
    left: Annotated[str, Meta(examples=["还剩 3 小时"])]
    ledger: list[Sum]


class Possible(msgspec.Struct):
    """A move that may be made now. `schema` names its form in the document."""

    move: Annotated[str, Meta(examples=["dispatch"])]
    label: Annotated[str, Meta(examples=["派出"])]
    address: Annotated[str, Meta(examples=["/api/v1/tickets/2611240604027/moves/dispatch"])]


class Made(msgspec.Struct):
    """What a ticket was made: its number is said to the citizen. `dispatched_to`: empty while nobody has it."""

    number: Number
    status: Status
    dispatched_to: str


class Moved(msgspec.Struct):
    """What a move left behind: the ticket's state and version, and its open orders by id."""

    number: Number
    move: Annotated[str, Meta(examples=["dispatch"])]
    status: Status
    version: Version
    orders: dict[str, OrderStatus]


class InboxRow(msgspec.Struct):
    """A work order as the unit's inbox shows it."""

    id: int
    ticket: Number
    status: OrderStatus
    part: Annotated[str, Meta(examples=["lead"])]
    round: int
    unit: int
    unit_name: str
    clock: Annotated[str, Meta(description=N_("正在走的时限：sign、contact 或 close"))]
    clock_due_at: datetime | None
    close_due_at: datetime | None
    return_until: datetime | None
    dispatched_at: datetime
    signed_at: datetime | None
    replied_at: datetime | None
    ended_at: datetime | None
    defect: str
    matter: str
    matter_name: str
    summary: str
    kind: str
    urgency: Urgency
    street: str
    place: str
    confidential: bool
    urges: int
    returns: int


class InboxPage(msgspec.Struct):
    orders: list[InboxRow]
    counts: Annotated[dict[str, int], Meta(description=N_("每个页签几件，最多数到 200"))]
    next: Next


class Contact(msgspec.Struct):
    """A try to reach the citizen."""

    at: datetime
    how: str
    reached: bool
    note: str
    by: str


class OrderWhole(msgspec.Struct):
    """A work order with what its unit needs: the matter, the masked citizen, the tries, the others beside it."""

    order: Order
    ticket: Number
    ticket_status: Status
    ticket_version: int
    matter: str
    matter_name: str
    kind: str
    urgency: Urgency
    confidential: bool
    content: str
    place: str
    address: str
    citizen: Annotated[str, Meta(description=N_("遮蔽后的称呼；保密、匿名时说明"), examples=["张女士"])]
    phone: Annotated[str, Meta(description=N_("遮蔽后的号码"), examples=["138****1234"])]
    prefers: str
    contacts: list[Contact]
    received_at: datetime


class Handled(msgspec.Struct):
    """What became of each of many: `done` went through, `refused` stayed, with the reason."""

    done: list[str]
    refused: dict[str, str]


class Foreseen(msgspec.Struct):
    number: Number
    unit: int
    unit_name: str
    reason: str


class Preview(msgspec.Struct):
    """What sending in bulk would do now. Nothing is written."""

    going: list[Foreseen]
    refused: dict[str, str]


class Queued(msgspec.Struct):
    """A row of the dispatchers' queue: who holds it, and what the catalogue suggests."""

    number: Number
    status: Status
    matter: Annotated[str, Meta(examples=["030101"])]
    matter_name: Annotated[str, Meta(examples=["公用事业 › 供热 › 不热"])]
    urgency: Urgency
    confidential: bool
    summary: str
    place: str
    received_at: datetime
    queued_at: datetime | None
    dispatch_due_at: datetime | None
    suggested_unit: int | None
    suggested_percent: Percent
    claimed_name: Annotated[str, Meta(description=N_("谁在办；空着就可领"))]
    urges: int
    returns: int
    round: int


class Queue(msgspec.Struct):
    tickets: list[Queued]
    lights: Annotated[dict[str, int], Meta(description=N_("红、橙、黄、绿各几件，all 是总数"))]
    next: Next


class Counters(msgspec.Struct):
    """How many wait at each desk."""

    dispatch: int
    returns: int
    review: int
    follow_up: int
    calls: Annotated[int, Meta(description=N_("排队的来电"))]


class Taken(msgspec.Struct):
    """The one that is yours now; null where none was free."""

    number: Number | None


class Phone(msgspec.Struct):
    """A number in clear. Looking is on record with its reason."""

    phone: Annotated[str, Meta(examples=["+8613800221234"])]


class Attachment(msgspec.Struct):
    id: int
    order: int | None
    kind: Annotated[str, Meta(examples=["photo"])]
    name: Annotated[str, Meta(examples=["阀门.jpg"])]
    mime: Annotated[str, Meta(examples=["image/jpeg"])]
    size: Annotated[int, Meta(description=N_("字节"))]
    by: str
    at: datetime


class Attachments(msgspec.Struct):
    attachments: list[Attachment]


class Call(msgspec.Struct):
    """A call in one's own hands; the number is shortened."""

    id: int
    status: Annotated[str, Meta(examples=["talking"])]
    line: Annotated[str, Meta(examples=["12345"])]
    line_name: str
    phone: Annotated[str, Meta(examples=["138****1234"])]
    citizen: int | None
    offered_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    muted: bool
    disposition: str
    tickets: Annotated[int, Meta(description=N_("已由这通电话登记的工单数"))]


class Desk(msgspec.Struct):
    """The call in hand, who waits, and one's ended calls that nobody said the end of."""

    call: Call | None
    waiting: int
    waiting_since: datetime | None
    without_disposition: list[int]


class Present(msgspec.Struct):
    """Somebody who has the ticket open."""

    name: str
    since: datetime
