"""A row of a file as an old message: moments, words and codes read, every complaint about it at once."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core import clock
from core.errors import Invalid
from core.i18n import N_, _
from crm.importing.files import Row
from crm.tickets import registration
from crm.tickets.registration import Registration
from crm.tickets.replies import Reply
from crm.tickets.words import KIND, RESULT
from routing import guess
from routing.rulebook import Rulebook

#: 2019/4/25 9:32:09, 2019-04-25T09:32, 2018/4/24, 2019年4月25日9时32分.
_MOMENT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?"
    r"(?:[T\s]*(?<!\d)(\d{1,2})\s*[:时点]\s*(\d{1,2})(?:\s*[:分]\s*(?:(\d{2})(?:\.\d+)?秒?)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
#: A date without a time of day counts to its end: nobody can be early by not telling the hour.
END_OF_DAY = (23, 59, 59)
OTHER = "200803"
LONGEST_ID = 200
#: A ticket's number has two digits for the year.
EARLIEST = 2000
LONGEST_REPLY = 20_000
LONGEST_MOMENT = 60
_TIME = N_("写成 2019-04-25 09:32:09 这样：2000 年以后，不晚于今天，答复不早于收到。")
#: What to do about a complaint, by field; beside the reason in the reject file.
CURES: dict[str, str] = {
    "received_at": _TIME, "replied_at": _TIME,
    "content": N_("补上原文；太长的拆成两件，或删去无关部分。"),
    "reply": N_("补上官方答复；还没有答复的，由坐席登记成新工单。"),
    "source_id": N_("同一编号只留一行；确是另一件就换一个编号。"),
    "matter": N_("填末级事项的代码，或不对应这一列，由系统推断。"),
    "street": N_("填街道代码，或留空（地点不明）。"),
    "phone": N_("填手机号或带区号的座机，或留空。"),
    "unit": N_("填系统里单位的全称或代码，或不对应这一列，按派单目录。"),
}  # fmt: skip
#: For every other field: rows that are in already are known again.
CURE = N_("改好这一行，再导入这个文件：已导入的行会跳过。")
#: A letter that was answered days later was no emergency, whatever its matter usually is.
NORMAL = 3


class Faulty(Exception):
    """What is wrong with a row: (field, what it held, why) each."""

    def __init__(self, complaints: list[tuple[str, str, str]]) -> None:
        super().__init__(complaints)
        self.complaints = complaints


@dataclass(frozen=True)
class Message:
    """A checked row. `matter_why` says how the matter was found; `digest` is what the row held."""

    line: int
    source_id: str
    digest: bytes
    form: Registration
    matter_why: str
    received_at: datetime
    reply: Reply
    replied_at: datetime
    unit: str


def check(row: Row, mapping: Mapping[str, str], book: Rulebook, *, now: datetime) -> Message:
    """Raises Faulty with every complaint about the row."""
    if row.fault:
        raise Faulty([("", row.held, row.fault)])
    given = {key: row.cells.get(column, "").strip() for key, column in mapping.items()}
    wrong: dict[str, str] = {}
    if nul := next((key for key, value in given.items() if "\0" in value), ""):
        wrong[nul] = _("含有不可见的空字符。")
    received = _moment(given, "received_at", wrong, earliest=True)
    replied = _moment(given, "replied_at", wrong)
    if received and received > now:
        wrong["received_at"] = _("时间在将来。")
    if replied and replied > now:
        wrong["replied_at"] = _("时间在将来。")
    if received and replied and replied < received <= now:
        wrong["replied_at"] = _("答复时间早于收到时间。")
    if not given.get("reply") and not given.get("replied_at"):
        wrong.pop("replied_at", None)  # follows from the missing reply, which is said below
    form, why = _form(given, book, wrong)
    reply = _reply(given, wrong)
    if len(given.get("source_id", "")) > LONGEST_ID:
        wrong["source_id"] = _("最多 {n} 个字，现在 {m} 个。").format(n=LONGEST_ID, m=len(given["source_id"]))
    if wrong:
        raise Faulty([(key, given.get(key, ""), message) for key, message in wrong.items()])
    assert form is not None
    assert reply is not None
    assert received is not None
    assert replied is not None
    digest = hashlib.sha256("\x1f".join(f"{k}={given[k]}" for k in sorted(given)).encode()).digest()
    source_id = given.get("source_id") or digest.hex()[:32]
    return Message(row.line, source_id, digest, form, why, received, reply, replied, given.get("unit", ""))


def _form(given: Mapping[str, str], book: Rulebook, wrong: dict[str, str]) -> tuple[Registration | None, str]:
    matter, why = _matter(given, book, wrong)
    title, content = given.get("title", ""), given.get("content", "")
    known = book.matters.get(matter)
    kind = given.get("kind", "")
    if kind not in KIND:
        kind = next((code for code, word in KIND.items() if kind and word == kind), "") or guess.kind(
            title[: registration.LONGEST_CONTENT] or content[: registration.TITLE],
            known.kind if known else "",
        )
    form = {
        "kind": kind, "matter": matter, "title": title[: registration.TITLE], "content": _whole(title, content),
        "street": given.get("street", ""), "place_unknown": not given.get("street"), "address": given.get("address", ""),
        "urgency": NORMAL, "anonymous": not given.get("phone"),
        "name": given.get("name", ""), "phone": given.get("phone", ""), "reply_by": ("none",), "channel": "web",
    }  # fmt: skip
    try:
        return registration.check(form, book), why
    except Invalid as error:
        wrong.update(error.fields)
        return None, why


def _whole(title: str, content: str) -> str:
    """A title that was cut for the lists is kept in front of the text."""
    return f"{title}\n{content}" if len(title) > registration.TITLE else content


def _matter(given: Mapping[str, str], book: Rulebook, wrong: dict[str, str]) -> tuple[str, str]:
    code = given.get("matter", "")
    if code:
        found = book.matters.get(code)
        if found is None or not found.leaf:
            wrong["matter"] = _("没有这个事项代码，或者它不是末级事项。")
        return code, _("事项由来源给出。")
    # Nobody waits for words to be counted in a text that is refused for its length.
    most = registration.LONGEST_CONTENT
    found_guess = guess.matter(given.get("title", "")[:most], given.get("content", "")[:most])
    if found_guess is None or found_guess.matter not in book.matters:
        return OTHER, _("没有推断出事项，归入其他。")
    sure = _("（把握低）") if found_guess.thin else ""
    return found_guess.matter, _("事项由文字推断{sure}：{words}。").format(
        sure=sure, words="、".join(found_guess.words)
    )


def _reply(given: Mapping[str, str], wrong: dict[str, str]) -> Reply | None:
    result = given.get("result", "")
    if result not in RESULT:
        result = next((code for code, word in RESULT.items() if result and word == result), "explained")
    if not given.get("reply"):
        wrong["reply"] = _("没有答复：历史导入只收已答复的留言，未答复的请在坐席桌面登记。")
        return None
    if len(given["reply"]) > LONGEST_REPLY:
        wrong["reply"] = _("最多 {n} 个字，现在 {m} 个。").format(n=LONGEST_REPLY, m=len(given["reply"]))
    return Reply(result, given["reply"])  # as short as it was: it is not ours to send back any more


def _moment(
    given: Mapping[str, str], key: str, wrong: dict[str, str], *, earliest: bool = False
) -> datetime | None:
    text = given.get(key, "")
    match = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text[:LONGEST_MOMENT]))
    try:
        if match is None:
            raise ValueError(text)
        year, month, day, hour, minute, second, zone = match.groups()
        if hour is None:
            time = (0, 0, 0) if earliest else END_OF_DAY
        else:
            time = (int(hour), int(minute), int(second or 0))
        moment = datetime(int(year), int(month), int(day), *time, tzinfo=clock.zone())
        if moment.year < EARLIEST:
            wrong[key] = _("早于 {year} 年，工单编号记不下那时的日期。").format(year=EARLIEST)
            return None
        return datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{zone}") if zone else moment
    except ValueError:
        wrong[key] = _("不是日期和时间，例如 2019-04-25 09:32:09。") if text else _("没有时间。")
        return None
