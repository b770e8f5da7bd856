"""The API's document: for programs as OpenAPI 3.1, for people as a page made from the same."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Response, get
from litestar.enums import MediaType

from core.api import openapi
from core.api.shown import groups
from core.web import OpenRequest, page, public


@get("/api/v1/openapi.json", guards=[public])
async def document(request: OpenRequest) -> Response[bytes]:
    found = openapi.document(request.app, version=version("hotline"))
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie, Authorization"}
    return Response(msgspec.json.encode(found), media_type=MediaType.JSON, headers=headers)


@get("/api/v1/docs", guards=[public])
async def show(request: OpenRequest) -> Response[Any]:
    found = openapi.document(request.app, version=version("hotline"))
    return page("core/api.html", doc=found, groups=groups(found))


routes = [document, show]
