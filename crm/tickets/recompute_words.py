"""What a recomputed ticket's event says: each clock's moment before and after, once however many orders share it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.i18n import _, day, hour
from routing.admin.limits import CLOCKS


def recomputed(data: Mapping[str, Any]) -> list[str]:
    """`办结 12-01 18:00 → 12-02 18:00`"""
    words = dict(CLOCKS)
    lines = [
        f"{_(words.get(line['clock'], line['clock']))} {_moment(line['old'])} → {_moment(line['new'])}"
        for line in data.get("moved", ())
    ]
    return list(dict.fromkeys(lines))


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return f"{day(moment)} {hour(moment)}"
