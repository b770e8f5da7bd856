"""`hotline staff add`: the first accounts of an installation, before anybody can sign in."""

from __future__ import annotations

from core import db, installation
from core.errors import Invalid
from core.i18n import _
from routing.posts import ROLES, staff_add


async def add(
    username: str, name: str, *, password: str, role: str, unit: str = "", named: bool = False
) -> int:
    """The account's id; `unit` is a unit's code, empty for the hotline itself. Raises `Invalid`."""
    if role not in ROLES:
        raise Invalid(
            {"role": _("没有这个角色：{role}。可选：{roles}").format(role=role, roles=", ".join(ROLES))}
        )
    place = await db.fetchval(
        "SELECT id FROM unit WHERE code = $1 OR ($1 = '' AND kind = 'hotline') ORDER BY id LIMIT 1", unit
    )
    if place is None:
        raise Invalid({"unit": _("没有代码为 {unit} 的单位。").format(unit=unit)})
    if not password:
        raise Invalid({"password": _("请给出密码。")})
    account = await staff_add(username, name, unit=place, role=role, password=password, named=named)
    if not await installation.value("purpose"):
        await installation.keep("purpose", "production")
    return account
