"""Half-written forms: `PUT`, `GET`, `DELETE /drafts/{key}`. The body is the browser's JSON, kept as it is."""

import json
from typing import Any

from litestar import Response, delete, get, put

from core import drafts
from core.errors import Invalid
from core.i18n import _
from core.web import FromPath, Request, signed_in


@put("/drafts/{key:str}", guards=[signed_in], status_code=204, request_max_body_size=drafts.LONGEST + 1024)
async def keep(request: Request, key: FromPath[str]) -> None:
    body = (await request.body()).decode("utf-8", "replace")
    try:
        is_object = isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise Invalid({"body": _("草稿的格式不对。")})
    await drafts.keep(request.user.id, key, body)


@get("/drafts/{key:str}", guards=[signed_in])
async def show(request: Request, key: FromPath[str]) -> Response[Any]:
    body = await drafts.find(request.user.id, key)
    if body is None:  # every form asks when it opens; no draft is no error
        return Response(None, status_code=204)
    return Response(body.encode(), media_type="application/json")


@delete("/drafts/{key:str}", guards=[signed_in])
async def discard(request: Request, key: FromPath[str]) -> None:
    await drafts.discard(request.user.id, key)


routes = [keep, show, discard]
