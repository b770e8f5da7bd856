"""A ticket's files: `/tickets/{number}/attachments` is a fragment that any page may include by its URL."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from litestar import Request as LitestarRequest
from litestar import Response, delete, get, post
from litestar.types import ASGIApp, Receive, Scope, Send

from core import audit, clock
from core.errors import Invalid, NotFound, Refused
from core.i18n import _
from core.settings import settings
from core.web import FromPath, FromQuery, Request, own_path, page, read_form, redirect, requires, visit
from crm import attachments
from crm.attachment_types import ACCEPT
from crm.attachments import MEGABYTE, Upload
from crm.tickets.states import OPEN

SEER = requires("ticket.see", "desk.unit")
#: Beside the files themselves: the form's other fields and the parts' heads.
SLACK: Final = 64 * 1024
CHUNK: Final = 256 * 1024


@get("/tickets/{number:int}/attachments", guards=[SEER])
async def show(request: Request, number: FromPath[int], order: FromQuery[int] = 0) -> Response[Any]:
    return await _list(request, number, order)


@post(
    "/tickets/{number:int}/attachments",
    guards=[SEER],
    request_max_body_size=settings().attachment_max_mb * MEGABYTE + SLACK,
)
async def add(request: Request, number: FromPath[int]) -> Response[Any]:
    """Several files at once; those that are not taken are named, the others are kept."""
    form = await read_form(request)
    order = form.integer("order", required=False, least=0) or 0
    files = form.files("file")
    refused: list[str] = [] if files else [_("先选一个文件。")]
    for file in files:
        try:
            upload = Upload(file.filename, await file.read())
            await attachments.add(request.user, number, upload, order=order or None, now=clock.now())
        except NotFound:
            raise
        except Invalid as wrong:
            refused += wrong.fields.values()
        except Refused as refusal:
            refused.append(refusal.message)
            break
    if not visit().is_fragment:
        words, kind = (
            (" ".join(refused), "bad") if refused else (_("已存 {n} 件。").format(n=len(files)), "good")
        )
        return redirect(own_path(form.text("back", most=500) or f"/tickets/{number}"), flash=words, kind=kind)
    return await _list(request, number, order, refused, kept=len(files) - len(refused))


@get("/attachments/{attachment:int}", guards=[SEER])
async def fetch(request: Request, attachment: FromPath[int]) -> ASGIApp:
    return await sent(request, attachment)


async def sent(request: Request, attachment: int) -> ASGIApp:
    """The bytes; photos and recordings are shown in the page, documents only saved. Looking is logged."""
    row = await attachments.attachment_for(request.user, attachment)
    path = attachments.path_of(row["digest"])
    if not path.is_file():
        raise NotFound(_("这件附件的文件不在存储里，请告诉管理员。"))
    part = _range(request, row["size"])
    if part is None or part[0] == 0:
        await audit.seen(
            request.user, "attachment", f"ticket:{row['ticket']}", str(attachment), address=visit().address
        )
    return _File(path, row, part, known=request.headers.get("if-none-match") == f'"{row["digest"]}"')


@delete("/attachments/{attachment:int}", guards=[SEER], status_code=200)
async def remove(request: Request, attachment: FromPath[int], order: FromQuery[int] = 0) -> Response[Any]:
    number = await attachments.remove(request.user, attachment, now=clock.now())
    return await _list(request, number, order)


async def _list(
    request: Request, number: int, order: int, refused: list[str] | None = None, kept: int = 0
) -> Response[Any]:
    ticket, rows = await attachments.of_ticket(request.user, number)
    return page(
        "crm/attachments/_list.html", status=422 if refused else 200, number=number, order=order, refused=refused,
        kept=kept, photos=[r for r in rows if r["kind"] == "photo"], rows=[r for r in rows if r["kind"] != "photo"],
        total=len(rows), open=ticket.status in OPEN, me=request.user.id, accept=ACCEPT,
        most_mb=settings().attachment_max_mb, size=size_words,
    )  # fmt: skip


def size_words(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{max(1, size // 1024)} KB"


def _range(request: LitestarRequest[Any, Any, Any], size: int) -> tuple[int, int] | None:
    """First and last byte asked for: players jump inside a recording. None is the whole file."""
    asked = re.fullmatch(r"bytes=(\d{1,12})-(\d{0,12})", request.headers.get("range", "").strip())
    if not asked:
        return None
    first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
    return (first, last) if first <= last else None


class _File:
    """Sends a file in chunks. Whatever it holds, a browser runs nothing of it."""

    def __init__(self, path: Path, row: Any, part: tuple[int, int] | None, *, known: bool) -> None:
        self.path, self.known, self.part = path, known, part
        self.size = row["size"]
        shown = "inline" if row["kind"] in ("photo", "audio") else "attachment"
        self.headers = [
            (b"content-type", row["mime"].encode()),
            (b"content-disposition", f"{shown}; filename*=UTF-8''{quote(row['name'], safe='')}".encode()),
            (b"content-security-policy", b"default-src 'none'; sandbox"),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"private, no-cache"),
            (b"etag", f'"{row["digest"]}"'.encode()),
            (b"accept-ranges", b"bytes"),
        ]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        first, last = self.part or (0, self.size - 1)
        status = 304 if self.known else 206 if self.part else 200
        if not self.known:
            self.headers.append((b"content-length", str(last - first + 1).encode()))
        if status == 206:
            self.headers.append((b"content-range", f"bytes {first}-{last}/{self.size}".encode()))
        await send({"type": "http.response.start", "status": status, "headers": self.headers})
        if not self.known:
            await self._send(send, first, last - first + 1)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, first: int, left: int) -> None:
        with self.path.open("rb") as source:
            source.seek(first)
            while left > 0 and (chunk := await asyncio.to_thread(source.read, min(CHUNK, left))):
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})


routes = [show, add, fetch, remove]
