"""What floor 3 keeps of people, and for how long. Figures are counted from what stays."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Final

from core import db
from core.i18n import N_
from core.keeping import Kept, counting, erasing
from crm.attachments import path_of
from crm.tickets.states import FINAL, RESTING

_DONE: Final = ", ".join(f"'{status}'" for status in sorted(FINAL | RESTING))
_FILES: Final = f"""SELECT a.id FROM attachment a JOIN ticket t ON t.id = a.ticket
    WHERE a.digest <> '' AND t.status IN ({_DONE}) AND coalesce(t.closed_at, t.received_at) < $1"""
_PEOPLE: Final = f"""SELECT t.id FROM ticket t WHERE t.status IN ({_DONE})
    AND coalesce(t.closed_at, t.received_at) < $1
    AND (t.address IS NOT NULL OR t.citizen IS NOT NULL OR t.contact <> '' OR t.phone_tail <> '')"""
_NUMBERS: Final = """SELECT id FROM call WHERE status = 'ended' AND offered_at < $1
    AND (phone IS NOT NULL OR phone_tail <> '' OR citizen IS NOT NULL)"""
_ALONE: Final = """SELECT c.id FROM citizen c WHERE c.created_at < $1
    AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.citizen = c.id)
    AND NOT EXISTS (SELECT 1 FROM call l WHERE l.citizen = c.id)"""


async def _erase_files(before: datetime, limit: int) -> int:
    """Bytes that no other ticket holds leave the disk; kind, size and who added it stay."""
    async with db.tx() as t:
        rows = await t.fetch(
            f"""WITH old AS (SELECT a.id, a.digest FROM attachment a
                    WHERE a.id IN ({_FILES} ORDER BY a.id LIMIT $2) FOR UPDATE)
                UPDATE attachment a SET digest = '', name = '', removed_at = coalesce(a.removed_at, $1) FROM old
                WHERE a.id = old.id RETURNING old.digest""",
            before, limit,
        )  # fmt: skip
        held = await t.fetch(
            "SELECT DISTINCT digest FROM attachment WHERE digest = ANY($1::text[])",
            [r["digest"] for r in rows],
        )
    for digest in {row["digest"] for row in rows} - {row["digest"] for row in held}:
        with contextlib.suppress(FileNotFoundError):
            path_of(digest).unlink()
    return len(rows)


KEPT: Final = (
    Kept(
        "files", N_("办结工单的附件和录音"), N_("文件本身和文件名"), N_("类型、大小、谁何时上传"), 1095, 90, 3650,
        counting(_FILES), _erase_files,
    ),
    Kept(
        "people", N_("办结工单里的个人信息"), N_("地址、联系方式、是谁提的"), N_("工单、经过和全部统计"), 1825, 365, 7300,
        counting(_PEOPLE),
        erasing(
            f"""UPDATE ticket SET address = NULL, citizen = NULL, contact = '', phone_tail = ''
                WHERE id IN ({_PEOPLE} ORDER BY t.id LIMIT $2)"""
        ),
    ),
    Kept(
        "numbers", N_("来电号码"), N_("来电的号码"), N_("来电时间、时长、处理结果"), 1825, 180, 7300,
        counting(_NUMBERS),
        erasing(
            f"""UPDATE call SET phone = NULL, phone_hash = NULL, phone_tail = '', citizen = NULL
                WHERE id IN ({_NUMBERS} ORDER BY id LIMIT $2)"""
        ),
    ),
    Kept(
        "citizens", N_("不再有工单和来电的市民"), N_("姓名、电话、地址、备注"), N_("没有：整行移除"), 1825, 180, 7300,
        counting(_ALONE), erasing(f"DELETE FROM citizen WHERE id IN ({_ALONE} ORDER BY c.id LIMIT $2)"),
    ),
)  # fmt: skip
