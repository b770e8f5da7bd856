"""The port to knowledge: one question in, an answer with its engine and how long it took.

Meilisearch when it is set up and answers, PostgreSQL otherwise: somebody with a citizen on the line always gets
an answer. An engine only says which articles and how well; what is shown comes from our own rows, so that
nothing expired or withdrawn is ever suggested, however old an index is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any

from core import db, text
from kb.search import meilisearch, postgres
from kb.search.ranking import Candidate, mixed
from kb.search.snippets import Run, marked, snippet

#: How many articles the engine names before they are ranked once more.
DEPTH = 50
LONGEST_QUERY = 4_000
LONGEST_TITLE = 200
_degraded_since: datetime | None = None


@dataclass(frozen=True)
class Hit:
    """An article that may answer. `heading` and `snippet` are runs of text, those asked for marked."""

    article_id: int
    code: str
    title: str
    heading: Sequence[Run]
    snippet: Sequence[Run]
    body: str
    score: float
    matter: str
    valid_to: datetime | None
    source: str


@dataclass(frozen=True)
class Answer:
    """`degraded_since`: Meilisearch is set up and has not answered since then."""

    hits: Sequence[Hit] = ()
    engine: str = postgres.NAME
    ms: float = 0.0
    degraded_since: datetime | None = None
    query: str = field(default="", compare=False)


async def search(query: str, *, matter: str | None = None, limit: int = 10, on: datetime) -> Answer:
    """The articles that answer `query` best and hold at `on`, best first."""
    started = perf_counter()
    query = query[:LONGEST_QUERY]
    if not text.bigrams(query):
        return Answer(query=query, degraded_since=_degraded_since)
    engine, scores = await _candidates(query, on)
    rows = await _rows(scores, query, on)
    ranked = mixed(query, [_candidate(row) for row in rows.values()], scores, matter=matter)
    hits = [_hit(rows[article.id], score, query) for article, score in ranked[:limit]]
    return Answer(hits, engine, (perf_counter() - started) * 1000, _degraded_since, query)


async def _candidates(query: str, on: datetime) -> tuple[str, dict[int, float]]:
    global _degraded_since
    if not meilisearch.in_use():
        _degraded_since = None
        return postgres.NAME, await postgres.candidates(query, limit=DEPTH)
    try:
        all_words = text.words(query)
        telling = [word for word in all_words if len(word) > 1] or all_words
        words = await postgres.rarest_words(telling, meilisearch.MOST_WORDS)
        found = await meilisearch.candidates(words or telling, limit=DEPTH, on=on)
    except meilisearch.Unanswered:
        _degraded_since = _degraded_since or on
        return postgres.NAME, await postgres.candidates(query, limit=DEPTH)
    _degraded_since = None
    return meilisearch.NAME, found


async def _rows(ids: Iterable[int], query: str, on: datetime) -> dict[int, Mapping[str, Any]]:
    """Those of `ids` that hold at `on`, and whatever has the query itself as code or title."""
    rows = await db.fetch(
        "SELECT id, code, title, body, matter, question_forms, source, valid_to FROM article"
        " WHERE (id = ANY($1::int[]) OR upper(code) = upper($3) OR lower(title) = lower($3))"
        " AND status = 'published'"
        " AND (valid_from IS NULL OR valid_from <= $2) AND (valid_to IS NULL OR valid_to > $2)",
        list(ids),
        on,
        query[:LONGEST_TITLE].strip(),
    )
    return {row["id"]: row for row in rows}


def _candidate(row: Mapping[str, Any]) -> Candidate:
    return Candidate(row["id"], row["code"], row["title"], row["question_forms"], row["body"], row["matter"])


def _hit(row: Mapping[str, Any], score: float, query: str) -> Hit:
    return Hit(
        article_id=row["id"],
        code=row["code"],
        title=row["title"],
        heading=marked(row["title"], query),
        snippet=snippet(row["body"], query),
        body=row["body"],
        score=score,
        matter=row["matter"],
        valid_to=row["valid_to"],
        source=row["source"],
    )
