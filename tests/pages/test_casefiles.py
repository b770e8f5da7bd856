"""卷宗: the file of a ticket as a ZIP, over HTTP; for a reason, on record, as the reader may see it."""

import hashlib
import io
import json
import re
import stat
import zipfile
from pathlib import Path

import pytest

from core import db
from core.errors import Refused
from crm import attachments
from crm.tickets import casefile
from crm.tickets.casefile import Enclosed, Page, safe_name
from crm.tickets.number import show
from hotline import files
from tests.crm.cast import NOW, registered, replied

pytestmark = pytest.mark.usefixtures("database")


async def _attached(number: int, name: str, data: bytes) -> str:
    digest = attachments.store(data)
    await db.execute(
        """INSERT INTO attachment (ticket, kind, name, mime, size, digest, uploaded_at)
           VALUES ($1, 'document', $2, 'application/pdf', $3, $4, $5)""",
        number, name, len(data), digest, NOW,
    )  # fmt: skip
    return digest


async def _opened(visitor, number: int) -> zipfile.ZipFile:  # type: ignore[no-untyped-def]
    answer = await visitor.post(f"/tickets/{number}/file.zip", {"reason": "复议调卷"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def test_the_file_holds_page_events_clocks_and_attachments_with_their_digests(officer) -> None:  # type: ignore[no-untyped-def]
    number, _order = await replied()
    digest = await _attached(number, "../../现场\n照片.pdf", b"%PDF-1.4 x" * 1000)
    file = await _opened(await officer("agent"), number)
    assert file.testzip() is None
    (entry,) = json.loads(file.read("attachments.json"))
    assert entry["sha256"] == digest == hashlib.sha256(file.read(f"attachments/{entry['href']}")).hexdigest()
    html = file.read("index.html").decode()
    assert "限 24 小时" in html
    assert not re.search(r'(src|href)="(https?:)?//', html)
    events = json.loads(file.read("events.json"))
    assert [event["verb"] for event in events] == ["register", "dispatch", "sign", "contact", "reply"]
    assert json.loads(file.read("clocks.json"))[0]["clocks"][-1]["lines"]
    assert set(file.namelist()) >= {"README.txt", "file.css"}


async def test_it_wants_a_reason_and_is_remembered(officer) -> None:  # type: ignore[no-untyped-def]
    number = await registered()
    alice = await officer("agent")
    assert (await alice.get(f"/tickets/{number}/file")).status_code == 200
    assert (await alice.post(f"/tickets/{number}/file.zip", {"reason": ""})).status_code == 422
    await _opened(alice, number)
    rows = await db.fetch(
        "SELECT reason FROM view_log WHERE what = 'file' AND subject = $1", f"ticket:{number}"
    )
    assert [row["reason"] for row in rows] == ["复议调卷"]


async def test_a_unit_gets_its_own_masked_version_and_others_nothing(officer) -> None:  # type: ignore[no-untyped-def]
    number, _order = await replied(name="张建国")
    wang = await officer("unit_handler", "D120104-GR")
    html = (await _opened(wang, number)).read("index.html").decode()
    assert "张建国" not in html
    assert "13800221234" not in html
    other = await officer("unit_handler", "D120103-GR")
    assert (await other.post(f"/tickets/{number}/file.zip", {"reason": "复议调卷"})).status_code == 404


async def test_a_confidential_one_is_for_named_posts(officer) -> None:  # type: ignore[no-untyped-def]
    secret = await registered(kind="report")
    bob, simon = await officer("dispatcher"), await officer("supervisor", named=True)
    assert (await bob.get(f"/tickets/{secret}/file")).status_code == 404
    assert (await _opened(simon, secret)).testzip() is None


def test_a_large_file_goes_through_in_pieces(tmp_path) -> None:  # type: ignore[no-untyped-def]
    large = tmp_path / "large"
    with large.open("wb") as out:
        for n in range(64):
            out.write(hashlib.sha256(str(n).encode()).digest() * 8192)
    parts = list(casefile.stream([Page("a.txt", "x")], [Enclosed(1, "large.bin", large)]))
    assert max(map(len, parts)) < 2 * casefile.CHUNK
    assert zipfile.ZipFile(io.BytesIO(b"".join(parts))).getinfo("attachments/1-large.bin").file_size == 2**24


@pytest.mark.parametrize(
    ("name", "safe"),
    [("../../etc/passwd", "7-_.._etc_passwd"), (".bashrc", "7-bashrc"), ("现场 1.jpg", "7-现场 1.jpg"), ("a\nb.txt", "7-a_b.txt"),
     ("", "7-file"), ("C:\\x.exe", "7-C_x.exe")],
)  # fmt: skip
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(7, name) == safe


async def test_by_command_it_is_masked_on_record_and_overwrites_nothing(tmp_path: Path) -> None:
    number, _order = await replied()
    path = await files.write(show(number), "审计调卷", tmp_path / "one.zip")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    file = zipfile.ZipFile(path)
    assert file.testzip() is None
    assert "13800221234" not in file.read("index.html").decode()
    assert "138****1234" in file.read("index.html").decode()
    looked = await db.fetchval(
        "SELECT reason FROM view_log WHERE what = 'file' AND subject = $1", f"ticket:{number}"
    )
    assert looked.endswith("审计调卷")
    for asked, reason, to in (
        (show(number), "审计调卷", path),
        ("99", "审计调卷", None),
        (show(number), "x", None),
    ):
        with pytest.raises(Refused):
            await files.write(asked, reason, to or tmp_path / "two.zip")
    assert not (tmp_path / "two.zip").exists()
