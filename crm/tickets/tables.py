"""Tables of the lifecycle beyond the straight way: contacts, returns, more time, urges, supervision, conferences,
merging, duty phones.

Each row is asked for by one move and settled by another; the ticket's story is still `ticket_event` alone.
"""

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from core.privacy import SEALED, SealedColumn
from crm.tables import Ticket, WorkOrder
from routing.tables import Unit


class TimeRequest(Table):
    """延期 or 挂起: asked for by the unit, ruled by the hotline. `amount` `unit`: an extension's, as in `Limit`."""

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    work_order = ForeignKey(WorkOrder, on_delete=OnDelete.restrict, null=False)
    kind = Text()  # extension hold
    ground = Text()
    note = Text(default="")
    amount = Integer(null=True, default=None)
    unit = Text(default="")
    resume_on = Timestamptz(null=True, default=None)
    asked_at = Timestamptz()
    asked_by_name = Text(default="")
    told = Text(default="")  # how and when the citizen was told
    ruled_at = Timestamptz(null=True, default=None)
    ruled_by_name = Text(default="")
    granted = Boolean(null=True, default=None)
    ruling = Text(default="")
    reminded_at = Timestamptz(null=True, default=None)  # a hold that waits for the citizen


class Urge(Table):
    """催办: any nudge. `source`: citizen_call citizen_sms auto_50 auto_80 officer."""

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    work_order = BigInt(null=True, default=None)
    no = SmallInt()
    source = Text()
    content = Text(default="")
    urged_at = Timestamptz()
    urged_by_name = Text(default="")
    answer_due_at = Timestamptz(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    answered_by_name = Text(default="")
    answer = Text(default="")


class Supervision(Table):
    """督办: formal, with number, limit, written answer, level (1 unit, 2 its head office, 3 the city)."""

    id: BigSerial
    number = Text(unique=True)
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    trigger = Text()  # overdue redos calls leader media group p1 manual
    level = SmallInt(default=1)
    demand = Text()
    leader = Text(default="")  # whose note (批示) called for it
    issued_at = Timestamptz()
    issued_by_name = Text(default="")
    due_at = Timestamptz()
    answered_at = Timestamptz(null=True, default=None)
    answered_by_name = Text(default="")
    answer = Text(default="")
    lifted_at = Timestamptz(null=True, default=None)
    lifted_by_name = Text(default="")
    ground = Text(default="")


class Conference(Table):
    """会商: who must act is settled together; its outcome binds."""

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    question = Text()
    participants = Array(base_column=Integer())
    called_at = Timestamptz()
    called_by_name = Text(default="")
    due_at = Timestamptz()
    ruled_at = Timestamptz(null=True, default=None)
    ruled_by_name = Text(default="")
    lead_unit = Integer(null=True, default=None)
    ruling = Text(default="")


class Merging(Table):
    """并单: the child stops, its citizen keeps number, SMS and follow-up. `before` is what an un-merge restores."""

    id: BigSerial
    child = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    master = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    ground = Text(default="")
    merged_at = Timestamptz()
    merged_by_name = Text(default="")
    before = JSONB(default="{}")
    undone_at = Timestamptz(null=True, default=None)
    undone_by_name = Text(default="")
    undone_ground = Text(default="")


class AccusedUnit(Table):
    """被反映单位: neither it nor its parents below the supervisors may see the ticket or be sent it."""

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    unit = ForeignKey(Unit, on_delete=OnDelete.restrict, null=False)
    named_at = Timestamptz()
    named_by_name = Text(default="")


class Contact(Table):
    """A try to reach the citizen from a work order."""

    id: BigSerial
    work_order = ForeignKey(WorkOrder, on_delete=OnDelete.restrict, null=False)
    at = Timestamptz()
    how = Text()  # call visit sms
    reached = Boolean(default=True)
    note = Text(default="")
    by_name = Text(default="")


class ReturnRequest(Table):
    """退单: asked by the unit, ruled by the dispatcher; the close clock runs on."""

    id: BigSerial
    work_order = ForeignKey(WorkOrder, on_delete=OnDelete.restrict, null=False)
    ticket = BigInt()
    code = Text()
    basis = Text()
    suggested_unit = Integer(null=True, default=None)
    asked_at = Timestamptz()
    asked_by_name = Text(default="")
    approved_at = Timestamptz(null=True, default=None)  # by the unit's head; from here the hotline rules
    approved_by_name = Text(default="")
    ruled_at = Timestamptz(null=True, default=None)
    ruled_by_name = Text(default="")
    upheld = Boolean(null=True, default=None)
    ruling = Text(default="")


class DutyCall(Table):
    """Unique by (ticket, work order, about, step, channel, due_at): the same rung is written once.

    Outcomes, all final: `sent` (handed to the SMS outbox, row `message`) · `confirmed` (they pressed 1) ·
    `answered` (picked up, pressed nothing) · `no_answer` · `busy` · `failed` · `unknown` (nobody can say) ·
    `no_phone` · `no_carrier` · `overtaken` (no longer needed). Empty: still to be done, or ringing.
    """

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    work_order = BigInt(null=True, default=None)
    about = Text()  # unsigned emergency uncontacted overdue supervised
    step = Text()  # handler head substitute district supervisor
    channel = Text()  # sms voice
    who = Text(default="")  # whose phone it is, for the story: "王敏（南开区供热办）"
    phone = Bytea(null=True, default=None)  # sealed E.164
    due_at = Timestamptz()
    claimed_at = Timestamptz(null=True, default=None)  # real time: a lease
    tried_at = Timestamptz(null=True, default=None)
    tries = SmallInt(default=0)
    gateway = Text(default="")
    carrier_id = Text(null=True, default=None)
    message = BigInt(null=True, default=None)  # `message.id` of an SMS
    outcome = Text(default="")
    error = Text(default="")
    done_at = Timestamptz(null=True, default=None)


SEALED.append(SealedColumn("duty_call", "phone"))
