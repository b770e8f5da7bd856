"""Old messages become closed tickets, once each, and tell nobody."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core import clock, db, runs
from core.errors import Invalid
from crm.importing import files, mapping, messages, rows
from crm.tickets import history, replay

FILE = Path(__file__).parent / "messages.csv"
pytestmark = pytest.mark.usefixtures("database")


async def begun(path: Path = FILE, source: str = "board") -> int:
    chosen = mapping.guess(files.opened(path).columns)
    return await messages.start(path, path.name, chosen, source=source, by=None)


async def imported(path: Path = FILE) -> runs.Run:
    async with runs.resume(await begun(path)) as run:
        await messages.work(run, now=clock.now())
    return run


async def ticket_of(source_id: str) -> Any:
    return await db.fetchrow(
        """SELECT t.*, w.status AS order_status, w.reply, w.replied_at AS order_replied_at, w.reason, u.name AS unit
           FROM idempotency_claim c JOIN ticket t ON t.id = (c.answer ->> 'ticket')::bigint
           JOIN work_order w ON w.ticket = t.id JOIN unit u ON u.id = w.unit
           WHERE c.source = 'import:board' AND c.source_id = $1""",
        source_id,
    )


async def test_good_rows_come_in_and_bad_ones_are_told() -> None:
    run = await imported()
    assert (run.cursor["made"], run.cursor["known"], run.rejected) == (4, 1, 2)
    with run.rejects_path.open(encoding="utf-8-sig", newline="") as text:
        rejects = list(csv.reader(text))
    assert [line[:2] for line in rejects[1:]] == [
        ["7", "收到时间（留言时间）"],
        ["8", "答复时间（答复时间）"],
    ]
    assert rejects[2][2] == "2018/5/11 10:00:00"


async def test_a_ticket_is_closed_with_the_reply_at_the_source_s_own_times() -> None:
    await imported()
    row = await ticket_of("101")
    assert (row["status"], row["order_status"]) == ("closed", "accepted")
    assert row["received_at"] == datetime(2018, 5, 7, 1, 12, 3, tzinfo=UTC)
    assert row["closed_at"] == row["order_replied_at"] == datetime(2018, 5, 9, 8, 20, tzinfo=UTC)
    assert row["reply"].startswith("您好，路灯公司")
    assert str(row["id"]).startswith("180507")
    assert row["street"] == "unknown"
    assert row["unit"] == "市路灯管理处"
    assert "路灯" in row["reason"]
    assert "派单目录" in row["reason"]


async def test_a_date_alone_counts_to_its_end() -> None:
    await imported()
    assert (await ticket_of("102"))["closed_at"] == datetime(2018, 5, 10, 15, 59, 59, tzinfo=UTC)


async def test_an_official_reply_is_kept_however_short() -> None:
    await imported()
    assert (await ticket_of("106"))["reply"] == "已收悉"


@pytest.mark.parametrize(
    "awake",
    [
        "notice_due WHERE done_at IS NULL",
        "work_order WHERE light_turns_at IS NOT NULL OR clock <> ''",
        "ticket WHERE due_at IS NOT NULL OR dispatch_due_at IS NOT NULL OR status <> 'closed'",
        "work_order WHERE sign_due_at IS NOT NULL OR contact_due_at IS NOT NULL OR return_until IS NOT NULL",
        "clock_entry WHERE clock <> 'close'",
        "round WHERE follow_up <> 'none' OR follow_up_due_at IS NOT NULL",
    ],
)
async def test_history_tells_nobody_and_wakes_no_sweep(awake: str) -> None:
    await imported()
    assert await db.fetchval(f"SELECT count(*) FROM {awake}") == 0


async def test_the_log_replays_to_where_the_tickets_stand() -> None:
    await imported()
    assert [found async for found in replay.check()] == []
    assert await db.fetchval("SELECT count(*) FROM ticket_event") == 4 * 5


async def test_a_second_import_writes_nothing() -> None:
    await imported()
    again = await imported()
    assert (again.cursor["made"], again.cursor["known"]) == (0, 5)
    assert await db.fetchval("SELECT count(*) FROM ticket") == 4


async def test_the_same_id_with_another_content_is_rejected(tmp_path: Path) -> None:
    await imported()
    changed = tmp_path / "messages.csv"
    changed.write_text(FILE.read_text("utf-8").replace("坏了两周", "坏了三周"), "utf-8")
    run = await imported(changed)
    assert run.rejected == 2 + 2  # its line and its twin's
    assert "两周" in (await ticket_of("101"))["content"]


@pytest.mark.parametrize(
    ("received", "said"),
    [
        ("1999-12-31", "早于 2000 年"),
        ("0001-01-01T00:00:00+14:00", "早于 2000 年"),
        ("9999-12-31T23:59:59-12:00", "将来"),
        ("2019-02-30", "不是日期"),
        ("2019-03-04 09:05+99:99", "不是日期"),
        ("昨天", "不是日期"),
    ],
)
async def test_an_odd_moment_stops_its_own_row_only(tmp_path: Path, received: str, said: str) -> None:
    first, *others = FILE.read_text("utf-8").splitlines(keepends=True)
    odd = tmp_path / "odd.csv"
    odd.write_text(
        f"{first}odd1,甲,路灯,{received},路灯坏了两周没人修,已经修好,2019-03-08\n{''.join(others)}", "utf-8"
    )
    run = await imported(odd)
    assert (run.cursor["made"], run.rejected) == (4, 3)
    with run.rejects_path.open(encoding="utf-8-sig", newline="") as text:
        line, field, value, why, cure = list(csv.reader(text))[1]
    assert (line, field, value) == ("2", "收到时间（留言时间）", received)
    assert said in why
    assert "2019-04-25 09:32:09" in cure


async def test_what_no_rule_foresaw_stops_its_own_row_only(monkeypatch: pytest.MonkeyPatch) -> None:
    lived = messages._lived

    async def overflows(message: Any, *args: Any, **more: Any) -> Any:
        if message.source_id == "101":
            raise OverflowError("date value out of range")
        return await lived(message, *args, **more)

    monkeypatch.setattr(messages, "_lived", overflows)
    run = await imported()
    with run.rejects_path.open(encoding="utf-8-sig", newline="") as text:
        assert "整行" in {line[1] for line in csv.reader(text)}
    assert run.cursor["made"] == 3


@pytest.mark.parametrize(
    "text", ["2019年3月4日9时5分", "2019年3月4日 09:05", "２０１９／３／４　９：０５", "2019.3.4 9:05:00.5"]
)
def test_moments_people_write(text: str) -> None:
    wrong: dict[str, str] = {}
    moment = rows._moment({"at": text}, "at", wrong)
    assert wrong == {}
    assert moment == datetime(2019, 3, 4, 9, 5, tzinfo=clock.zone())


async def test_a_row_the_database_refuses_does_not_lose_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = history._ticket

    def spoilt(story: Any, citizens: Any) -> dict[str, Any]:
        row = whole(story, citizens)
        return {**row, "urgency": 9} if "公积金" in row["title"] else row

    monkeypatch.setattr(history, "_ticket", spoilt)
    run = await imported()
    assert (run.cursor["made"], run.rejected) == (3, 3)
    assert [found async for found in replay.check()] == []


async def test_a_run_that_was_cancelled_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "BATCH", 2)

    def stop(run: runs.Run) -> None:
        run._cancel = run.done == 2

    number = await begun()
    with pytest.raises(runs.Cancelled):
        async with runs.resume(number, watch=stop) as run:
            await messages.work(run, now=clock.now())
    async with runs.resume(number) as run:
        await messages.work(run, now=clock.now())
    assert (run.done, run.rejected, run.cursor["made"]) == (7, 2, 4)
    assert len(run.rejects_path.read_text("utf-8-sig").splitlines()) == 3


async def test_a_file_changed_under_the_run_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(FILE.read_bytes())
    number = await begun(path)
    path.write_text("id\n1\n")
    with pytest.raises(Invalid):
        async with runs.resume(number) as run:
            await messages.work(run, now=clock.now())


async def test_a_known_phone_joins_its_citizen(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    line = "路灯坏了两周请尽快修,2018-05-07 09:12,已修好,2018-05-08 09:12,13800221234,张女士\n"
    path.write_text("内容,留言时间,答复,答复时间,电话,姓名\n" + line + line.replace("两周", "三周"), "utf-8")
    await imported(path)
    assert await db.fetchval("SELECT count(*) FROM citizen") == 1
    assert await db.fetchval("SELECT count(DISTINCT citizen) FROM ticket WHERE phone_tail = '1234'") == 1


@pytest.fixture
def real_file() -> Path:
    given = os.environ.get("HOTLINE_REAL_MESSAGES", "")
    if not given:
        pytest.skip("HOTLINE_REAL_MESSAGES names no file of real messages")
    return Path(given)


async def test_a_real_file_comes_in_whole(real_file: Path) -> None:
    run = await imported(real_file)
    assert run.cursor["made"] == run.done > 0
    assert run.rejected == 0
    assert [found async for found in replay.check()] == []
