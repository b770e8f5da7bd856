"""What floor 4 keeps of people, and for how long."""

from __future__ import annotations

from typing import Final

from core.i18n import N_
from core.keeping import Kept, counting, erasing

_MESSAGES: Final = "SELECT id FROM message WHERE created_at < $1 AND phone_tail <> '' AND state NOT IN ('waiting', 'received')"

#: Without words, number and event a row still counts: when, which template, how many segments, how it ended.
KEPT: Final = (
    Kept(
        "messages", N_("往来短信"), N_("正文和号码"), N_("时间、模板、条数、送达结果"), 180, 30, 1095,
        counting(_MESSAGES),
        erasing(
            f"""UPDATE message SET body = '', phone = '', phone_hash = '', phone_tail = '', event = NULL
                WHERE id IN ({_MESSAGES} ORDER BY id LIMIT $2)"""
        ),
    ),
)  # fmt: skip
