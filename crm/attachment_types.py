"""Which files a ticket takes, told by what is in them, never by their name; and what is taken out of photos. Pure."""

from __future__ import annotations

import importlib
import io
import re
import unicodedata
import warnings
import zipfile
from dataclasses import dataclass
from typing import Any, Final

import filetype

from core.errors import Invalid
from core.i18n import N_, _

#: mime → kind and the extension it is handed out with.
ALLOWED: Final[dict[str, tuple[str, str]]] = {
    "image/jpeg": ("photo", "jpg"),
    "image/png": ("photo", "png"),
    "image/webp": ("photo", "webp"),
    "audio/mpeg": ("audio", "mp3"),
    "audio/x-wav": ("audio", "wav"),
    "audio/mp4": ("audio", "m4a"),
    "audio/ogg": ("audio", "ogg"),
    "application/pdf": ("document", "pdf"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("document", "docx"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("document", "xlsx"),
    "application/ofd": ("document", "ofd"),
}
#: What the file dialog offers. HEIC is left out on purpose: phones then hand over a JPEG by themselves.
ACCEPT: Final = "image/jpeg,image/png,image/webp,audio/*,.mp3,.wav,.m4a,.ogg,.pdf,.docx,.xlsx,.ofd"
_ZIPPED: Final = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "OFD.xml": "application/ofd",
}
_TAKEN: Final = N_("可以传照片（jpg、png、webp）、录音（mp3、wav、m4a、ogg）和文件（pdf、docx、xlsx、ofd）")
_CURES: Final = {
    "image/heic": N_("这是 HEIC 照片：在手机相机设置里选“兼容性最佳”，或转成 jpg 再传"),
    "application/msword": N_("这是旧版 Word 文件：另存为 docx 再传"),
    "application/vnd.ms-excel": N_("这是旧版 Excel 文件：另存为 xlsx 再传"),
    "video/mp4": N_("不收视频：传截图，或把关键画面拍成照片"),
    "video/quicktime": N_("不收视频：传截图，或把关键画面拍成照片"),
}
#: A photo of more pixels than any phone makes would only fill the memory.
MOST_PIXELS: Final = 120_000_000
_CODECS: Final = ("Jpeg", "Png", "WebP")
LONGEST_SIDE: Final = 3000
LONGEST_NAME: Final = 120


@dataclass(frozen=True)
class File:
    """What is kept: `data` is what was sent, of a photo its pixels alone."""

    kind: str
    mime: str
    name: str
    data: bytes


def read(name: str, data: bytes) -> File:
    """Raises Invalid (field `file`) that says what was found and what is allowed."""
    if not data:
        raise _wrong(name, _("文件是空的"))
    mime = _mime(data)
    if mime not in ALLOWED:
        raise _wrong(name, _unfit(mime))
    kind, extension = ALLOWED[mime]
    kept = _pixels_alone(name, data, mime) if kind == "photo" else data
    return File(kind, mime, shown_name(name, extension), kept)


def too_large(name: str, size: int, most_mb: int) -> Invalid:
    return _wrong(
        name, _("有 {size} MB，每件最多 {most} MB").format(size=f"{size / 2**20:.1f}", most=most_mb)
    )


def shown_name(name: str, extension: str) -> str:
    """The name as people see it: no path, no control or direction marks, the extension its content has."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = "".join(c for c in base if unicodedata.category(c)[0] != "C").strip(" .")
    stem = clean.rsplit(".", 1)[0] if "." in clean else clean
    return f"{stem[: LONGEST_NAME - len(extension) - 1].strip() or 'file'}.{extension}"


def _mime(data: bytes) -> str:
    if data[:4] == b"PK\x03\x04":
        return _mime_of_zip(data)
    if data[:5] == b"%PDF-":
        return "application/pdf"
    found = filetype.guess_mime(data[:8192])
    if found and found.startswith("image/hei"):
        return "image/heic"
    return str(found or "")


def _mime_of_zip(data: bytes) -> str:
    """Office files are zips; one that carries macros is none of ours."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return "application/zip"
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return "macros"
    return next((mime for member, mime in _ZIPPED.items() if member in names), "application/zip")


def _unfit(mime: str) -> str:
    if mime in _CURES:
        return _(_CURES[mime])
    if mime == "macros":
        return _("文件里有宏：另存为不带宏的 docx 或 xlsx 再传")
    found = mime.partition("/")[2].removeprefix("x-") if mime else ""
    what = _("这是 {found} 文件").format(found=found) if found else _("认不出是什么文件")
    return _("{what}；{allowed}").format(what=what, allowed=_(_TAKEN))


def _pixels_alone(name: str, data: bytes, mime: str) -> bytes:
    """The picture drawn anew, upright, at most `LONGEST_SIDE` long: nothing of EXIF (where, when, which phone),
    XMP, comments or what was hidden behind the picture is carried over."""
    from PIL import Image, ImageOps  # slow, and only for photos

    for codec in _CODECS:  # to be known to Image.open, without the fifty others
        importlib.import_module(f"PIL.{codec}ImagePlugin")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise _wrong(
                        name,
                        _("照片太大（{w} × {h} 像素），缩小再传").format(w=opened.width, h=opened.height),
                    )
                opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                return _drawn(upright, mime)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise _wrong(name, _("照片打不开，可能没有传完整；重新拍一张或再传一次")) from None


def _drawn(picture: Any, mime: str) -> bytes:
    from PIL import Image

    plain_mode = "RGB" if mime == "image/jpeg" or "A" not in picture.getbands() else "RGBA"
    source = picture.convert(plain_mode)
    fresh = Image.new(plain_mode, source.size)
    fresh.paste(source)
    out = io.BytesIO()
    if mime == "image/png":
        fresh.save(out, "PNG", optimize=False)
    else:
        fresh.save(out, "JPEG" if mime == "image/jpeg" else "WEBP", quality=88)
    return out.getvalue()


def _wrong(name: str, why: str) -> Invalid:
    shown = "".join(c for c in name if unicodedata.category(c)[0] != "C")[:60]
    return Invalid({"file": _("“{name}”没有存：{why}。").format(name=shown, why=why)})
