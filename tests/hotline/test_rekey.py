"""A new key: what was sealed with the old one is sealed again, and found again."""

import base64

import pytest

from core import db, privacy, runs
from core.settings import settings
from hotline.rekey import BATCH, rekey, sealed_columns

KEYS = [base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2)]
PHONE = "+8613812345678"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys in use: `second_key` puts another one beside it."""
    use = [f"1:{KEYS[0]}"]
    monkeypatch.setattr(settings(), "secret_keys", use[0])
    return use


def second_key(monkeypatch: pytest.MonkeyPatch, *, alone: bool = False) -> None:
    monkeypatch.setattr(settings(), "secret_keys", f"2:{KEYS[1]}" if alone else f"1:{KEYS[0]},2:{KEYS[1]}")


async def citizen(phone: str) -> int:
    number: int = await db.fetchval(
        "INSERT INTO citizen (phone, phone_hash, phone_tail) VALUES ($1, $2, $3) RETURNING id",
        privacy.seal(phone),
        privacy.lookup("phone", phone),
        phone[-4:],
    )
    return number


async def found(phone: str) -> list[int]:
    rows = await db.fetch(
        "SELECT id FROM citizen WHERE phone_hash = ANY($1::bytea[])", privacy.lookups("phone", phone)
    )
    return [row["id"] for row in rows]


async def test_afterwards_the_old_key_is_not_needed(
    database: str, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await citizen(PHONE)
    second_key(monkeypatch)
    assert await found(PHONE) == [mine]
    assert await rekey() >= 1
    second_key(monkeypatch, alone=True)
    assert await found(PHONE) == [mine]
    assert privacy.open_sealed(await db.fetchval("SELECT phone FROM citizen WHERE id = $1", mine)) == PHONE


async def test_a_second_time_there_is_nothing_to_do(
    database: str, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await citizen(PHONE)
    second_key(monkeypatch)
    await rekey()
    assert await rekey() == 0


async def test_stopped_half_way_it_goes_on(
    database: str, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.executemany(
        "INSERT INTO citizen (phone, phone_hash) VALUES ($1, $2)",
        [(privacy.seal(str(n)), privacy.lookup("phone", str(n))) for n in range(BATCH + 10)],
    )
    second_key(monkeypatch)

    def stop(run: runs.Run) -> None:
        run._cancel = True

    with pytest.raises(runs.Cancelled):
        await rekey(watch=stop)
    await rekey()
    old = await db.fetchval(
        "SELECT count(*) FROM citizen WHERE get_byte(phone, 0) = 1 OR get_byte(phone_hash, 0) = 1"
    )
    assert old == 0


async def test_a_value_that_cannot_be_read_is_told_and_left(
    database: str, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.execute("INSERT INTO citizen (phone) VALUES ($1)", b"\x07" + bytes(40))
    second_key(monkeypatch)
    await rekey()
    assert await db.fetchval("SELECT rejected FROM run WHERE kind = 'rekey'") == 1


async def test_every_sealed_column_is_there(database: str) -> None:
    for column in sealed_columns():
        names = [column.key, column.column, *([column.lookup] if column.lookup else [])]
        await db.fetch(f"SELECT {', '.join(names)} FROM {column.table} LIMIT 0")


async def test_every_column_called_sealed_in_a_table_is_declared() -> None:
    import re

    from core.settings import ROOT

    declared = {(column.table, column.column) for column in sealed_columns()}
    for path in ROOT.glob("*/tables.py"):
        table = ""
        for line in path.read_text().splitlines():
            if head := re.match(r"class (\w+)\(", line):
                table = re.sub(r"(?<!^)(?=[A-Z])", "_", head[1]).lower()
            if (name := re.match(r"\s+(\w+) = Bytea\(.*# sealed", line)) and (table, name[1]) not in declared:
                pytest.fail(f"{path.parent.name}.tables: {table}.{name[1]} is not in privacy.SEALED")
