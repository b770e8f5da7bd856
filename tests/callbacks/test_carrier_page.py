"""`/carrier`: what a supervisor sees, what an administrator may mend."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from callbacks import carrier_state
from callbacks.gateway import Check
from core import clock, db
from hotline import carriers
from tests.callbacks.account import account
from tests.callbacks.conftest import ALICE, Carrier, ticket, work
from tests.people import Hire

PHONE = "+14155550100"


async def test_counts_errors_and_tails_but_no_phone_and_no_words(
    officer: Hire, carrier: Carrier, at: Any
) -> None:
    number = await ticket()
    await work()
    await db.execute("UPDATE message SET state = 'failed', error = 'other 30999'")
    page = await (await officer("supervisor")).get("/carrier")
    assert page.status_code == 200
    assert "发送失败" in page.text
    assert "other 30999" in page.text
    assert f"****{ALICE[-4:]}" in page.text
    assert ALICE not in page.text
    assert str(number) not in page.text
    assert "发送测试短信" not in page.text


@pytest.mark.parametrize("role", ["agent", "dispatcher", "unit_head"])
async def test_it_is_nobody_elses_business(officer: Hire, role: str) -> None:
    assert (await (await officer(role)).get("/carrier")).status_code == 403


async def test_without_a_carrier_it_says_so(officer: Hire) -> None:
    page = await (await officer("admin")).get("/carrier")
    assert "没有运营商，谁也收不到短信" in page.text


async def test_a_test_message_goes_out_and_is_recorded(officer: Hire, app: Litestar, at: Any) -> None:
    admin = await officer("admin")
    async with account(app) as (_twilio, local):
        answer = await admin.post("/carrier/messages", {"phone": PHONE})
        assert answer.status_code == 303
        assert [m.to for m in local.messages.values()] == [PHONE]
    assert await db.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'carrier.test'") == 1


async def test_a_wrong_number_is_said_beside_the_field(officer: Hire, carrier: Carrier) -> None:
    answer = await (await officer("admin")).post("/carrier/messages", {"phone": "12"})
    assert answer.status_code == 422
    assert "“12”不是电话号码" in answer.text
    assert carrier.got == []


async def test_a_doubt_is_decided_once(officer: Hire, carrier: Carrier, at: Any) -> None:
    await ticket()
    carrier.fails = TimeoutError()
    await work()
    at(clock.now() + timedelta(minutes=31))
    admin = await officer("admin")
    message = await db.fetchval("SELECT id FROM message WHERE state = 'unknown'")
    assert "不知是否发出，请您决定" in (await admin.get("/carrier")).text
    await admin.post(f"/carrier/doubts/{message}", {"does": "again"})
    await admin.post(f"/carrier/doubts/{message}", {"does": "leave"})
    assert await db.fetchval("SELECT state FROM message") == "waiting"


async def test_a_stopped_template_is_lifted(officer: Hire, carrier: Carrier, at: Any) -> None:
    await carrier_state.stop_template("test", "registered", "zh_CN", "30007", at=clock.real_now())
    admin = await officer("admin")
    assert "30007" in (await admin.get("/carrier")).text
    stopped = await db.fetchval("SELECT id FROM stopped_template")
    await ticket()
    await work()
    assert carrier.got == []
    await admin.post(f"/carrier/stops/{stopped}/lifting", {})
    await work()
    assert len(carrier.got) == 1


async def test_a_supervisor_decides_nothing(officer: Hire, carrier: Carrier) -> None:
    supervisor = await officer("supervisor")
    assert (await supervisor.post("/carrier/stops/1/lifting", {})).status_code == 403
    assert (await supervisor.post("/carrier/messages", {"phone": PHONE})).status_code == 403


async def test_the_carrier_is_examined_over_its_own_interface(app: Litestar, at: Any) -> None:
    async with account(app) as (twilio, local):
        assert [c.well for c in await twilio.examine()] == [True] * 4
        local.public_url = "https://elsewhere.example"
        assert _ill(await twilio.examine()) == ["消息服务"]
        local.token = "another"
        assert _ill(await twilio.examine()) == ["运营商认证"]


def _ill(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if not check.well]


async def test_a_plain_http_address_is_no_good_for_a_real_carrier(app: Litestar, at: Any) -> None:
    async with account(app) as (twilio, _local):
        twilio.reaches_people = True
        assert _ill(await twilio.examine()) == ["回调地址"]


async def test_a_demo_never_writes_to_a_real_carrier(app: Litestar, at: Any) -> None:
    from callbacks import gateway

    await db.execute("INSERT INTO installation (key, value) VALUES ('purpose', 'demo')")
    async with account(app) as (twilio, _local):
        assert await gateway.current() is twilio
        twilio.reaches_people = True
        assert await gateway.current() is gateway.CONSOLE


async def test_the_strip_tells_those_who_can_act(officer: Hire, monkeypatch: pytest.MonkeyPatch) -> None:
    carriers._tell_pages()
    monkeypatch.setattr(carriers, "_standing", carrier_state.Standing(trouble="account", detail="20003"))
    words = "运营商不认我们的账号（20003）"
    assert words in (await (await officer("admin")).get("/account")).text
    assert words in (await (await officer("supervisor")).get("/account")).text
    assert words not in (await (await officer("agent")).get("/account")).text


async def test_the_cap_holds_everything_but_duty_phones(
    carrier: Carrier, at: Any, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.settings import settings

    monkeypatch.setattr(settings(), "sms_monthly_cap", 3)
    await carrier_state.heard("test", 3, at=clock.real_now())
    await ticket()
    await work()
    assert carrier.got == []
    await db.execute("UPDATE message SET party = 'unit'")
    await work()
    assert len(carrier.got) == 1
    standing = await carrier_state.read("test", at=clock.real_now())
    assert standing.segments > 3
    assert standing.capped
    later = await carrier_state.read("test", at=clock.real_now() + timedelta(days=31))
    assert later.segments == 0
