"""The number the citizen hears: `YYMMDD` + six digits of one sequence + a Luhn check digit. Pure.

It is the ticket's primary key: time-ordered, no counter row to wait for. Gaps are allowed; the sequence
wraps after a million, and a clash takes the next.
"""

from __future__ import annotations

import unicodedata
from datetime import date, datetime

DIGITS = 13
TAIL = 5


def luhn(digits: str) -> int:
    """The check digit that makes `digits` + itself pass the Luhn test (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def make(day: date, sequence: int) -> int:
    """The number of the `sequence`-th ticket (mod a million) on `day` (in the hotline's zone)."""
    body = f"{day:%y%m%d}{sequence % 1_000_000:06d}"
    return int(body + str(luhn(body)))


def first_of(day: date) -> int:
    """What every number of `day` and later is above: numbers sort by their day."""
    return int(f"{day:%y%m%d}0000000")


def day_of(number: int) -> date:
    """The day a ticket was registered, in the hotline's zone."""
    return datetime.strptime(f"{number:013d}"[:6], "%y%m%d").date()  # noqa: DTZ007 - a date, not a moment


def read(text: str) -> int | None:
    """A whole number as typed (full-width, spaces and dashes are fine), or None when it is not one of ours."""
    digits = digits_of(text)
    if digits is None or len(digits) != DIGITS:
        return None
    return int(digits) if luhn(digits[:-1]) == int(digits[-1]) else None


def digits_of(text: str) -> str | None:
    """The digits of `text` without spaces and dashes, or None when anything else is in it."""
    plain = unicodedata.normalize("NFKC", text)
    bare = "".join(c for c in plain if c not in " -–—…·.\u3000")
    return bare if bare.isascii() and bare.isdigit() else None


def show(number: int) -> str:
    """`261124 060402 7`: once, as a heading."""
    digits = f"{number:013d}"
    return f"{digits[:6]} {digits[6:12]} {digits[12]}"


def tail(number: int) -> str:
    """`…04027`: everywhere after the first time."""
    return f"…{number % 10**TAIL:0{TAIL}d}"
