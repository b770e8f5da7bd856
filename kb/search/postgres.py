"""The engine that is always there: BM25 over a postings table.

`kb_posting` holds each term's levelled frequency in an article, `kb_term` how many articles hold the term.
All writers take the one row of `kb_index` first, so that counts and postings never part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core import db
from kb.search.ranking import index_terms, levelled, query_terms, rarity

NAME = "postgres"
#: Drop a term from the query when more than this share of articles hold it: it costs time and says nothing.
TOO_COMMON = 0.15
#: … but only in an index large enough for shares to mean something, and never all terms.
SMALL = 1_000
#: The longest messages are cut to their rarest terms; fewer than this hurts (measured).
MOST_TERMS = 200
MOST_LETTERS = 2_000
LONGEST_TERM = 64


@dataclass(frozen=True)
class Text:
    """What is indexed of an article."""

    id: int
    title: str
    body: str
    more: Sequence[str] = ()


async def candidates(query: str, *, limit: int) -> dict[int, float]:
    """article → BM25 score, the best `limit`."""
    weights = await weighed_terms(query[:MOST_LETTERS])
    if not weights:
        return {}
    rows = await db.fetch(
        "SELECT p.article, sum(p.weight * q.weight) AS score"
        " FROM unnest($1::int[], $2::real[]) AS q (term, weight) JOIN kb_posting p ON p.term = q.term"
        " GROUP BY p.article ORDER BY score DESC, p.article LIMIT $3",
        list(weights),
        list(weights.values()),
        limit,
    )
    return {row["article"]: float(row["score"]) for row in rows}


async def weighed_terms(query: str) -> dict[int, float]:
    """The query's known terms (ids of `kb_term`) → how much each counts."""
    asked = query_terms(query)
    rows = await db.fetch(
        "SELECT id, term, articles, (SELECT i.articles FROM kb_index i) AS total FROM kb_term"
        " WHERE term = ANY($1::text[]) AND articles > 0",
        list(asked),
    )
    total = rows[0]["total"] if rows else 0
    telling = [row for row in rows if total < SMALL or row["articles"] <= total * TOO_COMMON]
    kept = sorted(telling or rows, key=lambda row: row["articles"])[:MOST_TERMS]
    return {row["id"]: asked[row["term"]] * rarity(row["articles"], total) for row in kept}


async def rarest_words(words: Sequence[str], most: int) -> list[str]:
    """At most `most` of `words`, the rarest ones that any article holds, in their own order."""
    rows = await db.fetch(
        "SELECT term, articles FROM kb_term WHERE term = ANY($1::text[]) AND articles > 0", list(words)
    )
    rare = sorted(rows, key=lambda row: row["articles"])[:most]
    kept = {row["term"] for row in rare}
    return [word for word in dict.fromkeys(words) if word in kept]


async def put(texts: Sequence[Text]) -> None:
    """Index these articles, whether they are there already or not; joins the caller's transaction."""
    counted = {t.id: index_terms(t.title, t.body, t.more) for t in texts}
    async with db.tx() as tx:
        index = await _lock()
        await _take_out(list(counted))
        lengths = {article: sum(counts.values()) for article, counts in counted.items()}
        level = index["level_length"] or _mean(lengths)
        ids = await _term_ids(counted.values())
        postings = sorted(
            (ids[term], article, levelled(n, lengths[article], level))
            for article, counts in counted.items()
            for term, n in counts.items()
            if term in ids
        )
        await tx.connection.copy_records_to_table(
            "kb_posting", records=postings, columns=("term", "article", "weight")
        )
        await tx.executemany(
            "INSERT INTO kb_indexed (article, length, terms) VALUES ($1, $2, $3)",
            [(a, lengths[a], sorted(ids[t] for t in c if t in ids)) for a, c in counted.items()],
        )
        await tx.execute(
            "UPDATE kb_index SET articles = articles + $1, total_length = total_length + $2, level_length = $3",
            len(counted),
            sum(lengths.values()),
            level,
        )


async def remove(articles: Sequence[int]) -> None:
    """Forget these articles; joins the caller's transaction."""
    async with db.tx():
        await _lock()
        await _take_out(articles)


async def level_again() -> None:
    """From now on level by the mean length as it is; postings keep theirs until they are written again."""
    await db.execute(
        "UPDATE kb_index SET level_length = CASE articles WHEN 0 THEN 0 ELSE total_length::real / articles END"
    )


async def drift() -> float:
    """How far the mean length has moved from the one that postings are levelled by: 0.2 is a fifth."""
    row = await db.fetchrow("SELECT articles, total_length, level_length FROM kb_index")
    if not row["articles"] or not row["level_length"]:
        return 0.0
    return abs(float(row["total_length"] / row["articles"] / row["level_length"]) - 1)


async def _lock() -> Mapping[str, float]:
    row: Mapping[str, float] = await db.fetchrow("SELECT * FROM kb_index WHERE id = 1 FOR UPDATE")
    return row


async def _take_out(articles: Sequence[int]) -> None:
    gone = await db.fetch(
        "DELETE FROM kb_indexed WHERE article = ANY($1::int[]) RETURNING article, length, terms",
        list(articles),
    )
    if not gone:
        return
    await db.execute(
        "DELETE FROM kb_posting p USING unnest($1::int[], $2::int[]) AS d (term, article)"
        " WHERE p.term = d.term AND p.article = d.article",
        [term for row in gone for term in row["terms"]],
        [row["article"] for row in gone for _term in row["terms"]],
    )
    counts = Counter(term for row in gone for term in row["terms"])
    await db.execute(
        "UPDATE kb_term t SET articles = t.articles - d.n FROM unnest($1::int[], $2::int[]) AS d (id, n)"
        " WHERE t.id = d.id",
        list(counts),
        list(counts.values()),
    )
    await db.execute(
        "UPDATE kb_index SET articles = articles - $1, total_length = total_length - $2",
        len(gone),
        sum(row["length"] for row in gone),
    )


async def _term_ids(articles: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """term → id, counting each of `articles` in; terms too long to be words are left out."""
    counts = Counter(term for counted in articles for term in counted if len(term) <= LONGEST_TERM)
    rows = await db.fetch(
        "INSERT INTO kb_term (term, articles) SELECT * FROM unnest($1::text[], $2::int[])"
        " ON CONFLICT (term) DO UPDATE SET articles = kb_term.articles + excluded.articles RETURNING id, term",
        list(counts),
        list(counts.values()),
    )
    return {row["term"]: row["id"] for row in rows}


def _mean(lengths: Mapping[int, int]) -> float:
    return max(1.0, sum(lengths.values()) / max(1, len(lengths)))
