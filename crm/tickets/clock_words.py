"""What people read of a clock: how much is left, each line of "why is it due then?", the days skipped.

`static/js/lights.js` spells what is left in the same way and the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from core import i18n
from core.i18n import N_, _, ngettext
from crm.tickets.clocks import Line
from crm.tickets.lights import Light
from routing.calendar import Calendar, Skipped
from routing.limits import Limit

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
#: Up to here minutes are told beside the hours.
_FEW_HOURS = 5

LIGHT = {
    Light.GREEN: N_("充裕"),
    Light.YELLOW: N_("过半"),
    Light.ORANGE: N_("将到期"),
    Light.RED: N_("超期"),
    Light.BLUE: N_("挂起"),
    Light.GREY: N_("不计时"),
    Light.DONE: N_("已完成"),
}


def light_word(light: Light) -> str:
    return _(LIGHT[light])


def done_word(*, on_time: bool) -> str:
    return _("按时") if on_time else _("迟")


def left(now: datetime, due: datetime, *, limit: Limit, calendar: Calendar) -> str:
    """`余 5 工作日`, `余 1 时 50`, `余 5 分`, `超期 3 分`: one unit, but minutes beside few hours."""
    if now >= due:
        return _over(now - due)
    workdays = (
        calendar.workdays_between(calendar.date_of(now), calendar.date_of(due)) if limit.in_workdays else 0
    )
    if workdays:
        return ngettext("余 1 工作日", "余 {n} 工作日", workdays)
    span = due - now
    if span < _HOUR:
        return _("余 {n} 分").format(n=_minutes(span))
    hours = span // _HOUR
    if hours < _FEW_HOURS:
        return _("余 {h} 时 {m}").format(h=hours, m=f"{_minutes(span % _HOUR, least=0):02}")
    if span < 2 * _DAY:
        return _("余 {n} 时").format(n=hours)
    return _("余 {n} 天").format(n=span // _DAY)


def amount(limit: Limit) -> str:
    """`10 工作日`, `24 小时`, `15 分钟`."""
    if limit.in_workdays:
        return ngettext("1 工作日", "{n} 工作日", limit.amount)
    if limit.unit == "times":
        return ngettext("1 次", "{n} 次", limit.amount)
    return _hours(limit.amount) if limit.unit == "hour" else _("{n} 分钟").format(n=limit.amount)


def line_title(line: Line) -> str:
    """`停走 2 工作日`"""
    match line.key:
        case "start":
            return _("起算")
        case "limit":
            return _("限 {amount}").format(amount=amount(line.entry.limit))
        case "rerate":
            return _("改限 {amount}").format(amount=amount(line.entry.limit))
        case "extend":
            return _("延期 {amount}").format(amount=amount(line.entry.limit))
        case "pause":
            return _("停走 {amount}").format(amount=_moved(line)) if line.moved else _("停走，到期不变")
        case "paused":
            return _("停走中") if line.due_after is None else _("停走，到期不变")
        case "rejected":
            return _("答复被退回，没有停钟")
    return _("停钟")


def line_detail(line: Line, *, today: date, clock: str = "close") -> str:
    """`11-13 10:00 至 11-17 10:00；公示期`: the rule, and the note of whoever approved it."""
    if line.key == "start":
        return _start(line, clock)
    return _("；").join(part for part in (_version(line), _rule(line, today), line.entry.note) if part)


def _start(line: Line, clock: str) -> str:
    passed = clock == "follow_up"
    if line.entry.limit.in_workdays:
        return _("审核通过即起算，次一工作日算第 1 日") if passed else _("派出即起算，次一工作日算第 1 日")
    return _("审核通过即起算，昼夜连续计时") if passed else _("派出即起算，昼夜连续计时")


def _rule(line: Line, today: date) -> str:
    match line.key:
        case "rerate":
            return _("从起算重新算，停走与延期照计")
        case "pause" if line.until:
            return _("{begin} 至 {end}").format(begin=_at(line.at, today), end=_at(line.until, today))
        case "paused" if line.due_after is None:
            return _("恢复后才知道何时到期")
        case "paused":
            return _("到期以后停走，不再后移")
        case "stop" if line.due_after:
            return done_word(on_time=line.at <= line.due_after)
    return ""


def skipped(found: Sequence[Skipped], *, today: date) -> str:
    """`跳过周末 11-28、11-29；跳过国庆节 10-01 至 10-07；10-10 周末上班照算`."""
    parts = []
    for (kind, name, name_en), group in groupby(found, key=lambda s: (s.kind, s.name, s.name_en)):
        days = _("、").join(_days(run, today) for run in group)
        if kind == "work":
            parts.append(_("{days} 周末上班照算").format(days=days))
        elif kind == "weekend":
            parts.append(_("跳过周末 {days}").format(days=days))
        else:
            shown = name_en if i18n.locale() == "en" and name_en else name
            parts.append(_("跳过{name} {days}").format(name=shown, days=days))
    return _("；").join(parts)


def _days(run: Skipped, today: date) -> str:
    first, last = i18n.day(run.first, today), i18n.day(run.last, today)
    if run.first == run.last:
        return first
    if run.last - run.first == _DAY:
        return _("、").join((first, last))
    return _("{begin} 至 {end}").format(begin=first, end=last)


def _at(moment: datetime, today: date) -> str:
    return f"{i18n.day(moment, today)} {i18n.hour(moment)}"


def _version(line: Line) -> str:
    return _("时限表 {version} 版").format(version=line.entry.rule_version) if line.entry.rule_version else ""


def _moved(line: Line) -> str:
    if line.moved_workdays:
        return ngettext("1 工作日", "{n} 工作日", line.moved_workdays)
    minutes = line.moved // timedelta(minutes=1)
    return (
        _hours(minutes // 60)
        if minutes >= 60 and minutes % 60 == 0
        else _("{n} 分钟").format(n=max(1, minutes))
    )


def _hours(n: int) -> str:
    return ngettext("1 小时", "{n} 小时", n)


def _over(span: timedelta) -> str:
    if span < _HOUR:
        return _("超期 {n} 分").format(n=_minutes(span))
    hours = span // _HOUR
    if hours < _FEW_HOURS:
        return _("超期 {h} 时 {m} 分").format(h=hours, m=_minutes(span % _HOUR, least=0))
    return _("超期 {n} 时").format(n=hours) if span < _DAY else _("超期 {n} 天").format(n=span // _DAY)


def _minutes(span: timedelta, *, least: int = 1) -> int:
    return max(least, span // timedelta(minutes=1))
