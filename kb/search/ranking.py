"""The arithmetic of relevance, without a database: BM25 in two halves, and the mix with likeness of titles.

Single ideographs as terms too would find 1 point more in the first ten and cost three times the postings read;
`token_set_ratio` over single characters gives most of it back for nothing.

BM25 (Robertson & Zaragoza 2009) is a sum over the query's terms of rarity × levelled frequency. The second is
stored for each posting, the first is worked out from the count of articles at the moment of asking, so that one
more article changes one number for each of its terms and not every posting.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core import text

K1, B = 1.5, 0.75
#: What likeness of the title counts beside the best BM25 score (measured: bench/kb_search.py).
LIKENESS = 0.6
#: An article of the same matter is lifted by this share of the best score.
SAME_MATTER = 0.25
#: So much of a text is compared with the query when there is no title.
OPENING = 200


@dataclass(frozen=True)
class Candidate:
    """An article as the ranking sees it."""

    id: int
    code: str
    title: str
    question_forms: Sequence[str]
    body: str
    matter: str


def index_terms(title: str, body: str, more: Iterable[str] = ()) -> Counter[str]:
    """What an article is found by, with counts: words and pairs."""
    counts: Counter[str] = Counter()
    for part in (title, body, *more):
        counts.update(text.terms(part))
    return counts


def query_terms(query: str) -> dict[str, float]:
    """term → weight: a term said three times counts 1 + ln 3 times."""
    return {term: 1 + math.log(n) for term, n in Counter(text.terms(query)).items()}


def levelled(count: int, length: int, level_length: float) -> float:
    """A posting's weight: grows with `count` up to K1 + 1, sooner in a short article."""
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length / level_length))


def rarity(articles: int, total: int) -> float:
    """A term's weight: `articles` of `total` hold it. Never below zero."""
    return math.log(1 + (max(total, articles) - articles + 0.5) / (articles + 0.5))


def mixed(
    query: str, found: Sequence[Candidate], scores: Mapping[int, float], *, matter: str | None
) -> list[tuple[Candidate, float]]:
    """Best first: the engine's score, likeness of the title, same matter; exact code or title before all."""
    best = max(scores.values(), default=0.0) or 1.0
    asked, spaced = text.normal(query.strip()), _spaced(query)

    def score(article: Candidate) -> float:
        points = scores.get(article.id, 0.0) / best + LIKENESS * _likeness(spaced, article)
        if matter and article.matter and matter == article.matter:
            points += SAME_MATTER
        if asked in (text.normal(article.code), text.normal(article.title)):
            points += 10
        return points

    return sorted(((a, score(a)) for a in found), key=lambda pair: (-pair[1], pair[0].id))


def _likeness(spaced: str, article: Candidate) -> float:
    """0 … 1: `token_set_ratio` over single characters, the best of title and question forms."""
    names = [article.title, *article.question_forms] if article.title else [article.body[:OPENING]]
    return max(fuzz.token_set_ratio(spaced, _spaced(name)) for name in names) / 100


def _spaced(words: str) -> str:
    """`token_set_ratio` splits at spaces, Chinese has none."""
    return " ".join(text.normal(words))
