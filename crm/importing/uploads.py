"""Files that came in by the page: kept until their run is done, then thrown away; they hold words of citizens."""

from __future__ import annotations

import asyncio
import json
import secrets
from datetime import timedelta
from pathlib import Path

from litestar.datastructures import UploadFile

from core import clock, db
from core.settings import settings
from crm.importing.files import MEGABYTE

#: An import that nobody confirmed or resumed for so long is given up with its file.
KEPT = timedelta(days=14)


async def keep(upload: UploadFile) -> Path:
    """A copy of what was sent, under a name of ours."""
    path = folder() / secrets.token_hex(8)
    with await asyncio.to_thread(path.open, "wb") as out:
        while block := await upload.read(MEGABYTE):
            await asyncio.to_thread(out.write, block)
    return path


async def forget(number: int) -> None:
    """Throw away the file of a run, if it is one of ours."""
    given = await db.fetchval("SELECT parameters FROM run WHERE id = $1", number)
    path = Path(json.loads(given)["file"])
    if path.parent == folder():
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def forget_old() -> int:
    """Files that nobody came back for; returns how many."""
    before = (clock.real_now() - KEPT).timestamp()
    old = [path for path in folder().iterdir() if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def folder() -> Path:
    found = settings().var_dir / "imports"
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found
