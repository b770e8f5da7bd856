"""The doctor sees what is ill, and says what to do about it."""

from pathlib import Path

import pytest

from core import clock, db, installation, jobs, privacy, runs
from core.settings import settings
from hotline import doctor
from hotline.prepare import load_demo


async def findings() -> dict[str, doctor.Finding]:
    """The pool is the doctor's own: ours is closed meanwhile."""
    await db.close_pool()
    found = {finding.name: finding async for finding in doctor.findings()}
    await db.open_pool()
    return found


@pytest.fixture(autouse=True)
def _no_web(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_web", lambda: doctor.Finding("网页服务", True, ""))


async def test_a_fresh_database_lacks_only_its_worker(database: str) -> None:
    await installation.keep("purpose", "demo")
    ill = [name for name, finding in (await findings()).items() if not finding.well]
    assert ill == ["后台进程"]


async def test_a_worker_that_beats_is_well(database: str) -> None:
    await jobs.beat()
    assert (await findings())["后台进程"].well


async def test_a_worker_that_was_lost_is_told(database: str) -> None:
    await installation.keep("worker_beat", (clock.real_now() - 2 * jobs.LOST_AFTER).isoformat())
    assert not (await findings())["后台进程"].well


async def test_a_missing_migration_is_told_with_the_command(database: str) -> None:
    await db.execute("DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)")
    finding = (await findings())["数据库结构"]
    assert not finding.well
    assert "hotline migrate" in finding.cure


async def test_a_business_clock_in_production_is_told(database: str) -> None:
    await db.execute(
        "INSERT INTO business_clock (real_at, business_at, rate) VALUES ($1, $1, 60)", clock.real_now()
    )
    assert not (await findings())["时钟"].well


async def test_more_connections_than_the_server_allows_are_told(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "web_workers", 64)
    assert not (await findings())["数据库连接"].well


async def test_keys_that_others_can_read_are_told(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "secret_keys", "")
    monkeypatch.setattr(settings(), "var_dir", tmp_path)
    privacy.keys()
    (tmp_path / "keys.json").chmod(0o644)
    assert not (await findings())["加密密钥"].well


async def test_without_a_database_the_rest_is_still_told(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "database_url", "postgresql://nobody@127.0.0.1:1/none")
    found = [finding async for finding in doctor.findings()]
    assert [finding.well for finding in found] == [True, True, True, False]
    assert "DATABASE_URL" in found[-1].cure


async def test_the_demo_stays_out_of_a_database_in_use(database: str) -> None:
    await db.execute(
        "INSERT INTO account (username, name, password_hash, created_at) VALUES ('bob', 'Bob', '', $1)",
        clock.real_now(),
    )
    with pytest.raises(runs.Busy):
        await load_demo(say=lambda _text: None)
    assert await installation.value("purpose") is None
