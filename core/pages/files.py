"""Static files under their tree's version; without the right version they are served but not kept."""

from litestar import get
from litestar.types import ASGIApp, Receive, Scope, Send

from core import assets
from core.errors import NotFound
from core.web import FromPath, OpenRequest, machine


@get("/static/{version:str}/{path:path}", guards=[machine])
async def show(request: OpenRequest, version: FromPath[str], path: FromPath[str]) -> ASGIApp:
    found = assets.asset(path.lstrip("/"))
    if found is None:
        raise NotFound
    squeezed = found.squeezed if "gzip" in request.headers.get("accept-encoding", "") else None
    headers = [
        (b"content-type", found.media_type.encode()),
        (b"etag", found.etag.encode()),
        (b"vary", b"accept-encoding"),
        (b"cache-control", assets.FOREVER if version == assets.version() else b"no-cache"),
    ]
    is_known = request.headers.get("if-none-match") == found.etag
    body = b"" if is_known else squeezed or found.body
    if squeezed and not is_known:
        headers.append((b"content-encoding", b"gzip"))
    if not is_known:
        headers.append((b"content-length", str(len(body)).encode()))

    async def send_file(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 304 if is_known else 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return send_file


@get("/favicon.ico", guards=[machine])
async def icon() -> ASGIApp:
    """Browsers ask for it everywhere; the layout names none."""

    async def send_nothing(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 204, "headers": [(b"cache-control", b"max-age=86400")]}
        )
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_nothing


routes = [show, icon]
