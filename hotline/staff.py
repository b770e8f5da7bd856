"""`hotline staff add`: the first accounts of an installation, before anybody can sign in."""

from __future__ import annotations

from core import accounts, clock, db, installation
from core.errors import Invalid
from core.i18n import _
from routing.posts import ROLES


async def add(username: str, name: str, *, password: str, role: str, unit: str, named: bool = False) -> int:
    """The account's id. Raises `Invalid`."""
    if role not in ROLES:
        raise Invalid(
            {"role": _("没有这个角色：{role}。可选：{roles}").format(role=role, roles=", ".join(ROLES))}
        )
    accounts.check_password(password, username)
    async with db.tx() as t:
        place = await t.fetchval("SELECT id FROM unit WHERE code = $1", unit)
        if place is None:
            raise Invalid({"unit": _("没有代码为 {unit} 的单位。").format(unit=unit)})
        account = await accounts.add(username, name, password=password)
        await t.execute(
            "INSERT INTO post (account, unit, role, named, title, valid_from) VALUES ($1, $2, $3, $4, '', $5)",
            account,
            place,
            role,
            named,
            clock.local(clock.now()).date(),
        )
        if not await installation.value("purpose"):
            await installation.keep("purpose", "production")
    return account
