"""Business time: what the hotline's clocks run on.

Real time everywhere but in a demo or bench database, where one row (`business_clock`) may hold a rate and
an offset so that a day can be lived in minutes. Sessions, leases, signatures and rate limits use `real_now`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.settings import settings


@dataclass(frozen=True)
class Rate:
    """Business time = `business` + (real − `real`) × `rate`."""

    real: datetime
    business: datetime
    rate: float = 1.0


_rate: Rate | None = None


def real_now() -> datetime:
    return datetime.now(UTC)


def now() -> datetime:
    """Business time, aware, in UTC."""
    real = real_now()
    return real if _rate is None else _rate.business + (real - _rate.real) * _rate.rate


def local(moment: datetime) -> datetime:
    """`moment` in the hotline's own zone."""
    return moment.astimezone(zone())


def today() -> date:
    """The business day it is in the hotline's own zone."""
    return local(now()).date()


@lru_cache
def zone() -> ZoneInfo:
    return ZoneInfo(settings().timezone)


def run_at(rate: Rate | None) -> None:
    """Follow `rate` from now on; None is real time."""
    global _rate
    _rate = rate


def rate() -> float:
    """How many business seconds pass in a real one."""
    return 1.0 if _rate is None else _rate.rate
