"""Every rate the hotline's own data can feed, as data: words, basis, exclusions, and an example worked by hand.

Source of the formulas: `docs/kpis.md`. What a fact's verdict is stands as SQL in `crm.kpi.queries`, under the
same key; a test holds the two together. Titles and help are msgids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.i18n import N_

#: Why a fact is in no rate: code → (what is said, why).
EXCLUDED: Final[dict[str, tuple[str, str]]] = {
    "test": (N_("测试电话"), N_("坐席标为测试")),
    "waiting": (N_("还在排队"), N_("未接也未挂，结束后再计")),
    "short": (N_("秒挂"), N_("排队不满 {seconds} 秒即挂断")),
    "withdrawn": (N_("撤诉"), N_("市民本人撤回")),
    "recalled": (N_("改派收回"), N_("热线改派，不计原单位")),
    "returned": (N_("退单成立"), N_("新单位另计")),
    "merged": (N_("并单子件"), N_("按主单计一次")),
    "refused": (N_("不予受理"), N_("已告知法定途径")),
    "emergency": (N_("紧急转接"), N_("110、119、120、122")),
    "hold": (N_("挂起中"), N_("经批准暂停计时")),
    "late_assist": (N_("协办迟"), N_("协办的意见迟了，不算主办的")),
    "in_review": (N_("待审核"), N_("已按时答复，审核时间算热线的")),
    "anonymous": (N_("匿名"), N_("无法联系")),
    "no_phone": (N_("没有留电话"), N_("无法联系")),
    "confidential": (N_("保密件"), N_("由热线代为联系")),
    "do_not_call": (N_("本人不要回复"), N_("登记时勾选")),
    "by_rule": (N_("按规定不回访"), N_("审核时写明理由")),
    "direct": (N_("当场答复"), N_("未抽中回访")),
    "unreached": (N_("没有联系上"), N_("三个半天各试一次未通")),
    "declined": (N_("市民没有评价"), N_("接通，不愿评或没有说")),
    "too_early": (N_("未满七天"), N_("满七天才知道有没有再来电")),
}


@dataclass(frozen=True)
class Formula:
    """`of`: what is counted (calls, orders, rounds, tickets, tries); `basis`: the moment that puts it into a day.

    `lost_stays_lost`: no later work can save what was missed. `is_judged`: it has a target, light and saves.
    `example`: verdicts counted by hand, and the percentage they make.
    """

    key: str
    title: str
    help: str
    of: str
    basis: str
    numerator: str
    denominator: str
    excludes: tuple[str, ...]
    example: dict[str, int]
    makes: str
    lost_stays_lost: bool = False
    is_judged: bool = True

    @property
    def has_unit(self) -> bool:
        """Calls come in on lines, before there is a unit or a matter."""
        return self.of != "calls"


_ORDER_OUT = ("withdrawn", "recalled", "returned", "merged", "emergency")
_ON_TIME_OUT = (*_ORDER_OUT, "hold", "in_review")
_CALL_OUT = ("test", "waiting", "short")

_FORMULAS: Final = (
    Formula(
        "connection", N_("接通率"),
        N_("进了人工队列的来电，有多少由坐席接起。秒挂、测试和还在排队的不计；没接到的补不回来，只能把后面的都接起来。"),
        "calls", N_("来电时刻"), N_("坐席接起"), N_("进入人工队列"), _CALL_OUT,
        {"yes": 12540, "no": 306, "short": 41, "test": 3}, "97.62", lost_stays_lost=True,
    ),
    Formula(
        "abandoned", N_("弃呼率"), N_("排队满 {seconds} 秒后自己挂断的来电 ÷ 进入队列的来电。越低越好。"),
        "calls", N_("来电时刻"), N_("排队中挂断"), N_("进入人工队列"), _CALL_OUT,
        {"yes": 306, "no": 12540, "short": 41}, "2.38", is_judged=False,
    ),
    Formula(
        "service_level", N_("15 秒接听率（按来电）"),
        N_("15 秒内接起 ÷ 进入队列的来电。没接到的也在分母里，藏不住丢掉的电话。"),
        "calls", N_("来电时刻"), N_("15 秒内接起"), N_("进入人工队列"), _CALL_OUT,
        {"yes": 90, "no": 10, "short": 2}, "90.00", is_judged=False,
    ),
    Formula(
        "service_level_answered", N_("15 秒接听率（按接通）"),
        N_("15 秒内接起 ÷ 接起的来电。国内通行口径；看它要同时看接通率。"),
        "calls", N_("来电时刻"), N_("15 秒内接起"), N_("坐席接起"), ("test",),
        {"yes": 90, "no": 5}, "94.74", is_judged=False,
    ),
    Formula(
        "on_time_sign", N_("按时签收率"),
        N_("限内签收或退单 ÷ 签收到期的主办单。拖着不签也在计时。"),
        "orders", N_("签收到期"), N_("限内签收或退单"), N_("签收到期的主办单"),
        ("withdrawn", "recalled", "merged", "emergency"),
        {"yes": 96, "no": 4, "recalled": 3}, "96.00",
    ),
    Formula(
        "on_time_contact", N_("按时联系率"),
        N_("限内联系市民 ÷ 联系到期、应联系的主办单。匿名、没有电话、保密和退单成立的不计。"),
        "orders", N_("联系到期"), N_("限内联系"), N_("联系到期的主办单"),
        (*_ORDER_OUT, "anonymous", "no_phone", "confidential"),
        {"yes": 45, "no": 5, "anonymous": 7}, "90.00",
    ),
    Formula(
        "closure", N_("办结率"),
        N_("已办结 ÷ 到期应办结。办结指单位的答复通过审核；晚了也算办结，早晚看按时办结率。"),
        "orders", N_("办结到期"), N_("答复已通过审核"), N_("到期应办结"), (*_ORDER_OUT, "hold", "in_review"),
        {"yes": 490, "no": 10, "in_review": 6}, "98.00",
    ),
    Formula(
        "on_time_closure", N_("按时办结率"),
        N_("限内答复并通过审核 ÷ 到期应办结。以答复时刻为准，等审核的时间不算单位的；退回的答复等于没有答复；限期含批准的延期。"),
        "orders", N_("办结到期"), N_("限内答复并通过审核"), N_("到期应办结"), _ON_TIME_OUT,
        {"yes": 4139, "no": 67, "withdrawn": 12}, "98.41",
    ),
    Formula(
        "on_time_closure_plain", N_("按时办结率（不含延期）"),
        N_("同上，但靠延期才按时的算不按时。"),
        "orders", N_("办结到期"), N_("不靠延期而按时"), N_("到期应办结"), _ON_TIME_OUT,
        {"yes": 932, "no": 68}, "93.20", is_judged=False,
    ),
    Formula(
        "on_time_closure_first", N_("按时办结率（首轮）"),
        N_("只看第一轮办理，重办的不算。"),
        "orders", N_("办结到期"), N_("首轮限内答复并通过审核"), N_("首轮到期应办结"), _ON_TIME_OUT,
        {"yes": 97, "no": 3}, "97.00", is_judged=False,
    ),
    Formula(
        "on_time_closure_final", N_("按时办结率（末轮）"),
        N_("只看每件的最后一轮办理。"),
        "orders", N_("办结到期"), N_("末轮限内答复并通过审核"), N_("末轮到期应办结"), _ON_TIME_OUT,
        {"yes": 98, "no": 2}, "98.00", is_judged=False,
    ),
    Formula(
        "on_time_closure_shared", N_("按时办结率（分责）"),
        N_("同按时办结率，但主办迟时若有协办的意见也逾期，不算主办的。考核主办单位时用；总的三率不除。"),
        "orders", N_("办结到期"), N_("限内答复并通过审核"), N_("到期应办结"), (*_ON_TIME_OUT, "late_assist"),
        {"yes": 95, "no": 3, "late_assist": 2}, "96.94", is_judged=False,
    ),
    Formula(
        "follow_up", N_("回访率"),
        N_("完成 ÷ 到期应访。完成＝接通并答，或在三个不同半天各拨一次未通（另列“已尝试”）。按规定不回访的不计。"),
        "rounds", N_("回访到期"), N_("已完成（含已尝试）"), N_("到期应访"),
        ("withdrawn", "merged", "anonymous", "no_phone", "do_not_call", "by_rule", "direct", "refused", "emergency"),
        {"yes": 363, "tried": 12, "no": 42, "anonymous": 19, "do_not_call": 16}, "89.93",
    ),
    Formula(
        "reach", N_("回访接通率"), N_("接通 ÷ 拨出的回访电话。"),
        "tries", N_("拨打时刻"), N_("接通"), N_("拨出的回访"), (),
        {"yes": 70, "no": 30}, "70.00", is_judged=False,
    ),
    Formula(
        "satisfaction", N_("满意率"),
        N_("非常满意、满意、基本满意 ÷ 有效评价。没联系上和没有评价的不计。"),
        "rounds", N_("回访时刻"), N_("满意（含基本满意）"), N_("有效评价"), ("unreached", "declined"),
        {"yes": 88, "no": 12, "unreached": 9, "declined": 4}, "88.00", is_judged=False,
    ),
    Formula(
        "resolution", N_("解决率"),
        N_("市民说已解决 ÷ 有效回答。部分解决算未解决；单位自己说的不算。"),
        "rounds", N_("回访时刻"), N_("市民说已解决"), N_("有效回答"), ("unreached", "declined"),
        {"yes": 80, "no": 20, "unreached": 9}, "80.00", is_judged=False,
    ),
    Formula(
        "redo", N_("重办率"), N_("回访后转重办 ÷ 首轮已回访。越低越好。"),
        "rounds", N_("回访时刻"), N_("转了重办"), N_("首轮已回访"), (),
        {"yes": 3, "no": 97}, "3.00", is_judged=False,
    ),
    Formula(
        "direct_answer", N_("直办率"), N_("没有派单、当场答复 ÷ 受理。"),
        "tickets", N_("受理日"), N_("当场答复"), N_("受理"), ("refused", "withdrawn", "emergency", "merged"),
        {"yes": 41489, "no": 41729}, "49.86", is_judged=False,
    ),
    Formula(
        "first_contact", N_("一次解决率"),
        N_("当场答复、同一人同类事项七天内没有再来 ÷ 有诉求的来电。"),
        "tickets", N_("受理日"), N_("一次解决"), N_("有诉求的来电"), ("anonymous", "too_early", "refused", "emergency"),
        {"yes": 40, "no": 60, "anonymous": 5}, "40.00", is_judged=False,
    ),
    Formula(
        "urged", N_("催办率"), N_("被催过的 ÷ 受理。越低越好。"),
        "tickets", N_("受理日"), N_("被催过"), N_("受理"), ("refused", "withdrawn", "emergency", "merged"),
        {"yes": 2, "no": 98}, "2.00", is_judged=False,
    ),
    Formula(
        "returned", N_("退单率"), N_("单位申请退单 ÷ 派出的主办单。看单位；越低越好。"),
        "orders", N_("签收到期"), N_("申请了退单"), N_("派出的主办单"), ("withdrawn", "merged", "emergency"),
        {"yes": 6, "no": 94}, "6.00", is_judged=False,
    ),
    Formula(
        "wrong_dispatch", N_("错派率"), N_("退单成立 ÷ 派出的主办单。看派单员；越低越好。"),
        "orders", N_("签收到期"), N_("退单成立"), N_("派出的主办单"), ("withdrawn", "merged", "emergency"),
        {"yes": 4, "no": 96}, "4.00", is_judged=False,
    ),
)  # fmt: skip

FORMULAS: Final[dict[str, Formula]] = {formula.key: formula for formula in _FORMULAS}
#: The three rates, as the law and the wall name them.
THREE: Final = ("connection", "on_time_closure", "follow_up")
#: Kept for line, unit and matter at once, so that a table may be narrowed by several: what tables show.
CROSSED: Final = frozenset({*THREE, "on_time_sign"})
