"""相似工单: tickets that may be the same matter. At most 200 candidates from the indexes, then re-ranked.

The score is `token_set_ratio` of the texts' grams (rapidfuzz), lifted a little for the same branch of the matter
tree and the same street; on real messages re-ranking a cheap first list by it was the best of what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final

from rapidfuzz import fuzz

from core.officers import Officer
from core.text import grams, words
from crm.tickets import queries

#: Below this two texts only share common words.
LIKE: Final = 55
MOST: Final = 8
#: How many words of the text are looked for, two by two.
TELLING: Final = 4
SAME_BRANCH: Final = 6
SAME_STREET: Final = 4
_SAID_BY_ALL: Final = (
    "要求 希望 尽快 现在 已经 没有 我们 我家 一直 今天 昨天 反映 市民 情况 问题 处理 解决 时候 什么 怎么 请问 附近 小区 "
    "家里 天下 上午 下午 晚上 开始 不说 说在 多次 电话 人员 工作 相关 部门 进行 需要 可以 因为 所以 但是"
)
#: What every caller says, and what therefore narrows nothing.
COMMON: Final = frozenset(_SAID_BY_ALL.split())
#: So many, so alike, so close together at one place: likely one cause.
CROWD: Final = 3
CROWD_PERCENT: Final = 75
CROWD_SPAN: Final = timedelta(hours=2)


@dataclass(frozen=True)
class Like:
    """A ticket that may be the same matter; `percent` 0–100, `own` when the same citizen brought it."""

    number: int
    percent: int
    title: str
    status: str
    unit: str
    street: str
    place: str
    received_at: datetime
    own: bool
    matter: str = ""


async def find(
    officer: Officer,
    text: str,
    *,
    matter: str,
    street: str,
    citizen: int | None = None,
    besides: int | None = None,
) -> list[Like]:
    """The likes of a text being written, best first, own tickets marked."""
    pool = await queries.lookalikes_pool(street, matter, pairs(text), officer)
    mine = " ".join(grams(text))
    likes = [_score(row, mine, matter, street, citizen) for row in pool if row["id"] != besides]
    return sorted(
        (like for like in likes if like.percent >= LIKE), key=lambda like: (-like.percent, -like.number)
    )[:MOST]


def pairs(text: str) -> list[list[str]]:
    """The grams of two words at a time that say something: `暖气 … 室温 … 婴儿` → `[[室温, 暖气], [婴儿, 暖气], …]`."""
    telling = [
        word
        for word in dict.fromkeys(words(text))
        if 1 < len(word) < 4 and word not in COMMON and not word.isdigit()
    ]
    if len(telling) == 1:
        return [grams(telling[0])]
    two = combinations(telling[:TELLING], 2)
    return [pair for one, other in two if (pair := sorted(set(grams(one) + grams(other))))]


def crowd(likes: list[Like], street: str, now: datetime) -> list[Like]:
    """Those that look like one cause with the text: at its street, within two hours; empty for too few."""
    close = [
        like for like in likes
        if street and like.street == street and like.percent >= CROWD_PERCENT and now - like.received_at <= CROWD_SPAN
    ]  # fmt: skip
    return close if len(close) >= CROWD else []


def _score(row: Any, mine: str, matter: str, street: str, citizen: int | None) -> Like:
    theirs = " ".join(grams(f"{row['title']} {row['content']}"))
    percent = fuzz.token_set_ratio(mine, theirs)
    if matter and row["matter"][:4] == matter[:4]:
        percent += SAME_BRANCH
    if street and row["street"] == street:
        percent += SAME_STREET
    return Like(
        row["id"], min(99, round(percent)), row["title"] or row["matter_name"], row["status"], row["unit_name"] or "",
        row["street"], row["place"], row["received_at"], citizen is not None and row["citizen"] == citizen,
        row["matter"],
    )  # fmt: skip
