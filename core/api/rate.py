"""How often a token may call: counted in this process, told to the database once a second, where all processes meet.

So a burst may pass by what the other processes counted within that second; a minute's total does not drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final

from core import clock, db
from core.errors import Refused
from core.i18n import _
from core.settings import settings

TELL_EVERY: Final = 1.0
TELL_AFTER: Final = 50
MOST_KEPT: Final = 10_000


class TooMany(Refused):
    """`seconds` until the next minute begins."""

    status = 429
    code = "too_many"

    def __init__(self, seconds: int) -> None:
        said = _("每分钟最多 {n} 次，请 {s} 秒后再来。")
        super().__init__(said.format(n=settings().api_calls_per_minute, s=seconds))
        self.seconds = seconds


@dataclass
class _Count:
    minute: datetime
    known: int = 0
    untold: int = 0
    told_at: float = -TELL_EVERY


_counts: dict[int, _Count] = {}


async def count(token: int) -> None:
    """One more call of this token. Raises TooMany."""
    most = settings().api_calls_per_minute
    now = clock.real_now()
    minute = now.replace(second=0, microsecond=0)
    here = _counts.get(token)
    if here is None or here.minute != minute:
        if len(_counts) >= MOST_KEPT:
            _counts.clear()
        here = _counts[token] = _Count(minute)
    here.untold += 1
    if here.untold >= TELL_AFTER or monotonic() - here.told_at >= TELL_EVERY:
        await _tell(token, here, now)
    if most and here.known + here.untold > most:
        raise TooMany(60 - now.second)


async def _tell(token: int, here: _Count, now: datetime) -> None:
    calls, here.untold, here.told_at = here.untold, 0, monotonic()
    here.known += calls
    total: int | None = await db.fetchval(
        """UPDATE api_token SET used_at = $2, counted_at = $3,
               calls = CASE WHEN counted_at = $3 THEN calls ELSE 0 END + $4::int
           WHERE id = $1 RETURNING calls""",
        token,
        now,
        here.minute,
        calls,
    )
    here.known = max(here.known, total or 0)


def forget() -> None:
    _counts.clear()
