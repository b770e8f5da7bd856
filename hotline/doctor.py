"""`hotline doctor`: what is well, what is not, and what to do about it."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callbacks import carrier_state, gateway
from core import clock, db, installation, jobs, privacy, schema
from core.i18n import _
from core.settings import settings
from hotline.carriers import wired

LEAST_DISK = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is well, what was seen, and the cure."""

    name: str
    well: bool
    seen: str
    cure: str = ""


async def report(*, replay: bool = False) -> int:
    """Print everything; 0 when all is well, 1 otherwise."""
    ill = 0
    async for finding in findings(replay=replay):
        ill += not finding.well
        print(f"{'✓' if finding.well else '✗'} {finding.name}  {finding.seen}")
        if not finding.well and finding.cure:
            print(f"    → {finding.cure}")
    print(_("一切正常。") if not ill else _("{n} 项需要处理。").format(n=ill))
    return 1 if ill else 0


async def findings(*, replay: bool = False) -> AsyncIterator[Finding]:
    """Every check; those that need the database are left out when it does not answer."""
    for check in (_keys, _disk, _web):
        yield await asyncio.to_thread(check)
    try:
        async with db.direct() as connection:
            yield await _version(connection)
            yield await _connections(connection)
            yield await _migrations(connection)
        await db.open_pool(2)
    except db.UNREACHABLE as error:
        yield Finding(
            _("数据库"),
            False,
            str(error) or type(error).__name__,
            _("检查 DATABASE_URL，确认 PostgreSQL 已启动。"),
        )
        return
    try:
        checks: list[Callable[[], Awaitable[Finding | list[Finding]]]] = [_clock, _worker, _search, _carrier]
        for look in [*checks, *([_replay] if replay else [])]:
            for finding in await _guarded(look):
                yield finding
    finally:
        await db.close_pool()


async def _guarded(look: Callable[[], Awaitable[Finding | list[Finding]]]) -> list[Finding]:
    """A check that breaks is a finding, not the end of the report."""
    try:
        found = await look()
    except Exception as error:
        cure = _("先运行 hotline migrate；仍不行请把这一行报给开发者。")
        return [Finding(look.__name__.strip("_"), False, f"{type(error).__name__}: {error}", cure)]
    return found if isinstance(found, list) else [found]


# --- the machine ---


def _keys() -> Finding:
    name = _("加密密钥")
    try:
        versions = sorted(privacy.keys())
    except (OSError, ValueError) as error:
        return Finding(name, False, str(error), _("恢复 var/keys.json，或设置 SECRET_KEYS。"))
    kept = settings().var_dir / "keys.json"
    if not settings().secret_keys and stat.S_IMODE(kept.stat().st_mode) & 0o077:
        return Finding(name, False, _("{path} 别人也能读").format(path=kept), f"chmod 600 {kept}")
    where = "SECRET_KEYS" if settings().secret_keys else str(kept)
    return Finding(
        name,
        True,
        _("第 {versions} 版，在 {where}").format(versions=", ".join(map(str, versions)), where=where),
    )


def _disk() -> Finding:
    folder = settings().var_dir
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    seen = _("{path} 还有 {gb:.1f} GB，可写：{writable}").format(
        path=folder, gb=free / 1024**3, writable="✓" if os.access(folder, os.W_OK) else "✗"
    )
    well = free >= LEAST_DISK and os.access(folder, os.W_OK)
    return Finding(_("磁盘"), well, seen, _("腾出空间，或把 VAR_DIR 指到别的磁盘。"))


def _web() -> Finding:
    """At the port that is set, or the one that `hotline run` chose instead when it was taken."""
    chosen = settings().var_dir / "address"
    address = f"{chosen.read_text().strip() if chosen.is_file() else settings().local_url()}/healthz"
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own http address
            return Finding(_("网页服务"), answer.status == 200, address)
    except (OSError, urllib.error.URLError) as error:
        return Finding(_("网页服务"), False, f"{address}: {error}", _("运行 hotline run（或 make run）。"))


# --- the database ---


async def _version(connection: Any) -> Finding:
    number = int(await connection.fetchval("SHOW server_version_num"))
    seen = f"PostgreSQL {await connection.fetchval('SHOW server_version')}"
    return Finding(_("数据库"), number >= schema.OLDEST_POSTGRES, seen, _("请升级到 PostgreSQL 15 或更新。"))


async def _connections(connection: Any) -> Finding:
    """What our processes may open together: pools, and one for the live channel each."""
    found = settings()
    ours = found.web_workers * (found.db_pool_web + 1) + found.db_pool_worker + 1
    allowed = int(await connection.fetchval("SHOW max_connections"))
    allowed -= int(await connection.fetchval("SHOW superuser_reserved_connections"))
    seen = _("最多用 {ours}，服务器允许 {allowed}").format(ours=ours, allowed=allowed)
    cure = _("调小 DB_POOL_WEB、WEB_WORKERS，或调大 max_connections。")
    return Finding(_("数据库连接"), ours <= allowed, seen, cure)


async def _migrations(connection: Any) -> Finding:
    left = await schema.pending(connection)
    seen = _("已是最新") if not left else _("还差 {n} 步").format(n=len(left))
    return Finding(_("数据库结构"), not left, seen, _("运行 hotline migrate。"))


async def _clock() -> Finding:
    """The database's clock and ours agree; business time differs only where it may."""
    real = await db.fetchval("SELECT clock_timestamp()")
    apart = abs((real - clock.real_now()).total_seconds())
    rows = await db.fetchval("SELECT count(*) FROM business_clock")
    purpose = await installation.purpose()
    if rows and purpose not in installation.PLAYGROUNDS:
        cure = _("删除 business_clock 里的行：业务时钟只能在演示库或压测库里调整。")
        return Finding(_("时钟"), False, _("正式库里有业务时钟行，已被忽略"), cure)
    await installation.follow_clock()
    seen = _("与数据库相差 {s:.1f} 秒，业务时间 {rate:g} 倍速，用途 {purpose}").format(
        s=apart, rate=clock.rate(), purpose=purpose
    )
    return Finding(_("时钟"), apart < 5, seen, _("让两台机器都与 NTP 对时。"))


async def _worker() -> Finding:
    last = await installation.value("worker_beat")
    if last is None:
        return Finding(_("后台进程"), False, _("从未运行"), _("运行 hotline worker，或 hotline run。"))
    ago = (clock.real_now() - datetime.fromisoformat(last)).total_seconds()
    seen = _("{n} 秒前还在").format(n=int(ago))
    return Finding(
        _("后台进程"), ago < jobs.LOST_AFTER.total_seconds(), seen, _("运行 hotline worker，看它的日志。")
    )


# --- neighbours ---


async def _search() -> Finding:
    """Meilisearch is optional: without it PostgreSQL answers."""
    name, url = _("知识检索"), settings().meili_url
    if not url:
        return Finding(name, True, _("PostgreSQL（没有设置 MEILI_URL）"))
    try:
        with await asyncio.to_thread(urllib.request.urlopen, f"{url}/health", timeout=5) as answer:
            return Finding(name, answer.status == 200, url)
    except (OSError, urllib.error.URLError) as error:
        cure = _("启动 Meilisearch；这期间由 PostgreSQL 代为检索。")
        return Finding(name, False, f"{url}: {error}", cure)


async def _carrier() -> list[Finding]:
    """What waits to be told, and what the carrier itself says of our set-up."""
    waiting = await db.fetchval("SELECT count(*) FROM notice_due WHERE done_at IS NULL")
    async with wired():
        carrier = await gateway.current()
        if carrier is None:
            cure = _("照 docs/sms.md 设置 TWILIO_ACCOUNT_SID 等几项：现在谁也收不到通知。")
            return [Finding(_("短信与电话"), False, _("没有运营商，待发通知 {n} 条").format(n=waiting), cure)]
        standing = await carrier_state.read(carrier.name, at=clock.real_now())
        seen = _("{name}，待发通知 {n} 条，本月 {m} 条计费短信").format(
            name=carrier.name, n=waiting, m=standing.segments
        )
        well = not standing.trouble and not standing.capped
        cure = f"{standing.trouble} {standing.detail}".strip() or _("已到 SMS_MONTHLY_CAP。")
        found = [Finding(_("短信与电话"), well, seen, cure)]
        return found + [Finding(c.name, c.well, c.seen, c.cure) for c in await carrier.examine()]


async def _replay() -> Finding:
    """Every ticket's events, played again, must end where the ticket stands (`crm.tickets.replay`), and what is kept
    twice must agree (`crm.tickets.agreement`)."""
    from crm.tickets import agreement, replay

    count, first = 0, ""
    for look in (replay.check, agreement.check):
        async for found in look():
            count += 1
            first = first or f"{found.ticket} {found.what}"
    seen = _("全部一致") if not count else _("{n} 张不一致：{first}").format(n=count, first=first)
    return Finding(_("工单重放"), not count, seen, _("不要手改状态列；把工单号报给开发者。"))
