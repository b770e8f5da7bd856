"""The articles a new hotline starts with."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import db
from kb.seed import load as seed

ARTICLE = {
    "code": "GR-0001",
    "title": "室温不达标怎么办",
    "body": "可以申请测温。",
    "matter": "030101",
    "folder": "供热",
    "question_forms": ["暖气不热"],
    "keywords": ["退费"],
    "valid_from": "2026-11-01",
    "valid_to": "2027-03-31",
    "source": "条例",
    "reviewed_at": "2026-10-30",
}


def written(path: Path, monkeypatch: pytest.MonkeyPatch, *rows: dict[str, object]) -> None:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    monkeypatch.setattr(seed, "FILE", path)


async def test_articles_are_published_and_indexed(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "a.jsonl", monkeypatch, ARTICLE)
    assert await seed.load() == 1
    assert await db.fetchval("SELECT articles FROM kb_index") == 1


async def test_the_last_day_counts(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "a.jsonl", monkeypatch, ARTICLE)
    await seed.load()
    assert await db.fetchval("SELECT valid_to FROM article") == datetime(2027, 3, 31, 16, tzinfo=UTC)


async def test_loading_twice_changes_nothing(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "a.jsonl", monkeypatch, ARTICLE)
    assert [await seed.load(), await seed.load()] == [1, 0]


async def test_what_an_editor_changed_is_left_alone(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "a.jsonl", monkeypatch, ARTICLE)
    await seed.load()
    await db.execute("UPDATE article SET body = '编辑改过', updated_by = 7")
    assert await seed.load() == 0
    assert await db.fetchval("SELECT body FROM article") == "编辑改过"


@pytest.mark.parametrize("wrong", [{"title": " "}, {"valid_to": "soon"}, {"code": None}])
async def test_a_line_that_is_no_article_is_named(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object]
) -> None:
    written(tmp_path / "a.jsonl", monkeypatch, ARTICLE, ARTICLE | wrong)
    with pytest.raises(seed.BadSeed, match="line 2"):
        await seed.load()
    assert await db.fetchval("SELECT count(*) FROM article") == 0


async def test_a_missing_file_is_said(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed, "FILE", tmp_path / "none.jsonl")
    with pytest.raises(seed.BadSeed, match=r"none\.jsonl is missing"):
        await seed.load()


@pytest.mark.skipif(not seed.FILE.is_file(), reason="kb/seed/articles.jsonl is not written yet")
async def test_the_articles_we_ship_can_be_loaded(database: str) -> None:
    count = await seed.load()
    assert (
        count
        == await db.fetchval("SELECT count(*) FROM article WHERE status IN ('published', 'expired')")
        > 0
    )
