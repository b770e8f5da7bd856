"""A file goes up, its columns are agreed, the worker imports it, and the page tells."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from core import db
from crm.importing import jobs, uploads
from tests.people import Hire

FILE = Path(__file__).parent.parent / "crm" / "importing" / "messages.csv"


async def sent(
    admin: httpx.AsyncClient, name: str = "board.csv", body: bytes | None = None
) -> httpx.Response:
    return await admin.post("/imports", files={"file": (name, FILE.read_bytes() if body is None else body)})


async def confirmed(admin: httpx.AsyncClient) -> int:
    """A run that waits for the worker."""
    shown = await sent(admin)
    number = int(shown.headers["location"].rpartition("/")[2])
    fields = {"map_source_id": "编号", "map_received_at": "留言时间", "map_title": "标题", "map_content": "留言详情",
              "map_reply": "答复意见", "map_replied_at": "答复时间", "source": "board"}  # fmt: skip
    answer = await admin.post(f"/imports/{number}/confirmation", data=fields)
    assert answer.headers["location"] == f"/runs/{number}"
    return number


async def kept(number: int) -> bool:
    name = Path(await db.fetchval("SELECT parameters ->> 'file' FROM run WHERE id = $1", number)).name
    return name in {path.name for path in uploads.folder().iterdir()}


async def test_the_guess_is_shown_and_nothing_written_before_it_is_confirmed(officer: Hire) -> None:
    admin = (await officer("admin")).client
    where = (await sent(admin)).headers["location"]
    body = (await admin.get(where)).text
    assert '<option value="留言详情" selected>' in body
    assert "小区路灯不亮" in body
    assert "昵称" in body
    assert await jobs.work_on_next() == 0
    assert await db.fetchval("SELECT count(*) FROM ticket") == 0


async def test_the_worker_imports_and_the_page_tells_with_the_rejects(officer: Hire) -> None:
    admin = (await officer("admin")).client
    number = await confirmed(admin)
    assert 'hx-trigger="load delay:1s"' in (await admin.get(f"/runs/{number}")).text
    assert await jobs.work_on_next() == 7
    body = (await admin.get(f"/runs/{number}")).text
    assert 'value="7" max="7"' in body
    assert "hx-trigger" not in body.partition('id="run-state"')[2].partition("</section>")[0]
    rejects = await admin.get(f"/runs/{number}/rejects")
    assert "没有时间" in rejects.text
    assert await db.fetchval("SELECT count(*) FROM view_log WHERE what = 'rejects'") == 1
    assert not await kept(number)


async def test_a_waiting_run_is_cancelled_and_resumed(officer: Hire) -> None:
    admin = (await officer("admin")).client
    number = await confirmed(admin)
    await admin.post(f"/runs/{number}/cancellation")
    assert await jobs.work_on_next() == 0
    await admin.post(f"/runs/{number}/resumption")
    assert await jobs.work_on_next() == 7


@pytest.mark.parametrize(("name", "body"), [("a.pdf", b"%PDF"), ("a.csv", b""), ("a.xlsx", b"a,b\n1,2\n")])
async def test_a_wrong_file_is_told_beside_the_field_and_not_kept(
    officer: Hire, name: str, body: bytes
) -> None:
    admin = (await officer("admin")).client
    answer = await sent(admin, name, body)
    assert answer.status_code == 422
    assert 'id="f-file-error"' in answer.text
    assert await db.fetchval("SELECT count(*) FROM run WHERE kind = 'import.messages'") == 0


async def test_a_mapping_with_gaps_comes_back_with_what_was_chosen(officer: Hire) -> None:
    admin = (await officer("admin")).client
    where = (await sent(admin)).headers["location"]
    answer = await admin.post(f"{where}/confirmation", data={"map_content": "昵称", "source": "my board"})
    assert answer.status_code == 422
    assert 'id="f-map_reply-error"' in answer.text
    assert '<option value="昵称" selected>' in answer.text
    assert "my board" in answer.text


async def test_what_is_given_up_leaves_no_file(officer: Hire) -> None:
    admin = (await officer("admin")).client
    where = (await sent(admin)).headers["location"]
    number = int(where.rpartition("/")[2])
    assert await kept(number)
    await admin.post(f"{where}/cancellation")
    assert not await kept(number)
    assert (await admin.post(f"{where}/confirmation", data={"source": "x"})).status_code >= 400


async def test_a_supervisor_looks_on_and_an_agent_does_not(officer: Hire) -> None:
    admin, supervisor, agent = [(await officer(role)).client for role in ("admin", "supervisor", "agent")]
    number = await confirmed(admin)
    assert (await supervisor.get("/imports")).status_code == 200
    assert 'type="file"' not in (await supervisor.get("/imports")).text
    assert (await supervisor.get(f"/runs/{number}")).status_code == 200
    assert (await supervisor.post(f"/runs/{number}/cancellation")).status_code == 403
    assert (await sent(supervisor)).status_code == 403
    assert (await agent.get("/runs")).status_code == 403


async def test_the_lists_ask_no_more_for_more_runs(officer: Hire) -> None:
    admin = (await officer("admin")).client
    for _n in range(3):
        await sent(admin)
    assert (await admin.get("/runs")).text.count("data-number=") == 3
    assert (await admin.get("/imports")).text.count("待确认") == 3
