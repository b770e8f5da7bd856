"""A ticket's files over HTTP: who may add, see and remove them, and how they are handed out."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from core import db
from core.settings import settings
from crm import attachments
from tests.crm.cast import dispatched, registered
from tests.crm.test_attachment_types import photo
from tests.people import Hire, Visitor

pytestmark = pytest.mark.usefixtures("database")
UNIT = "D120104-GR"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4
HX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings(), "var_dir", tmp_path)
    return tmp_path / "attachments"


async def add(visitor: Visitor, number: int, *files: tuple[str, bytes], **fields: str) -> tuple[int, str]:
    answer = await visitor.client.post(
        f"/tickets/{number}/attachments",
        data=fields,
        files=[("file", (name, data, "application/octet-stream")) for name, data in files],
        headers=HX,
    )
    return answer.status_code, answer.text


async def newest() -> int:
    return int(await db.fetchval("SELECT max(id) FROM attachment"))


async def test_a_photo_is_kept_under_its_digest_and_shown(officer: Hire, folder: Path) -> None:
    number = await registered()
    alice = await officer("agent")
    status, html = await add(alice, number, ("楼道.jpg", photo()))
    assert status == 200
    assert "楼道.jpg" in html
    row = await db.fetchrow("SELECT kind, digest, size FROM attachment")
    path = folder / row["digest"][:2] / row["digest"][2:4] / row["digest"]
    assert (row["kind"], path.stat().st_size) == ("photo", row["size"])
    assert path.stat().st_mode & 0o077 == 0
    assert os.listdir(path.parent) == [row["digest"]]


async def test_bytes_come_back_with_safe_heads(officer: Hire) -> None:
    number = await registered()
    alice = await officer("agent")
    await add(alice, number, ("移交 清单.pdf", PDF))
    answer = await alice.get(f"/attachments/{await newest()}")
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E7%A7%BB")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "no-cache" in answer.headers["cache-control"]


async def test_a_photo_is_shown_in_the_page(officer: Hire) -> None:
    number = await registered()
    alice = await officer("agent")
    await add(alice, number, ("a.jpg", photo()))
    answer = await alice.get(f"/attachments/{await newest()}")
    assert answer.headers["content-disposition"].startswith("inline")


async def test_a_player_may_jump(officer: Hire) -> None:
    number = await registered()
    alice = await officer("agent")
    sound = b"ID3\x04\x00" + bytes(range(200)) * 5
    await add(alice, number, ("录音.mp3", sound))
    path = f"/attachments/{await newest()}"
    part = await alice.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, sound[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(sound)}"
    assert (await alice.get(path, headers={"Range": "bytes=1000-"})).content == sound[1000:]
    assert (await alice.get(path, headers={"Range": "bytes=99999-"})).status_code == 200
    whole = await alice.get(path)
    known = await alice.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


async def test_looking_is_logged_once_and_jumping_is_not(officer: Hire) -> None:
    number = await registered()
    alice = await officer("agent")
    await add(alice, number, ("a.mp3", b"ID3\x04\x00" + b"\0" * 99))
    path = f"/attachments/{await newest()}"
    await alice.get(path)
    await alice.get(path, headers={"Range": "bytes=50-"})
    assert await db.fetchval("SELECT count(*) FROM view_log WHERE what = 'attachment'") == 1


async def test_outsiders_get_nothing(officer: Hire) -> None:
    secret = await registered(kind="report")
    boss = await officer("supervisor", named=True)
    await add(boss, secret, ("a.jpg", photo()))
    bob, wang = await officer("dispatcher"), await officer("unit_handler", UNIT)
    found = await newest()
    for outsider in (bob, wang):
        assert (await outsider.get(f"/attachments/{found}")).status_code == 404
        assert (await outsider.get(f"/tickets/{secret}/attachments")).status_code == 404
        assert (await add(outsider, secret, ("b.jpg", photo())))[0] == 404
        assert (await outsider.client.delete(f"/attachments/{found}")).status_code == 404


async def test_a_units_file_hangs_on_its_own_order_only(officer: Hire) -> None:
    number, order = await dispatched()
    _other, foreign = await dispatched()
    wang = await officer("unit_handler", UNIT)
    await add(wang, number, ("a.jpg", photo()), order=str(order))
    await add(wang, number, ("b.jpg", photo("PNG")), order=str(foreign))
    rows = await db.fetch("SELECT work_order FROM attachment ORDER BY id")
    assert [row["work_order"] for row in rows] == [order, None]


async def test_of_several_files_the_good_ones_are_kept_and_the_bad_one_is_named(officer: Hire) -> None:
    number = await registered()
    alice = await officer("agent")
    status, html = await add(alice, number, ("好.jpg", photo()), ("坏.exe", b"MZ\x90\0" + b"\0" * 99))
    assert status == 422
    assert "存了 1 件" in html
    assert "“坏.exe”没有存" in html
    assert await db.fetchval("SELECT count(*) FROM attachment") == 1


async def test_the_same_file_sent_twice_is_one(officer: Hire) -> None:
    number = await registered()
    alice = await officer("agent")
    await add(alice, number, ("a.pdf", PDF))
    await add(alice, number, ("b.pdf", PDF))
    assert await db.fetchval("SELECT count(*) FROM attachment") == 1


async def test_more_than_a_megabyte_goes_through_and_more_than_the_setting_does_not(
    officer: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await registered()
    alice = await officer("agent")
    assert (await add(alice, number, ("a.pdf", PDF + b"\0" * 3_000_000)))[0] == 200
    monkeypatch.setattr(settings(), "attachment_max_mb", 2)
    status, html = await add(alice, number, ("b.pdf", PDF + b"\1" * 3_000_000))
    assert status == 422
    assert "有 2.9 MB，每件最多 2 MB" in html


async def test_a_body_beyond_the_routes_limit_is_refused_before_it_is_read(officer: Hire) -> None:
    number = await registered()
    alice = await officer("agent")
    status, _html = await add(alice, number, ("a.pdf", PDF + b"\0" * (21 * attachments.MEGABYTE)))
    assert status == 413


async def test_who_added_it_may_remove_it_while_the_ticket_is_open(officer: Hire) -> None:
    number = await registered()
    alice, bob = await officer("agent"), await officer("agent")
    await add(alice, number, ("a.jpg", photo()))
    path = f"/attachments/{await newest()}"
    assert (await bob.client.delete(path, headers=HX)).status_code == 409
    assert (await alice.client.delete(path, headers=HX)).status_code == 200
    assert (await alice.get(path)).status_code == 404
    assert await db.fetchval("SELECT removed_at IS NOT NULL FROM attachment")


async def test_files_of_a_closed_ticket_stay_as_they_are(officer: Hire) -> None:
    number = await registered()
    alice = await officer("agent")
    await add(alice, number, ("a.jpg", photo()))
    await db.execute("UPDATE ticket SET status = 'closed' WHERE id = $1", number)
    assert (await alice.client.delete(f"/attachments/{await newest()}", headers=HX)).status_code == 409
    status, html = await add(alice, number, ("b.pdf", PDF))
    assert (status, "已经办结" in html) == (422, True)
    assert not re.search(r"<form", (await alice.get(f"/tickets/{number}/attachments")).text)
    assert await db.fetchval("SELECT count(*) FROM attachment") == 1


async def test_what_was_added_and_removed_is_in_the_audit(officer: Hire) -> None:
    number = await registered()
    alice = await officer("agent")
    await add(alice, number, ("a.jpg", photo()))
    await alice.client.delete(f"/attachments/{await newest()}", headers=HX)
    rows = await db.fetch("SELECT action FROM audit_entry WHERE subject = $1 ORDER BY id", f"ticket:{number}")
    assert [row["action"] for row in rows] == ["attachment.add", "attachment.remove"]


def test_a_file_that_cannot_be_written_whole_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("crm.attachments.os.fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        attachments.store(b"abc")
    assert [path for path in folder.rglob("*") if path.is_file()] == []
