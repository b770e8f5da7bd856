"""What the ground floor keeps of people, and for how long."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from core import db
from core.i18n import N_
from core.keeping import Kept, counting, erasing
from core.settings import settings

_FILES: Final = "SELECT id FROM run WHERE rejects_file <> '' AND finished_at < $1"


async def _erase_rejects(before: datetime, limit: int) -> int:
    """The rows that an import refused, as they came. The run and its figures stay."""
    async with db.tx() as t:
        rows = await t.fetch(
            f"""UPDATE run SET rejects_file = '' WHERE id IN ({_FILES} ORDER BY id LIMIT $2)
                RETURNING id""",
            before, limit,
        )  # fmt: skip
    for row in rows:
        _unlink(row["id"])
    return len(rows)


def _unlink(run: int) -> None:
    (settings().var_dir / "runs" / f"{run}-rejects.csv").unlink(missing_ok=True)


KEPT: Final = (
    Kept(
        "view_log", N_("查看日志"), N_("谁在何时看过什么"), N_("没有：整行移除"), 1095, 180, 3650,
        counting("SELECT 1 FROM view_log WHERE at < $1"),
        erasing(
            """DELETE FROM view_log v USING (SELECT id, at FROM view_log WHERE at < $1 ORDER BY at LIMIT $2) old
               WHERE v.id = old.id AND v.at = old.at"""
        ),
    ),
    Kept(
        "drafts", N_("没写完的表单"), N_("草稿的全部内容"), N_("没有：整行移除"), 7, 1, 90,
        counting("SELECT 1 FROM draft WHERE saved_at < $1"),
        erasing("DELETE FROM draft WHERE id IN (SELECT id FROM draft WHERE saved_at < $1 ORDER BY id LIMIT $2)"),
    ),
    Kept(
        "sessions", N_("登录记录"), N_("久未使用的登录：地址和浏览器"), N_("没有：整行移除"), 30, 1, 365,
        counting("SELECT 1 FROM session WHERE seen_at < $1"),
        erasing("DELETE FROM session WHERE id IN (SELECT id FROM session WHERE seen_at < $1 ORDER BY id LIMIT $2)"),
    ),
    Kept(
        "rejects", N_("导入的退回清单"), N_("退回的原始行"), N_("导入的件数和时间"), 90, 7, 730,
        counting(_FILES), _erase_rejects,
    ),
)  # fmt: skip
