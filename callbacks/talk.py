"""One message of a citizen being answered, as every part that answers sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callbacks.phones import Phone
from callbacks.templates import Text
from core.db import Tx


@dataclass(frozen=True)
class Talk:
    """One message being answered. `now` is business time, `at` real time."""

    t: Tx
    phone: Phone
    hashes: list[bytes]
    sender: str
    answers_stop: bool
    now: datetime
    at: datetime


@dataclass(frozen=True)
class Answer:
    text: Text
    ticket: int | None = None
