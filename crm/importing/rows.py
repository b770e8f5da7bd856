"""A row of a file as an old message: moments, words and codes read, every complaint about it at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core import clock
from core.errors import Invalid
from core.i18n import _
from crm.importing.files import Row
from crm.tickets import register
from crm.tickets.register import Registration
from crm.tickets.replies import Reply
from crm.tickets.words import KIND, RESULT
from routing import guess
from routing.rulebook import Rulebook

#: 2019/4/25 9:32:09, 2019-04-25T09:32, 2018/4/24, 2019年4月25日 9:32.
_MOMENT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
#: A date without a time of day counts to its end: nobody can be early by not telling the hour.
END_OF_DAY = (23, 59, 59)
OTHER = "200803"
LONGEST_ID = 200
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
    if received and replied and replied < received:
        wrong["replied_at"] = _("答复时间早于收到时间。")
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
            title or content[: register.TITLE], known.kind if known else ""
        )
    form = {
        "kind": kind, "matter": matter, "title": title[: register.TITLE], "content": _whole(title, content),
        "street": given.get("street", ""), "place_unknown": not given.get("street"), "address": given.get("address", ""),
        "urgency": NORMAL, "anonymous": not given.get("phone"),
        "name": given.get("name", ""), "phone": given.get("phone", ""), "reply_by": ("none",), "channel": "web",
    }  # fmt: skip
    try:
        return register.check(form, book), why
    except Invalid as error:
        wrong.update(error.fields)
        return None, why


def _whole(title: str, content: str) -> str:
    """A title that was cut for the lists is kept in front of the text."""
    return f"{title}\n{content}" if len(title) > register.TITLE else content


def _matter(given: Mapping[str, str], book: Rulebook, wrong: dict[str, str]) -> tuple[str, str]:
    code = given.get("matter", "")
    if code:
        found = book.matters.get(code)
        if found is None or not found.leaf:
            wrong["matter"] = _("没有这个事项代码，或者它不是末级事项。")
        return code, _("事项由来源给出。")
    found_guess = guess.matter(given.get("title", ""), given.get("content", ""))
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
    return Reply(result, given["reply"])  # as short as it was: it is not ours to send back any more


def _moment(
    given: Mapping[str, str], key: str, wrong: dict[str, str], *, earliest: bool = False
) -> datetime | None:
    text = given.get(key, "")
    match = _MOMENT.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day, hour, minute, second, zone = match.groups()
        if hour is None:
            time = (0, 0, 0) if earliest else END_OF_DAY
        else:
            time = (int(hour), int(minute), int(second or 0))
        moment = datetime(int(year), int(month), int(day), *time, tzinfo=clock.zone())
        return datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{zone}") if zone else moment
    except ValueError:
        wrong[key] = _("不是日期和时间，例如 2019-04-25 09:32:09。") if text else _("没有时间。")
        return None
