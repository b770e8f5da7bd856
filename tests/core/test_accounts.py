"""Signing in and out, and how often one may guess."""

import asyncio
from datetime import timedelta

import pytest

from core import accounts, clock, db, sessions, tries
from core.errors import Invalid
from tests.core.conftest import PASSWORD, Browser

HERE = "192.0.2.7"


async def test_the_right_password_opens_a_session(alice: int) -> None:
    token = await accounts.sign_in(" Alice ", PASSWORD, address=HERE)
    session = await sessions.find(token)
    assert session is not None
    assert session.account.id == alice


async def test_the_database_holds_no_token(alice: int) -> None:
    token = await accounts.sign_in("alice", PASSWORD, address=HERE)
    row = await db.fetchrow("SELECT session::text AS all FROM session")
    assert token not in row["all"]


@pytest.mark.parametrize("name", ["alice", "nobody"])
async def test_a_wrong_password_and_an_unknown_name_are_told_alike(alice: int, name: str) -> None:
    with pytest.raises(accounts.WrongPassword) as refused:
        await accounts.sign_in(name, "wrong", address=HERE)
    assert "用户名或密码不对" in refused.value.message


async def test_an_unknown_name_takes_a_hash_too(alice: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    real = accounts._hasher().verify_and_update
    monkeypatch.setattr(
        accounts._hasher(), "verify_and_update", lambda p, h: hashed.append(h) or real(p, h), raising=False
    )
    with pytest.raises(accounts.WrongPassword):
        await accounts.sign_in("nobody", "wrong", address=HERE)
    assert len(hashed) == 1


async def test_nobodys_password_opens_nothing(alice: int) -> None:
    with pytest.raises(accounts.WrongPassword):
        await accounts.sign_in("nobody", "nobody has this password", address=HERE)


async def test_an_account_without_a_password_cannot_be_signed_in_to(alice: int) -> None:
    await accounts.add("system", "系统")
    with pytest.raises(accounts.WrongPassword):
        await accounts.sign_in("system", "nobody has this password", address=HERE)


async def fail(name: str, address: str = HERE) -> None:
    with pytest.raises(accounts.WrongPassword):
        await accounts.sign_in(name, "wrong", address=address)


async def test_after_five_failures_the_right_password_waits_too(alice: int) -> None:
    for _ in range(tries.BY_NAME):
        await fail("alice")
    with pytest.raises(accounts.Throttled) as refused:
        await accounts.sign_in("alice", PASSWORD, address="198.51.100.1")
    assert refused.value.minutes == 1
    assert "1 分钟" in refused.value.message


async def test_guessing_at_once_is_guessing_five_times(alice: int) -> None:
    outcomes = await asyncio.gather(
        *(accounts.sign_in("alice", "wrong", address=HERE) for _ in range(12)), return_exceptions=True
    )
    assert sum(isinstance(o, accounts.WrongPassword) for o in outcomes) == tries.BY_NAME


async def test_the_wait_doubles_up_to_a_quarter_of_an_hour(
    alice: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.real_now()
    monkeypatch.setattr(clock, "real_now", lambda: at)
    for _ in range(tries.BY_NAME):
        await fail("alice")
    waits = []
    for _ in range(6):
        wait = await tries.may_try("alice", HERE)
        waits.append(wait)
        at += timedelta(minutes=wait)
        await fail("alice")
    assert waits == [1, 2, 4, 8, 15, 15]


async def test_signing_in_clears_the_count(alice: int) -> None:
    for _ in range(tries.BY_NAME - 1):
        await fail("alice")
    await accounts.sign_in("alice", PASSWORD, address=HERE)
    for _ in range(tries.BY_NAME - 1):
        await fail("alice")
    assert await accounts.sign_in("alice", PASSWORD, address=HERE)


async def test_an_address_that_tries_many_names_waits(alice: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "BY_ADDRESS", 3)
    for name in ("a", "b", "c"):
        await fail(name)
    with pytest.raises(accounts.Throttled):
        await accounts.sign_in("alice", PASSWORD, address=HERE)
    assert await accounts.sign_in("alice", PASSWORD, address="198.51.100.1")


async def test_one_household_of_ipv6_addresses_counts_as_one(
    alice: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "BY_ADDRESS", 2)
    await fail("a", "2001:db8::1")
    await fail("b", "2001:db8::2")
    with pytest.raises(accounts.Throttled):
        await accounts.sign_in("alice", PASSWORD, address="2001:db8::3")


async def test_signing_out_ends_the_session_at_once(alice: int) -> None:
    token = await accounts.sign_in("alice", PASSWORD, address=HERE)
    session = await sessions.find(token)
    assert session is not None
    await accounts.sign_out(session)
    assert await sessions.find(token) is None


async def test_a_session_runs_out(alice: int, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await accounts.sign_in("alice", PASSWORD, address=HERE)
    later = clock.real_now() + timedelta(hours=13)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert await sessions.find(token) is None


async def test_a_session_in_use_lasts_longer(alice: int, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await accounts.sign_in("alice", PASSWORD, address=HERE)
    start = clock.real_now()
    for hours in (8, 16):
        monkeypatch.setattr(clock, "real_now", lambda hours=hours: start + timedelta(hours=hours))
        sessions.forget_all()
        assert await sessions.find(token) is not None


async def test_a_new_password_ends_every_other_session(alice: int) -> None:
    other = await accounts.sign_in("alice", PASSWORD, address=HERE)
    mine = await sessions.find(await accounts.sign_in("alice", PASSWORD, address=HERE))
    assert mine is not None
    token = await accounts.change_password(mine, old=PASSWORD, new="staple 电池 正确的马", address=HERE)
    assert await sessions.find(other) is None
    assert await sessions.find(token) is not None
    assert await accounts.sign_in("alice", "staple 电池 正确的马", address=HERE)


@pytest.mark.parametrize("new", ["short", "aaaaaaaaaaaa", "alice1234567", "x" * 300])
async def test_a_poor_password_is_refused(alice: int, new: str) -> None:
    session = await sessions.find(await accounts.sign_in("alice", PASSWORD, address=HERE))
    assert session is not None
    with pytest.raises(Invalid) as refused:
        await accounts.change_password(session, old=PASSWORD, new=new, address=HERE)
    assert "new" in refused.value.fields


async def test_a_closed_account_is_out(alice: int) -> None:
    token = await accounts.sign_in("alice", PASSWORD, address=HERE)
    await accounts.close(alice)
    assert await sessions.find(token) is None
    with pytest.raises(accounts.WrongPassword):
        await accounts.sign_in("alice", PASSWORD, address=HERE)


async def test_a_taken_name_is_refused(alice: int) -> None:
    with pytest.raises(Invalid):
        await accounts.add("ALICE", "另一人", password=PASSWORD)


async def test_a_fresh_session_costs_no_query(alice: int, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await accounts.sign_in("alice", PASSWORD, address=HERE)
    await sessions.find(token)

    async def no_query(*_args: object) -> None:
        raise AssertionError("asked the database")

    monkeypatch.setattr(db, "fetchrow", no_query)
    assert await sessions.find(token) is not None


async def test_a_token_is_narrowed_to_its_scopes(alice: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def grants(_account: int, _on: object) -> accounts.Grants:
        return accounts.Grants(permissions=frozenset({"ticket.see", "ticket.register", "admin.*"}))

    accounts.set_grants(grants)
    token = await sessions.issue_token(alice, "地图", ["ticket.see", "ticket.withdraw", "admin.units"])
    found = await sessions.bearer(token)
    assert found is not None
    assert found.account.permissions == {"ticket.see", "admin.units"}


async def test_a_revoked_token_is_worth_nothing(alice: int) -> None:
    token = await sessions.issue_token(alice, "地图", ["ticket.see"])
    found = await sessions.bearer(token)
    assert found is not None
    await sessions.revoke_token(found.id)
    assert await sessions.bearer(token) is None


async def test_a_wrong_name_typed_in_a_browser_comes_back_with_the_form(browser: Browser, alice: int) -> None:
    answer = await browser.sign_in("alice", "wrong")
    assert answer.status_code == 422
    assert 'value="alice"' in answer.text
    assert "用户名或密码不对" in answer.text
