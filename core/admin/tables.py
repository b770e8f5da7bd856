"""Tables of administration: what was changed together and why, and sheets that wait for a yes."""

from piccolo.columns import JSONB, BigInt, BigSerial, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table


class AdminChange(Table):
    """What one person did to one subject for one reason; its rows are `audit_entry` with this `change`."""

    id: BigSerial
    at = Timestamptz()
    account = BigInt(null=True, default=None)
    name = Text(default="")
    subject = Text()  # the subject's key: lines, units …
    kind = Text()  # create edit remove import undo, and what a subject adds (merge, split)
    reason = Text()
    rows = Integer(default=0)
    undoes = BigInt(null=True, default=None)
    undone_by = BigInt(null=True, default=None)


class AdminSheet(Table):
    """A sheet somebody brought, read but not applied: `[[line, {column: text}], …]`."""

    id: BigSerial
    subject = Text()
    account = BigInt()
    name = Text(default="")  # of the file
    rows = JSONB()
    removes = Boolean(default=False)  # rows that the sheet lacks shall go
    created_at = Timestamptz()
    change = BigInt(null=True, default=None)  # set once it was applied
