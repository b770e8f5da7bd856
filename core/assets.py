"""Static files: read once, compressed once, cached by browsers for good.

One version for the whole tree stands in the path (`/static/<version>/css/base.css`), so that modules may
import each other relatively and still change together.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.settings import ROOT

FOLDER = ROOT / "static"
FOREVER = b"public, max-age=31536000, immutable"
_SQUEEZED = {"text/css", "text/javascript", "image/svg+xml", "application/json", "text/plain"}
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("application/manifest+json", ".webmanifest")


@dataclass(frozen=True)
class Asset:
    body: bytes
    squeezed: bytes | None
    media_type: str
    etag: str


def url(path: str) -> str:
    """`css/base.css` → `/static/3f2a…/css/base.css`. Raises KeyError for a file that is not there."""
    if path not in files():
        raise KeyError(f"static/{path} does not exist")
    return f"/static/{version()}/{path}"


@lru_cache
def files() -> dict[str, Path]:
    """What may be served, by path below `static/`: nothing outside this list is ever opened."""
    found = (p for p in sorted(FOLDER.rglob("*")) if p.is_file())
    return {p.relative_to(FOLDER).as_posix(): p for p in found if not _is_hidden(p)}


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.relative_to(FOLDER).parts)


@lru_cache
def version() -> str:
    digest = hashlib.sha256()
    for name, path in files().items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=512)
def asset(path: str) -> Asset | None:
    found = files().get(path)
    if found is None:
        return None
    body = found.read_bytes()
    media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    squeezed = gzip.compress(body, 6, mtime=0) if media_type in _SQUEEZED and len(body) > 600 else None
    if media_type in _SQUEEZED:
        media_type += "; charset=utf-8"
    return Asset(body, squeezed, media_type, f'"{hashlib.sha256(body).hexdigest()[:20]}"')
