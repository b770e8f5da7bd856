"""Which column of a file holds what: guessed by name, shown, corrected by hand. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import Invalid
from core.i18n import N_, _


@dataclass(frozen=True)
class Field:
    """Something a message has. `names` are what columns that hold it are called, best first."""

    key: str
    word: str
    names: tuple[str, ...]
    needed: bool = False


FIELDS: Final = (
    Field("source_id", N_("来源编号"), ("source_id", "留言编号", "工单编号", "诉求编号", "编号", "id", "序号", "number")),
    Field("received_at", N_("收到时间"), ("received_at", "留言时间", "受理时间", "来电时间", "创建时间", "time", "created_at", "date"), True),
    Field("title", N_("标题"), ("title", "留言主题", "主题", "标题", "subject")),
    Field("content", N_("诉求内容"), ("content", "留言详情", "留言内容", "诉求内容", "内容", "正文", "body", "text", "message"), True),
    Field("reply", N_("答复"), ("reply", "答复意见", "答复内容", "办理结果", "答复", "回复", "answer"), True),
    Field("replied_at", N_("答复时间"), ("replied_at", "reply_time", "答复时间", "回复时间", "办结时间", "answered_at", "closed_at"), True),
    Field("kind", N_("诉求类型"), ("kind", "诉求类型", "类型", "type")),
    Field("matter", N_("事项代码"), ("matter", "事项代码", "事项")),
    Field("street", N_("街道代码"), ("street", "街道代码", "街道")),
    Field("address", N_("地址"), ("address", "详细地址", "地址")),
    Field("name", N_("姓名"), ("name", "姓名", "来电人", "留言人")),
    Field("phone", N_("联系电话"), ("phone", "联系电话", "手机", "电话", "tel", "mobile")),
    Field("unit", N_("承办单位"), ("unit", "承办单位", "答复单位", "办理单位")),
    Field("result", N_("办理结果代码"), ("result", "结果代码")),
)  # fmt: skip
BY_KEY: Final = {field.key: field for field in FIELDS}


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Field → column, by the names columns usually have; a column serves one field only."""
    free = {_plain(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for field in FIELDS:
        for name in field.names:
            column = free.pop(_plain(name), None)
            if column is not None:
                found[field.key] = column
                break
    return found


def read(pairs: Iterable[str]) -> dict[str, str]:
    """`content=留言内容`, as given on the command line; an empty column takes a guess away."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, given, column = pair.partition("=")
        if not given or key.strip() not in BY_KEY:
            raise Invalid(
                {
                    "map": _("“{pair}”应写成 字段=列名，字段有：{fields}。").format(
                        pair=pair, fields=" ".join(BY_KEY)
                    )
                }
            )
        found[key.strip()] = column.strip()
    return found


def settle(columns: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """The mapping to use: what was given, and no guess beside it that takes the same column. Raises Invalid."""
    wrong: dict[str, str] = {}
    chosen = {key: column for key, column in given.items() if column and key in BY_KEY}
    for key, column in chosen.items():
        if column not in columns:
            wrong[key] = _("文件里没有“{column}”这一列。").format(column=column)
        elif sum(other == column for other in chosen.values()) > 1:
            wrong[key] = _("“{column}”已给了另一个字段，一列只能用一次。").format(column=column)
    for field in FIELDS:
        if field.needed and field.key not in chosen:
            wrong[field.key] = _("选出哪一列是“{field}”；没有它不能导入。").format(field=_(field.word))
    if wrong:
        raise Invalid(wrong)
    return chosen


def with_guess(columns: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Guesses for what was not given, from the columns that are left."""
    left = [column for column in columns if column not in given.values()]
    return {
        **{k: c for k, c in guess(left).items() if k not in given},
        **{k: c for k, c in given.items() if c},
    }


def unmapped(columns: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    return [column for column in columns if column not in mapping.values()]


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-（）()：:]+", "", unicodedata.normalize("NFKC", name).lower())
