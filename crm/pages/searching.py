"""`/search`: the one box of all desks, with what was searched and what to try when nothing was found."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from core import clock
from core.i18n import N_, _
from core.web import Request, page, redirect, requires
from crm import find
from crm.find import How
from crm.pages.names import Names, names
from crm.tickets.words import STATUS, kind_word, status_word

LIMIT = 50
#: What the query was taken for, as the page says it.
HOW = {
    How.NUMBER: N_("按单号"), How.TAIL: N_("按尾号"), How.PHONE: N_("按电话"), How.LAST_FOUR: N_("按电话后四位"),
    How.NAME: N_("按姓名"), How.WORDS: N_("按内容与地点"),
}  # fmt: skip


@get("/search", guards=[requires("ticket.search", "desk.unit", "ticket.see")])
async def search(request: Request) -> Response[Any]:
    """A whole number opens its ticket; anything else is a list, newest first."""
    asked = {name: value for name, value in request.query_params.items() if value}
    query, status = asked.get("q", "").strip(), asked.get("status", "")
    began = time.perf_counter()
    chosen = {"status": [status]} if status in STATUS else {}
    found = await find.find(
        request.user, query, chosen, today=clock.today(), after=find.after(asked.get("after")), limit=LIMIT
    )
    if found.how is How.NUMBER and found.rows:
        return redirect(f"/tickets/{found.rows[0]['id']}")
    rows, more = found.rows[:LIMIT], len(found.rows) > LIMIT
    called = await names()
    return page(
        "crm/search/page.html",
        search_query=query, how=_(HOW[found.how]), rows=[_row(row, called) for row in rows], state=status,
        statuses=[(name, status_word(name)) for name in STATUS if name != "draft"],
        next=_address(asked, after=str(rows[-1]["id"])) if more else None,
        without_status=_address({**asked, "status": ""}) if status else None,
        ms=round((time.perf_counter() - began) * 1000), first=not asked.get("after"),
    )  # fmt: skip


routes: list[Any] = [search]


def _row(row: Any, called: Names) -> dict[str, Any]:
    hidden = row["confidential"]
    return {
        "number": row["id"], "status": status_word(row["status"]), "kind": kind_word(row["kind"]),
        "urgency": row["urgency"], "matter": called.matter(row["matter"], row["matter_name"]),
        "summary": _("内容已遮蔽；打开即记入查看日志") if hidden else row["title"] or row["summary"],
        "place": _("遮蔽") if hidden else called.short_place(row["street"], row["place"]),
        "unit": called.unit(row["lead_unit"], row["unit_name"] or ""), "received_at": row["received_at"],
        "closed_at": row["closed_at"], "hidden": hidden, "archived": row["status"] == "archived",
    }  # fmt: skip


def _address(asked: dict[str, str], **changes: str) -> str:
    return "/search?" + urlencode({k: v for k, v in {**asked, **changes}.items() if v})
