"""A rate day by day as a small drawing: points of a polyline in a box, and where the target runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from crm.kpi.rates import Rate, Rules, light, shown
from crm.kpi.trees import Found
from crm.pages.rate_filters import Filters

WIDTH, HEIGHT, EDGE = 120, 36, 4


@dataclass(frozen=True)
class Trend:
    """`points` as SVG wants them; days without anything counted are left out. `words`: the table beside it."""

    points: str
    target: float
    last: tuple[float, float] | None
    light: str
    words: list[tuple[date, str]]


def trend(key: str, by_day: dict[date, Found], filters: Filters, rules: Rules) -> Trend:
    """At most the last 31 days; the box reaches from the lowest day (never above 90 %) to 100 %."""
    days = [
        filters.last - timedelta(days=back)
        for back in range(min((filters.last - filters.first).days + 1, 31))
    ]
    rates = {day: Rate.of(by_day.get(day, {}).get(key, {})) for day in reversed(days)}
    known = [(day, rate) for day, rate in rates.items() if rate.percent is not None]
    floor = min([90.0, *(float(rate.percent) for _day, rate in known if rate.percent is not None)])
    step = (WIDTH - 2 * EDGE) / max(len(rates) - 1, 1)
    place = {day: EDGE + n * step for n, day in enumerate(rates)}
    points = [
        (place[day], _height(float(rate.percent), floor)) for day, rate in known if rate.percent is not None
    ]
    return Trend(
        " ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        _height(float(rules.target), floor),
        points[-1] if points else None,
        light(known[-1][1], rules) if known else "grey",
        [(day, shown(rate.percent, rules.target)) for day, rate in known],
    )


def _height(percent: float, floor: float) -> float:
    return EDGE + (HEIGHT - 2 * EDGE) * (100 - percent) / (100 - floor)
