"""The few words of an article that answer best, and which of them were asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core import text

WIDTH = 78


@dataclass(frozen=True)
class Run:
    """A piece of text; `hit`: it was asked for."""

    text: str
    hit: bool


def marked(words: str, query: str) -> list[Run]:
    """`words` in runs, those that `query` holds marked. The runs together are `words`."""
    return _runs(words, _hits(words, _terms(query)))


def snippet(body: str, query: str, *, width: int = WIDTH) -> list[Run]:
    """The stretch of `width` characters that holds most of `query`, marked; an ellipsis where it is cut."""
    flat = " ".join(body.split())
    hits = _hits(flat, _terms(query))
    start = _densest(hits, width) if len(flat) > width else 0
    end = min(len(flat), start + width)
    runs = _runs(flat[start:end], hits[start:end])
    if start:
        runs.insert(0, Run("…", hit=False))
    if end < len(flat):
        runs.append(Run("…", hit=False))
    return runs


def _terms(query: str) -> set[str]:
    """Words of two ideographs and more, and words of letters or digits; pairs where the query is short."""
    found = {word for word in text.words(query) if len(word) > 1 or not _is_ideograph(word)}
    return found or set(text.bigrams(query))


def _is_ideograph(letter: str) -> bool:
    return "\u3400" <= letter <= "\U000323af"


def _hits(words: str, terms: Iterable[str]) -> list[bool]:
    """For each character of `words` whether a term covers it."""
    plain = "".join(folded if len(folded := text.normal(letter)) == 1 else letter for letter in words)
    hits = [False] * len(words)
    for term in terms:
        at = plain.find(term)
        while at >= 0:
            hits[at : at + len(term)] = [True] * len(term)
            at = plain.find(term, at + 1)
    return hits


def _densest(hits: list[bool], width: int) -> int:
    """Where the window of `width` with most hits begins; a little before its first hit."""
    count = best = sum(hits[:width])
    start = 0
    for at in range(1, len(hits) - width + 1):
        count += hits[at + width - 1] - hits[at - 1]
        if count > best:
            best, start = count, at
    first = next((i for i in range(start, min(start + width, len(hits))) if hits[i]), start)
    return max(0, min(first - 4, len(hits) - width)) if start else 0


def _runs(words: str, hits: list[bool]) -> list[Run]:
    runs: list[Run] = []
    start = 0
    for at in range(1, len(words) + 1):
        if at == len(words) or hits[at] != hits[start]:
            runs.append(Run(words[start:at], hits[start]))
            start = at
    return runs if words else []
