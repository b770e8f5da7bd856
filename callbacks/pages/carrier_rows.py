"""Named questions of the page `/carrier`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core import db
from core.i18n import _

WEEK = timedelta(days=7)


async def everything(gateway: str, *, at: datetime, in_doubt: timedelta) -> dict[str, Any]:
    """Counts, errors, doubts and stopped texts of one carrier. No words and no phone beyond its tail."""
    return {
        "by_state": await db.fetch(
            """SELECT state, count(*) AS n, count(*) FILTER (WHERE claimed_at > $2) AS today FROM message
               WHERE direction = 'out' AND (gateway = $1 OR state = 'waiting')
               AND (claimed_at IS NULL OR claimed_at > $3) GROUP BY state ORDER BY min(rank), state""",
            gateway, at - timedelta(days=1), at - WEEK,
        ),
        "recent": await db.fetch(
            """SELECT id, phone_tail, template, state, error, segments, sent_at, tries, resent FROM message
               WHERE direction = 'out' AND gateway = $1 ORDER BY id DESC LIMIT 10""",
            gateway,
        ),
        "errors_by_code": await db.fetch(
            """SELECT error, count(*) AS n, max(sent_at) AS last_at, max(id) AS last FROM message
               WHERE direction = 'out' AND gateway = $1 AND state IN ('failed', 'undelivered') AND claimed_at > $2
               GROUP BY error ORDER BY n DESC, error LIMIT 20""",
            gateway, at - WEEK,
        ),
        "doubts": await db.fetch(
            """SELECT id, phone_tail, template, ticket, error, claimed_at FROM message
               WHERE state = 'unknown' AND gateway = $1 AND claimed_at < $2 ORDER BY claimed_at LIMIT 50""",
            gateway, at - in_doubt,
        ),
        "stops": await db.fetch(
            """SELECT s.id, s.template, s.locale, s.code, s.since, (SELECT count(*) FROM message m
               WHERE m.state = 'waiting' AND m.template = s.template AND m.locale = s.locale) AS waiting
               FROM stopped_template s WHERE s.gateway = $1 AND s.lifted_at IS NULL ORDER BY s.since""",
            gateway,
        ),
        "unanswered": await db.fetchval("SELECT count(*) FROM message WHERE state = 'received' AND tries > 0"),
        "called_back_at": await db.fetchval("SELECT max(at) FROM carrier_event WHERE gateway = $1 AND at > $2", gateway, at - WEEK),
    }  # fmt: skip


def words() -> dict[str, str]:
    """A message's state, for people."""
    return {
        "waiting": _("等待发送"), "claimed": _("正在交给运营商"), "unknown": _("不知是否发出"), "accepted": _("运营商已接收"),
        "queued": _("运营商排队中"), "sending": _("发送中"), "sent": _("已发出"), "failed": _("发送失败"),
        "undelivered": _("未送达"), "delivered": _("已送达"), "read": _("已读"),
    }  # fmt: skip
