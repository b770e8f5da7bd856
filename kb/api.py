"""`/api/v1/articles`: search and read what may be answered; write, publish and withdraw for editors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api.operations import Call, reads, writes
from core.cursors import cursor, read_cursor
from core.errors import NotFound
from core.fields import Field
from core.i18n import N_, _
from core.web import requires
from kb import articles, gaps, queries
from kb.articles import STATUSES
from kb.search import engine

KNOWLEDGE = N_("知识库")
READER, EDITOR = requires("kb.read"), requires("kb.edit")


class Brief(msgspec.Struct):
    code: Annotated[str, Meta(examples=["GR-0012"])]
    title: Annotated[str, Meta(examples=["供暖期是哪几天"])]
    folder: str
    matter: str
    status: Annotated[str, Meta(examples=["published"])]
    valid_to: datetime | None
    source: Annotated[str, Meta(description=N_("依据"))]
    updated_at: datetime
    opening: str


class Page(msgspec.Struct):
    articles: list[Brief]
    next: Annotated[str | None, Meta(description=N_("下一页的 `after`；null 是最后一页"))]


class Hit(msgspec.Struct):
    code: Annotated[str, Meta(examples=["GR-0012"])]
    title: str
    body: str
    score: float
    matter: str
    valid_to: datetime | None
    source: str


class Answer(msgspec.Struct):
    """The articles that answer best, and which engine found them."""

    hits: list[Hit]
    engine: Annotated[str, Meta(examples=["postgres"])]
    ms: float


class Article(msgspec.Struct):
    code: str
    title: str
    body: str
    folder: str
    matter: str
    question_forms: list[str]
    keywords: list[str]
    source: str
    status: str
    valid_from: datetime | None
    valid_to: datetime | None
    reviewed_at: date | None
    version: Annotated[int, Meta(description=N_("改动时放进 `version`"))]
    updated_at: datetime
    updated_by_name: str


class Written(msgspec.Struct):
    code: str
    version: int


@dataclass(frozen=True)
class Asked:
    folder: Annotated[str, Field(N_("目录"), "text", most=60, required=False)] = ""
    matter: Annotated[str, Field(N_("事项"), "text", most=40, required=False)] = ""
    status: Annotated[str, Field(N_("状态"), options=STATUSES, required=False)] = "published"
    after: Annotated[str, Field(N_("上一页的 next"), "text", most=500, required=False)] = ""


@dataclass(frozen=True)
class Question:
    q: Annotated[str, Field(N_("市民怎么问"), "text", most=engine.LONGEST_QUERY, example="暖气什么时候停")]
    matter: Annotated[str, Field(N_("事项"), "text", most=40, required=False)] = ""
    limit: Annotated[int | None, Field(N_("最多几条"), "number", least=1, most=30, required=False)] = 10


@dataclass(frozen=True)
class Content:
    title: Annotated[str, Field(N_("标题"), "text", most=120, example="供暖期是哪几天")]
    body: Annotated[str, Field(N_("答复内容"), most=20_000, example="每年 11 月 15 日至次年 3 月 15 日。")]
    folder: Annotated[str, Field(N_("目录"), "text", most=60, required=False)] = ""
    matter: Annotated[str, Field(N_("事项"), "text", most=40, required=False)] = ""
    question_forms: Annotated[
        str, Field(N_("市民怎么问"), hint=N_("一行一个"), most=4_000, required=False)
    ] = ""
    keywords: Annotated[str, Field(N_("关键词"), "text", hint=N_("用空格隔开"), most=400, required=False)] = (
        ""
    )
    source: Annotated[
        str, Field(N_("依据"), "text", most=300, required=False, example="市供热用热条例第 20 条")
    ] = ""
    valid_from: Annotated[datetime | None, Field(N_("生效"), "moment", required=False)] = None
    valid_to: Annotated[datetime | None, Field(N_("失效"), "moment", required=False)] = None
    reviewed_at: Annotated[date | None, Field(N_("核对日期"), "day", required=False)] = None


@dataclass(frozen=True)
class New(Content):
    code: Annotated[str, Field(N_("编号"), "text", least=1, most=40, example="GR-0012")] = ""


@dataclass(frozen=True)
class Edited(Content):
    version: Annotated[int, Field(N_("您改的是第几版"), "number", least=1, most=2**31 - 1, example=3)] = 0
    note: Annotated[str, Field(N_("改动说明"), "text", required=False)] = ""


@dataclass(frozen=True)
class Version:
    version: Annotated[int, Field(N_("您看到的是第几版"), "number", least=1, most=2**31 - 1, example=3)]


@dataclass(frozen=True)
class Withdrawn(Version):
    note: Annotated[str, Field(N_("为什么撤下"), "text", least=1, example="新条例已公布。")] = ""


@reads("/api/v1/articles", READER, N_("知识，后改的在前"), tag=KNOWLEDGE, given=Asked, gives=Page)
async def listed(call: Call[Asked]) -> Page:
    """Others than editors see what is published."""
    asked, key = call.given, read_cursor(call.given.after, datetime, int)
    status = asked.status if call.officer.can("kb.edit") else "published"
    chosen = queries.Filter(asked.folder, asked.matter, status)
    rows = await queries.page(chosen, now=call.now, after=(key[0], key[1]) if key else None)
    shown = rows[: queries.PAGE]
    more = cursor(shown[-1]["updated_at"], shown[-1]["id"]) if len(rows) > queries.PAGE else None
    return Page([Brief(**{name: row[name] for name in Brief.__struct_fields__}) for row in shown], more)


@reads("/api/v1/articles/search", READER, N_("按市民的话找答案"), tag=KNOWLEDGE, given=Question, gives=Answer)
async def search(call: Call[Question]) -> Answer:
    asked = call.given
    found = await engine.search(asked.q, matter=asked.matter or None, limit=asked.limit or 10, on=call.now)
    if not found.hits:
        await gaps.note(asked.q, asked.matter, now=call.now)
    names = Hit.__struct_fields__
    hits = [Hit(**{name: getattr(hit, name) for name in names}) for hit in found.hits]
    return Answer(hits, found.engine, round(found.ms, 1))


@reads("/api/v1/articles/{code:str}", READER, N_("一条知识"), tag=KNOWLEDGE, gives=Article)
async def one(call: Call[Any]) -> Article:
    row = await articles.by_code(call.path["code"])
    if row["status"] == "draft" and not call.officer.can("kb.edit"):
        raise NotFound(_("知识库里没有编号 {code}。").format(code=call.path["code"]))
    return _article(row)


@writes(
    "/api/v1/articles",
    EDITOR,
    N_("写一条知识，先是草稿"),
    tag=KNOWLEDGE,
    given=New,
    gives=Written,
    status=201,
)
async def created(call: Call[New]) -> Written:
    content = _content(call.given, call.given.code.upper())
    return Written(await articles.create(content, by=call.officer, now=call.now), 1)


@writes(
    "/api/v1/articles/{code:str}", EDITOR, N_("改一条知识"), tag=KNOWLEDGE, given=Edited, gives=Written,
    method="PUT",
)  # fmt: skip
async def changed(call: Call[Edited]) -> Written:
    code, asked = call.path["code"], call.given
    content = _content(asked, code)
    await articles.change(
        code, content, version=asked.version, by=call.officer, now=call.now, note=asked.note
    )
    return await _written(code)


@writes(
    "/api/v1/articles/{code:str}/publication", EDITOR, N_("发布"), tag=KNOWLEDGE, given=Version, gives=Written
)
async def published(call: Call[Version]) -> Written:
    code = call.path["code"]
    await articles.publish(code, version=call.given.version, by=call.officer, now=call.now)
    return await _written(code)


@writes(
    "/api/v1/articles/{code:str}/withdrawal",
    EDITOR,
    N_("撤下"),
    tag=KNOWLEDGE,
    given=Withdrawn,
    gives=Written,
)
async def withdrawn(call: Call[Withdrawn]) -> Written:
    code, asked = call.path["code"], call.given
    await articles.withdraw(code, version=asked.version, by=call.officer, now=call.now, note=asked.note)
    return await _written(code)


routes: list[Any] = [listed, search, one, created, changed, published, withdrawn]


def _content(given: Content, code: str) -> articles.Content:
    known = asdict(given) | {"code": code}
    known["question_forms"] = [line.strip() for line in given.question_forms.splitlines() if line.strip()]
    known["keywords"] = given.keywords.split()
    names = articles.Content.__dataclass_fields__
    return articles.Content(**{name: known[name] for name in names})


def _article(row: Mapping[str, Any]) -> Article:
    return Article(**{name: row[name] for name in Article.__struct_fields__})


async def _written(code: str) -> Written:
    row = await articles.by_code(code)
    return Written(code, row["version"])
