"""A rate and what can be done about it: light, saves needed, misses allowed. Pure; exact (no float decides)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

#: Verdicts that count in the denominator; everything else is an exclusion, by its code.
YES: Final = "yes"
TRIED: Final = "tried"  # in the numerator as well, and shown apart
NO: Final = "no"
COUNTED: Final = (YES, TRIED, NO)
MET: Final = (YES, TRIED)


@dataclass(frozen=True)
class Rules:
    """What a city may set. Percentages are whole or half points; `least`: fewer are not judged."""

    target: Fraction = Fraction(98)
    margin: Fraction = Fraction(3)
    least: int = 30
    short_abandon: int = 5  # seconds
    service_level: int = 15  # seconds
    satisfied_up_to: int = 3  # 1 very … 5 very un-; 3 counts 基本满意 as satisfied

    @property
    def version(self) -> str:
        """Stands beside every snapshot: `98/95 n≥30 5s 15s ≤3`."""
        return (
            f"{float(self.target):g}/{float(self.target - self.margin):g} n≥{self.least}"
            f" {self.short_abandon}s {self.service_level}s ≤{self.satisfied_up_to}"
        )


@dataclass(frozen=True)
class Rate:
    """`numerator` of `denominator`, of which `tried` were finished without reaching anybody."""

    numerator: int
    denominator: int
    tried: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.tried <= self.numerator <= self.denominator:
            raise ValueError(f"{self.tried} ≤ {self.numerator} ≤ {self.denominator} does not hold")

    @classmethod
    def of(cls, counts: dict[str, int]) -> Rate:
        """From the facts' verdicts: `{"yes": 375, "no": 42, "anonymous": 19}`."""
        return cls(
            sum(counts.get(code, 0) for code in MET),
            sum(counts.get(code, 0) for code in COUNTED),
            counts.get(TRIED, 0),
        )

    @property
    def percent(self) -> Fraction | None:
        """None where there is nothing to divide by."""
        return Fraction(100 * self.numerator, self.denominator) if self.denominator else None

    def value(self, rules: Rules) -> Fraction | None:
        """The percentage that may be judged; None when grey."""
        return self.percent if self.denominator >= rules.least else None


def shown(percent: Fraction | None, target: Fraction | None = None) -> str:
    """Two decimals, half up; but what has not reached `target` never reads as if it had (97.996 → 97.99)."""
    if percent is None:
        return "—"
    hundredths = floor(percent * 100 + Fraction(1, 2))
    if target is not None and percent < target <= Fraction(hundredths, 100):
        hundredths -= 1
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def light(rate: Rate, rules: Rules) -> str:
    """green ≥ target, yellow ≥ target − margin, red below, grey where too few are counted."""
    percent = rate.value(rules)
    if percent is None:
        return "grey"
    if percent >= rules.target:
        return "green"
    return "yellow" if percent >= rules.target - rules.margin else "red"


def points_missing(rate: Rate, rules: Rules) -> Fraction:
    """How many percentage points are missing to the target; 0 when it is reached."""
    return max(rules.target - rate.percent, Fraction(0)) if rate.percent is not None else Fraction(0)


def saves_needed(rate: Rate, target: Fraction) -> int:
    """The smallest k with (n + k) / d ≥ target: so many of those counted as missed have yet to be done."""
    return max(ceil(rate.denominator * target / 100) - rate.numerator, 0)


def misses_allowed(rate: Rate, target: Fraction) -> int:
    """How many of those counted as done may still be lost, with the denominator as it is."""
    return max(rate.numerator - ceil(rate.denominator * target / 100), 0)


def in_a_row(rate: Rate, target: Fraction) -> int | None:
    """The smallest k with (n + k) / (d + k) ≥ target, where what is lost stays lost (a call that hung up).

    None where only perfection would do and it is out of reach (target 100).
    """
    missing = rate.denominator * target / 100 - rate.numerator
    if missing <= 0:
        return 0
    return None if target >= 100 else ceil(missing / (1 - target / 100))


def losses_allowed(rate: Rate, target: Fraction) -> int:
    """The largest k with n / (d + k) ≥ target: so many further facts may be lost."""
    return max(floor(rate.numerator * 100 / target) - rate.denominator, 0) if target else 0
