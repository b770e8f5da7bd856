"""A phone as our tables hold it."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers

from core import privacy

#: No calling code begins with another (ITU-T E.164): the first that fits is it.
_CODES = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


@dataclass(frozen=True)
class Phone:
    sealed: bytes
    hash: bytes
    tail: str


def phone(e164: str) -> Phone:
    return Phone(privacy.seal(e164), privacy.lookup("phone", e164), privacy.last_four(e164))


def country(e164: str) -> int:
    """The calling code: 86."""
    return next((code for n in (2, 3, 4) if (code := int(e164[1:n] or 0)) in _CODES), 0)
