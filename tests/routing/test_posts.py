"""What posts let a person do, and where, on a given day."""

from datetime import date, timedelta

import pytest

from core import db
from core.errors import Invalid
from core.officers import Officer
from routing import posts

TODAY = date(2026, 11, 24)
BOSS = Officer(id=0, username="boss", name="班长")


@pytest.fixture
async def units(database: str) -> dict[str, int]:
    """City → bureau → district office, and a stranger whose code begins alike."""
    paths = {"city": "/Z/", "bureau": "/Z/ZB/", "office": "/Z/ZB/ZB1/", "stranger": "/Z/ZB2/"}
    return {
        name: await db.fetchval(
            """INSERT INTO unit (code, name, name_en, pinyin, initials, kind, function, path, level, district, street, hours)
               VALUES ($1, $2, $3, '', '', 'bureau', '', $4, 1, '', '', '') RETURNING id""",
            f"test-{name}",
            f"测试{name}",
            f"Test {name}",
            path,
        )
        for name, path in paths.items()
    }


async def test_a_head_of_unit_reaches_down_and_not_sideways(units: dict[str, int]) -> None:
    account = await posts.staff_add("wang", "王敏", unit=units["bureau"], role="unit_head")
    grants = await posts.grants_for(account, TODAY)
    assert grants.scopes == {units["bureau"], units["office"]}
    assert "order.approve" in grants.permissions
    assert grants.unit == units["bureau"]
    assert grants.posts == (("测试bureau · 承办单位负责人", "Test bureau · Head of unit"),)


async def test_the_hotlines_own_people_have_no_unit_scope(units: dict[str, int]) -> None:
    account = await posts.staff_add("li", "李静", unit=units["city"], role="agent")
    grants = await posts.grants_for(account, TODAY)
    assert grants.scopes == frozenset()
    assert "ticket.register" in grants.permissions
    assert "ticket.confidential" not in grants.permissions


async def test_a_named_post_sees_confidential_tickets(units: dict[str, int]) -> None:
    account = await posts.staff_add("li", "李静", unit=units["city"], role="dispatcher", named=True)
    assert "ticket.confidential" in (await posts.grants_for(account, TODAY)).permissions


@pytest.mark.parametrize(("shift", "holds"), [(-1, False), (0, True), (3, True), (4, False)])
async def test_a_post_holds_on_its_days_both_included(units: dict[str, int], shift: int, holds: bool) -> None:
    account = await posts.staff_add("li", "李静", unit=units["city"], role="agent")
    await posts.post_add(
        account,
        unit=units["city"],
        role="reviewer",
        valid_from=TODAY,
        valid_to=TODAY + timedelta(days=3),
    )
    grants = await posts.grants_for(account, TODAY + timedelta(days=shift))
    assert ("reviewer" in grants.roles) is holds


@pytest.mark.parametrize(("shift", "holds"), [(-1, False), (0, True), (2, True), (3, False)])
async def test_a_substitute_holds_the_post_for_as_long_as_it_lasts(
    units: dict[str, int], shift: int, holds: bool
) -> None:
    owner = await posts.staff_add("wang", "王敏", unit=units["bureau"], role="unit_head")
    other = await posts.staff_add("zhao", "赵强", unit=units["stranger"], role="unit_handler")
    post = await db.fetchval("SELECT id FROM post WHERE account = $1", owner)
    await posts.stand_in(post, other, TODAY, TODAY + timedelta(days=2), by=BOSS)
    grants = await posts.grants_for(other, TODAY + timedelta(days=shift))
    assert (units["office"] in grants.scopes) is holds
    assert ("order.approve" in grants.permissions) is holds
    assert grants.unit == units["stranger"]


async def test_a_substitution_needs_both_dates(units: dict[str, int]) -> None:
    owner = await posts.staff_add("wang", "王敏", unit=units["bureau"], role="unit_head")
    post = await db.fetchval("SELECT id FROM post WHERE account = $1", owner)
    with pytest.raises(Invalid):
        await posts.stand_in(post, owner + 1, TODAY, None, by=BOSS)


async def test_a_new_post_and_a_substitution_are_in_the_audit(units: dict[str, int]) -> None:
    owner = await posts.staff_add("wang", "王敏", unit=units["bureau"], role="unit_head")
    post = await db.fetchval("SELECT id FROM post WHERE account = $1", owner)
    await posts.stand_in(post, owner + 1, TODAY, TODAY, by=BOSS)
    actions = [r["action"] for r in await db.fetch("SELECT action FROM audit_entry ORDER BY id")]
    assert actions == ["post.add", "post.substitute"]


async def test_an_unknown_role_leaves_no_account_behind(units: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        await posts.staff_add("x", "某人", unit=units["city"], role="king")
    assert await db.fetchval("SELECT count(*) FROM account WHERE username = 'x'") == 0


async def test_somebody_without_a_post_may_nothing(database: str) -> None:
    grants = await posts.grants_for(1, TODAY)
    assert grants.permissions == frozenset()
    assert grants.unit is None


def test_units_do_not_see_tickets_beyond_their_scope() -> None:
    for role in ("unit_handler", "unit_head"):
        assert not {p for p in posts.ROLES[role] if p.startswith("ticket.")}


def test_every_role_has_a_name() -> None:
    assert set(posts.NAMES) == set(posts.ROLES)
