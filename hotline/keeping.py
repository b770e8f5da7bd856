"""Everything that is kept for a time, of every floor; and the worker's round that erases what is past it."""

from __future__ import annotations

from callbacks import kept as callbacks_kept
from core import clock, keeping
from core import kept as core_kept
from core.keeping_subject import RETENTION
from crm import kept as crm_kept

#: What can be administered here (`hotline/app.py`).
subjects = [RETENTION]
KEPT = (*callbacks_kept.KEPT, *crm_kept.KEPT, *core_kept.KEPT)


def wire() -> None:
    keeping.use(KEPT)


async def erase_due() -> int:
    """Safe to run twice and by several workers at once."""
    wire()
    at = clock.real_now()
    return await keeping.erase_due(at=at, now=min(at, clock.now()))
