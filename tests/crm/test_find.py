"""One box: number, tail, phone, last four, name, words; the same policy as everywhere."""

import pytest

from crm import find
from crm.find import How
from crm.tickets import number
from tests.crm.cast import ALICE, BOB, NOW, SIMON, at_unit, dispatched, registered

pytestmark = pytest.mark.usefixtures("database")


async def found(query: str, officer=BOB):  # type: ignore[no-untyped-def]
    finding = await find.find(officer, query, today=NOW.date())
    return finding.how, [row["id"] for row in finding.rows]


async def test_each_way_of_naming_a_ticket_finds_it() -> None:
    made = await registered()
    await registered(
        phone="13900221111",
        name="李先生",
        content="楼道里的路灯坏了三天没有人修",
        matter="010203",
        street="120101001",
    )
    for query, how in [
        (number.show(made), How.NUMBER), (f"{made % 100_000:05d}", How.TAIL), ("13800221234", How.PHONE),
        ("138 0022 1234", How.PHONE), ("1234", How.LAST_FOUR), ("张女士", How.NAME), ("暖气不热", How.WORDS),
        ("王顶堤", How.WORDS),
    ]:  # fmt: skip
        assert await found(query) == (how, [made]), query


async def test_an_empty_query_lists_the_newest_first() -> None:
    first, second = await registered(), await registered()
    assert (await found(""))[1] == sorted([first, second], reverse=True)


@pytest.mark.parametrize(
    "nobody", ["13911112222", "9999", "王五", "没有这样的字", "2611240604027", "<script>", "'; --"]
)
async def test_what_is_not_there_is_nothing(nobody: str) -> None:
    await registered()
    assert (await found(nobody))[1] == []


async def test_confidential_text_is_not_found_by_those_not_named_and_in_no_index() -> None:
    made = await registered(kind="report")
    assert (await found("暖气不热"))[1] == []
    assert (await found("1234"))[1] == []
    assert (await found("1234", SIMON))[1] == [made]


async def test_a_unit_finds_only_what_hangs_on_its_orders() -> None:
    made, _order = await dispatched()
    await registered()
    assert (await found("暖气不热", await at_unit()))[1] == [made]
    assert (await found("暖气不热", await at_unit("河西区城市管理委")))[1] == []


async def test_pages_follow_each_other_without_gap_or_repeat() -> None:
    made = sorted([await registered() for _ in range(7)], reverse=True)
    seen: list[int] = []
    after = None
    while True:
        rows = (await find.find(ALICE, "暖气不热", today=NOW.date(), after=after, limit=3)).rows
        seen += [row["id"] for row in rows[:3]]
        if len(rows) <= 3:
            break
        after = seen[-1]
    assert seen == made
