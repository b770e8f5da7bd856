"""What chance decides in a demo day: when people call, how long they wait, what came of it. Pure, seeded."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

#: Share of a day's calls that fall into each hour from 08:00 on: a rush before noon that seven agents only just meet.
HOURS = (6, 10, 17, 12, 7, 7, 9, 10, 9, 6, 4, 3)
MINUTE = timedelta(minutes=1)
#: What comes of an answered call, of a hundred.
CAME_OF = {
    "ticket": 56,
    "answer": 22,
    "transferred": 8,
    "silent": 6,
    "wrong_number": 5,
    "nuisance": 2,
    "test": 1,
}
#: What comes of a follow-up call.
ASKED = {"answered": 78, "declined": 5, "no_answer": 10, "busy": 4, "off": 2, "later": 1}
SOLVED = {"yes": 80, "partly": 12, "no": 8}
SATISFIED = {1: 30, 2: 42, 3: 18, 4: 7, 5: 3}
RESULTS = {"solved": 62, "partly": 14, "explained": 18, "cannot": 6}


@dataclass(frozen=True)
class Caller:
    """Somebody who calls at a moment, waits as long as `patience`, and talks for `talks`."""

    at: datetime
    line: str
    phone: str
    patience: timedelta
    talks: timedelta
    message: dict[str, Any]


class Chance:
    """The same day for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a play, not a secret

    def of(self, weights: dict[Any, int]) -> Any:
        return self._random.choices(list(weights), list(weights.values()))[0]

    def once_in(self, n: float) -> bool:
        return self._random.random() * n < 1

    def minutes(self, least: float, most: float) -> timedelta:
        return MINUTE * self._random.uniform(least, most)

    def share(self, least: float, most: float) -> float:
        return self._random.uniform(least, most)

    def callers(self, start: datetime, calls: int, messages: list[dict[str, Any]]) -> Iterator[Caller]:
        """About `calls` callers in the order in which they call."""
        for hour, weight in enumerate(HOURS):
            many = round(calls * weight / sum(HOURS))
            moments = sorted(self._random.uniform(0, 60) for _call in range(many))
            for moment in moments:
                message = self._random.choice(messages)
                hasty = self.once_in(40)
                yield Caller(
                    start + hour * 60 * MINUTE + moment * MINUTE,
                    message["line"],
                    f"138{self._random.randrange(10**8):08d}",
                    timedelta(
                        seconds=self._random.uniform(1, 4)
                        if hasty
                        else 20 + self._random.expovariate(1 / 100)
                    ),
                    self.minutes(1.5, 6),
                    message,
                )
