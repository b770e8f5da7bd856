"""One ticket's whole way in a real browser: the caller, agent, dispatcher, unit, reviewer, and the citizen's SMS.

The demo's people and city, the business clock on a Tuesday morning, the worker as a process of its own. Every
station is kept as a picture, 1440 and 390 px wide, in `tests/shots/`; `make shots` keeps the README's as well.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar
from playwright.async_api import Browser, Locator, Page, expect

from core import clock, db, installation
from core.settings import ROOT
from crm.tickets import replay
from hotline.demo import people
from hotline.prepare import load_demo
from kb.seed import load as articles
from tests.browser.driving import driven, served

pytestmark = [pytest.mark.browser]

SHOTS = ROOT / "tests" / "shots"
#: Where the README's pictures go: `make shots`
KEPT = ROOT / os.environ["SHOTS"] if "SHOTS" in os.environ else None
#: Tuesday 24 November 2026, 10:38 in Tianjin.
MORNING = datetime(2026, 11, 24, 2, 38, tzinfo=UTC)
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 20_000
CALLER, STRANGER = "13902190426", "13602173344"
CONTENT = (
    "昨晚起家里暖气不热，物业说是楼外供热管漏水，水流进了地下室。室温 14 度，有 82 岁老人。要求尽快抢修。"
)
ANSWER = "楼外二次供热管破口已焊接修复，11:20 恢复供热，地下室积水已抽净。预计今天 18:00 前室温回到 18 度。"


@pytest.fixture
async def city(database: str) -> AsyncIterator[None]:
    """The demo, lived up to MORNING; business time goes on from there."""
    await db.execute(
        "INSERT INTO business_clock (real_at, business_at, rate) VALUES ($1, $2, 1)",
        clock.real_now(),
        MORNING,
    )
    await installation.keep("purpose", "demo")
    await installation.follow_clock()
    await articles.load()
    await load_demo(say=lambda _text: None)
    yield
    clock.run_at(None)


@pytest.fixture
async def worker(city: None) -> AsyncIterator[None]:
    """The timetable in its own process, as `hotline run` starts it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hotline.cli", "worker", cwd=ROOT, env={**os.environ, "LOG_LEVEL": "WARNING"}
    )
    yield
    process.terminate()
    async with asyncio.timeout(20):
        await process.wait()


@dataclass
class Stage:
    """The hotline at `base`, a browser before it, and what went wrong in any window."""

    base: str
    browser: Browser
    faults: list[str] = field(default_factory=list)

    async def window(self, path: str, *, size: dict[str, int] = DESK) -> Page:
        context = await self.browser.new_context(
            viewport=size, locale="zh-CN", base_url=self.base, timezone_id="Asia/Shanghai"
        )
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("response", lambda r: self.faults.append(f"{r.status} {r.url}") if r.status >= 500 else None)
        await page.goto(path)
        return page

    async def desk(self, username: str, path: str, *, size: dict[str, int] = DESK) -> Page:
        """Somebody of the demo at their desk, through the front door."""
        page = await self.window("/sign-in", size=size)
        await page.fill("#f-username", username)
        await page.fill("#f-password", people.PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "/sign-in" not in url)
        await page.goto(path)
        return page


@pytest.fixture
async def stage(worker: None, app: Litestar) -> AsyncIterator[Stage]:
    shutil.rmtree(SHOTS, ignore_errors=True)
    for folder in filter(None, (SHOTS, KEPT)):
        folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    async with served(app) as base, driven() as browser:
        found = Stage(base, browser)
        yield found
    expect.set_options(timeout=5_000)
    assert found.faults == []


async def later(minutes: int) -> None:
    """Turn the business clock on; the worker follows within seconds."""
    await db.execute(
        "UPDATE business_clock SET real_at = $1, business_at = $2",
        clock.real_now(), clock.now() + timedelta(minutes=minutes),
    )  # fmt: skip
    await installation.follow_clock()


async def shoot(page: Page, name: str, *, chosen: str = "") -> None:
    """Keep the page 1440 and 390 px wide; `chosen` is the width that goes into the README."""
    before = page.viewport_size
    for width, size in (("1440", DESK), ("390", PHONE)):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        path = SHOTS / f"{name}-{width}.png"
        await page.screenshot(path=path, animations="disabled", caret="hide")
        if width == chosen and KEPT:
            shutil.copy(path, KEPT / path.name)
    assert before is not None
    await page.set_viewport_size(before)


async def tab_to(page: Page, target: Locator) -> None:
    """As somebody without a mouse gets there."""
    for _press in range(15):
        await page.keyboard.press("Tab")
        if await target.evaluate("(found) => found === document.activeElement"):
            return
    await expect(target).to_be_focused()


async def choose(page: Page, key: str, field: str, typed: str, option: str) -> None:
    """Jump to a type-ahead by its key, type, take the first hit."""
    await page.keyboard.press(key)
    await expect(page.locator(f"#f-{field}")).to_be_focused()
    await page.keyboard.type(typed)
    await expect(page.locator(f'#f-{field}-list [role="option"]').first).to_contain_text(option)
    await page.keyboard.press("Enter")


async def text(page: Page, words: str, answer: str) -> str:
    """Write an SMS as the citizen; the reply that holds `answer`. Notices may come in between."""
    own = page.locator("#thread .msg-own")
    before = await own.count()
    await page.fill("#f-body", words)
    await page.keyboard.press("Enter")
    await expect(own).to_have_count(before + 1)
    reply = own.last.locator("xpath=following-sibling::p").filter(has_text=answer).first
    await expect(reply).to_be_visible()
    return await reply.inner_text()


async def test_one_ticket_from_the_call_to_the_citizens_sms(stage: Stage) -> None:
    citizen = await stage.window(f"/phone?phone={CALLER}")
    agent = await stage.desk("lijing", "/desk")
    await rings(citizen, agent)
    number = await answers_and_registers(agent)
    await citizen_has_the_number(citizen, number)
    await agent.keyboard.press("Alt+KeyG")
    await expect(citizen.locator("#caller")).to_contain_text("通话已结束")

    await later(4)
    await dispatches(await stage.desk("chennan", "/dispatch"), number)
    await later(8)
    await signs_contacts_and_replies(await stage.desk("wangmin", "/orders", size=PHONE), number)
    await later(17)
    reviewer = await stage.desk("liuyang", "/review")
    await accepts(reviewer, number)
    await asks_and_is_told(citizen, number, "已答复待评价")
    await stranger_learns_nothing(await stage.window(f"/phone?phone={STRANGER}"), number)
    await later(200)
    await calls_back_and_closes(reviewer, number)
    await asks_and_is_told(citizen, number, "已办结")
    await reads_the_page_by_link(stage, citizen, str(number)[-5:])

    await agent.goto(f"/tickets/{number}")
    await expect(agent.locator(".page-head")).to_contain_text("办结")
    await shoot(agent, "8-ledger")
    await agent.get_by_role("button", name="English").click()
    await expect(agent.locator(".page-head")).to_contain_text("Closed")
    await shoot(agent, "8-ledger-en", chosen="1440")
    verbs = await db.fetch("SELECT verb FROM ticket_event WHERE ticket = $1 ORDER BY version, id", number)
    # P2 wakes the duty phone as soon as the worker sees it, unless the signature was first.
    assert [row["verb"] for row in verbs if row["verb"] != "escalate"] == [
        "register", "dispatch", "sign", "contact", "reply", "accept", "close",
    ]  # fmt: skip
    assert [found async for found in replay.check()] == []


async def rings(citizen: Page, agent: Page) -> None:
    await expect(agent.locator("#call-wait")).to_contain_text("没有人在等")
    await citizen.get_by_role("button", name="拨打").click()
    await expect(citizen.locator("#caller")).to_contain_text("排队等接听")
    await expect(agent.locator("#call-wait")).to_contain_text("等待 1 人")  # by the live channel, no reload


async def answers_and_registers(agent: Page) -> int:
    await agent.keyboard.press("Alt+KeyJ")
    await agent.wait_for_url(re.compile(r"/desk\?call=\d+"))
    await expect(agent.locator("#callbar")).to_contain_text("通话中")
    await expect(agent.locator("#f-content")).to_be_focused()
    await agent.keyboard.insert_text(CONTENT)  # as an input method commits it
    await choose(agent, "Alt+KeyX", "matter", "gr'bure", "供热 › 不热")
    await choose(agent, "Alt+KeyP", "street", "wangdingdi", "王顶堤")
    await tab_to(agent, agent.locator("#f-address"))
    await agent.keyboard.type("林苑西里 6 号楼 2 门 301")
    await tab_to(agent, agent.locator("#f-name"))
    await agent.keyboard.type("张女士")
    await expect(agent.locator("#suggestion")).to_contain_text("南开区供热办")
    await expect(agent.locator("#knowledge")).to_contain_text("暖气")
    await shoot(agent, "1-agent", chosen="1440")
    await agent.keyboard.press("Alt+KeyW")  # heating or water? a dispatcher shall say
    await expect(agent.locator("#save")).to_contain_text("登记，交派单台")
    await agent.keyboard.press("Control+Enter")
    await expect(agent.locator("#saved-h")).to_be_focused()
    await expect(agent.locator("main")).to_contain_text("已登记，交派单台")
    await shoot(agent, "2-registered")
    return int(re.sub(r"\D", "", await agent.locator("#saved-h").inner_text()))


async def citizen_has_the_number(citizen: Page, number: int) -> None:
    await expect(citizen.locator("#thread")).to_contain_text(str(number))
    await shoot(citizen, "3-handset")


async def dispatches(dispatcher: Page, number: int) -> None:
    await expect(dispatcher.locator(f'#rows tr[data-number="{number}"]')).to_contain_text("供热办")
    await dispatcher.locator(f'#rows tr[data-number="{number}"] td').nth(5).click()
    await expect(dispatcher.locator(f'[data-previewed="{number}"]')).to_be_visible()
    await shoot(dispatcher, "4-dispatch", chosen="1440")
    await dispatcher.keyboard.press("Control+Enter")
    await expect(dispatcher.locator("#result")).to_contain_text("派给南开区供热办")


async def signs_contacts_and_replies(unit: Page, number: int) -> None:
    card = unit.locator("#orders > li").filter(has_text=str(number)[-5:])
    await expect(card).to_be_visible()
    await shoot(unit, "5-inbox")
    await card.locator("a.tail").click()
    await unit.get_by_role("button", name="签收这张单").click()
    await expect(unit.locator("#strips")).to_contain_text("已签收")
    await shoot(unit, "5-order", chosen="390")
    await later(11)
    await unit.get_by_role("link", name="联系并记录").click()
    await unit.locator('label[for="f-reached-1"]').click()
    await unit.fill("#f-note", "已到现场，正在抢修，市民在家等。")
    await unit.get_by_role("button", name="记下这次联系").click()
    await later(38)
    await unit.get_by_role("link", name="写答复").first.click()
    await unit.locator('input[name="result"][value="solved"]').check()
    await unit.fill("#f-answer", ANSWER)
    await shoot(unit, "5-reply", chosen="390")
    await unit.get_by_role("button", name="提交答复待审核").click()
    await expect(unit.locator("#strips")).to_contain_text("等热线审核")


async def accepts(reviewer: Page, number: int) -> None:
    await reviewer.locator(f'#rows tr[data-number="{number}"] td').nth(3).click()
    await expect(reviewer.locator("#preview")).to_contain_text("焊接修复")
    await shoot(reviewer, "6-review")
    await reviewer.keyboard.press("Control+Enter")
    await expect(reviewer.locator("#result")).to_contain_text(str(number)[-5:])


async def calls_back_and_closes(reviewer: Page, number: int) -> None:
    await reviewer.goto(f"/review/{number}/follow-up")
    await reviewer.locator('label[for="f-solved-yes"]').click()
    await reviewer.select_option("#f-satisfied", "1")
    await shoot(reviewer, "7-follow-up")
    await reviewer.keyboard.press("Control+Enter")
    await reviewer.wait_for_url(lambda url: not url.endswith("/follow-up"))


async def asks_and_is_told(citizen: Page, number: int, state: str) -> None:
    """By SMS, from the phone that called: the coarse state, and nothing of what was said."""
    said = await text(citizen, f"查 {str(number)[-5:]}", f"：{state}")
    assert str(number) not in said
    assert not any(word in said for word in ("张", "暖气", "林苑", "王敏"))
    is_over = state == "已办结"
    await shoot(citizen, f"3-handset-{'closed' if is_over else 'answered'}", chosen="390" if is_over else "")


async def stranger_learns_nothing(stranger: Page, number: int) -> None:
    """Another phone reads the same, whether the ticket exists or not."""
    real = await text(stranger, f"查 {number}", "没有查到")
    invented = await text(stranger, "查 2611239999998", "没有查到")
    assert re.sub(r"\d\d:\d\d", "", real) == re.sub(r"\d\d:\d\d", "", invented)
    await shoot(stranger, "3-stranger")


async def reads_the_page_by_link(stage: Stage, citizen: Page, tail: str) -> None:
    found = re.search(r"/s/[\w-]+", await text(citizen, "链接 " + tail, "/s/"))
    assert found
    page = await stage.window(found[0], size=PHONE)
    await expect(page.locator("h1")).to_contain_text("已办结")
    await shoot(page, "9-citizen", chosen="390")
