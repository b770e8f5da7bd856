"""Verbs on articles: write, change, publish, withdraw; what was said before is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from core import audit, clock, db
from core.errors import Change, Conflict, Invalid, NotFound
from core.i18n import N_, _
from core.officers import Officer

STATUSES = {
    "draft": N_("草稿"),
    "published": N_("已发布"),
    "expired": N_("已过期"),
    "withdrawn": N_("已撤下"),
}
#: Addresses under /kb that are no articles.
PAGES = {"new", "gaps", "suggestions"}
LABELS = {
    "code": N_("编号"),
    "title": N_("标题"),
    "body": N_("答复内容"),
    "folder": N_("目录"),
    "matter": N_("事项"),
    "question_forms": N_("市民怎么问"),
    "keywords": N_("关键词"),
    "source": N_("依据"),
    "valid_from": N_("生效"),
    "valid_to": N_("失效"),
    "reviewed_at": N_("核对日期"),
    "note": N_("改动说明"),
}


@dataclass(frozen=True)
class Content:
    """What an editor writes."""

    code: str
    title: str
    body: str
    folder: str = ""
    matter: str = ""
    question_forms: Sequence[str] = ()
    keywords: Sequence[str] = ()
    source: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    reviewed_at: date | None = None


_FIELDS = tuple(field.name for field in fields(Content))


async def by_code(code: str) -> Mapping[str, Any]:
    """The article's row with `updated_by_name`. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT a.*, coalesce(c.name, '') AS updated_by_name FROM article a"
        " LEFT JOIN account c ON c.id = a.updated_by WHERE a.code = $1",
        code,
    )
    if row is None:
        raise NotFound(_("知识库里没有编号 {code}。").format(code=code))
    return dict(row)


async def history(article: int) -> Sequence[Mapping[str, Any]]:
    """Versions, the newest first."""
    return await db.fetch("SELECT * FROM article_version WHERE article = $1 ORDER BY version DESC", article)


async def create(content: Content, *, by: Officer, now: datetime) -> str:
    """A new draft; returns its code. Raises Invalid when the code is taken."""
    check(content, now=now)
    async with db.tx() as tx:
        number = await tx.fetchval(
            f"INSERT INTO article ({', '.join(_FIELDS)}, status, version, index_pending, remote_pending,"
            f" created_at, updated_at, updated_by) VALUES ({_places(len(_FIELDS))}, 'draft', 1, true, true,"
            f" ${len(_FIELDS) + 1}, ${len(_FIELDS) + 1}, ${len(_FIELDS) + 2})"
            " ON CONFLICT (code) DO NOTHING RETURNING id",
            *_values(content),
            now,
            by.id,
        )
        if number is None:
            raise Invalid({"code": _("编号 {code} 已有一条知识，请换一个。").format(code=content.code)})
        await _keep_version(number, by=by, now=now)
        await audit.record(by, "kb.create", f"article:{content.code}", after=asdict(content))
    return content.code


async def change(
    code: str, content: Content, *, version: int, by: Officer, now: datetime, note: str = ""
) -> None:
    """Replace the content of version `version`. Raises Conflict when somebody was first, with what changed."""
    check(content, now=now)
    async with db.tx() as tx:
        before = await _locked(code)
        await _check_version(before, version, content)
        sets = ", ".join(f"{name} = ${i}" for i, name in enumerate(_FIELDS, 1))
        await tx.execute(
            f"UPDATE article SET {sets}, version = version + 1, index_pending = true, remote_pending = true,"
            " status = CASE WHEN status = 'expired' AND ($10::timestamptz IS NULL OR $10 > $12::timestamptz) THEN 'published' ELSE status END,"
            " updated_at = $12, updated_by = $13 WHERE id = $14",
            *_values(replace(content, code=code)),
            now,
            by.id,
            before["id"],
        )
        await _keep_version(before["id"], by=by, now=now, note=note)
        await audit.record(by, "kb.change", f"article:{code}", _content(before), asdict(content), reason=note)


async def publish(code: str, *, version: int, by: Officer, now: datetime) -> None:
    """From now on it may be suggested. Raises Invalid when its validity is over, or when nobody is named as source."""
    async with db.tx():
        before = await _locked(code)
        await _check_version(before, version, None)
        if before["valid_to"] and before["valid_to"] <= now:
            raise Invalid({"valid_to": _("失效时间已过。先改失效时间，再发布。")})
        if not before["source"]:
            raise Invalid({"source": _("写上依据（文件名或单位），才能发布。")})
        await _move(before, "published", by=by, now=now)


async def withdraw(code: str, *, version: int, by: Officer, now: datetime, note: str) -> None:
    """It is not suggested any more. Raises Invalid without a reason."""
    if not note.strip():
        raise Invalid({"note": _("写一句为什么撤下，以后查得到。")})
    async with db.tx():
        before = await _locked(code)
        await _check_version(before, version, None)
        await _move(before, "withdrawn", by=by, now=now, note=note)


async def expire(*, now: datetime) -> int:
    """Articles whose validity is over lose their place; returns how many."""
    async with db.tx() as tx:
        rows = await tx.fetch(
            "UPDATE article SET status = 'expired', index_pending = true, remote_pending = true WHERE id IN ("
            " SELECT id FROM article WHERE status = 'published' AND valid_to <= $1 FOR UPDATE SKIP LOCKED)"
            " RETURNING code",
            now,
        )
        for row in rows:
            await audit.record(None, "kb.expire", f"article:{row['code']}")
    return len(rows)


def check(content: Content, *, now: datetime) -> None:
    """Raises Invalid with everything that is wrong."""
    wrong = {
        name: _("请填写这一项。") for name in ("code", "title", "body") if not getattr(content, name).strip()
    }
    if content.code and not content.code.replace("-", "").isalnum():
        wrong["code"] = _("编号只用字母、数字和短横，例如 GR-0012。")
    if content.code.lower() in PAGES:
        wrong["code"] = _("这个编号是页面的地址，请换一个。")
    if content.valid_from and content.valid_to and content.valid_from >= content.valid_to:
        wrong["valid_to"] = _("失效要晚于生效。")
    if content.reviewed_at and content.reviewed_at > clock.local(now).date():
        wrong["reviewed_at"] = _("核对日期不能在今天以后。")
    if wrong:
        raise Invalid(wrong)


async def _locked(code: str) -> Mapping[str, Any]:
    row = await db.fetchrow("SELECT * FROM article WHERE code = $1 FOR UPDATE", code)
    if row is None:
        raise NotFound(_("知识库里没有编号 {code}。").format(code=code))
    found: Mapping[str, Any] = row
    return found


async def _check_version(now: Mapping[str, Any], version: int, mine: Content | None) -> None:
    """Raises Conflict, naming who was first and what they changed."""
    if now["version"] == version:
        return
    last = await db.fetchrow(
        "SELECT by_name FROM article_version WHERE article = $1 AND version = $2", now["id"], now["version"]
    )
    then = await db.fetchrow(
        "SELECT title, body, status FROM article_version WHERE article = $1 AND version = $2",
        now["id"],
        version,
    )
    changes = tuple(
        Change(name, str(then[name]), str(now[name]))
        for name in ("title", "body", "status")
        if then and then[name] != now[name]
    )
    who = last["by_name"] if last and last["by_name"] else _("别人")
    raise Conflict(_("{who}先改了这条知识，您的改动还没有保存。").format(who=who), by=who, changes=changes)


async def _move(
    before: Mapping[str, Any], status: str, *, by: Officer, now: datetime, note: str = ""
) -> None:
    await db.execute(
        "UPDATE article SET status = $2, version = version + 1, index_pending = true, remote_pending = true,"
        " updated_at = $3, updated_by = $4 WHERE id = $1",
        before["id"],
        status,
        now,
        by.id,
    )
    await _keep_version(before["id"], by=by, now=now, note=note)
    subject = f"article:{before['code']}"
    await audit.record(
        by, f"kb.{status}", subject, {"status": before["status"]}, {"status": status}, reason=note
    )


async def _keep_version(article: int, *, by: Officer, now: datetime, note: str = "") -> None:
    await db.execute(
        "INSERT INTO article_version (article, version, title, body, status, at, by, by_name, note)"
        " SELECT id, version, title, body, status, $2, $3, $4, $5 FROM article WHERE id = $1",
        article,
        now,
        by.id,
        by.name,
        note,
    )


def _content(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _FIELDS}


def _values(content: Content) -> list[Any]:
    values = asdict(content)
    return [list(v) if isinstance(v := values[name], tuple) else v for name in _FIELDS]


def _places(count: int) -> str:
    return ", ".join(f"${n}" for n in range(1, count + 1))
