"""Who a move says is told, is told once; also when workers die or run side by side."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callbacks import gateway, jobs, kept, notices, outbox, reports
from callbacks.gateway import InDoubt, Rejected, Report, Sent, Why
from core import clock, db, privacy
from core.officers import Officer
from crm.tickets import closing, dispatch, passing_down, replies, signing
from tests.callbacks.conftest import (
    ALICE,
    MORNING,
    STAFF,
    Carrier,
    SetClocks,
    outcomes,
    ticket,
    unit_with_phone,
    work,
)

pytestmark = pytest.mark.usefixtures("database", "at")
EVENING = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)  # 22:00


async def _dispatch(number: int) -> int:
    unit = await unit_with_phone()
    await dispatch.dispatch(STAFF, number, dispatch.Dispatch(unit, "属供热，住建牵头"), now=clock.now())
    return unit


async def _answer(number: int, unit: int, *, follow_up: str = "must") -> None:
    handler = Officer(
        id=2, username="unit", name="王敏", scopes=frozenset({unit}), unit=unit,
        permissions=frozenset({"order.sign", "order.work", "order.approve"}),
    )  # fmt: skip
    order = await db.fetchval("SELECT id FROM work_order WHERE ticket = $1", number)
    await signing.sign(handler, order, now=clock.now())
    await signing.contact(handler, order, how="call", reached=True, note="", now=clock.now())
    await replies.reply(
        handler, order, replies.Reply("solved", "已上门排气，室温回到二十度。"), now=clock.now()
    )
    await replies.accept(
        STAFF,
        number,
        follow_up=follow_up,
        ground="" if follow_up == "must" else "市民要求不回访",
        now=clock.now(),
    )


async def test_registration_tells_the_whole_number_once(carrier: Carrier) -> None:
    number = await ticket()
    await work()
    assert carrier.bodies == [
        f"【12345】您的诉求已受理，单号{number}，请保存。回“查”看进度，回“帮助”看用法，退订回T"
    ]
    assert carrier.got[0].phone == f"+86{ALICE}"
    assert await outcomes(number) == [("register", "citizen", "message")]


async def test_registered_and_dispatched_at_once_is_one_message(carrier: Carrier) -> None:
    number = await ticket()
    unit = await _dispatch(number)
    name = await db.fetchval("SELECT name FROM unit WHERE id = $1", unit)
    await work()
    to_citizen = [m.body for m in carrier.got if m.phone == f"+86{ALICE}"]
    assert len(to_citizen) == 1
    assert f"单号{number}，{name}承办，" in to_citizen[0]
    assert await outcomes(number) == [
        ("register", "citizen", "message"), ("dispatch", "citizen", "together"), ("dispatch", "unit", "message"),
    ]  # fmt: skip


async def test_the_way_of_a_ticket_in_messages(carrier: Carrier, at: SetClocks) -> None:
    number = await ticket()
    await work()
    at(MORNING + timedelta(minutes=5))
    unit = await _dispatch(number)
    await work()
    await _answer(number, unit)
    await work()
    await closing.close(STAFF, number, solved="yes", satisfied=1, by_way="call", now=clock.now())
    await work()
    tail = f"工单尾号{number % 100000:05d}"
    heads = [m.body for m in carrier.got if m.phone == f"+86{ALICE}"][1:]
    assert heads[0].startswith(f"【12345】{tail}由")
    assert heads[1:] == [
        f"【12345】{tail}已答复，结果：已解决。我们会回访您，听听您的评价",
        f"【12345】{tail}已办结，感谢您的评价。如有新情况请致电12345",
    ]


async def test_without_follow_up_one_message_says_answered_and_closed(carrier: Carrier) -> None:
    number = await ticket()
    await _answer(number, await _dispatch(number), follow_up="none")
    await work()
    assert any("已答复并办结，结果：已解决" in body for body in carrier.bodies)


async def test_a_unit_is_told_on_its_duty_phone_without_personal_data(carrier: Carrier) -> None:
    number = await ticket()
    await _dispatch(number)
    await work()
    [body] = [m.body for m in carrier.got if m.phone == "+862223456789"]
    assert body.startswith(f"【12345】新工单尾号{number % 100000:05d}（P3），请在11月")
    assert not [word for word in ("王某某", "301", ALICE, str(number)) if word in body]


async def test_a_unit_without_a_duty_phone_is_no_message(carrier: Carrier) -> None:
    number = await ticket()
    await _dispatch(number)
    await db.execute("UPDATE unit SET duty_phone = NULL")
    await work()
    assert (await outcomes(number))[-1] == ("dispatch", "unit", "no phone")


async def test_a_recalled_unit_hears_so(carrier: Carrier) -> None:
    number = await ticket()
    first = await _dispatch(number)
    await work()
    second = await db.fetchval(
        "SELECT id FROM unit WHERE id > $1 AND kind <> 'street' AND valid_to IS NULL ORDER BY id LIMIT 1",
        first,
    )
    await dispatch.dispatch(STAFF, number, dispatch.Dispatch(second, "原单位无管辖权，改派"), now=clock.now())
    await work()
    assert carrier.bodies[-1] == f"【12345】工单尾号{number % 100000:05d}已收回，无需再办"


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"anonymous": True, "phone": ""}, "anonymous"),
        ({"anonymous": True}, "anonymous"),
        ({"reply_by": ["call"]}, "not by sms"),
    ],
)
async def test_who_is_not_written_to(carrier: Carrier, more: dict[str, Any], outcome: str) -> None:
    number = await ticket(**more)
    await work()
    assert carrier.got == []
    assert await outcomes(number) == [("register", "citizen", outcome)]


async def test_opted_out_is_not_written_to(text: Any, carrier: Carrier) -> None:
    await text("退订")
    number = await ticket()
    carrier.got.clear()
    await work()
    assert carrier.got == []
    assert await outcomes(number) == [("register", "citizen", "opted out")]


async def test_a_confidential_ticket_says_only_call_us(carrier: Carrier) -> None:
    number = await ticket(confidential=True)
    await _dispatch(number)
    await work()
    assert [m.body for m in carrier.got if m.phone == f"+86{ALICE}"] == ["【12345】请致电12345查询"]
    assert (await outcomes(number))[1] == ("dispatch", "citizen", "confidential")


async def test_at_night_p3_waits_for_the_morning(carrier: Carrier, at: SetClocks) -> None:
    number = await ticket()
    await work()
    carrier.got.clear()
    at(EVENING)
    await _dispatch(number)
    await db.execute("UPDATE unit SET duty_phone = NULL")
    await work()
    assert carrier.got == []
    at(EVENING + timedelta(hours=9, minutes=59))
    await work()
    assert carrier.got == []
    at(EVENING + timedelta(hours=10))
    await work()
    assert len(carrier.got) == 1


async def test_at_night_p2_and_the_number_do_not_wait(carrier: Carrier, at: SetClocks) -> None:
    at(EVENING)
    await ticket()
    await work()
    assert len(carrier.got) == 1
    number = await ticket(urgency=2)
    await work()
    at(EVENING + timedelta(minutes=5))
    await _dispatch(number)
    await work()
    assert len([m for m in carrier.got if m.phone == f"+86{ALICE}"]) == 3


def test_quiet_hours_end_at_eight() -> None:
    for hour, expected in ((7, 8), (8, 8), (12, 12), (20, 20)):
        moment = datetime(2026, 11, 24, hour, tzinfo=clock.zone())
        assert notices.earliest(moment) == datetime(2026, 11, 24, expected, tzinfo=clock.zone())
    for hour in (21, 23):
        moment = datetime(2026, 11, 24, hour, 30, tzinfo=clock.zone())
        assert notices.earliest(moment) == datetime(2026, 11, 25, 8, tzinfo=clock.zone())


async def test_four_workers_tell_each_notice_once(carrier: Carrier) -> None:
    numbers = [await ticket(phone=f"1380000{n:04d}") for n in range(30)]
    await asyncio.gather(*(work() for _ in range(4)))
    await work()
    assert len(carrier.got) == len({m.phone for m in carrier.got}) == len(numbers)


async def test_a_worker_killed_after_writing_the_message_loses_and_doubles_nothing(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await ticket()

    written = outbox.put_many

    async def killed(*args: Any, **more: Any) -> None:
        await written(*args, **more)
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put_many", killed)
        with pytest.raises(asyncio.CancelledError):
            await jobs.send_notices()
    assert await db.fetchval("SELECT count(*) FROM message") == 0
    await work()
    await work()
    assert len(carrier.got) == 1
    assert await outcomes(number) == [("register", "citizen", "message")]


async def test_a_worker_killed_between_the_two_jobs_loses_nothing(carrier: Carrier) -> None:
    await ticket()
    await jobs.send_notices()
    await db.close_pool()
    await db.open_pool()
    assert await jobs.send_messages() == 1
    assert await jobs.send_messages() == 0
    assert len(carrier.got) == 1


async def test_a_worker_killed_while_it_sent_leaves_doubt_not_a_second_message(
    carrier: Carrier, at: SetClocks
) -> None:
    await ticket()
    await jobs.send_notices()
    carrier.fails = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await jobs.send_messages()
    carrier.fails, carrier.knows = None, Sent("c-late", "delivered")
    await jobs.send_messages()
    assert await db.fetchval("SELECT state FROM message") == "claimed"
    at(MORNING + timedelta(minutes=6))
    await jobs.send_messages()
    row = await db.fetchrow("SELECT state, carrier_id FROM message")
    assert tuple(row) == ("delivered", "c-late")
    assert carrier.got == []


async def test_a_message_in_doubt_goes_again_only_when_the_carrier_never_had_it(
    carrier: Carrier, at: SetClocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ticket()
    await jobs.send_notices()
    carrier.fails = TimeoutError()
    await jobs.send_messages()
    carrier.fails = None
    assert await db.fetchval("SELECT state FROM message") == "unknown"

    async def nobody_knows(_message: object) -> None:
        raise InDoubt

    at(MORNING + timedelta(minutes=6))
    with monkeypatch.context() as patch:
        patch.setattr(carrier, "find", nobody_knows)
        await jobs.send_messages()
    assert carrier.got == []
    at(MORNING + timedelta(minutes=12))
    await jobs.send_messages()
    assert len(carrier.got) == 1


async def test_a_busy_carrier_is_tried_again_later(carrier: Carrier, at: SetClocks) -> None:
    await ticket()
    await jobs.send_notices()
    carrier.fails = Rejected(Why.BUSY, "429")
    await jobs.send_messages()
    carrier.fails = None
    await jobs.send_messages()
    assert carrier.got == []
    at(MORNING + timedelta(minutes=3))
    await jobs.send_messages()
    assert len(carrier.got) == 1


async def test_a_carriers_opt_out_goes_into_the_ledger(carrier: Carrier) -> None:
    await ticket()
    await jobs.send_notices()
    carrier.fails = Rejected(Why.OPTED_OUT)
    await jobs.send_messages()
    assert await db.fetchval("SELECT state FROM message") == "failed"
    assert await db.fetchval("SELECT count(*) FROM opt_out WHERE until IS NULL") == 3


async def told(found: Report) -> bool:
    return await reports.report(found, now=clock.now(), at=clock.real_now())


async def test_a_late_report_never_overwrites(carrier: Carrier) -> None:
    await ticket()
    await work()
    carrier_id = await db.fetchval("SELECT carrier_id FROM message")
    news = [await told(Report("test", carrier_id, state)) for state in ("delivered", "sent", "delivered")]
    assert news == [True, False, False]
    assert await db.fetchval("SELECT state FROM message") == "delivered"


async def test_failed_is_final(carrier: Carrier) -> None:
    await ticket()
    await work()
    carrier_id = await db.fetchval("SELECT carrier_id FROM message")
    assert await told(Report("test", carrier_id, "failed", "30005"))
    assert not await told(Report("test", carrier_id, "delivered"))


async def test_an_unreadable_phone_holds_up_nobody(carrier: Carrier, at: SetClocks) -> None:
    broken = await ticket()
    await db.execute("UPDATE citizen SET phone = $1", b"\x01" + b"x" * 40)
    fine = await ticket(phone="13900002222")
    await work()
    assert (await outcomes(fine))[0][2] == "message"
    for hour in range(1, 6):
        at(MORNING + timedelta(hours=hour))
        await work()
    assert (await outcomes(broken))[0][2] == "failed"


async def test_without_a_gateway_nothing_is_heaped_up(at: SetClocks) -> None:
    number = await ticket()
    assert await gateway.current() is None
    await work()
    assert await outcomes(number) == [("register", "citizen", "no gateway")]
    assert await db.fetchval("SELECT count(*) FROM message") == 0


async def test_a_demo_delivers_to_the_console() -> None:
    await db.execute("INSERT INTO installation (key, value) VALUES ('purpose', 'demo')")
    await ticket()
    await work()
    row = await db.fetchrow("SELECT state, gateway, body FROM message")
    assert (row["state"], row["gateway"]) == ("delivered", "console")
    assert "已受理" in privacy.open_sealed(row["body"])


async def test_old_messages_lose_their_words_and_numbers_and_still_count(
    carrier: Carrier, at: SetClocks
) -> None:
    await ticket()
    await work()
    (messages,) = kept.KEPT
    assert await messages.erase(MORNING - timedelta(days=1), 100) == 0
    assert await messages.erase(MORNING + timedelta(days=1), 100) == 1
    row = await db.fetchrow("SELECT body, phone, phone_hash, phone_tail, segments, template FROM message")
    assert [bytes(row[n]) for n in range(3)] == [b"", b"", b""]
    assert (row["phone_tail"], row["segments"], row["template"]) == ("", 1, "registered")
    assert await messages.count(MORNING + timedelta(days=1)) == 0


async def test_whom_an_order_is_taken_back_from_hears_so_and_who_has_it_now(carrier: Carrier) -> None:
    number = await ticket()
    above = await _dispatch(number)
    below = await db.fetchval("SELECT id FROM unit WHERE parent = $1 LIMIT 1", above)
    await db.execute("UPDATE unit SET duty_phone = $2 WHERE id = $1", below, privacy.seal("+862287654321"))
    both = Officer(
        id=2, username="unit", name="王敏", scopes=frozenset({above, below}), unit=above,
        permissions=frozenset({"order.sign", "order.work"}),
    )  # fmt: skip
    order = await db.fetchval("SELECT id FROM work_order WHERE ticket = $1", number)
    await passing_down.pass_down(both, order, passing_down.Down(below), now=clock.now())
    await passing_down.take_back(both, order, passing_down.Back("下属单位无此职能"), now=clock.now())
    await work()
    heard = {m.phone: m.body for m in carrier.got}
    assert heard["+862287654321"] == f"【12345】工单尾号{number % 100000:05d}已收回，无需再办"
    assert "已收回由贵单位自办" in heard["+862223456789"]


async def test_one_that_cannot_be_told_keeps_none_of_the_others(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [await ticket(phone=phone) for phone in (ALICE, "13900002222", "13900004444")]
    rendered = notices.render

    def stumbles(name: str, locale: str, **known: Any) -> Any:
        if known.get("number") == f"{numbers[1]:013d}":
            raise ZeroDivisionError
        return rendered(name, locale, **known)

    monkeypatch.setattr(notices, "render", stumbles)
    await work()
    assert len(carrier.got) == 2
    row = await db.fetchrow("SELECT done_at, tries FROM notice_due WHERE ticket = $1", numbers[1])
    assert (row["done_at"], row["tries"]) == (None, 1)
    assert [await outcomes(n) for n in (numbers[0], numbers[2])] == [[("register", "citizen", "message")]] * 2
