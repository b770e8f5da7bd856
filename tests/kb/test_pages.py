"""What readers and editors of knowledge see and may do."""

from dataclasses import replace

import pytest

from core import db
from kb import articles
from tests.kb.writing import EDDA, HEATING, NOW, PARKING, RESIDENCE, published
from tests.people import Hire

FORM = {
    "code": "GR-0077",
    "title": "停热怎么申请",
    "body": "每年10月31日前向供热单位申请。",
    "question_forms": "不想供暖了怎么办\n能不能停热",
    "keywords": "停热，报停",
    "source": "天津市供热用热条例",
}


async def test_a_suggestion_shows_what_to_write_into_the_reply(officer: Hire) -> None:
    await published(HEATING, RESIDENCE)
    page = await (await officer("agent")).get(
        "/kb/suggestions", params={"q": "室温不够怎么退费", "matter": "030101"}
    )
    assert page.status_code == 200
    assert 'data-insert="供热期内室温低于18℃' in page.text
    assert "<mark>室温</mark>" in page.text
    assert "天津市供热用热条例" in page.text
    assert "PostgreSQL · " in page.text


async def test_only_the_first_suggestion_is_put_in_by_the_key(officer: Hire) -> None:
    await published(HEATING, replace(HEATING, code="GR-0002"))
    page = await (await officer("agent")).get("/kb/suggestions", params={"q": "室温"})
    assert page.text.count('data-key-again="#kb-insert-1"') == page.text.count('id="kb-insert-1"') == 1


async def test_a_question_without_an_answer_is_counted_for_the_editors(officer: Hire) -> None:
    agent = await officer("agent")
    for _ in range(2):
        page = await agent.get("/kb/suggestions", params={"q": "取暖费滞纳金 13812345678"})
    assert "知识库没有现成答案" in page.text
    assert [tuple(r) for r in await db.fetch("SELECT query, times FROM kb_gap")] == [("取暖费滞纳金 …", 2)]


async def test_an_editor_closes_a_gap(officer: Hire) -> None:
    editor = await officer("kb_editor")
    await editor.get("/kb/suggestions", params={"q": "取暖费滞纳金"})
    number = await db.fetchval("SELECT id FROM kb_gap")
    assert "取暖费滞纳金" in (await editor.get("/kb/gaps")).text
    await editor.post(f"/kb/gaps/{number}/answer")
    assert "没有待补的问题" in (await editor.get("/kb/gaps")).text


async def test_the_list_is_filtered_by_its_address(officer: Hire) -> None:
    await published(HEATING, RESIDENCE, PARKING)
    page = await (await officer("agent")).get("/kb", params={"folder": "户籍"})
    assert "居住证怎么办理" in page.text
    assert "违法停车怎么举报" not in page.text


async def test_pages_of_the_list_hold_every_article_once(officer: Hire) -> None:
    await published(*[replace(HEATING, code=f"GR-{n:04}", title=f"第{n:04}条") for n in range(1, 66)])
    agent, seen, url = await officer("agent"), [], "/kb"
    while url:
        text = (await agent.get(url)).text
        seen += [n for n in range(1, 66) if f"第{n:04}条" in text]
        before, found, _rest = text.partition('" rel="next"')
        url = before.rpartition('href="')[2].replace("&amp;", "&") if found else ""
    assert sorted(seen) == list(range(1, 66))


@pytest.mark.parametrize("after", ["x", "eyJh", "W10"])
async def test_a_broken_cursor_is_refused_politely(officer: Hire, after: str) -> None:
    assert (await (await officer("agent")).get("/kb", params={"after": after})).status_code == 400


async def test_a_draft_is_not_there_for_agents(officer: Hire) -> None:
    await articles.create(HEATING, by=EDDA, now=NOW)
    assert (await (await officer("agent")).get("/kb/GR-0001")).status_code == 404
    assert (await (await officer("kb_editor")).get("/kb/GR-0001")).status_code == 200
    assert "GR-0001" not in (await (await officer("agent")).get("/kb", params={"status": "draft"})).text


async def test_an_expired_article_says_so(officer: Hire) -> None:
    await published(HEATING)
    await db.execute("UPDATE article SET status = 'expired'")
    assert "不要照它答复" in (await (await officer("agent")).get("/kb/GR-0001")).text


async def test_what_an_editor_writes_is_escaped(officer: Hire) -> None:
    await published(replace(HEATING, title="<script>alert(1)</script>室温", body='"><img src=x>室温'))
    agent = await officer("agent")
    for url in ("/kb", "/kb?q=室温", "/kb/GR-0001?q=室温", "/kb/suggestions?q=室温"):
        text = (await agent.get(url)).text
        assert "<script>alert" not in text
        assert "<img" not in text


@pytest.mark.parametrize("path", ["/kb/new", "/kb/gaps", "/kb/GR-0001/edit"])
async def test_agents_may_not_edit(officer: Hire, path: str) -> None:
    await published(HEATING)
    assert (await (await officer("agent")).get(path)).status_code == 403


async def test_units_do_not_read_the_knowledge_base(officer: Hire) -> None:
    assert (await (await officer("unit_handler")).get("/kb")).status_code == 403


async def test_an_article_is_written_published_and_found(officer: Hire) -> None:
    from kb import jobs

    editor = await officer("kb_editor")
    assert (await editor.post("/kb", FORM)).headers["location"] == "/kb/GR-0077"
    assert (await editor.post("/kb/GR-0077/publication", {"version": "1"})).status_code == 303
    await jobs.index_pending()
    assert "停热怎么申请" in (await (await officer("agent")).get("/kb?q=我想报停供暖")).text


async def test_every_wrong_field_is_named_and_nothing_typed_is_lost(officer: Hire) -> None:
    wrong = FORM | {"code": "", "title": "", "valid_from": "2026-12-01T00:00", "valid_to": "昨天"}
    page = await (await officer("kb_editor")).post("/kb", wrong)
    assert page.status_code == 422
    assert page.text.count('class="field-error"') == 3
    assert "每年10月31日前向供热单位申请。" in page.text


async def test_a_code_is_given_once(officer: Hire) -> None:
    await published(replace(HEATING, code="GR-0077"))
    page = await (await officer("kb_editor")).post("/kb", FORM)
    assert page.status_code == 422
    assert "编号 GR-0077 已有一条知识" in page.text


@pytest.mark.parametrize("code", ["NEW", "GAPS", "suggestions"])
async def test_a_code_is_not_the_address_of_a_page(officer: Hire, code: str) -> None:
    assert (await (await officer("kb_editor")).post("/kb", FORM | {"code": code})).status_code == 422


async def test_the_second_of_two_editors_hears_of_the_first_and_keeps_the_text(officer: Hire) -> None:
    await published(HEATING)
    first, second = await officer("kb_editor"), await officer("kb_editor")
    change = {"version": "2", "title": "室温", "source": "条例"}
    assert (await first.post("/kb/GR-0001", change | {"body": "先写的"})).status_code == 303
    page = await second.post("/kb/GR-0001", change | {"body": "后写的"})
    assert page.status_code == 409
    assert "后写的" in page.text
    assert "先写的" in page.text
    assert first.officer.name in page.text
    assert (await second.post("/kb/GR-0001", change | {"version": "3", "body": "并好的"})).status_code == 303
    assert await db.fetchval("SELECT body FROM article") == "并好的"


async def test_nothing_is_published_without_a_source(officer: Hire) -> None:
    await articles.create(replace(HEATING, source=""), by=EDDA, now=NOW)
    await (await officer("kb_editor")).post("/kb/GR-0001/publication", {"version": "1"})
    assert await db.fetchval("SELECT status FROM article") == "draft"


async def test_each_version_is_kept_with_its_author(officer: Hire) -> None:
    editor = await officer("kb_editor")
    await editor.post("/kb", FORM)
    await editor.post("/kb/GR-0077/publication", {"version": "1"})
    await editor.post("/kb/GR-0077/withdrawal", {"version": "2", "note": "条例改了"})
    rows = await db.fetch("SELECT version, status, by_name, note FROM article_version ORDER BY version")
    name = editor.officer.name
    assert [tuple(row) for row in rows] == [
        (1, "draft", name, ""),
        (2, "published", name, ""),
        (3, "withdrawn", name, "条例改了"),
    ]
    assert await db.fetchval("SELECT count(*) FROM audit_entry WHERE subject = 'article:GR-0077'") == 3


async def test_pages_are_there_in_english(officer: Hire) -> None:
    await published(HEATING)
    editor = await officer("kb_editor")
    await db.execute("UPDATE account SET locale = 'en'")
    for url in ("/kb", "/kb?q=室温", "/kb/GR-0001", "/kb/GR-0001/edit", "/kb/new", "/kb/gaps"):
        page = await editor.get(url, headers={"Accept-Language": "en"})
        assert page.status_code == 200
        assert "知识库" not in page.text


async def test_a_folder_holds_what_lies_in_its_folders(officer: Hire) -> None:
    await published(replace(HEATING, folder="供热/收费"), replace(RESIDENCE, folder="供热所"))
    page = await (await officer("agent")).get("/kb", params={"folder": "供热"})
    assert "室温不达标怎么办" in page.text
    assert "居住证怎么办理" not in page.text
