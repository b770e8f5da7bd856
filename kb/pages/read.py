"""Looking things up: the list, a search, one article."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from core import clock
from core.errors import NotFound
from core.i18n import _
from core.web import FromPath, FromQuery, Request, cursor, page, read_cursor, requires
from kb import articles, queries
from kb.folders import folders
from kb.search import engine
from kb.search.snippets import marked

FOUND = 30


@get("/kb", guards=[requires("kb.read")])
async def index(
    request: Request,
    q: FromQuery[str] = "",
    folder: FromQuery[str] = "",
    matter: FromQuery[str] = "",
    status: FromQuery[str] = "published",
    ending: FromQuery[bool] = False,
    after: FromQuery[str] = "",
) -> Response[Any]:
    """`?q=` asks the search; without it the list by last change, filtered by the URL."""
    now, edits = clock.now(), request.user.can("kb.edit")
    chosen = queries.Filter(
        folder, matter, status if edits and status in _statuses() else "published", ending
    )
    known: dict[str, Any] = {"q": q.strip(), "chosen": chosen, "edits": edits, "statuses": articles.STATUSES}
    known |= {
        "folders": await queries.folders(),
        "link": _linker(q.strip(), chosen),
        "called": await folders(),
    }
    if q.strip():
        answer = await engine.search(q, matter=matter or None, limit=FOUND, on=now)
        return page(
            "kb/index.html", desk="kb", answer=answer, rows=(), next=None, total=len(answer.hits), **known
        )
    rows = list(await queries.page(chosen, now=now, after=read_cursor(after, datetime, int)))
    more = len(rows) > queries.PAGE
    last = rows[queries.PAGE - 1] if more else None
    return page(
        "kb/index.html",
        desk="kb",
        answer=None,
        rows=rows[: queries.PAGE],
        total=await queries.count(chosen, now=now),
        next=known["link"](after=cursor(last["updated_at"], last["id"])) if last else None,
        **known,
    )


@get("/kb/{code:str}", guards=[requires("kb.read")])
async def article(request: Request, code: FromPath[str], q: FromQuery[str] = "") -> Response[Any]:
    """Drafts are for editors only: for others they are not there."""
    row = await articles.by_code(code)
    edits = request.user.can("kb.edit")
    if row["status"] == "draft" and not edits:
        raise NotFound(_("知识库里没有编号 {code}。").format(code=code))
    return page(
        "kb/article.html",
        desk="kb",
        a=row,
        called=await folders(),
        body=marked(row["body"], q),
        edits=edits,
        state=articles.STATUSES[row["status"]],
        history=await articles.history(row["id"]),
        statuses=articles.STATUSES,
        errors={},
    )


def _statuses() -> set[str]:
    return {"", *articles.STATUSES}


def _linker(q: str, chosen: queries.Filter) -> Any:
    """`link(folder="供热")`: this list with one thing changed; a new search starts at its first page."""
    now = {"q": q, "folder": chosen.folder, "matter": chosen.matter, "status": chosen.status}
    now["ending"] = "1" if chosen.ending else ""

    def link(**changed: str) -> str:
        wanted = {name: value for name, value in (now | changed).items() if value}
        if wanted.get("status") == "published":
            del wanted["status"]
        return f"/kb?{urlencode(wanted)}" if wanted else "/kb"

    return link


routes = [index, article]
