"""Retention: what would go is told before it goes, personal data goes, figures stay."""

from datetime import UTC, datetime, timedelta

import pytest

from core import clock, db, keeping, runs
from core.settings import settings
from crm import kept as crm_kept
from crm.attachments import path_of, store
from hotline import keeping as everything
from tests.crm.cast import registered
from tests.people import Hire

LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def wired() -> None:
    everything.wire()


async def old_looks(n: int) -> None:
    await db.executemany(
        "INSERT INTO view_log (at, what, subject) VALUES ($1, 'phone', $2)",
        [(LONG_AGO + timedelta(minutes=m), f"ticket:{m}") for m in range(n)],
    )


def kind(key: str) -> keeping.Kept:
    return next(k for k in everything.KEPT if k.key == key)


@pytest.mark.parametrize("key", [k.key for k in everything.KEPT])
async def test_every_kind_counts_and_erases_an_empty_database(key: str) -> None:
    assert kind(key).least <= kind(key).days <= kind(key).most
    assert await kind(key).count(LONG_AGO) == 0
    assert await kind(key).erase(LONG_AGO, 10) == 0


async def test_a_round_erases_in_batches_and_leaves_a_run_as_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "BATCH", 3)
    await old_looks(7)
    await db.execute("INSERT INTO view_log (at, what, subject) VALUES ($1, 'phone', 'new')", clock.real_now())
    assert await everything.erase_due() == 7
    assert [row["subject"] for row in await db.fetch("SELECT subject FROM view_log")] == ["new"]
    run = await db.fetchrow("SELECT title, state, done, total FROM run WHERE kind = 'retention'")
    assert tuple(run) == ("查看日志", "done", 7, 7)


async def test_the_next_round_waits_for_its_hour() -> None:
    await everything.erase_due()
    await old_looks(2)
    assert await everything.erase_due() == 0
    at = await db.fetchval("SELECT next_at FROM retention_rule WHERE key = 'view_log'")
    assert at.astimezone(clock.zone()).hour == 3
    assert await keeping.erase_due(at=at, now=at) == 2


@pytest.mark.parametrize(
    ("now", "expected"), [("02:59", "24 03:00"), ("03:00", "25 03:00"), ("18:00", "25 03:00")]
)
def test_the_round_is_the_next_three_in_the_morning(now: str, expected: str) -> None:
    moment = datetime.fromisoformat(f"2026-11-24T{now}:00+08:00")
    assert f"{keeping.next_round(moment).astimezone(clock.zone()):%d %H:%M}" == expected


async def test_closed_tickets_lose_people_and_files_and_keep_their_figures() -> None:
    number = await registered()
    open_one = await registered(phone="13800225678")
    digest = store(b"a photo")
    await db.execute("UPDATE ticket SET status = 'closed', closed_at = $2 WHERE id = $1", number, LONG_AGO)
    await db.execute(
        """INSERT INTO attachment (ticket, kind, name, mime, size, digest, uploaded_at)
           VALUES ($1, 'photo', 'me.jpg', 'image/jpeg', 7, $2, $3)""",
        number, digest, LONG_AGO,
    )  # fmt: skip
    before = LONG_AGO + timedelta(days=1)
    for one in crm_kept.KEPT:
        await keeping.erase(one, before=before)
    row = await db.fetchrow("SELECT * FROM ticket WHERE id = $1", number)
    assert (row["address"], row["citizen"], row["phone_tail"], row["contact"]) == (None, None, "", "")
    assert (row["matter"], row["status"], row["street"]) == ("030101", "closed", "120104009")
    file = await db.fetchrow("SELECT digest, name, size, kind FROM attachment")
    assert tuple(file) == ("", "", 7, "photo")
    assert not path_of(digest).exists()
    assert (await db.fetchrow("SELECT * FROM ticket WHERE id = $1", open_one))["phone_tail"] == "5678"


async def test_a_file_that_another_ticket_holds_stays_on_disk() -> None:
    old, new = await registered(), await registered(phone="13800225678")
    digest = store(b"shared photo")
    await db.execute("UPDATE ticket SET status = 'closed', closed_at = $2 WHERE id = $1", old, LONG_AGO)
    for number in (old, new):
        await db.execute(
            """INSERT INTO attachment (ticket, kind, name, mime, size, digest, uploaded_at)
               VALUES ($1, 'photo', 'x.jpg', 'image/jpeg', 7, $2, $3)""",
            number, digest, LONG_AGO,
        )  # fmt: skip
    assert await kind("files").erase(LONG_AGO + timedelta(days=1), 10) == 1
    assert path_of(digest).exists()


async def test_lines_an_import_refused_leave_the_disk() -> None:
    async with runs.running("import", title="x") as run:
        await run.reject(1, "电话", "13800221234", "重复")
    path = run.rejects_path
    assert path.exists()
    assert await kind("rejects").erase(clock.real_now() + timedelta(seconds=1), 10) == 1
    assert not path.exists()
    assert settings().var_dir in path.parents


# --- by page ---


async def test_fewer_days_show_what_would_go_and_ask_before_they_are_saved(officer: Hire) -> None:
    admin = await officer("admin")
    await admin.get("/admin/keeping")
    await db.execute(
        "INSERT INTO view_log (at, what, subject) VALUES ($1, 'phone', 'x')",
        clock.real_now() - timedelta(days=400),
    )
    asked = await admin.post("/admin/keeping/view_log", {"days": "365", "reason": "新规"})
    assert asked.status_code == 200
    assert "改为 365 天，下一轮会清除 1 条" in asked.text
    assert await db.fetchval("SELECT days FROM retention_rule WHERE key = 'view_log'") == 1095
    done = await admin.post("/admin/keeping/view_log", {"days": "365", "reason": "新规", "confirmed": "365"})
    assert done.status_code == 303
    assert await db.fetchval("SELECT days FROM retention_rule WHERE key = 'view_log'") == 365
    row = await db.fetchval("SELECT id FROM retention_rule WHERE key = 'view_log'")
    assert "新规" in (await admin.get(f"/admin/retention/{row}")).text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"days": "3", "reason": "新规"}, "请填 180 到 3650 之间的数"),
        ({"days": "x", "reason": "新规"}, "请填 180 到 3650 之间的数"),
        ({"days": "2000", "reason": ""}, "写明为什么改"),
    ],
)
async def test_a_wrong_time_is_told_beside_the_field(
    officer: Hire, fields: dict[str, str], says: str
) -> None:
    admin = await officer("admin")
    answer = await admin.post("/admin/keeping/view_log", fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert f'value="{fields["days"]}"' in answer.text


async def test_the_list_says_what_goes_and_stays_for_every_kind(officer: Hire) -> None:
    admin = await officer("admin")
    answer = await admin.get("/admin/keeping")
    for one in everything.KEPT:
        assert one.label in answer.text
    assert (await (await officer("supervisor")).get("/admin/keeping")).status_code == 403
