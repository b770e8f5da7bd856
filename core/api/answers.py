"""Answers of `/api/v1`: JSON, with an `ETag` where it is reference data; problems are `core.faults`'."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from litestar import Response
from litestar.enums import MediaType

from core.errors import Refused
from core.i18n import _
from core.web import Request

_ENCODER = msgspec.json.Encoder()
_JSON = ("application/json", "application/problem+json")


class NotAcceptable(Refused):
    status = 406
    code = "not_acceptable"


def encode(found: Any) -> bytes:
    return b"null" if found is None else found if isinstance(found, bytes) else _ENCODER.encode(found)


def json(body: bytes, status: int = 200, *, replayed: bool = False) -> Response[bytes]:
    headers = {"Idempotent-Replayed": "true"} if replayed else None
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers)


def cached(request: Request, body: bytes) -> Response[bytes]:
    """304 while the caller holds the same."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Language, Authorization"}
    known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(b"", status_code=304, media_type=MediaType.JSON, headers=headers)
    return Response(body, media_type=MediaType.JSON, headers=headers)


def check_acceptable(request: Request, file: str) -> None:
    """Raises NotAcceptable where the caller takes no JSON. A file is sent as whatever it is."""
    accept = request.headers.get("accept", "")
    if not accept or file == "out" or "*/*" in accept:
        return
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        refused = any(p.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for p in parameters)
        if not refused and kind in ("application/*", *_JSON):
            return
    raise NotAcceptable(_("这里只回 application/json，请改 Accept 标头。"))
