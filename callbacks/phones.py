"""A phone as our tables hold it."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers

from core import privacy


@dataclass(frozen=True)
class Phone:
    sealed: bytes
    hash: bytes
    tail: str


def phone(e164: str) -> Phone:
    return Phone(privacy.seal(e164), privacy.lookup("phone", e164), privacy.last_four(e164))


def country(e164: str) -> int:
    """The calling code: 86."""
    code: int | None = phonenumbers.parse(e164).country_code
    return code or 0
