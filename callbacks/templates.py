"""What we write to citizens and units. Pure.

A text that changes takes the next version: the outbox writes a message once for (event, template, version).
Citizens never read internal words, names, addresses or content; the whole number once, at registration.
`docs/sms.md` lists every text (a test looks).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from core.clock import local
from core.traditional import letter_by_letter
from crm.tickets.number import TAIL
from crm.tickets.words import CITIZEN, RESULT

LOCALES: Final = ("zh_CN", "en")


@dataclass(frozen=True)
class Template:
    """Texts by locale; `{…}` are filled by `render`."""

    zh_CN: str  # noqa: N815 - a locale's own name
    en: str
    version: int = 1


@dataclass(frozen=True)
class Text:
    """A message ready to go."""

    body: str
    template: str
    version: int
    locale: str


TEMPLATES: Final[dict[str, Template]] = {
    # told without being asked
    "registered": Template(
        "【12345】您的诉求已受理，单号{number}，请保存。回“查”看进度，回“帮助”看用法，退订回T",
        "12345: We have your request, number {number}. Keep it. Reply STATUS for progress, MENU for options, STOP to opt out.",
    ),
    "registered_dispatched": Template(
        "【12345】诉求已受理，单号{number}，{unit}承办，{due}前答复您。回“查”看进度，退订回T",
        "12345: We have your request, number {number}. {unit} will answer by {due}. Reply STATUS for progress, STOP to opt out.",
    ),
    "dispatched": Template(
        "【12345】工单尾号{tail}由{unit}承办，{due}前答复您。回“查”看进度，回“催”可催办",
        "12345: Ticket ending {tail} is with {unit}, who will answer by {due}. Reply STATUS for progress, URGE to remind.",
    ),
    "redispatched": Template(
        "【12345】工单尾号{tail}重新办理，由{unit}承办，{due}前答复您。回“查”看进度",
        "12345: Ticket ending {tail} is being handled again by {unit}, who will answer by {due}. Reply STATUS for progress.",
    ),
    "answered": Template(
        "【12345】工单尾号{tail}已答复，结果：{result}。我们会回访您，听听您的评价",
        "12345: Ticket ending {tail} has been answered: {result}. We will call to ask how it went.",
    ),
    "answered_closed": Template(
        "【12345】工单尾号{tail}已答复并办结，结果：{result}。如有疑问请致电12345",
        "12345: Ticket ending {tail} has been answered and closed: {result}. Questions? Call 12345.",
    ),
    "closed": Template(
        "【12345】工单尾号{tail}已办结，感谢您的评价。如有新情况请致电12345",
        "12345: Ticket ending {tail} is closed. Thank you for your feedback. Anything new? Call 12345.",
    ),
    # the same where no answer can come back
    "registered_one_way": Template(
        "【12345】您的诉求已受理，单号{number}，请保存。查进度、退订请致电12345",
        "12345: We have your request, number {number}. Keep it. For progress, or to get no more messages, call 12345.",
    ),
    "registered_dispatched_one_way": Template(
        "【12345】诉求已受理，单号{number}，{unit}承办，{due}前答复您。查进度请致电12345",
        "12345: We have your request, number {number}. {unit} will answer by {due}. For progress call 12345.",
    ),
    "dispatched_one_way": Template(
        "【12345】工单尾号{tail}由{unit}承办，{due}前答复您。查进度、催办请致电12345",
        "12345: Ticket ending {tail} is with {unit}, who will answer by {due}. For progress call 12345.",
    ),
    "redispatched_one_way": Template(
        "【12345】工单尾号{tail}重新办理，由{unit}承办，{due}前答复您。查进度请致电12345",
        "12345: Ticket ending {tail} is being handled again by {unit}, who will answer by {due}. Progress: call 12345.",
    ),
    "call_us": Template("【12345】请致电12345查询", "12345: Please call 12345 to ask."),
    # answers
    "status": Template("【12345】工单尾号{tail}：{state}", "12345: Ticket ending {tail}: {state}."),
    "status_with": Template(
        "【12345】工单尾号{tail}：{state}，承办：{unit}，{due}前答复您。回“催”可催办",
        "12345: Ticket ending {tail}: {state} with {unit}, answer due by {due}. Reply URGE to remind.",
    ),
    "status_over": Template(
        "【12345】工单尾号{tail}：{state}，承办：{unit}，原定{due}前答复，已超过。回“催”可催办",
        "12345: Ticket ending {tail}: {state} with {unit}. The answer was due by {due} and is late. Reply URGE to remind.",
    ),
    "link": Template(
        "【12345】工单尾号{tail}进度，24小时有效：{url}",
        "12345: Ticket ending {tail}, for 24 hours: {url}",
    ),
    "list": Template(
        "【12345】您有在办工单：{items}。回数字选择{more}",
        "12345: Your open tickets: {items}. Reply with the digit{more}",
    ),
    "list_only": Template(
        "【12345】您有在办工单：{items}。发单号或尾号查看{more}",
        "12345: Your open tickets: {items}. Text a number to see one{more}",
    ),
    "no_match": Template(
        "【12345】没有查到。请用登记时留的手机，发单号或尾号（至少4位），或致电12345",
        "12345: Nothing found. Text the number, or at least its last 4 digits, from the phone you gave us, or call 12345.",
    ),
    "choose_again": Template(
        "【12345】没有这一项，请回列表里的数字，或发单号",
        "12345: Not on the list. Reply with a digit from the list, or text the ticket number.",
    ),
    "urged": Template(
        "【12345】工单尾号{tail}的催办已记下，承办人员和坐席都能看到",
        "12345: Your reminder for ticket ending {tail} is on file, where its handlers see it.",
    ),
    "urged_already": Template(
        "【12345】工单尾号{tail}今天已记过催办。有新情况请回“补 {tail} 内容”",
        "12345: A reminder for ticket ending {tail} is on file already today. Anything new? Reply ADD {tail} and your text.",
    ),
    "added": Template(
        "【12345】您补充的情况已记入工单尾号{tail}",
        "12345: What you wrote was added to ticket ending {tail}.",
    ),
    "add_how": Template(
        "【12345】要补充情况，请回：补 尾号 内容。例如：补 04027 仍然没水",
        "12345: To add something, reply: ADD, the last digits, your text. Example: ADD 04027 still no water",
    ),
    "not_open": Template(
        "【12345】工单尾号{tail}：{state}。如有新情况请致电12345",
        "12345: Ticket ending {tail}: {state}. Anything new? Call 12345.",
    ),
    "withdraw_call": Template(
        "【12345】短信暂不能撤诉，请致电12345，由坐席为您办理",
        "12345: Withdrawing by SMS is not available yet. Please call 12345.",
    ),
    "help": Template(
        "【12345】查：看进度；链接：进度页；催：催办；补 尾号 内容：补充；退订：不收通知。可带单号，如“查 04027”",
        "12345: STATUS for progress, LINK for a page, URGE to remind, ADD digits text to add. A ticket's last digits may follow: STATUS 04027. Or call 12345.",
    ),
    "too_many": Template(
        "【12345】您的短信较多，暂不逐条回复；带单号的“补”“催”照样记入工单。急事请拨12345",
        "12345: Too many messages to answer each. ADD and URGE with a ticket number are still kept. Urgent? Call 12345.",
    ),
    "opted_out": Template(
        "【12345】已退订，不再给您发通知和评价短信。您发来的查询仍会答复。恢复请回“订阅”",
        "12345: You will get no more notices from us. We still answer your questions. START brings notices back.",
    ),
    "stopped": Template(
        "【12345】已停发全部短信，包括查询答复。恢复请回START，人工请拨12345",
        "12345: You will get no more messages from us, answers included. START brings them back.",
    ),
    "opted_in": Template(
        "【12345】已恢复短信通知。退订回T",
        "12345: You will get our messages again. STOP opts out.",
    ),
    "test": Template("【12345】测试短信，请忽略", "12345: A test message, please ignore."),
    # to a unit's duty phone
    "unit_new": Template(
        "【12345】新工单尾号{tail}（P{urgency}），请在{due}前登录签收",
        "12345: New ticket ending {tail} (P{urgency}). Sign by {due}.",
    ),
    "unit_recalled": Template(
        "【12345】工单尾号{tail}已收回，无需再办", "12345: Ticket ending {tail} was recalled."
    ),
    "unit_return_granted": Template(
        "【12345】工单尾号{tail}退单成立，无需再办", "12345: Return of ticket ending {tail} was accepted."
    ),
    "unit_return_refused": Template(
        "【12345】工单尾号{tail}退单不成立，请继续办理",
        "12345: Return of ticket ending {tail} was refused. Carry on.",
    ),
    "unit_sent_back": Template(
        "【12345】工单尾号{tail}的答复被审核退回，请登录查看",
        "12345: Reply on ticket ending {tail} was sent back.",
    ),
    "unit_cancelled": Template(
        "【12345】工单尾号{tail}不用再办，请登录查看", "12345: Ticket ending {tail} needs no more work."
    ),
    "unit_duty": Template(
        "【12345】工单尾号{tail}（P{urgency}）{about}，请立即登录处理",
        "12345: Ticket ending {tail} (P{urgency}) {about}. Please sign in now.",
    ),
}

#: Why a duty phone rings: (said in Chinese, in English).
ABOUT: Final[dict[str, tuple[str, str]]] = {
    "unsigned": ("到时未签收", "was not signed in time"),
    "emergency": ("是突发紧急件", "is an emergency"),
    "uncontacted": ("到时未联系市民", "has no contact with the citizen yet"),
    "overdue": ("已超期", "is overdue"),
    "supervised": ("已督办", "is under supervision"),
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
