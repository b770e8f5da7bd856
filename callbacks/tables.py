"""Tables of floor 4: messages both ways, who will have none, what was asked, how much was written.

`carrier_event` (partitioned by month) is raw SQL in the migrations, one row for each call of a carrier:
`id bigint, at timestamptz (real), gateway text, carrier_id text, kind text (sms voice), state text, error text,
own text (our key in the address it called), fresh boolean (told something new), data jsonb (nothing personal)`.

`phone_hash` is `privacy.lookup("phone", E.164)` throughout.
"""

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
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
from crm.tables import Ticket


class Message(Table):
    """One SMS, in or out; those `waiting` are the outbox.

    States: see `callbacks.gateway.RANK`. Coming in: `received`, then `handled`.
    """

    id: BigSerial
    direction = Text()  # in out
    gateway = Text(default="")
    carrier_id = Text(null=True, default=None)
    sender = Text(default="")  # in: the number of ours they wrote to
    keyword = Text(default="")  # in: STOP START HELP, where the carrier itself acted on it
    phone = Bytea()  # sealed E.164
    phone_hash = Bytea()
    phone_tail = Text(default="")
    body = Bytea()  # sealed
    locale = Text(default="zh_CN")
    segments = SmallInt(default=1)
    template = Text(default="")
    template_version = SmallInt(default=0)
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=True, default=None)
    round = SmallInt(null=True, default=None)
    event = BigInt(null=True, default=None)
    party = Text(default="")  # citizen unit
    reply_to = BigInt(null=True, default=None)
    state = Text()
    rank = SmallInt(default=0)
    send_after = Timestamptz(null=True, default=None)
    claimed_at = Timestamptz(null=True, default=None)  # real time: a lease
    sent_at = Timestamptz(null=True, default=None)
    checked_at = Timestamptz(null=True, default=None)  # real time: when the carrier was last asked about it
    tries = SmallInt(default=0)
    resent = SmallInt(default=0)  # times it was sent again after the carrier had lost it
    error = Text(default="")
    created_at = Timestamptz()


class CarrierState(Table):
    """How we stand with one carrier. Real time."""

    id: BigSerial
    gateway = Text(unique=True)
    month = Text(default="")  # 2026-11 in the business zone
    segments = Integer(default=0)  # handed over in `month`
    trouble = Text(default="")  # account away busy: why nothing goes out now
    detail = Text(default="")  # the carrier's code
    since = Timestamptz(null=True, default=None)
    paused_until = Timestamptz(null=True, default=None)
    heard_at = Timestamptz(null=True, default=None)  # it last took a message of ours


class StoppedTemplate(Table):
    """A text that the carrier filters as spam: its messages wait until somebody lifts it. Real time."""

    id: BigSerial
    gateway = Text()
    template = Text()
    locale = Text()
    code = Text(default="")
    since = Timestamptz()
    lifted_at = Timestamptz(null=True, default=None)
    lifted_by = Text(default="")


class OptOut(Table):
    """The ledger of 退订 and 订阅, a row a purpose (status, survey, notice); in force while `until` is empty."""

    id: BigSerial
    phone = Bytea()  # sealed, so that a new key can make a new hash: a wish to be left alone outlives keys
    phone_hash = Bytea()
    purpose = Text()
    word = Text(default="")  # what they wrote
    since = Timestamptz()
    until = Timestamptz(null=True, default=None)


class OpenQuestion(Table):
    """What a bare digit would answer: one a phone and sender at a time. Real time."""

    id: BigSerial
    phone_hash = Bytea()
    sender = Text()  # the number of ours they wrote to
    kind = Text()  # list
    payload = JSONB(default="{}")
    asked_at = Timestamptz()
    expires_at = Timestamptz()


class StatusLink(Table):
    """A citizen's way to one ticket's page without signing in; only the token's hash is kept. Real time."""

    id: BigSerial
    token_hash = Bytea(unique=True)
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    created_at = Timestamptz()
    expires_at = Timestamptz(index=True)


class SmsAllowance(Table):
    """How much a phone wrote this hour and day, and how often it guessed at numbers. Real time."""

    id: BigSerial
    phone_hash = Bytea(unique=True)
    hour_from = Timestamptz()
    in_hour = Integer(default=1)
    day_from = Timestamptz()
    in_day = Integer(default=1)
    wrong = SmallInt(default=0)  # since `day_from`
    silent_until = Timestamptz(null=True, default=None)
    helped_at = Timestamptz(null=True, default=None)


SEALED.extend(
    [
        SealedColumn("message", "phone", "phone_hash", "phone"),
        SealedColumn("message", "body"),
        SealedColumn("opt_out", "phone", "phone_hash", "phone"),
    ]
)
