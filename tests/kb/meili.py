"""A local server that speaks the part of Meilisearch's documented REST that the product uses.

Routes and shapes: https://www.meilisearch.com/docs/reference/api (settings, documents, tasks, search, errors).
Its search is the plainest that keeps the contract: words (at most ten) found in any searchable attribute, the
filter obeyed, best first. It can be told to be slow, broken or gone.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "master-key"
STAMP = "2026-11-22T10:00:00.000000Z"


@dataclass
class Meili:
    url: str = ""
    delay: float = 0.0
    broken: bool = False
    fail_tasks: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    documents: dict[int, dict[str, Any]] | None = None
    tasks: list[dict[str, Any]] = field(default_factory=list)
    searches: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    connections: set[Any] = field(default_factory=set)

    def task(self, kind: str, error: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        uid = len(self.tasks)
        if self.fail_tasks:
            error = problem("The task was refused.", "internal", "internal")
        self.tasks.append(
            {
                "uid": uid,
                "batchUid": uid,
                "indexUid": "articles",
                "status": "failed" if error else "succeeded",
                "type": kind,
                "canceledBy": None,
                "details": None,
                "error": error,
                "duration": "PT0.01S",
                "enqueuedAt": STAMP,
                "startedAt": STAMP,
                "finishedAt": STAMP,
            }
        )
        summary = {
            "taskUid": uid,
            "indexUid": "articles",
            "status": "enqueued",
            "type": kind,
            "enqueuedAt": STAMP,
        }
        return 202, summary

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "GET" and (found := re.fullmatch(r"/tasks/(\d+)", path)):
            return 200, self.tasks[int(found.group(1))]
        match method, path.removeprefix("/indexes/articles"):
            case "PATCH", "/settings":
                self.settings |= body
                self.documents = self.documents or {}
                return self.task("settingsUpdate")
            case "POST", "/documents":
                self.documents = (self.documents or {}) | {d["id"]: d for d in body}
                return self.task("documentAdditionOrUpdate")
            case "POST", "/documents/delete":
                return self.delete(body["filter"])
            case "DELETE", "/documents":
                missing = None if self.documents is not None else no_index()
                self.documents = {} if self.documents is not None else None
                return self.task("documentDeletion", missing)
            case "POST", "/search":
                return self.search(body)
        return 404, problem(f"{method} {path}", "not_found", "invalid_request")

    def delete(self, wanted: str) -> tuple[int, Any]:
        if self.documents is None:
            return self.task("documentDeletion", no_index())
        assert "id" in self.settings.get("filterableAttributes", ()), "id must be filterable to delete by it"
        for number in re.findall(r"\d+", wanted.removeprefix("id IN ")):
            self.documents.pop(int(number), None)
        return self.task("documentDeletion")

    def search(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.searches.append(body)
        if self.documents is None:
            return 404, no_index()
        known = {*self.settings.get("filterableAttributes", ())}
        tests = re.findall(r"(\w+) (<=|>) (\d+)", body.get("filter", ""))
        if not {name for name, _, _ in tests} <= known:
            return 400, problem("Attribute is not filterable.", "invalid_search_filter", "invalid_request")
        words = body["q"].split()[:10]
        hits = []
        for doc in self.documents.values():
            text = " ".join(str(doc[name]) for name in self.settings.get("searchableAttributes", ()))
            score = sum(word in text for word in words) / max(1, len(words))
            inside = all(doc[n] <= int(v) if op == "<=" else doc[n] > int(v) for n, op, v in tests)
            if score and inside:
                shown = {name: doc[name] for name in body["attributesToRetrieve"]}
                hits.append(shown | ({"_rankingScore": score} if body.get("showRankingScore") else {}))
        hits.sort(key=lambda hit: -hit["_rankingScore"])
        limit = body.get("limit", 20)
        return 200, {
            "hits": hits[:limit],
            "query": body["q"],
            "processingTimeMs": 1,
            "limit": limit,
            "offset": 0,
            "estimatedTotalHits": len(hits),
        }


def problem(message: str, code: str, kind: str) -> dict[str, Any]:
    link = f"https://docs.meilisearch.com/errors#{code}"
    return {"message": message, "code": code, "type": kind, "link": link}


def no_index() -> dict[str, Any]:
    return problem("Index `articles` not found.", "index_not_found", "invalid_request")


@contextmanager
def running() -> Iterator[Meili]:
    state = Meili()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"null")
            state.requests += 1
            state.connections.add(self.client_address)
            time.sleep(state.delay)
            if state.broken:
                status, answer = 503, problem("Service unavailable.", "internal", "internal")
            elif self.headers.get("Authorization") != f"Bearer {KEY}":
                status, answer = 403, problem("The provided API key is invalid.", "invalid_api_key", "auth")
            elif body is not None and not self.headers.get("Content-Type", "").startswith("application/json"):
                status, answer = (
                    415,
                    problem("A Content-Type is missing.", "missing_content_type", "invalid_request"),
                )
            else:
                status, answer = state.answer(self.command, self.path.partition("?")[0], body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815

        def log_message(self, *_args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
