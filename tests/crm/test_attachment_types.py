"""What a file is by its content, and what of a photo is kept."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from PIL import Image

from core.errors import Invalid
from crm import attachment_types


def photo(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **more)
    return out.getvalue()


def zipped(*members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return out.getvalue()


def told(name: str, data: bytes) -> str:
    with pytest.raises(Invalid) as wrong:
        attachment_types.read(name, data)
    return wrong.value.fields["file"]


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        (photo(), "photo", "现场.jpg"),
        (photo("PNG"), "photo", "现场.png"),
        (photo("WEBP"), "photo", "现场.webp"),
        (b"ID3\x04\x00" + b"\0" * 200, "audio", "现场.mp3"),
        (b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 200, "audio", "现场.wav"),
        (b"\0\0\0\x20ftypM4A " + b"\0" * 200, "audio", "现场.m4a"),
        (b"OggS" + b"\0" * 200, "audio", "现场.ogg"),
        (b"%PDF-1.7\n" + b"\0" * 200, "document", "现场.pdf"),
        (zipped("[Content_Types].xml", "word/document.xml"), "document", "现场.docx"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "document", "现场.xlsx"),
        (zipped("OFD.xml"), "document", "现场.ofd"),
    ],
)
def test_the_content_decides_whatever_the_name_says(data: bytes, kind: str, name: str) -> None:
    found = attachment_types.read("现场.exe", data)
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "空的"),
        (b"<html><script>alert(1)</script>", "认不出"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "认不出"),
        (b"MZ\x90\0" + b"\0" * 200, "可以传照片"),
        (zipped("a.txt"), "zip"),
        (zipped("word/document.xml", "word/vbaProject.bin"), "有宏"),
        (b"\0\0\0\x18ftypheic\0\0\0\0heic" + b"\0" * 200, "HEIC"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0" * 200, "不收视频"),
        (photo()[:100], "打不开"),
        (b"GIF89a" + b"\0" * 100, "可以传照片"),
    ],
)
def test_what_is_not_taken_is_told_with_the_reason(data: bytes, words: str) -> None:
    said = told("坏.jpg", data)
    assert words in said
    assert "坏.jpg" in said


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_loses_where_and_when_it_was_taken(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[2] = (39.0, 5.0, 1.0)
    sent = photo(kind, exif=exif)
    assert b"SecretPhone" in sent
    kept = attachment_types.read("a", sent).data
    with Image.open(io.BytesIO(kept)) as opened:
        assert not opened.getexif()
        assert not {"exif", "xmp", "comment"} & opened.info.keys()
    assert b"SecretPhone" not in kept


def test_what_was_hidden_behind_a_photo_is_gone() -> None:
    assert b"<script>" not in attachment_types.read("a.jpg", photo() + b"<script>alert(1)</script>").data


def test_a_photo_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = attachment_types.read("a.jpg", photo(exif=exif)).data
    with Image.open(io.BytesIO(kept)) as opened:
        assert opened.size == (40, 60)


def test_a_large_photo_is_made_smaller() -> None:
    kept = attachment_types.read("a.jpg", photo(size=(4000, 2000))).data
    with Image.open(io.BytesIO(kept)) as opened:
        assert opened.size == (3000, 1500)


def test_a_photo_of_too_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachment_types, "MOST_PIXELS", 1000)
    assert "照片太大" in told("a.png", photo("PNG"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\移交清单.PDF", "移交清单.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("gpj.\u202efdp.exe", "gpj.fdp.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_a_name_is_for_people_only(name: str, shown: str) -> None:
    assert attachment_types.shown_name(name, "pdf") == shown
