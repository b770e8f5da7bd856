"""Questions without an answer."""

from typing import Any

from litestar import Response, get, post

from core import clock
from core.errors import NotFound
from core.i18n import _
from core.web import FromPath, Request, page, redirect, requires
from kb import gaps
from kb.folders import folders


@get("/kb/gaps", guards=[requires("kb.edit")])
async def index() -> Response[Any]:
    return page("kb/gaps.html", desk="kb", rows=await gaps.still_open(), called=await folders())


@post("/kb/gaps/{number:int}/answer", guards=[requires("kb.edit")])
async def answered(request: Request, number: FromPath[int]) -> Response[Any]:
    if not await gaps.close(number, by=request.user, now=clock.now()):
        raise NotFound(_("这一问已经有人处理了。"))
    return redirect("/kb/gaps", flash=_("已记为有答案。"))


routes = [index, answered]
