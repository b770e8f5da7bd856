"""卷宗: everything of a ticket in one ZIP that opens without us: the printed page, the events, the clocks, the files.

Written as it is read, so that neither many nor large attachments are held in memory.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

CHUNK: Final = 256 * 1024
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]+')
LONGEST_NAME: Final = 80


@dataclass(frozen=True)
class Page:
    """A file of the ZIP made from text."""

    name: str
    text: str


@dataclass(frozen=True)
class Enclosed:
    """An attachment: its row's id and name, and where its bytes lie."""

    id: int
    name: str
    path: Path


def safe_name(number: int, name: str) -> str:
    """`12-现场.jpg`: never a folder, a hidden file or a control character, and no two alike."""
    bare = _UNSAFE.sub("_", name).strip(" .") or "file"
    stem, dot, suffix = bare.rpartition(".")
    if dot and len(suffix) <= 10:
        bare = f"{stem[: LONGEST_NAME - len(suffix)]}.{suffix}"
    return f"{number}-{bare[: LONGEST_NAME + 1]}"


def as_json(what: Any) -> str:
    return json.dumps(what, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


class _Sink:
    """What the ZIP writes to: kept until it is sent on."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        found = b"".join(self.parts)
        self.parts.clear()
        return found


def stream(pages: Sequence[Page], enclosed: Sequence[Enclosed]) -> Iterator[bytes]:
    """The ZIP, piece by piece. An attachment whose bytes are gone is left out: the index names it all the same."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # writes only
        for page in pages:
            archive.writestr(page.name, page.text)
            yield sink.take()
        for one in enclosed:
            if not one.path.is_file():
                continue
            name = zipfile.ZipInfo(f"attachments/{safe_name(one.id, one.name)}")
            with one.path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                while data := source.read(CHUNK):
                    target.write(data)
                    yield sink.take()
    yield sink.take()
