"""How long each kind of data is kept on this site, and when it is looked through next."""

from piccolo.columns import Integer, Serial, Text, Timestamptz
from piccolo.table import Table


class RetentionRule(Table):
    """One row a kind (`core.keeping.Kept.key`). `next_at` in real time; empty: at the next round."""

    id: Serial
    key = Text(unique=True)
    days = Integer()
    next_at = Timestamptz(null=True, default=None)
