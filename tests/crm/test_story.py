"""Every move has its sentence, for each reader it is told to: 经过."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import i18n
from core.settings import ROOT
from crm.tickets import lookers, timeline
from crm.tickets.states import MOVES
from crm.tickets.story import Reader, Told, tell, variant, written
from crm.tickets.tellings import TELLINGS

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DUE, LATER = "2026-11-24T10:00:00+00:00", "2026-12-01T10:00:00+00:00"
UNITS = {7: "供热办", 8: "街道办"}

# fmt: off
#: Telling: what the event holds, what the hotline reads (title｜detail), what the citizen reads ("" = nothing).
LINES: dict[str, tuple[dict[str, Any], str, str]] = {
    "register": ({"follows": 2605010000018},
        "登记｜接已归档的 …00018", "已受理您的诉求"),
    "answer": ({"answer": "门诊到 17:00", "article": None},
        "当场答复办结｜门诊到 17:00", "已当场答复您"),
    "refuse": ({"ground": "litigation", "legal_path": "向仲裁委申请"},
        "不予受理：应走诉讼、仲裁、行政复议｜向仲裁委申请", "不属受理范围，已告知您该走的途径"),
    "emergency": ({"service": "119", "read_back": "已出车", "three_party": True},
        "紧急转接 119 消防救援｜三方通话 · 已出车", "已转 119 消防救援"),
    "emergency_over": ({"outcome": "火已扑灭"},
        "紧急处置已结束｜火已扑灭", "紧急处置已结束"),
    "emergency_back": ({"ground": "不属警情"},
        "紧急转接退回热线｜不属警情", "转回热线，继续办理"),
    "append": ({"content": "家里还是不热", "call": None},
        "追加｜家里还是不热", "您补充了情况"),
    "dispatch": ({"lead": 7, "lead_name": "供热办", "assists": [8], "reason": "目录 0301", "note": "尽快", "line": ""},
        "派出 → 供热办｜协办 街道办 · 目录 0301 · 尽快", "已派给供热办办理"),
    "dispatch_redo": ({"lead": 7, "lead_name": "供热办", "assists": [], "reason": "目录 0301", "note": "", "line": ""},
        "重办派出 → 供热办｜目录 0301", "已重新派给供热办办理"),
    "refuse_redo": ({"ground": "已修好"},
        "不予重办｜已修好", "经复核，维持原来的答复"),
    "reassign": ({"lead": 8, "lead_name": "街道办", "assists": [], "reason": "属地", "note": "", "line": ""},
        "改派 → 街道办｜属地", "已转由街道办办理"),
    "add_assist": ({"assists": [8], "names": ["街道办"], "reason": "需入户", "note": "", "due": DUE},
        "增派协办 → 街道办｜需入户 · 限 11-24 18:00 前", ""),
    "rerate": ({"reason": "有老人", "from": 3, "to": 2, "due": DUE},
        "重定时限｜P3 一般 → P2 基本生活 · 有老人 · 限 11-24 18:00 前", ""),
    "succeed": ({"from": 7, "from_name": "供热办", "unit": 8, "unit_name": "街道办", "reason": "机构合并", "orders": [1]},
        "供热办 变更，由街道办承接｜机构合并", "已转由街道办办理"),
    "sign": ({},
        "签收", "承办单位已收到"),
    "escalate": ({"n": 2, "step": "handler", "channel": "voice", "who": "值班室", "unit": 7, "skipped": [], "before": "", "call": 5},
        "催签第 2 步：值守电话 值班室（电话）", ""),
    "escalate:nobody": ({"n": 1, "step": "", "channel": "", "who": "", "unit": 7, "skipped": ["handler"], "before": "", "call": None},
        "催签：没有一处留有值守电话", ""),
    "contact": ({"how": "call", "reached": True, "note": "约下午上门"},
        "已联系市民（电话）｜约下午上门", "承办单位联系了您"),
    "contact:missed": ({"how": "visit", "reached": False, "note": ""},
        "没联系上市民（上门）", "承办单位没有联系上您"),
    "pass_down": ({"from": 7, "from_name": "供热办", "unit": 8, "unit_name": "街道办", "note": "就近"},
        "供热办 转派 → 街道办｜就近", "已转由街道办办理"),
    "take_back": ({"from": 8, "from_name": "街道办", "unit": 7, "unit_name": "供热办", "ground": "人手不够"},
        "供热办 从街道办收回自办｜人手不够", "已转由供热办办理"),
    "reply": ({"result": "solved", "answer": "已修复", "without": ["街道办"]},
        "提交答复：已解决｜已修复 · 答复时协办未回：街道办", ""),
    "sign_assist": ({},
        "协办签收", ""),
    "reply_assist": ({"answer": "已配合"},
        "回协办意见｜已配合", ""),
    "ask_extension": ({"ground": "works", "amount": 3, "unit": "workday", "note": "等配件"},
        "申请延期 3 工作日｜工程、采购按工序需要时间 · 等配件", ""),
    "grant_extension": ({"amount": 3, "unit": "workday", "ruling": "同意", "was": DUE, "due": LATER},
        "准延期 3 工作日：11-24 18:00 → 12-01 18:00｜同意", "答复时限改到 12 月 1 日 18:00"),
    "refuse_extension": ({"ruling": "有货"},
        "不准延期｜有货", ""),
    "ask_hold": ({"ground": "legal", "resume_on": LATER, "note": "公示"},
        "申请挂起到 12-01 18:00｜法定程序进行中 · 公示", ""),
    "grant_hold": ({"ground": "legal", "resume_on": LATER, "ruling": "同意"},
        "批准挂起到 12-01 18:00｜法定程序进行中 · 同意", "暂停办理，预计 12 月 1 日 18:00 恢复"),
    "grant_hold:citizen": ({"ground": "citizen", "resume_on": LATER, "ruling": "", "tell": "房产证照片"},
        "批准挂起到 12-01 18:00｜等市民补充材料或约时间", "等您补充材料，最晚 12 月 1 日 18:00"),
    "refuse_hold": ({"ruling": "可先办"},
        "不准挂起｜可先办", ""),
    "resume": ({"ground": "公示期满"},
        "恢复办理｜公示期满", "恢复办理"),
    "remind_citizen": ({"ground": "citizen", "resume_on": LATER},
        "提醒市民补充", "已提醒您补充材料"),
    "propose_return": ({"code": "R2", "basis": "管段未移交", "suggested_unit": 8},
        "提请退单：R2 权属不清｜管段未移交 · 建议 街道办", ""),
    "drop_return": ({"ground": "属本所"},
        "不同意退单｜属本所", ""),
    "ask_return": ({"code": "R2", "basis": "管段未移交", "suggested_unit": None},
        "退单申请：R2 权属不清｜管段未移交", ""),
    "accept_return": ({"lead": 8, "lead_name": "街道办", "assists": [], "reason": "权属在街道", "note": "", "line": ""},
        "退单成立，改派 → 街道办｜权属在街道", "已转由街道办办理"),
    "refuse_return": ({"ruling": "已移交"},
        "退单不成立｜已移交", ""),
    "call_conference": ({"participants": [7, 8], "names": ["供热办", "街道办"], "question": "由谁主办", "due": DUE},
        "提交会商：供热办、街道办｜由谁主办 · 限 11-24 18:00 前", ""),
    "minute": ({"content": "双方各陈意见"},
        "会商记录｜双方各陈意见", ""),
    "designate": ({"lead": 8, "lead_name": "街道办", "assists": [], "reason": "会商纪要", "note": "", "line": ""},
        "会商指定 → 街道办｜会商纪要", "已转由街道办办理"),
    "designate_same": ({"ruling": "由原单位办"},
        "会商定原单位办理｜由原单位办", ""),
    "urge": ({"content": "还没人来", "source": "citizen_sms", "no": 2, "due": DUE},
        "第 2 次催办（市民短信）｜还没人来 · 限 11-24 18:00 前", "已记下您的催办"),
    "urge:ours": ({"content": "时限过半", "source": "auto_50", "no": 1, "due": DUE},
        "第 1 次催办（时限过半自动）｜时限过半 · 限 11-24 18:00 前", ""),
    "answer_urge": ({"answer": "14 时到场", "urges": [1, 2]},
        "回复第 1、2 次催办｜14 时到场", ""),
    "supervise": ({"trigger": "overdue", "demand": "说明原因", "number": "督〔2026〕7 号", "level": 1, "due": DUE},
        "督办 督〔2026〕7 号 · 承办单位｜超过办结时限 · 说明原因 · 限 11-24 18:00 前", ""),
    "answer_supervision": ({"answer": "已到场", "number": "督〔2026〕7 号", "unit": 7},
        "回复督办 督〔2026〕7 号｜已到场", ""),
    "raise_supervision": ({"ground": "没有答复", "number": "督〔2026〕7 号", "level": 2, "due": DUE},
        "督办升级 督〔2026〕7 号 · 主管部门、区热线办｜没有答复 · 限 11-24 18:00 前", ""),
    "lift_supervision": ({"ground": "已答复", "number": "督〔2026〕7 号"},
        "督办了结 督〔2026〕7 号｜已答复", ""),
    "leader_note": ({"leader": "王副市长", "content": "抓紧办"},
        "领导批示：王副市长｜抓紧办", ""),
    "send_back": ({"defect": "D2", "note": "没答修理时间"},
        "审核退回：答非所问｜没答修理时间", ""),
    "accept": ({"follow_up": "must", "ground": ""},
        "审核通过，转回访｜必访", "已答复您，请您评价"),
    "accept_and_close": ({"follow_up": "none", "ground": "匿名"},
        "审核通过并办结｜不回访 · 匿名", "已答复您，办理结束"),
    "try_follow_up": ({"outcome": "busy", "note": ""},
        "回访未联系上｜占线", "我们回访过您"),
    "close": ({"solved": "yes", "satisfied": 2},
        "回访办结｜市民：已解决 · 满意", "已办结"),
    "close:unasked": ({"solved": "", "satisfied": None, "outcome": "no_answer", "note": "", "way": "tried"},
        "回访办结｜三个半天没有联系上", "已办结"),
    "redo": ({"cause": "还是不热"},
        "重办｜还是不热", "您不认可结果，重新办理"),
    "merge": ({"master": 2611240604027, "ground": "同一管道"},
        "并入 …04027｜同一管道", "与同一件事一并办理"),
    "unmerge": ({"master": 2611240604027, "ground": "两处"},
        "与 …04027 分开｜两处", "恢复单独办理"),
    "gather": ({"child": 2611240604027},
        "…04027 并入本单", ""),
    "release": ({"child": 2611240604027},
        "…04027 从本单分出", ""),
    "merged_answered": ({"solved": "yes", "satisfied": 1},
        "并单回访｜市民：已解决 · 非常满意", "您评价了结果"),
    "merged_redo": ({"master": 2611240604027, "cause": "没修到我家"},
        "不满意，与 …04027 分开重办｜没修到我家", "您不认可结果，重新办理"),
    "declare_incident": ({"title": "王顶堤片区停水"},
        "设为群发事件“王顶堤片区停水”", ""),
    "announce": ({"text": "今天22时前恢复", "told": 12},
        "通报进展（12 位市民）｜今天22时前恢复", "热线通报进展｜今天22时前恢复"),
    "keep_secret": ({"reason": "怕报复"},
        "转为保密｜怕报复", ""),
    "lift_secret": ({"reason": "本人同意"},
        "解除保密｜本人同意", ""),
    "name_accused": ({"units": [7], "names": ["供热办"]},
        "登记被反映单位：供热办", ""),
    "recompute": ({"reason": "补录放假", "moved": [{"clock": "close", "old": DUE, "new": LATER}]},
        "时限重算｜补录放假 · 办结 11-24 18:00 → 12-01 18:00", ""),
    "reopen": ({"facts": "又停暖"},
        "重新受理｜又停暖", "按新情况重新受理"),
    "appeal": ({"facts": "不属实"},
        "提出异议｜不属实", "您提出了异议"),
    "keep_closed": ({"ground": "已核实"},
        "异议不成立，维持办结｜已核实", "经复核，维持原来的答复"),
    "withdraw": ({"code": "settled", "ground": "来电说明"},
        "撤诉：已自行解决｜来电说明", "已按您的要求撤回"),
    "withdraw_merged": ({"code": "mistake", "ground": "来电说明"},
        "撤诉：报错了｜来电说明", "已按您的要求撤回"),
    "archive": ({},
        "归档", ""),
}
# fmt: on


def event(name: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "at": NOW, "verb": name.split(":")[0], "data": data, "actor": 7, "actor_name": "王敏", "work_order": None, "version": 1,
        "round": 1, "status": "handling", **more,
    }  # fmt: skip


def said(name: str, reader: Reader, **more: Any) -> str:
    lines = tell([event(name, LINES[name][0], **more)], reader)
    return "｜".join(filter(None, (lines[0].title, lines[0].detail))) if lines else ""


def reader(who: Any, **more: Any) -> Reader:
    return Reader(who, unit_name=lambda unit, name: name or UNITS[unit], **more)


def test_every_move_has_its_line_and_is_in_the_table() -> None:
    assert {move.name for move in MOVES} <= set(TELLINGS)
    assert set(LINES) == set(TELLINGS)
    assert [name for name, (data, *_) in LINES.items() if variant(name.split(":")[0], data) != name] == []


@pytest.mark.parametrize("name", LINES)
def test_the_hotline_reads(name: str) -> None:
    assert said(name, reader("hotline")) == LINES[name][1]


@pytest.mark.parametrize("name", LINES)
def test_the_citizen_reads(name: str) -> None:
    found = said(name, reader("citizen"))
    assert found == LINES[name][2]
    for inner in ("退单", "会商", "督办", "改派", "回访办结", "审核", "王敏", "R2"):
        assert inner not in found


@pytest.mark.parametrize("name", LINES)
def test_a_unit_reads_what_the_hotline_reads_or_nothing(name: str) -> None:
    kept = {"keep_secret", "lift_secret", "name_accused", "propose_return", "drop_return"}
    assert said(name, reader("unit")) == ("" if name in kept else LINES[name][1])


@pytest.mark.parametrize("name", ["propose_return", "drop_return"])
def test_what_stays_in_a_unit_is_told_to_it(name: str) -> None:
    assert said(name, reader("unit", own=frozenset({5})), work_order=5) == LINES[name][1]
    assert said(name, reader("unit", own=frozenset({6})), work_order=5) == ""


@pytest.mark.parametrize("name", LINES)
def test_every_line_can_be_read_in_english(name: str) -> None:
    i18n.set_locale("en")
    try:
        for who in ("hotline", "citizen"):
            line = tell([event(name, {})], Reader(who))
            assert all(part.isascii() for told in line for part in (told.mark, told.title.translate(_QUOTES)))
    finally:
        i18n.set_locale("zh_CN")


_QUOTES = str.maketrans({"“": '"', "”": '"', "’": "'", "→": ">", "·": ".", "…": ".", "–": "-"})


def test_whose_act_it_was_is_named_with_the_unit() -> None:
    (line,) = tell([event("sign", {}, work_order=5)], Reader(orders={5: "供热办"}))
    assert line.who == "王敏 · 供热办"
    (line,) = tell([event("sign", {}, actor_name="")], Reader())
    assert line.who == "系统"


def test_an_act_stays_with_the_unit_that_had_the_order_then() -> None:
    down = {"from": 7, "from_name": "供热办", "unit": 8, "unit_name": "街道办"}
    gone = {"from": 8, "from_name": "街道办", "unit": 9, "unit_name": "新街道办", "orders": [5, 6]}
    story = [
        event("sign", {}, work_order=5, version=2), event("pass_down", down, work_order=5, version=3),
        event("contact", {"reached": True, "how": "call"}, work_order=5, version=4),
        event("sign_assist", {}, work_order=6, version=5), event("succeed", gone, work_order=5, version=6),
        event("reply", {}, work_order=5, version=7), event("urge", {"no": 1}, work_order=5, version=8),
    ]  # fmt: skip
    told = tell(story[::-1], Reader(orders={5: "新街道办", 6: "新街道办"}))[::-1]
    assert [line.who.partition(" · ")[2] for line in told] == [
        "供热办", "供热办", "街道办", "街道办", "", "新街道办", "",
    ]  # fmt: skip


def test_what_people_wrote_goes_through_the_readers_mask() -> None:
    (line,) = tell(
        [event("append", {"content": "电话 13800221234"})], Reader("unit", mask=lambda _text: "遮")
    )
    assert line.detail == "遮"


def test_the_latest_word_of_a_verb_is_found() -> None:
    events = [event("send_back", {"note": "新"}), event("send_back", {"note": "旧"})]
    assert (written(events, "send_back", "note"), written(events, "reply", "answer")) == ("新", "")


# --- laid out ---


def line(
    version: int, verb: str, minutes: int, *, turns: bool = False, detail: str = "", round_: int = 1
) -> Told:
    return Told(NOW + timedelta(minutes=minutes), verb, "", verb, detail, "", version, round_, "", turns)


STORY = [
    line(8, "dispatch_redo", 9000, turns=True, round_=2),
    line(7, "redo", 8000, turns=True, round_=2),
    line(6, "reply", 3000, turns=True, detail="已修复"),
    line(5, "contact", 90),
    line(4, "contact", 80, detail="约下午"),
    line(3, "contact", 70),
    line(2, "dispatch", 65, turns=True),
    line(1, "register", 0, turns=True),
]


def test_rounds_are_chapters_and_runs_are_folded() -> None:
    later, first = timeline.chapters(STORY)
    assert [(chapter.round, len(chapter.entries)) for chapter in (later, first)] == [(2, 2), (1, 4)]
    assert [(e.line.version, len(e.rest)) for e in first.entries] == [(6, 0), (5, 2), (2, 0), (1, 0)]


def test_each_state_says_how_long_the_one_before_it_lasted() -> None:
    took = {e.line.version: e.took for chapter in timeline.chapters(STORY) for e in chapter.entries}
    assert took == {8: "16 时 40 分", 7: "3 天 11 时", 6: "2 天", 5: "", 2: "1 时 5 分", 1: ""}


def test_the_story_can_be_narrowed() -> None:
    def versions(shown: str) -> list[int]:
        return [e.line.version for chapter in timeline.chapters(STORY, shown) for e in chapter.entries]

    assert versions("states") == [8, 7, 6, 2, 1]
    assert versions("words") == [6, 4]
    assert versions("no such thing") == versions("all")


def test_every_look_at_a_ticket_has_words() -> None:
    """The view log is read by auditors: no code of ours stands in it."""
    looks = re.compile(
        r'audit\.(?:seen|record)\(\s*[\w.]+,\s*"([\w.]+)"(?: if \w+ else "([\w.]+)")?,\s*f"ticket:'
    )
    found = {
        word for file in (ROOT / "crm").rglob("*.py") for pair in looks.findall(file.read_text("utf-8")) for word in pair
    }  # fmt: skip
    assert found - {""} == lookers.WHAT.keys()
