"""Where the next page of a list begins: the last row's sort key, as text for a URL."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from core.errors import Refused
from core.i18n import _


class BadCursor(Refused):
    status = 400
    code = "bad_cursor"


def cursor(*key: int | str | datetime | None) -> str:
    """`(due_at, number)` → text."""
    values = [k.isoformat() if isinstance(k, datetime) else k for k in key]
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(text: str | None, *types: type) -> tuple[Any, ...] | None:
    """The key again, each part of its type (`datetime`, `int`, `str`) or None; None for no cursor.

    Raises `BadCursor` for anything that `cursor` did not make.
    """
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text[:2000] + "=" * (-len(text) % 4)))
        if not isinstance(values, list) or len(values) != len(types):
            raise ValueError(text)
        return tuple(_typed(value, kind) for value, kind in zip(values, types, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise BadCursor(_("这一页的地址不完整，请从第一页重新翻。")) from None


def _typed(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment
    if type(value) is not kind:
        raise TypeError(kind)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(value)
    return value
