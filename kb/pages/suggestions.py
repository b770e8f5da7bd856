"""The fragment that other desks fetch: what may be answered now."""

from typing import Any

from litestar import Response, get

from core import clock
from core.web import FromQuery, page, requires
from kb import gaps
from kb.search import engine

SHOWN = 3


@get("/kb/suggestions", guards=[requires("kb.read")])
async def suggest(q: FromQuery[str] = "", matter: FromQuery[str] = "") -> Response[Any]:
    """`?q=…&matter=…`: the best articles, each with a button whose `data-insert` is the text for the reply."""
    now = clock.now()
    answer = await engine.search(q, matter=matter or None, limit=SHOWN, on=now)
    if q.strip() and not answer.hits:
        await gaps.note(q, matter, now=now)
    return page("kb/_suggestions.html", answer=answer, q=q.strip(), matter=matter)


routes = [suggest]
