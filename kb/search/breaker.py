"""Stop asking a server that does not answer, and try again now and then. Pure: time is an argument (seconds)."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_WAIT = 5.0
LONGEST_WAIT = 60.0


@dataclass
class Breaker:
    """Rests after `after` failures in a row; then one call is let through each wait, and each failure doubles it."""

    after: int = 2
    failures: int = 0
    wait: float = FIRST_WAIT
    resting_until: float | None = None

    def lets_through(self, now: float) -> bool:
        """Whether to ask now. Of several callers only the first after a wait is let through."""
        if self.resting_until is None:
            return True
        if now < self.resting_until:
            return False
        self.resting_until = now + self.wait
        return True

    def failed(self, now: float) -> None:
        self.failures += 1
        if self.failures >= self.after:
            self.wait = FIRST_WAIT if self.resting_until is None else min(self.wait * 2, LONGEST_WAIT)
            self.resting_until = now + self.wait

    def worked(self) -> None:
        self.failures, self.wait, self.resting_until = 0, FIRST_WAIT, None
