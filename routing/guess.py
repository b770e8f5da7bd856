"""What a message is about, guessed from its own words: for records that nobody can ask any more. Pure but for its table.

`seed/matter_words.csv` says which words speak for a matter (six digits: a leaf, four: any leaf of the group). A
longer word weighs more, one in the title three times as much, one in the first sentences more than one far below.
The words that decided come back with the guess, so that whoever reads the reason can judge it.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from core.text import normal

WORDS: Final = Path(__file__).parent / "seed" / "matter_words.csv"
IN_TITLE: Final = 3.0
#: How fast a word's weight fades with its place in the text, in characters.
FADE: Final = 250
#: A word of a group counts so much for its leaves as against one of their own.
OF_GROUP: Final = 0.8
#: What a word marked `~` weighs.
VAGUE: Final = 0.4
#: A guess below this score rests on one passing word.
THIN: Final = 1.5


@dataclass(frozen=True, slots=True)
class Guess:
    """A leaf's code, how much spoke for it, and the words that did, strongest first."""

    matter: str
    score: float
    words: tuple[str, ...]

    @property
    def thin(self) -> bool:
        return self.score < THIN


def matter(title: str, content: str) -> Guess | None:
    """The likeliest leaf; None when no word of the table occurs."""
    book = _book()
    heard = _heard(normal(title), normal(content), book)
    if not heard:
        return None
    leaves: dict[str, float] = defaultdict(float)
    groups = {code[:4] for word in heard for code in book[word]}
    for group in groups:
        alike = {code for word in heard for code in book[word] if code[:4] == group and code != group}
        for leaf in alike or {_usual()[group]}:
            leaves[leaf] = sum(
                strength * max(book[word].get(leaf, 0.0), OF_GROUP * book[word].get(group, 0.0))
                for word, strength in heard.items()
            )
    best = max(leaves, key=lambda code: (leaves[code], code))
    spoke = [word for word in heard if any(code in (best, best[:4]) for code in book[word])]
    return Guess(best, round(leaves[best], 2), tuple(sorted(spoke, key=lambda w: -heard[w])[:4]))


_KIND_WORDS: Final = (
    ("praise", ("表扬", "感谢信", "点赞", "致谢")),
    ("report", ("举报", "检举", "揭发")),
    ("complaint", ("投诉", "维权", "违规", "违法", "乱收费", "扰民", "欺诈", "不作为", "黑心", "坑", "虚假", "拖欠", "强制", "猖獗", "霸王")),
    ("suggestion", ("建议", "能否增", "希望增", "提议", "应该", "呼吁")),
    ("consult", ("咨询", "请问", "询问", "何时", "什么时候", "是否", "吗", "如何", "怎么办理", "怎样", "能不能", "可否", "能否", "规划", "？", "?")),
    ("help", ("求助", "请求", "恳请", "盼", "希望", "帮", "解决", "没人管", "无人管")),
)  # fmt: skip


def kind(title: str, usual: str) -> str:
    """咨询, 求助, 投诉 …: what the title's words ask for, else the `usual` kind of the matter."""
    for name, words in _KIND_WORDS:
        if any(word in title for word in words):
            return name
    return usual or "help"


def _heard(title: str, content: str, book: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Words of the table that occur, with their strength; one inside a longer one that occurs is not heard."""
    found: dict[str, float] = defaultdict(float)
    heads = _heads()
    for text, base, fade in ((title, IN_TITLE, 0), (content, 1.0, FADE)):
        at, times = 0, defaultdict[str, int](int)
        while at < len(text):
            sizes = heads.get(text[at : at + 2])
            size = next((n for n in sizes if text[at : at + n] in book), 0) if sizes else 0
            if size:
                word = text[at : at + size]
                times[word] += 1
                share = math.exp(-at / fade) if fade else 1.0
                found[word] += base * (size / 3) * (0.3 + 0.7 * share) / times[word]
            at += size or 1
    return found


@lru_cache(maxsize=1)
def _rows() -> tuple[dict[str, str], ...]:
    with WORDS.open(encoding="utf-8", newline="") as text:
        return tuple(csv.DictReader(text))


@lru_cache(maxsize=1)
def _book() -> dict[str, dict[str, float]]:
    """Word → the codes it speaks for, and how loud."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in _rows():
        for word in row["words"].split():
            found[normal(word.removeprefix("~"))][row["matter"]] = VAGUE if word.startswith("~") else 1.0
    return dict(found)


@lru_cache(maxsize=1)
def _heads() -> dict[str, tuple[int, ...]]:
    """The lengths of the words that begin with these two characters, longest first."""
    found: dict[str, set[int]] = defaultdict(set)
    for word in _book():
        found[word[:2]].add(len(word))
    return {head: tuple(sorted(sizes, reverse=True)) for head, sizes in found.items()}


@lru_cache(maxsize=1)
def _usual() -> dict[str, str]:
    """The leaf that stands for a group of which only the group's own words were heard."""
    return {row["matter"]: row["usual"] or f"{row['matter']}01" for row in _rows() if len(row["matter"]) == 4}
