"""What the live channel said in the last minutes, and when: for streams that open after their page was made.

Moments are milliseconds of real time. A page carries the moment its making began, a stream the moment of its
last word; both may come from another process or machine, whose clock differs by less than `SKEW`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

KEPT = 120_000
SKEW = 1_000
MOST = 20_000


def moment() -> int:
    return time.time_ns() // 1_000_000


class SaidOfLate:
    """Topic → the moment it was last said, oldest first."""

    def __init__(self) -> None:
        self._said: dict[str, int] = {}
        #: From here on nothing is forgotten.
        self._whole_from = moment()

    def note(self, topic: str) -> None:
        now = moment()
        self._said.pop(topic, None)
        self._said[topic] = now
        while len(self._said) > MOST or next(iter(self._said.values())) < now - KEPT:
            oldest = next(iter(self._said))
            self._whole_from = max(self._whole_from, self._said.pop(oldest) + 1)

    def forget(self) -> None:
        """Some of what was said up to now is not known here."""
        self._said.clear()
        self._whole_from = moment()

    def any_since(self, start: int, topics: Iterable[str]) -> bool:
        """Whether one of `topics` was said from `start` on, a moment of this very process."""
        return any(self._said.get(topic, 0) >= start for topic in topics)

    def since(self, start: int, topics: Iterable[str]) -> list[str] | None:
        """Which of `topics` were said from `start` on, some twice; None when that is no longer known."""
        if start < self._whole_from:
            return None
        return [topic for topic in topics if self._said.get(topic, 0) >= start - SKEW]
