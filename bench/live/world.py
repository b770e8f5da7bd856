"""Who sits where and what happens: the topics each terminal listens to, and the topics a change names."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

QUEUES = ("calls", "received", "redo", "return_review", "replied", "follow_up")


@dataclass(frozen=True)
class World:
    """Every terminal has a ticket open; a ticket's changes are far apart, so that each is heard by itself."""

    tickets: Sequence[int]
    units: Sequence[int]

    def terminal(self, n: int) -> tuple[str, ...]:
        """Of twenty terminals nine are agents', two dispatchers', one a reviewer's, eight stand in units."""
        ticket = f"ticket:{self.tickets[n % len(self.tickets)]}"
        seat = n % 20
        if seat < 9:
            return (ticket, "queue:calls")
        if seat < 11:
            return (ticket, "queue:received", "queue:redo", "queue:return_review")
        if seat < 12:
            return (ticket, "queue:replied", "queue:follow_up")
        return (ticket, f"unit:{self.units[n // 20 % len(self.units)]}")

    def change(self, n: int, chance: random.Random) -> tuple[int, tuple[str, ...]]:
        """The `n`th change: the ticket whose row is written, and the topics its transaction names."""
        ticket = self.tickets[n % len(self.tickets)]
        unit = f"unit:{chance.choice(self.units)}"
        topics = chance.choice(
            (
                ("queue:calls",),
                ("queue:received",),
                ("queue:received", unit),
                ("queue:replied", unit),
                (unit,),
            )
        )
        return ticket, (f"ticket:{ticket}", *topics)

    def everything(self) -> list[str]:
        tickets, units = (f"ticket:{t}" for t in self.tickets), (f"unit:{u}" for u in self.units)
        return [*tickets, *units, *(f"queue:{q}" for q in QUEUES)]
