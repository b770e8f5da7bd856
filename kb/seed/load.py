"""The articles a new hotline starts with: `kb/seed/articles.jsonl`, one a line.

Fields: code, title, question_forms, body, matter, folder, keywords, valid_from, valid_to, source, reviewed_at.
A day as `valid_to` is the last day on which the article holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from core import clock, db
from kb import jobs

FILE = Path(__file__).with_name("articles.jsonl")
Progress = Callable[[int, int], None]

_COLUMNS = (
    *("code", "title", "body", "folder", "matter", "question_forms", "keywords", "source"),
    *("valid_from", "valid_to", "reviewed_at"),
)


class BadSeed(RuntimeError):
    """The file is missing, or a line of it cannot be an article."""


async def load(progress: Progress | None = None) -> int:
    """Put every article of the file in and index it; returns how many are new or changed.

    Safe to run again: an article that an editor has changed since is left alone. Raises BadSeed.
    """
    rows, now, changed = list(read(FILE)), clock.now(), 0
    async with db.tx() as tx:
        for done, row in enumerate(rows, 1):
            changed += await tx.fetchval(_UPSERT, *row, now) is not None
            if progress:
                progress(done, len(rows))
    await jobs.index_pending()
    return changed


def read(path: Path) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of `_COLUMNS`. Raises BadSeed naming the line."""
    if not path.is_file():
        raise BadSeed(f"{path} is missing: there are no articles to load")
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield _row(json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise BadSeed(f"{path.name}, line {number}: {type(error).__name__}: {error}") from error


def _row(article: Mapping[str, Any]) -> tuple[Any, ...]:
    for name in ("code", "title", "body"):
        if not article[name].strip():
            raise ValueError(f"{name} is empty")
    return (
        article["code"],
        article["title"],
        article["body"],
        article.get("folder") or "",
        article.get("matter") or "",
        list(article.get("question_forms") or []),
        list(article.get("keywords") or []),
        article.get("source") or "",
        _moment(article.get("valid_from")),
        _moment(article.get("valid_to"), days=1),
        date.fromisoformat(article["reviewed_at"]) if article.get("reviewed_at") else None,
    )


def _moment(text: str | None, *, days: int = 0) -> datetime | None:
    """`2026-11-24` is that day's beginning here, plus `days`; with a time it is that moment."""
    if not text:
        return None
    if len(text) > len("2026-11-24"):
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=clock.zone())
    return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), tzinfo=clock.zone())


_UPSERT = f"""
    INSERT INTO article ({", ".join(_COLUMNS)}, status, version, index_pending, remote_pending, created_at, updated_at)
    VALUES ({", ".join(f"${n}" for n in range(1, len(_COLUMNS) + 1))}, 'published', 1, true, true,
            ${len(_COLUMNS) + 1}, ${len(_COLUMNS) + 1})
    ON CONFLICT (code) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])},
        index_pending = true, remote_pending = true, updated_at = excluded.updated_at
    WHERE article.updated_by IS NULL
      AND ({", ".join(f"article.{name}" for name in _COLUMNS[1:])})
          IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _COLUMNS[1:])})
    RETURNING id
"""
