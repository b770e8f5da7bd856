"""A duty phone that must be woken: rows that the ticket's verbs write and the floor above works off.

One row is one try at one person by one channel. A ladder is several rows with later `due_at`; whoever acts on
the ticket settles the rest (`done_at`, outcome `overtaken`). `callbacks/duty.py` claims, performs and settles.
"""

from piccolo.columns import BigInt, BigSerial, Bytea, ForeignKey, OnDelete, SmallInt, Text, Timestamptz
from piccolo.table import Table

from core.privacy import SEALED, SealedColumn
from crm.tables import Ticket


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
