"""Staff and posts without code: accounts, temporary passwords, locks, posts, substitutes, and the last admin."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from core import clock, db
from tests.admin.forms import filled
from tests.people import Hire, Visitor

REASON = "新员工到岗"
OWN = "four brown horses"


async def hired(admin: Visitor, username: str = "zhangsan") -> int:
    typed = await filled(
        admin, "/admin/staff/new", username=username, name="张三", active="1", locale="zh_CN", reason=REASON
    )
    sent = await admin.post("/admin/staff", typed)
    assert sent.status_code == 303, sent.text
    return int(sent.headers["location"].rpartition("/")[2])


async def given_password(admin: Visitor, account: int) -> str:
    page = (await admin.post(f"/accounts/{account}/password", {"reason": REASON})).text
    found = re.search(r'id="temporary-password">([a-z0-9-]+)<', page)
    assert found is not None
    return found[1]


async def signed_in(client: httpx.AsyncClient, username: str, password: str) -> httpx.Response:
    page = (await client.get("/sign-in")).text
    token = re.search(r'name="_csrf" value="([^"]+)"', page)
    assert token is not None
    return await client.post("/sign-in", data={"username": username, "password": password, "_csrf": token[1]})


async def token_of(client: httpx.AsyncClient) -> dict[str, str]:
    page = (await client.get("/account")).text
    token = re.search(r'name="_csrf" value="([^"]+)"', page)
    assert token is not None
    return {"_csrf": token[1]}


async def posted(admin: Visitor, account: str, role: str, unit: str, **more: str) -> httpx.Response:
    typed = await filled(
        admin,
        f"/admin/posts/new?account={account}",
        account=account,
        role=role,
        unit=unit,
        reason=REASON,
        **more,
    )
    return await admin.post("/admin/posts", typed)


async def hotline_code() -> str:
    return str(await db.fetchval("SELECT code FROM unit WHERE kind = 'hotline' ORDER BY id LIMIT 1"))


async def test_a_temporary_password_is_shown_once_and_changed_before_anything_else(
    officer: Hire, client: httpx.AsyncClient
) -> None:
    admin = await officer("admin")
    account = await hired(admin)
    assert (await posted(admin, "zhangsan", "agent", await hotline_code())).status_code == 303
    password = await given_password(admin, account)
    assert password not in (await admin.get(f"/accounts/{account}/password")).text
    assert password not in str(await db.fetch("SELECT * FROM audit_entry"))
    assert (await signed_in(client, "zhangsan", password)).status_code == 303
    away = await client.get("/desk")
    assert (away.status_code, away.headers["location"]) == (303, "/account")
    changed = await client.post(
        "/account/password", data={"old": password, "new": OWN, "again": OWN, **await token_of(client)}
    )
    assert changed.status_code == 303
    assert (await client.get("/desk")).status_code == 200


async def test_a_new_account_cannot_be_signed_in_to_before_it_has_a_password(
    officer: Hire, client: httpx.AsyncClient
) -> None:
    await hired(await officer("admin"))
    assert (await signed_in(client, "zhangsan", "")).status_code == 422


async def test_a_username_is_given_once(officer: Hire) -> None:
    admin = await officer("admin")
    await hired(admin)
    typed = await filled(
        admin,
        "/admin/staff/new",
        username="zhangsan",
        name="另一个",
        active="1",
        locale="zh_CN",
        reason=REASON,
    )
    answer = await admin.post("/admin/staff", typed)
    assert answer.status_code == 422
    assert "已有用户名相同的一行" in answer.text


async def test_a_locked_account_is_out_at_once_and_comes_back_by_undo(officer: Hire) -> None:
    admin, agent = await officer("admin"), await officer("agent")
    path = f"/admin/staff/{agent.officer.id}"
    assert (await agent.get("/desk")).status_code == 200
    await admin.post(path, await filled(admin, path, active="0", reason="离职"))
    assert (await agent.get("/desk")).headers["location"].startswith("/sign-in")
    answer = await admin.post(f"/accounts/{agent.officer.id}/password", {"reason": REASON})
    assert answer.status_code == 409
    assert "先解锁" in answer.text
    change = await db.fetchval("SELECT max(id) FROM admin_change")
    assert (await admin.post(f"/admin/staff/changes/{change}/undo", {"reason": "弄错人"})).status_code == 303
    assert await db.fetchval("SELECT active FROM account WHERE id = $1", agent.officer.id)


async def test_every_session_of_an_account_is_ended(officer: Hire) -> None:
    admin, agent = await officer("admin"), await officer("agent")
    path = f"/accounts/{agent.officer.id}/sessions"
    assert (await admin.post(path, {"reason": ""})).status_code == 422
    assert (await admin.post(path, {"reason": "丢了手机"})).status_code == 303
    assert (await agent.get("/desk")).headers["location"].startswith("/sign-in")
    entry = await db.fetchrow("SELECT name, reason FROM audit_entry WHERE action = 'account.end_sessions'")
    assert tuple(entry) == (admin.officer.name, "丢了手机")


async def test_the_last_admin_is_not_locked_out(officer: Hire) -> None:
    admin = await officer("admin")
    path = f"/admin/staff/{admin.officer.id}"
    answer = await admin.post(path, await filled(admin, path, active="0", reason="试试"))
    assert answer.status_code == 409
    assert "至少要留一个能登录的系统管理员" in answer.text
    post = await db.fetchval("SELECT id FROM post WHERE account = $1", admin.officer.id)
    answer = await admin.post(f"/admin/posts/{post}/removal", {"removal_reason": "试试"})
    assert answer.status_code == 409
    other = await officer("admin")
    assert (await other.post(path, await filled(other, path, active="0", reason="试试"))).status_code == 303


async def test_a_post_gives_its_rights_at_once_and_takes_them_when_it_ends(officer: Hire) -> None:
    admin, agent = await officer("admin"), await officer("agent")
    assert (await agent.get("/dispatch")).status_code == 403
    made = await posted(admin, agent.officer.username, "dispatcher", await hotline_code())
    assert made.status_code == 303
    assert (await agent.get("/dispatch")).status_code == 200
    removed = await admin.post(f"{made.headers['location']}/removal", {"removal_reason": "轮岗"})
    assert removed.status_code == 303
    assert (await agent.get("/dispatch")).status_code == 403


async def test_a_named_post_sees_what_is_confidential(officer: Hire) -> None:
    admin, agent = await officer("admin"), await officer("agent")
    await posted(admin, agent.officer.username, "dispatcher", await hotline_code(), named="1")
    rights = (await admin.get(f"/accounts/{agent.officer.id}/rights")).text
    assert "看保密工单" in rights
    assert "派单、改派、裁定退单" in rights


async def test_a_substitute_stands_in_for_the_days_given(officer: Hire) -> None:
    admin, head, deputy = await officer("admin"), await officer("dispatcher"), await officer("agent")
    post = await db.fetchval("SELECT id FROM post WHERE account = $1", head.officer.id)
    typed = await filled(admin, f"/admin/posts/{post}", substitute=deputy.officer.username, reason="休假")
    answer = await admin.post(f"/admin/posts/{post}", typed)
    assert answer.status_code == 422
    assert "替岗的起止日期要都填" in answer.text
    today = clock.today()
    days = {"substitute_from": today.isoformat(), "substitute_to": (today + timedelta(days=3)).isoformat()}
    assert (await admin.post(f"/admin/posts/{post}", typed | days)).status_code == 303
    assert (await deputy.get("/dispatch")).status_code == 200


async def test_a_role_is_changed_by_a_new_post_not_by_rewriting_the_old(officer: Hire) -> None:
    admin, agent = await officer("admin"), await officer("agent")
    post = await db.fetchval("SELECT id FROM post WHERE account = $1", agent.officer.id)
    typed = await filled(admin, f"/admin/posts/{post}", role="admin", title="组长", reason="试试")
    await admin.post(f"/admin/posts/{post}", typed)
    row = await db.fetchrow("SELECT role, title FROM post WHERE id = $1", post)
    assert tuple(row) == ("agent", "组长")


async def test_others_do_not_reach_accounts(officer: Hire) -> None:
    supervisor = await officer("supervisor")
    for path in ("/admin/staff", "/accounts/1/password", "/accounts/1/rights", "/units/1/succession"):
        assert (await supervisor.get(path)).status_code == 403
    assert (await supervisor.post("/accounts/1/password", {"reason": "试试"})).status_code == 403
