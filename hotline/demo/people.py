"""Who works in the demo: one account per role and desk, all with the demo's password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core import accounts, db, privacy

PASSWORD = "hotline-demo"  # noqa: S105 - printed at start, demo databases only


@dataclass(frozen=True)
class Person:
    """An account and its post: `unit` is a unit code; `named` for confidential tickets."""

    username: str
    name: str
    role: str
    unit: str
    title: str
    named: bool = False


#: Duty phones of the demo's units, so that their notices arrive somewhere: unit code → fictitious number.
DUTY = {
    "D120104-GR": "+8613622110001", "D120104-CG": "+8613622110002", "D120103-CG": "+8613622110003",
    "D120104": "+8613622110004", "D120103": "+8613622110005", "ZWB-01": "+8613622110006",
}  # fmt: skip
HOTLINE = "ZWB-01"  # 市便民专线服务中心
PEOPLE = (
    Person("lijing", "李静", "agent", HOTLINE, "坐席 0217"),
    Person("zhoujie", "周洁", "agent", HOTLINE, "坐席 0218"),
    Person("chennan", "陈楠", "dispatcher", HOTLINE, "派单 0031"),
    Person("zhangwei", "张伟", "dispatcher", HOTLINE, "派单 0032"),
    Person("liuyang", "刘洋", "reviewer", HOTLINE, "审核 0012"),
    Person("mali", "马丽", "supervisor", HOTLINE, "督办 0009", named=True),
    Person("wangmin", "王敏", "unit_handler", "D120104-GR", "经办"),
    Person("zhaozhuren", "赵主任", "unit_head", "D120104-GR", "负责人", named=True),
    Person("sunli", "孙莉", "kb_editor", HOTLINE, "知识编辑"),
    Person("admin", "系统管理员", "admin", HOTLINE, "管理员"),
)


async def add(today: date, units: dict[str, int]) -> dict[str, int]:
    """Make the accounts and posts that are not there yet; username → account id. `units`: code → id."""
    hashed = await accounts.hash_password(PASSWORD)
    ids: dict[str, int] = {}
    for person in PEOPLE:
        account = await db.fetchval("SELECT id FROM account WHERE username = $1", person.username)
        if account is None:
            account = await accounts.add(person.username, person.name, password_hash=hashed)
            await db.execute(
                "INSERT INTO post (account, unit, role, named, title, valid_from) VALUES ($1, $2, $3, $4, $5, $6)",
                account, units[person.unit], person.role, person.named, person.title, today,
            )  # fmt: skip
        ids[person.username] = int(account)
    for code, phone in DUTY.items():
        await db.execute(
            "UPDATE unit SET duty_phone = $2 WHERE code = $1 AND duty_phone IS NULL",
            code,
            privacy.seal(phone),
        )
    return ids
