"""Every text we send, by name. `callbacks/templates.py` fills them, `docs/sms.md` lists them (a test looks).

A text that changes takes the next version: the outbox writes a message once for (event, template, version).
Citizens never read internal words, names, addresses or content; the whole number once, at registration.
A name ending in `_one_way` is sent where no answer can come back. Names that begin with `unit_` go to duty phones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOCALES: Final = ("zh_CN", "en")


@dataclass(frozen=True)
class Template:
    """Texts by locale; `{…}` are filled by `render`."""

    zh_CN: str  # noqa: N815 - a locale's own name
    en: str
    version: int = 1


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
    "extended": Template(
        "【12345】工单尾号{tail}还需要时间，{unit}将在{due}前答复您。回“查”看进度",
        "12345: Ticket ending {tail} needs more time. {unit} will answer by {due}. Reply STATUS for progress.",
    ),
    "waiting_for_you": Template(
        "【12345】工单尾号{tail}需补充：{what}。{due}前请回“补 {tail} 内容”或致电12345",
        "12345: To go on with ticket ending {tail} we need more from you. By {due}, reply ADD {tail} and your text, or call 12345.",
    ),
    "waiting_reminder": Template(
        "【12345】工单尾号{tail}还在等您补充，{due}起按现有情况办理。请回“补 {tail} 内容”或致电12345",
        "12345: We still wait for you on ticket ending {tail}. From {due} we go on without it. Reply ADD {tail} and your text, or call 12345.",
    ),
    "paused": Template(
        "【12345】工单尾号{tail}因{why}暂缓，预计{due}恢复办理。如有疑问请致电12345",
        "12345: Ticket ending {tail} has to wait for {why}. We expect to go on by {due}. Questions? Call 12345.",
    ),
    "joined": Template(
        "【12345】工单尾号{tail}与同一事项的诉求一起办理，单号不变，结果会告诉您。回“查”看进度",
        "12345: Ticket ending {tail} is handled together with others on the same matter. Your number stays; we will tell you the result. Reply STATUS for progress.",
    ),
    "joined_with": Template(
        "【12345】工单尾号{tail}与同一事项一起办理，{unit}承办，{due}前答复，单号不变",
        "12345: Ticket ending {tail} is handled with others like it by {unit}, due by {due}. Your number stays.",
    ),
    "apart": Template(
        "【12345】工单尾号{tail}恢复单独办理，单号不变。回“查”看进度",
        "12345: Ticket ending {tail} is handled on its own again. Your number stays. Reply STATUS for progress.",
    ),
    "announcement": Template(
        "【12345】工单尾号{tail}进展：{text}", "12345: News on ticket ending {tail}: {text}"
    ),
    "refused": Template(
        "【12345】您的诉求（尾号{tail}）热线不能受理：{path}。如有疑问请致电12345",
        "12345: The hotline cannot take up your request ending {tail}: {path}. Questions? Call 12345.",
    ),
    "redo_refused": Template(
        "【12345】工单尾号{tail}经复核维持原答复，已办结。如有新情况请致电12345",
        "12345: We looked at ticket ending {tail} again: the answer stands and it is closed. Anything new? Call 12345.",
    ),
    "kept_closed": Template(
        "【12345】您对工单尾号{tail}的异议已复核，维持原答复。如有新情况请致电12345",
        "12345: We looked at your objection to ticket ending {tail}: the answer stands. Anything new? Call 12345.",
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
    "extended_one_way": Template(
        "【12345】工单尾号{tail}还需要时间，{unit}将在{due}前答复您。查进度请致电12345",
        "12345: Ticket ending {tail} needs more time. {unit} will answer by {due}. For progress call 12345.",
    ),
    "waiting_for_you_one_way": Template(
        "【12345】工单尾号{tail}需补充：{what}。请在{due}前致电12345",
        "12345: To go on with ticket ending {tail} we need more from you. Please call 12345 by {due}.",
    ),
    "waiting_reminder_one_way": Template(
        "【12345】工单尾号{tail}还在等您补充，{due}起按现有情况办理。请致电12345",
        "12345: We still wait for you on ticket ending {tail}. From {due} we go on without it. Please call 12345.",
    ),
    "joined_one_way": Template(
        "【12345】工单尾号{tail}与同一事项的诉求一起办理，单号不变，结果会告诉您。查进度请致电12345",
        "12345: Ticket ending {tail} is handled together with others on the same matter. Your number stays; we will tell you the result. For progress call 12345.",
    ),
    "apart_one_way": Template(
        "【12345】工单尾号{tail}恢复单独办理，单号不变。查进度请致电12345",
        "12345: Ticket ending {tail} is handled on its own again. Your number stays. For progress call 12345.",
    ),
    "call_us": Template("【12345】请致电12345查询", "12345: Please call 12345 to ask."),
    "survey": Template(
        "【12345】工单尾号{tail}已答复。请回两位数：先1解决2部分3未解决，再1满意2基本满意3不满意，如“11”",
        "12345: Ticket ending {tail} was answered. Reply two digits: 1 solved 2 partly 3 not, then 1 content 2 fair 3 not content. Example: 11",
    ),
    # answers
    "survey_thanks": Template(
        "【12345】工单尾号{tail}的评价已收到，谢谢您",
        "12345: Your word on ticket ending {tail} is on file. Thank you.",
    ),
    "survey_call": Template(
        "【12345】工单尾号{tail}的评价已收到，我们会给您回电话",
        "12345: Your word on ticket ending {tail} is on file. We will call you.",
    ),
    "survey_again": Template(
        "【12345】请回两位数，每位是1、2或3，例如“11”",
        "12345: Please reply two digits, each 1, 2 or 3, for example 11.",
    ),
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
    "taken_up": Template(
        "【12345】您说的新情况已记入工单尾号{tail}，将研判是否重新办理，结果会告诉您",
        "12345: What you wrote was added to ticket ending {tail}. We look whether to take it up again and will tell you.",
    ),
    "withdraw_code": Template(
        "【12345】要撤回工单尾号{tail}，请在30分钟内回复{code}。不撤回不用理会",
        "12345: To withdraw ticket ending {tail}, reply {code} within 30 minutes. To keep it, do nothing.",
    ),
    "withdraw_wrong": Template(
        "【12345】验证码不对，没有撤回。再发“撤”可重新取码",
        "12345: That is not the code; nothing was withdrawn. Text WITHDRAW for a new one.",
    ),
    "withdrawn": Template(
        "【12345】工单尾号{tail}已按您的要求撤回",
        "12345: Ticket ending {tail} was withdrawn as you asked.",
    ),
    "withdraw_call": Template(
        "【12345】要撤诉请致电12345，由坐席为您办理",
        "12345: To withdraw, please call 12345.",
        version=2,
    ),
    "help": Template(
        "【12345】查：进度；链接：进度页；催：催办；补 尾号 内容：补充；撤：撤回；退订：不收通知。可带单号，如“查 04027”",
        "12345: STATUS for progress, LINK for a page, URGE to remind, ADD digits text to add, WITHDRAW. Last digits may follow: STATUS 04027. Or call 12345.",
        version=2,
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
    "unit_redo": Template(
        "【12345】重办工单尾号{tail}（P{urgency}），请在{due}前登录签收",
        "12345: Ticket ending {tail} (P{urgency}) is to be redone. Sign by {due}.",
    ),
    "unit_assist": Template(
        "【12345】协办工单尾号{tail}（P{urgency}），请在{due}前登录签收",
        "12345: You assist on ticket ending {tail} (P{urgency}). Sign by {due}.",
    ),
    "unit_passed_down": Template(
        "【12345】上级单位转来工单尾号{tail}（P{urgency}），{due}前办结，请登录办理",
        "12345: Ticket ending {tail} (P{urgency}) was passed down to you. Close by {due}.",
    ),
    "unit_taken_back": Template(
        "【12345】工单尾号{tail}（P{urgency}）已收回由贵单位自办，{due}前办结",
        "12345: Ticket ending {tail} (P{urgency}) was taken back to your office. Close by {due}.",
    ),
    "unit_succeeded": Template(
        "【12345】工单尾号{tail}（P{urgency}）因单位变更由贵单位承接，{due}前办结，请登录办理",
        "12345: Ticket ending {tail} (P{urgency}) is yours after a change of units. Close by {due}.",
    ),
    "unit_rerated": Template(
        "【12345】工单尾号{tail}时限已重定：P{urgency}，{due}前办结",
        "12345: Ticket ending {tail} has a new limit: P{urgency}, close by {due}.",
    ),
    "unit_extension_granted": Template(
        "【12345】工单尾号{tail}准予延期，{due}前办结",
        "12345: Ticket ending {tail} was extended. Close by {due}.",
    ),
    "unit_extension_refused": Template(
        "【12345】工单尾号{tail}不准延期，仍须{due}前办结",
        "12345: No extension for ticket ending {tail}. Close by {due}.",
    ),
    "unit_hold_granted": Template(
        "【12345】工单尾号{tail}准予挂起，{due}自动恢复",
        "12345: Ticket ending {tail} is on hold until {due}.",
    ),
    "unit_hold_refused": Template(
        "【12345】工单尾号{tail}不准挂起，仍须{due}前办结",
        "12345: No hold for ticket ending {tail}. Close by {due}.",
    ),
    "unit_resumed": Template(
        "【12345】工单尾号{tail}已恢复办理，{due}前办结",
        "12345: Ticket ending {tail} goes on. Close by {due}.",
    ),
    "unit_designated": Template(
        "【12345】会商指定贵单位承办工单尾号{tail}（P{urgency}），不得退单，请在{due}前签收",
        "12345: The conference gave you ticket ending {tail} (P{urgency}) for good. Sign by {due}.",
    ),
    "unit_designated_same": Template(
        "【12345】会商定工单尾号{tail}由贵单位继续办理，{due}前办结",
        "12345: The conference left ticket ending {tail} with you. Close by {due}.",
    ),
    "unit_urged": Template(
        "【12345】工单尾号{tail}第{n}次催办，请在{due}前登录回复",
        "12345: Ticket ending {tail} was urged (no. {n}). Answer by {due}.",
    ),
    "unit_supervised": Template(
        "【12345】工单尾号{tail}已督办，请在{due}前登录书面回复",
        "12345: Ticket ending {tail} is under supervision. Answer in writing by {due}.",
    ),
    "unit_supervision_raised": Template(
        "【12345】工单尾号{tail}督办升级，请在{due}前登录书面回复",
        "12345: Supervision of ticket ending {tail} was raised. Answer in writing by {due}.",
    ),
    "unit_leader_note": Template(
        "【12345】工单尾号{tail}有领导批示，请登录查看",
        "12345: There is a leader's note on ticket ending {tail}. Please sign in.",
    ),
    "unit_merged": Template(
        "【12345】工单尾号{tail}已并入另一张单，无需再办",
        "12345: Ticket ending {tail} was merged into another one and needs no more work.",
    ),
    "unit_unmerged": Template(
        "【12345】工单尾号{tail}撤销并单，请登录继续办理",
        "12345: Ticket ending {tail} stands on its own again. Please carry on.",
    ),
    "unit_withdrawn": Template(
        "【12345】工单尾号{tail}市民已撤诉，无需再办",
        "12345: Ticket ending {tail} was withdrawn by the citizen.",
    ),
    "unit_news": Template(
        "【12345】工单尾号{tail}有新情况，请登录查看",
        "12345: There is news on ticket ending {tail}. Please sign in.",
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
    "unit_duty": Template(
        "【12345】工单尾号{tail}（P{urgency}）{about}，请立即登录处理",
        "12345: Ticket ending {tail} (P{urgency}) {about}. Please sign in now.",
    ),
}
