"""Tables of the rates: what was counted day by day, when, by which rules; and the follow-up's tries.

A count is kept for each grain (`all`, `line`, `unit`, `matter`, and `cell` for all three at once), so that
a month of a large city is read from a few hundred rows. Everything can be counted again (`crm.kpi.snapshots`).
"""

from piccolo.columns import (
    BigInt,
    BigSerial,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from crm.tables import Ticket


class RateDay(Table):
    """How many facts of a business day have a verdict: `yes`, `tried`, `no`, or the code that excludes them."""

    id: BigSerial
    day = Date()
    formula = Text()
    grain = Text()  # all line unit matter cell
    line = Integer(default=0)
    unit = Integer(default=0)
    matter = Text(default="")  # the first four digits
    verdict = Text()
    n = Integer()


class RateSnapshot(Table):
    """When a day was last counted (business time), and by which rules."""

    id: BigSerial
    day = Date(unique=True)
    taken_at = Timestamptz()
    rule_version = Text()


class FollowUpTry(Table):
    """A try to ask the citizen of a round; `half_day` is `2026-11-24 am` or `… pm` in the business zone."""

    id: BigSerial
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict, null=False)
    round = SmallInt()
    at = Timestamptz()
    half_day = Text()
    outcome = Text()  # answered declined no_answer busy off wrong_number later
    note = Text(default="")
    by = BigInt(null=True, default=None)
    by_name = Text(default="")
