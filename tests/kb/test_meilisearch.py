"""Meilisearch's part of the port, against a server that speaks its documented REST (`tests/kb/meili.py`)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from core import db, text
from core.settings import settings
from kb import articles, jobs
from kb.search import engine, meilisearch
from tests.kb import meili
from tests.kb.meili import KEY, Meili
from tests.kb.writing import EDDA, HEATING, NOW, PARKING, RESIDENCE, published


@pytest.fixture
def server(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Meili]:
    """A Meilisearch that is set up; nothing of an earlier one is remembered."""
    with meili.running() as state:
        monkeypatch.setattr(settings(), "meili_url", state.url)
        monkeypatch.setattr(settings(), "meili_key", KEY)
        monkeypatch.setattr(meilisearch, "breaker", meilisearch.Breaker())
        monkeypatch.setattr(meilisearch, "SEARCH_TIMEOUT", 0.3)
        monkeypatch.setattr(engine, "_degraded_since", None)
        monkeypatch.setattr(jobs, "_set_up_for", "")
        yield state
        meilisearch.forget_connections()


async def ask(query: str) -> engine.Answer:
    return await engine.search(query, on=NOW)


async def test_meilisearch_answers_when_it_is_set_up(server: Meili) -> None:
    await published(HEATING, RESIDENCE, PARKING)
    answer = await ask("室温不达标能退费吗")
    assert (answer.engine, answer.hits[0].code, answer.degraded_since) == ("meilisearch", "GR-0001", None)


async def test_the_index_gets_its_settings_before_its_first_document(server: Meili) -> None:
    await published(HEATING)
    assert [task["type"] for task in server.tasks] == ["settingsUpdate", "documentAdditionOrUpdate"]
    assert server.settings["filterableAttributes"] == ["id", "valid_from", "valid_to"]


async def test_a_document_holds_its_pairs_and_its_validity_as_numbers(server: Meili) -> None:
    await published(HEATING, valid_to=NOW + timedelta(days=1))
    (document,) = server.documents.values()
    assert "室温 温不 不达" in document["grams"]
    assert (document["valid_from"], document["valid_to"]) == (0, int(NOW.timestamp()) + 86_400)


async def test_a_long_message_is_reduced_to_its_ten_rarest_words_in_order(server: Meili) -> None:
    await published(HEATING, RESIDENCE, PARKING)
    message = (
        "你好，我家室温不够，可以申请入户测温吗，上门退还热费要多少小时，居住证派出所发证要半年吗，材料呢"
    )
    await ask(message)
    words = server.searches[-1]["q"].split()
    assert len(words) == 10
    assert words == [word for word in dict.fromkeys(text.words(message)) if word in words]
    assert server.searches[-1]["matchingStrategy"] == "frequency"


async def test_only_what_holds_now_is_asked_for(server: Meili) -> None:
    await published(HEATING)
    await ask("室温")
    moment = int(NOW.timestamp())
    assert server.searches[-1]["filter"] == f"valid_from <= {moment} AND valid_to > {moment}"


async def test_a_withdrawn_article_leaves_meilisearch_too(server: Meili) -> None:
    await published(HEATING, RESIDENCE)
    await articles.withdraw("GR-0001", version=2, by=EDDA, now=NOW, note="过时")
    await jobs.index_pending()
    assert [doc["code"] for doc in server.documents.values()] == ["HJ-0002"]


async def test_what_an_old_index_still_holds_is_not_shown(server: Meili) -> None:
    await published(HEATING)
    await db.execute("UPDATE article SET status = 'withdrawn'")
    answer = await ask("室温")
    assert (answer.engine, answer.hits) == ("meilisearch", [])


@pytest.mark.parametrize("fault", ["broken", "slow", "gone", "wrong key"])
async def test_postgresql_answers_when_meilisearch_does_not(
    server: Meili, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await published(HEATING)
    server.broken = fault == "broken"
    server.delay = 2.0 if fault == "slow" else 0.0
    if fault == "gone":
        monkeypatch.setattr(settings(), "meili_url", "http://127.0.0.1:9")
    if fault == "wrong key":
        monkeypatch.setattr(settings(), "meili_key", "other")
    answer = await ask("室温")
    assert (answer.engine, answer.hits[0].code, answer.degraded_since) == ("postgres", "GR-0001", NOW)


async def test_since_when_it_fails_is_told_until_it_answers_again(server: Meili) -> None:
    await published(HEATING)
    server.broken = True
    await ask("室温")
    later = await engine.search("室温", on=NOW + timedelta(minutes=3))
    server.broken = False
    meilisearch.breaker.worked()
    assert later.degraded_since == NOW
    assert (await ask("室温")).degraded_since is None


async def test_a_dead_server_is_not_asked_each_time(server: Meili) -> None:
    await published(HEATING)
    server.broken = True
    before = server.requests
    for _ in range(6):
        await ask("室温")
    assert server.requests - before == 2


async def test_an_editor_is_not_held_up_and_articles_follow_later(server: Meili) -> None:
    server.broken = True
    await published(HEATING)
    assert await db.fetchval("SELECT remote_pending AND NOT index_pending FROM article")
    server.broken = False
    await jobs.index_pending()
    assert len(server.documents) == 1
    assert not await db.fetchval("SELECT remote_pending FROM article")


async def test_what_meilisearch_could_not_index_stays_pending(server: Meili) -> None:
    server.fail_tasks = True
    await published(HEATING)
    assert await db.fetchval("SELECT remote_pending FROM article")


async def test_without_meilisearch_articles_wait_for_it(database: str) -> None:
    await published(HEATING)
    assert await db.fetchval("SELECT remote_pending AND NOT index_pending FROM article")


async def test_searches_at_once_share_open_connections(server: Meili) -> None:
    await published(HEATING, replace(HEATING, code="GR-0002", title="别的"))
    before = len(server.connections)
    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(ask, "室温")
    assert len(server.searches) == 40
    assert len(server.connections) - before <= meilisearch.THREADS
