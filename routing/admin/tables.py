"""Tables of unit administration: names a unit had, and who took over from whom."""

from piccolo.columns import JSONB, BigInt, Date, Integer, Serial, Text, Timestamptz
from piccolo.table import Table


class UnitName(Table):
    """A name that a unit bore until a day, that day included: what was written then is read under it."""

    id: Serial
    unit = Integer()
    name = Text()
    name_en = Text(default="")
    until = Date()


class UnitSuccession(Table):
    """A unit that ended and the one that inherits its open work; floor 3 moves the work and says how much."""

    id: Serial
    unit = Integer()
    heir = Integer()
    kind = Text()  # merge split
    on_day = Date()
    reason = Text(default="")
    asked_by = BigInt()
    asked_by_name = Text(default="")
    shares = JSONB(default="[]")  # of a split: who inherits what part of it (`routing/admin/shares.py`)
    moved = Integer(default=0)
    moved_at = Timestamptz(null=True, default=None)
