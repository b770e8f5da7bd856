"""Meilisearch, when `MEILI_URL` is set. The only file that knows it.

The official client is synchronous, opens a connection a call and keeps its headers in one shared dict: so it
runs off the event loop, one instance a thread, over a `requests.Session`, with a limiter of its own. A breaker
keeps a dead server from costing every search its timeout.

The server reads the first ten words of a query and cuts Chinese by its own dictionary, which misses words
inside longer ones: a message is reduced to its rarest words first, and `grams` holds every pair of ideographs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import requests
from anyio import CapacityLimiter, to_thread
from meilisearch.client import Client
from meilisearch.errors import MeilisearchApiError, MeilisearchError
from meilisearch.index import Index

from core import text
from core.settings import settings
from kb.search.breaker import Breaker

NAME = "meilisearch"
INDEX = "articles"
#: The server ignores what comes after.
MOST_WORDS = 10
SEARCH_TIMEOUT = 1.0
WRITE_TIMEOUT = 10.0
TASK_TIMEOUT = 120.0
THREADS = 8
#: For an article without an end; the filter needs a number.
NEVER = 253_402_300_799

INDEX_SETTINGS: Mapping[str, Any] = {
    "searchableAttributes": ["code", "title", "question_forms", "keywords", "body", "grams"],
    "filterableAttributes": ["id", "valid_from", "valid_to"],
    "displayedAttributes": ["id"],
    "rankingRules": ["words", "typo", "proximity", "attribute", "exactness"],
    "typoTolerance": {"disableOnAttributes": ["grams", "code"], "disableOnNumbers": True},
    "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["cmn", "eng"]}],
    "pagination": {"maxTotalHits": 200},
}

T = TypeVar("T")
breaker = Breaker()
_local = threading.local()
_sessions: list[requests.Session] = []
_lock = threading.Lock()
_limiter: CapacityLimiter | None = None


class Unanswered(Exception):
    """Meilisearch did not answer, or not with what was asked."""


class TaskFailed(Exception):
    """Meilisearch took the documents and could not index them: trying again will not help by itself."""


def in_use() -> bool:
    return bool(settings().meili_url)


async def candidates(words: Sequence[str], *, limit: int, on: datetime) -> dict[int, float]:
    """article → ranking score (0 … 1) for at most ten words. Raises `Unanswered`; then ask PostgreSQL."""
    if not breaker.lets_through(time.monotonic()):
        raise Unanswered
    moment = int(on.timestamp())
    wanted = {
        "limit": limit,
        "attributesToRetrieve": ["id"],
        "showRankingScore": True,
        "matchingStrategy": "frequency",
        "filter": f"valid_from <= {moment} AND valid_to > {moment}",
        "locales": ["cmn", "eng"],
    }
    try:
        answer = await _off_loop(lambda: _index(SEARCH_TIMEOUT).search(" ".join(words), wanted))
        found = {int(hit["id"]): float(hit.get("_rankingScore", 0.0)) for hit in answer["hits"]}
    except (MeilisearchError, requests.RequestException, KeyError, TypeError, ValueError) as error:
        breaker.failed(time.monotonic())
        raise Unanswered(f"{type(error).__name__}: {error}") from error
    breaker.worked()
    return found


async def put(documents: Sequence[Mapping[str, Any]]) -> None:
    """Add or replace; returns once the server has indexed them. Raises `Unanswered`, `TaskFailed`."""
    await _write(lambda index: index.add_documents(list(documents), "id").task_uid)


async def remove(articles: Sequence[int]) -> None:
    wanted = f"id IN [{', '.join(map(str, articles))}]"
    await _write(lambda index: index.delete_documents(filter=wanted).task_uid, missing_is_fine=True)


async def clear() -> None:
    """Make the index as it should be, empty."""
    await _write(lambda index: index.delete_all_documents().task_uid, missing_is_fine=True)
    await set_up()


async def set_up() -> None:
    """Create the index if need be, with our settings."""
    await _write(lambda index: index.update_settings(dict(INDEX_SETTINGS)).task_uid)


def document(row: Mapping[str, Any]) -> dict[str, Any]:
    """An article's row as Meilisearch gets it."""
    named = " ".join([row["title"], *row["question_forms"], *row["keywords"]])
    return {
        "id": row["id"],
        "code": row["code"],
        "title": row["title"],
        "question_forms": list(row["question_forms"]),
        "keywords": list(row["keywords"]),
        "body": row["body"],
        "grams": " ".join(text.grams(named, row["body"])),
        "valid_from": int(row["valid_from"].timestamp()) if row["valid_from"] else 0,
        "valid_to": int(row["valid_to"].timestamp()) if row["valid_to"] else NEVER,
    }


def forget_connections() -> None:
    """Close what is open; the next call opens anew."""
    with _lock:
        while _sessions:
            _sessions.pop().close()


async def _write(call: Callable[[Index], int], *, missing_is_fine: bool = False) -> None:
    try:
        task = await _off_loop(partial(_wait, call))
    except MeilisearchApiError as error:
        if error.status_code >= 500:
            raise Unanswered(str(error)) from error
        raise TaskFailed(str(error)) from error
    except (MeilisearchError, requests.RequestException) as error:
        raise Unanswered(f"{type(error).__name__}: {error}") from error
    code = (task.error or {}).get("code")
    if task.status != "succeeded" and not (missing_is_fine and code == "index_not_found"):
        raise TaskFailed(f"{task.type}: {(task.error or {}).get('message', task.status)}")


def _wait(call: Callable[[Index], int]) -> Any:
    index = _index(WRITE_TIMEOUT)
    return index.wait_for_task(call(index), timeout_in_ms=int(TASK_TIMEOUT * 1000), interval_in_ms=50)


async def _off_loop(call: Callable[[], T]) -> T:
    global _limiter
    if _limiter is None:
        _limiter = CapacityLimiter(THREADS)
    return await to_thread.run_sync(call, limiter=_limiter, abandon_on_cancel=True)


def _index(timeout: float) -> Index:
    """This thread's own client for this time-out, over a connection that stays open."""
    key = (settings().meili_url, settings().meili_key, timeout)
    kept: dict[Any, Index] = _local.__dict__.setdefault("indexes", {})
    if key not in kept:
        client = Client(key[0], key[1] or None, timeout=timeout)  # requests takes parts of seconds
        index = client.index(INDEX)
        _keep_connections(index.http)
        _keep_connections(index.task_handler.http)
        kept[key] = index
    return kept[key]


def _keep_connections(http: Any) -> None:
    """The client calls `requests.get` and the like by name: give it a session's methods instead."""
    session = requests.Session()
    with _lock:
        _sessions.append(session)
    send = http.send_request

    def over_session(method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return send(getattr(session, method.__name__), *args, **named)

    http.send_request = over_session
