"""For a balancer: does this process answer, and does its database?"""

import asyncio
from typing import Any

from litestar import Response, get

from core import db, live
from core.web import machine


@get("/healthz", guards=[machine])
async def health() -> Response[Any]:
    try:
        async with asyncio.timeout(3):
            await db.fetchval("SELECT 1")
    except db.UNREACHABLE:
        return Response({"database": "away"}, status_code=503, headers={"Retry-After": "5"})
    return Response({"database": "ok", "live": "ok" if live.connected() else "away"})


routes = [health]
