"""Tables of floor 3: lines, calls, citizens, tickets, rounds, work orders.

`ticket_event` (partitioned by month) is raw SQL in the migrations: columns
`id bigint, ticket bigint, at timestamptz, verb text, actor bigint, actor_name text, status text,
round smallint, version int, work_order bigint, orders jsonb (order id → its state after), data jsonb`.
"""

from piccolo.columns import (
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from core.privacy import SEALED, SealedColumn
from routing.tables import Unit


class Line(Table):
    """One of the public numbers. `mode`: main, merged, parallel, sub_centre, link."""

    id: Serial
    number = Text(unique=True)
    name = Text()
    name_en = Text(default="")
    owner = Text(default="")
    mode = Text()
    greeting = Text(default="")
    default_matter = Text(default="")
    hours = Text(default="")
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)
    note = Text(default="")


class NeverMerge(Table):
    """A number that is never merged (110, 12388 …): the agent says where to call, no ticket."""

    id: Serial
    number = Text(unique=True)
    name = Text()
    name_en = Text(default="")
    say = Text(default="")
    say_en = Text(default="")


class Citizen(Table):
    """A person known by phone. Withheld numbers have no hash, so anonymous callers never become one citizen."""

    id: BigSerial
    phone = Bytea(null=True, default=None)  # sealed E.164
    phone_hash = Bytea(null=True, default=None)
    phone_tail = Text(default="")
    name = Bytea(null=True, default=None)  # sealed
    name_hash = Bytea(null=True, default=None)
    address = Bytea(null=True, default=None)  # sealed
    contact = Text(default="")  # preferred time and channel
    remark = Text(default="")  # what the next agent should know (hard of hearing, …)
    language = Text(default="")
    created_at = Timestamptz()


class Call(Table):
    """A call on a line, from the moment it was offered. Every ended call has a disposition."""

    id: BigSerial
    carrier_id = Text(unique=True)
    line = ForeignKey(Line, on_delete=OnDelete.restrict, null=False)
    direction = Text(default="in")
    status = Text(default="queued")  # queued ringing talking held ended
    phone = Bytea(null=True, default=None)
    phone_hash = Bytea(null=True, default=None)
    phone_tail = Text(default="")
    citizen = ForeignKey(Citizen, on_delete=OnDelete.restrict, null=True, default=None)
    agent = BigInt(null=True, default=None)
    agent_name = Text(default="")
    offered_at = Timestamptz()
    ringing_at = Timestamptz(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = Text(default="")  # caller agent system
    muted = Boolean(default=False)
    disposition = Text(
        default=""
    )  # ticket appended answered transferred silent nuisance test wrong_number abandoned
    note = Text(default="")
    version = Integer(default=0)


class Ticket(Table):
    """工单: the citizen's matter. The primary key is the number the citizen hears (see `crm.tickets.number`)."""

    id = BigInt(primary_key=True)
    status = Text()
    version = Integer(default=0)
    round = SmallInt(default=1)
    kind = Text()
    matter = Text()  # matter code
    matter_name = Text(default="")  # path as it read when registered
    urgency = SmallInt(default=3)
    confidential = Boolean(default=False)
    anonymous = Boolean(default=False)
    title = Text(default="")
    content = Text(default="")
    grams = Array(base_column=Text())
    district = Text(default="")
    street = Text(default="")  # street code
    place = Text(default="")  # names of district and street, for lists
    address = Bytea(null=True, default=None)  # sealed exact address
    citizen = ForeignKey(Citizen, on_delete=OnDelete.restrict, null=True, default=None)
    phone_tail = Text(default="")
    contact = Text(default="")
    reply_by = Array(base_column=Text())  # sms call none
    line = ForeignKey(Line, on_delete=OnDelete.restrict, null=False)
    channel = Text(default="call")
    answer = Text(default="")  # direct answer, or ground of refusal
    created_by = BigInt(null=True, default=None)
    created_by_name = Text(default="")
    received_at = Timestamptz()
    queued_at = Timestamptz(null=True, default=None)  # when it last came to the dispatchers' queue
    dispatch_due_at = Timestamptz(null=True, default=None)
    suggested_unit = Integer(null=True, default=None)
    suggested_percent = SmallInt(null=True, default=None)
    suggested_reason = Text(default="")
    claimed_by = BigInt(null=True, default=None)
    claimed_name = Text(default="")
    claimed_at = Timestamptz(null=True, default=None)
    lead_unit = ForeignKey(Unit, on_delete=OnDelete.restrict, null=True, default=None)
    due_at = Timestamptz(null=True, default=None)  # the open lead order's close moment
    replied_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    urges = SmallInt(default=0)
    returns = SmallInt(default=0)
    supervised = SmallInt(default=0)  # level of the open supervision
    merged_into = BigInt(null=True, default=None)
    merged_count = SmallInt(default=0)  # children that are merged into this one now
    incident = Text(default="")  # title of the incident that this ticket stands for
    triage_at = Timestamptz(null=True, default=None)  # new facts on a resting ticket wait for a dispatcher
    withdrawal = Text(default="")  # code
    has_accused = Boolean(default=False)  # units are named that must not see it (`accused_unit`)
    archived_at = Timestamptz(null=True, default=None)


class CallTicket(Table):
    """One call may open several tickets, several calls may join one."""

    id: BigSerial
    call = ForeignKey(Call, on_delete=OnDelete.restrict, null=False)
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    relation = Text()  # opened joined


class Round(Table):
    """First handling is round 1, each redo another. Follow-up need, due and outcome live here."""

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    no = SmallInt()
    cause = Text(default="")
    opened_at = Timestamptz()
    replied_at = Timestamptz(null=True, default=None)
    accepted_at = Timestamptz(null=True, default=None)
    follow_up = Text(default="")  # must sample none
    follow_up_ground = Text(default="")
    follow_up_due_at = Timestamptz(null=True, default=None)
    follow_up_at = Timestamptz(null=True, default=None)
    follow_up_by = Text(default="")  # sms call desk
    solved = Text(default="")  # yes partly no
    satisfied = SmallInt(null=True, default=None)  # 1 very … 5 very un-


class WorkOrder(Table):
    """承办单: one unit's share of one round. Sign and close start together at dispatch."""

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    round = SmallInt(default=1)
    unit = ForeignKey(Unit, on_delete=OnDelete.restrict, null=False)
    part = Text(default="lead")  # lead assist
    status = Text()
    version = Integer(default=0)
    reason = Text(default="")  # why this unit
    catalogue_line = Text(default="")
    note = Text(default="")  # dispatcher to unit
    dispatched_at = Timestamptz()
    dispatched_by = BigInt(null=True, default=None)
    dispatched_by_name = Text(default="")
    signed_at = Timestamptz(null=True, default=None)
    signed_by_name = Text(default="")
    contacted_at = Timestamptz(null=True, default=None)
    replied_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    sign_due_at = Timestamptz(null=True, default=None)
    contact_due_at = Timestamptz(null=True, default=None)
    close_due_at = Timestamptz(null=True, default=None)
    return_until = Timestamptz(null=True, default=None)
    clock = Text(default="")  # the one the unit has to mind now: sign contact close, or none
    clock_from = Timestamptz(null=True, default=None)
    clock_due_at = Timestamptz(null=True, default=None)
    yellow_at = Timestamptz(null=True, default=None)
    orange_at = Timestamptz(null=True, default=None)
    light = Text(default="grey")  # of that clock, as last swept
    light_turns_at = Timestamptz(null=True, default=None)
    result = Text(default="")  # solved partly explained cannot
    reply = Text(default="")
    defect = Text(default="")
    prints = SmallInt(default=0)
    answerable_unit = Integer(null=True, default=None)  # passed down: the unit that still answers for it
    binding = Boolean(default=False)  # designated: it cannot be returned
    extensions = SmallInt(default=0)
    first_due_at = Timestamptz(null=True, default=None)  # close_due_at before any extension
    suspended_at = Timestamptz(null=True, default=None)
    resume_on = Timestamptz(null=True, default=None)
    escalation = SmallInt(default=0)  # steps of the sign escalation taken
    escalate_at = Timestamptz(null=True, default=None)
    auto_urged = SmallInt(default=0)  # 1 at half, 2 at four fifths of the close clock
    mark = SmallInt(null=True, default=None)  # of an assist, by the reviewer: 1 good … 3 poor


class ClockEntry(Table):
    """The ledger behind every due moment; `crm.tickets.clocks` reads it."""

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    work_order = BigInt(null=True, default=None)
    clock = Text()  # sign contact close follow_up
    entry = Text()  # start pause resume extend rerate stop unstop
    at = Timestamptz()
    amount = Integer(null=True, default=None)
    unit = Text(default="")
    rule_version = Text(default="")
    note = Text(default="")
    actor_name = Text(default="")


class NoticeDue(Table):
    """A party that a move says is told. Claimed with SKIP LOCKED by the floor above."""

    id: BigSerial
    ticket = BigInt()
    round = SmallInt()
    event = BigInt()
    verb = Text()
    party = Text()  # citizen unit
    work_order = BigInt(null=True, default=None)
    due_at = Timestamptz()
    done_at = Timestamptz(null=True, default=None)
    outcome = Text(default="")
    tries = SmallInt(default=0)


class Attachment(Table):
    """A file of a ticket; the bytes lie outside the database under their digest."""

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    work_order = BigInt(null=True, default=None)
    kind = Text()  # photo audio document
    name = Text()
    mime = Text()
    size = BigInt()
    digest = Text()
    uploaded_by = BigInt(null=True, default=None)
    uploaded_by_name = Text(default="")
    uploaded_at = Timestamptz()
    removed_at = Timestamptz(null=True, default=None)


class TicketPresence(Table):
    """Who has a ticket open; a hint that fades after a minute. Real time."""

    id: BigSerial
    ticket = BigInt()
    account = Integer()
    name = Text()
    since = Timestamptz()
    seen_at = Timestamptz()


#: What `hotline rekey` seals again.
SEALED.extend(
    [
        SealedColumn("citizen", "phone", "phone_hash", "phone"),
        SealedColumn("citizen", "name", "name_hash", "name"),
        SealedColumn("citizen", "address"),
        SealedColumn("call", "phone", "phone_hash", "phone"),
        SealedColumn("ticket", "address"),
    ]
)
