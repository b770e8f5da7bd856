"""What we write to citizens and units: the texts of `callbacks/texts.py` filled, in a reader's own words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from callbacks.texts import TEMPLATES, Template
from core.clock import local
from core.traditional import letter_by_letter
from crm.tickets.number import TAIL
from crm.tickets.words import CITIZEN, RESULT


@dataclass(frozen=True)
class Text:
    """A message ready to go."""

    body: str
    template: str
    version: int
    locale: str


#: Why a duty phone rings: (said in Chinese, in English).
ABOUT: Final[dict[str, tuple[str, str]]] = {
    "unsigned": ("到时未签收", "was not signed in time"),
    "emergency": ("是突发紧急件", "is an emergency"),
    "uncontacted": ("到时未联系市民", "has no contact with the citizen yet"),
    "overdue": ("已超期", "is overdue"),
    "supervised": ("已督办", "is under supervision"),
}
#: Where the law sends a request that the hotline may not take up, by ground of refusal.
PATH: Final[dict[str, tuple[str, str]]] = {
    "litigation": ("请走诉讼、仲裁或行政复议", "it is one for a court, arbitration or administrative review"),
    "discipline": ("请向纪检监察机关反映", "it is one for the discipline inspection"),
    "petition": ("已在信访程序中，请等信访答复", "it is with the petitions office already"),
    "disclosure": ("请向该机关申请信息公开", "please ask that office to disclose the information"),
    "secret": ("涉及秘密或他人隐私", "it touches secrets or other people's privacy"),
    "unlawful": ("不符合法律或公序良俗", "it is against law or public order"),
}
#: Why a ticket waits, by ground of the hold; waiting for the citizen has texts of its own.
WHY: Final[dict[str, tuple[str, str]]] = {
    "legal": ("法定程序", "a legal procedure"),
    "season": ("季节或计划施工", "the season or planned works"),
    "third": ("其他工程", "works by others"),
}
#: Read aloud to a duty phone, not counted as an SMS.
SPOKEN: Final = Template(
    "这里是一二三四五热线。尾号{spelt}的工单{about}，请立即处理。收到请按1。",
    "This is the 1 2 3 4 5 hotline. The ticket ending in {spelt} {about}. Please act now. Press 1 to confirm.",
)
STATE_EN: Final[dict[str, str]] = {
    "draft": "received",
    "received": "received",
    "answered": "answered",
    "refused": "outside our remit",
    "dispatched": "sent to the office",
    "handling": "in progress",
    "return_review": "in progress",
    "replied": "in progress",
    "follow_up": "answered, your feedback is due",
    "closed": "closed",
    "redo": "being handled again",
    "withdrawn": "withdrawn",
    "emergency": "passed to the emergency services",
    "conference": "in progress",
    "suspended": "in progress",
    "merged": "in progress",
    "archived": "closed",
}
RESULT_EN: Final[dict[str, str]] = {
    "solved": "solved",
    "partly": "partly solved",
    "explained": "explained",
    "cannot": "cannot be solved for now",
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


#: (name, locale) → (text, version) that a site worded its own way; `callbacks/wording.py` keeps it fresh.
_reworded: Mapping[tuple[str, str], tuple[str, int]] = {}


def use(reworded: Mapping[tuple[str, str], tuple[str, int]]) -> None:
    global _reworded
    _reworded = reworded


def render(name: str, locale: str, **values: str | int) -> Text:
    """`locale` other than English is answered in Chinese, in traditional letters for zh_TW (the words of zh_CN, also
    a site's own). A placeholder in a site's own text that is not given this time is left out."""
    template = TEMPLATES[name]
    chosen = "en" if locale == "en" else "zh_CN"
    if (own := _reworded.get((name, chosen))) is not None:
        body, version = own[0].format_map(_Blank(values)), own[1]
    else:
        body, version = getattr(template, chosen).format(**values), template.version
    if locale == "zh_TW":
        return Text(letter_by_letter(body), name, version, "zh_TW")
    return Text(body, name, version, chosen)


class _Blank(dict[str, str | int]):
    def __missing__(self, _name: str) -> str:
        return ""


def about(reason: str, locale: str) -> str:
    """Why a duty phone is woken; an unknown reason says no more than that it is urgent."""
    chinese, english = ABOUT.get(reason, ("需要您马上处理", "needs you now"))
    return english if locale == "en" else chinese


def path(ground: str, locale: str) -> str:
    """Where the law sends it; nothing more precise is known of an unknown ground."""
    chinese, english = PATH.get(ground, ("不属受理范围", "it is outside our remit"))
    return english if locale == "en" else chinese


def why(ground: str, locale: str) -> str:
    chinese, english = WHY.get(ground, ("客观原因", "reasons outside the office"))
    return english if locale == "en" else chinese


def spoken(ticket: int, reason: str, locale: str) -> str:
    """The tail digit by digit, as it is read aloud."""
    text = SPOKEN.en if locale == "en" else SPOKEN.zh_CN
    return text.format(spelt=" ".join(tail(ticket)), about=about(reason, locale))


def tail(ticket: int) -> str:
    return f"{ticket % 10**TAIL:0{TAIL}d}"


def state(status: str, locale: str) -> str:
    """The citizen's word for a status; what goes on inside never shows."""
    return STATE_EN[status] if locale == "en" else CITIZEN[status]


def result(code: str, locale: str) -> str:
    return RESULT_EN[code] if locale == "en" else RESULT[code]


def due(moment: datetime, locale: str, today: date) -> str:
    """In full: `11月25日10:45`, `10:45 on 25 Nov`; the year where it is another one."""
    here = local(moment)
    if locale == "en":
        text = f"{here:%H:%M} on {here.day} {_MONTHS[here.month - 1]}"
        return text if here.year == today.year else f"{text} {here.year}"
    text = f"{here.month}月{here.day}日{here:%H:%M}"
    return text if here.year == today.year else f"{here.year}年{text}"
