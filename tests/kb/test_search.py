"""The port over PostgreSQL: what is found, in which order, and what never is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core import db
from kb import articles, jobs
from kb.search import engine, postgres
from tests.kb.writing import EDDA, HEATING, NOW, PARKING, RESIDENCE, counted, index_weights, published

pytestmark = pytest.mark.usefixtures("database")


async def codes(query: str, **more: object) -> list[str]:
    answer = await engine.search(query, on=NOW, **more)  # type: ignore[arg-type]
    return [hit.code for hit in answer.hits]


async def test_a_citizens_words_find_the_article() -> None:
    await published(HEATING, RESIDENCE, PARKING)
    assert (await codes("家里暖气不热，室温才15度，能退费吗"))[0] == "GR-0001"


async def test_a_question_form_finds_it_though_the_body_lacks_the_words() -> None:
    await published(HEATING, RESIDENCE, PARKING)
    assert (await codes("暖气"))[0] == "GR-0001"


async def test_the_code_itself_comes_first() -> None:
    await published(HEATING, RESIDENCE, replace(PARKING, body="参见HJ-0002与hj-0002，居住证HJ-0002。"))
    assert (await codes("hj-0002"))[0] == "HJ-0002"


async def test_the_same_matter_is_lifted() -> None:
    twin = replace(HEATING, code="GR-0009", matter="030109")
    await published(HEATING, twin)
    assert [await codes("室温不够", matter=m) for m in ("030101", "030109")] == [
        ["GR-0001", "GR-0009"],
        ["GR-0009", "GR-0001"],
    ]


async def test_nothing_to_look_for_finds_nothing() -> None:
    await published(HEATING)
    assert [await codes(q) for q in ("", "  ", "？！")] == [[], [], []]


async def test_the_answer_names_its_engine_and_time() -> None:
    await published(HEATING)
    answer = await engine.search("室温", on=NOW)
    assert (answer.engine, answer.degraded_since) == ("postgres", None)
    assert answer.ms > 0


async def test_a_draft_is_never_suggested() -> None:
    await articles.create(HEATING, by=EDDA, now=NOW)
    await jobs.index_pending()
    assert await codes("室温") == []


async def test_a_withdrawn_article_goes_before_the_index_knows() -> None:
    await published(HEATING)
    await articles.withdraw("GR-0001", version=2, by=EDDA, now=NOW, note="条例改了")
    assert await codes("室温不达标怎么办") == []


@pytest.mark.parametrize(("days", "found"), [(1, True), (0, False), (-1, False)])
async def test_an_article_holds_until_its_end(days: int, found: bool) -> None:
    await published(HEATING)
    await db.execute("UPDATE article SET valid_to = $1", NOW + timedelta(days=days))
    assert bool(await codes("室温")) is found


async def test_an_article_holds_not_before_its_beginning() -> None:
    await published(HEATING, valid_from=NOW + timedelta(hours=1))
    assert await codes("室温") == []


async def test_a_change_is_found_by_its_new_words_only() -> None:
    await published(HEATING, RESIDENCE)
    content = replace(RESIDENCE, title="出租屋登记", body="房东去居委会登记租客。")
    await articles.change("HJ-0002", content, version=2, by=EDDA, now=NOW)
    await jobs.index_pending()
    assert await codes("房东租客") == ["HJ-0002"]
    assert "HJ-0002" not in await codes("居住证半年材料")


async def test_counts_are_right_after_articles_came_changed_and_went() -> None:
    await published(HEATING, RESIDENCE, PARKING)
    await articles.change("GR-0001", replace(HEATING, body="别的话"), version=2, by=EDDA, now=NOW)
    await articles.withdraw("JT-0003", version=2, by=EDDA, now=NOW, note="过时")
    await jobs.index_pending()
    kept = await counted()
    await db.execute("TRUNCATE kb_posting, kb_indexed, kb_term")
    await db.execute("UPDATE kb_index SET articles = 0, total_length = 0")
    await db.execute("UPDATE article SET index_pending = true")
    await jobs.index_pending()
    assert kept == await counted()


async def test_reindexing_levels_by_the_mean_length_as_it_is() -> None:
    await published(HEATING)
    await published(RESIDENCE, replace(PARKING, body="很长的正文。" * 400))
    before = await index_weights()
    assert await postgres.drift() > 0.5
    await jobs.reindex()
    after = await index_weights()
    assert await postgres.drift() == 0
    assert before.keys() == after.keys()
    assert before != after


async def test_reindexing_is_a_run_that_ends_with_all_articles_done() -> None:
    await published(HEATING, RESIDENCE, PARKING)
    number = await jobs.reindex()
    row = await db.fetchrow("SELECT kind, state, done, total FROM run WHERE id = $1", number)
    assert tuple(row) == ("kb.reindex", "done", 3, 3)


async def test_articles_past_their_end_leave_the_index() -> None:
    await published(HEATING)
    await db.execute("UPDATE article SET valid_to = $1", NOW - timedelta(days=900))
    await jobs.index_pending()
    assert await db.fetchval("SELECT status FROM article") == "expired"
    assert await db.fetchval("SELECT count(*) FROM kb_posting") == 0


async def test_a_very_long_message_is_answered() -> None:
    await published(HEATING, RESIDENCE, PARKING)
    assert (await codes("我要反映一个问题" * 2_000 + "室温"))[:0] == []
    assert (await codes("室温不达标 " + "啊" * 50_000))[0] == "GR-0001"
