"""Who writes in these tests, and what."""

from datetime import UTC, datetime
from typing import Any

from core import db
from core.officers import Officer
from kb import articles, jobs
from kb.articles import Content
from routing.posts import ROLES

#: Tuesday 24 November 2026, 10:45 in Tianjin.
NOW = datetime(2026, 11, 24, 2, 45, tzinfo=UTC)
EDDA = Officer(1, "edda", "Edda", permissions=frozenset(ROLES["kb_editor"]))
ERIK = Officer(2, "erik", "Erik", permissions=frozenset(ROLES["kb_editor"]))

HEATING = Content(
    code="GR-0001",
    title="室温不达标怎么办",
    body="供热期内室温低于18℃，可以申请入户测温，24小时内上门。不达标的按日退还热费。",
    folder="供热",
    matter="030101",
    question_forms=("暖气不热找谁", "家里只有15度"),
    keywords=("退费", "测温"),
    source="天津市供热用热条例",
)
RESIDENCE = Content(
    code="HJ-0002",
    title="居住证怎么办理",
    body="在居住地派出所申请，交居住满半年的材料，15个工作日发证。",
    folder="户籍",
    matter="110201",
    source="居住证暂行条例",
)
PARKING = Content(
    code="JT-0003",
    title="违法停车怎么举报",
    body="可以拨打热线，说明地点、车牌，由交警处理。",
    folder="交通",
    source="道路交通安全法",
)


async def published(*contents: Content, **changes: Any) -> None:
    """These articles, published and in the index."""
    from dataclasses import replace

    for content in contents:
        await articles.create(replace(content, **changes), by=EDDA, now=NOW)
        await articles.publish(content.code, version=1, by=EDDA, now=NOW)
    await jobs.index_pending()


async def index_weights() -> dict[tuple[str, str], float]:
    """(article's code, term) → stored weight, in thousandths."""
    rows = await db.fetch(
        "SELECT a.code, t.term, p.weight FROM kb_posting p JOIN kb_term t ON t.id = p.term"
        " JOIN article a ON a.id = p.article"
    )
    return {(row["code"], row["term"]): round(row["weight"], 3) for row in rows}


async def counted() -> dict[str, int]:
    rows = await db.fetch("SELECT term, articles FROM kb_term WHERE articles > 0")
    return {row["term"]: row["articles"] for row in rows}
