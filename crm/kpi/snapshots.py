"""Day counts: recent days are counted again and again, and each older one in turn, so that late work shows.

A count is a row only while it is not nought, and is written only when it changed: counting a day twice writes
nothing. Any day can be counted again from calls, work orders, rounds and tickets (`hotline rates --since …`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from time import monotonic

from core import clock, db
from core.db import Tx, tx
from crm.kpi.facts import Args, Period, facts
from crm.kpi.formulas import CROSSED, FORMULAS
from crm.kpi.rates import Rules

#: Days that work done today may still change: the longest limit, its extensions, a redo, and some.
WINDOW = 62
#: Counting takes at most this share of the time, however large the city is.
SHARE = 0.1
_LOCK = 0x72617465  # "rate"

_rest_until = 0.0


async def refresh(rules: Rules, *, now: datetime) -> int:
    """Count today, yesterday, and the days of the window that were never counted or longest ago; how many."""
    global _rest_until
    began = monotonic()
    if began < _rest_until:
        return 0
    today = clock.local(now).date()
    days = [today, today - timedelta(days=1), *await _stalest(today, now=now)]
    taken = 0
    for day in days:
        taken += await take(day, rules, now=now)
    _rest_until = monotonic() + (monotonic() - began) / SHARE
    return taken


async def take(day: date, rules: Rules, *, now: datetime, keys: Sequence[str] = ()) -> bool:
    """Count one day anew, in one transaction; False when another worker is counting just now."""
    period = Period(day, day, now)
    async with tx() as t:
        if not await t.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
            return False
        changed = [await _count(t, key, period, rules) for key in keys or FORMULAS]
        await t.execute(
            """INSERT INTO rate_snapshot (day, taken_at, rule_version) VALUES ($1, $2, $3)
               ON CONFLICT (day) DO UPDATE SET taken_at = excluded.taken_at, rule_version = excluded.rule_version""",
            day, now, rules.version,
        )  # fmt: skip
        if any(changed):
            t.changed("rates:all")
    return True


async def _stalest(today: date, *, now: datetime) -> list[date]:
    """All days of the window that nobody counted yet; else the one that was counted longest ago."""
    known = {
        row["day"]: row["taken_at"]
        for row in await db.fetch(
            "SELECT day, taken_at FROM rate_snapshot WHERE day > $1 AND day < $2",
            today - timedelta(days=WINDOW),
            today - timedelta(days=1),
        )
    }
    window = [today - timedelta(days=back) for back in range(2, WINDOW)]
    missing = [day for day in window if day not in known]
    return missing or [min(window, key=lambda day: known[day])]


async def _count(t: Tx, key: str, period: Period, rules: Rules) -> bool:
    """Put the counts of one formula right; whether anything changed."""
    args = Args()
    fact = facts(key, period, rules, args)
    day, formula = args(period.first), args(key)
    crossed = ", (verdict, line, unit, branch)" if key in CROSSED else ""
    row = await t.fetchrow(
        f"""WITH fact AS ({fact}),
            fresh AS (
                SELECT CASE grouping(line, unit, branch) WHEN 7 THEN 'all' WHEN 3 THEN 'line' WHEN 5 THEN 'unit'
                           WHEN 6 THEN 'matter' ELSE 'cell' END AS grain,
                    coalesce(line, 0) AS line, coalesce(unit, 0) AS unit, coalesce(branch, '') AS matter,
                    verdict, count(*)::integer AS n
                FROM (SELECT line, unit, left(matter, 4) AS branch, verdict FROM fact) f WHERE verdict <> ''
                GROUP BY GROUPING SETS ((verdict), (verdict, line), (verdict, unit), (verdict, branch){crossed})),
            put AS (
                INSERT INTO rate_day (day, formula, grain, line, unit, matter, verdict, n)
                SELECT {day}::date, {formula}::text, grain, line, unit, matter, verdict, n FROM fresh
                ON CONFLICT (formula, grain, day, line, unit, matter, verdict)
                DO UPDATE SET n = excluded.n WHERE rate_day.n <> excluded.n RETURNING 1),
            gone AS (
                DELETE FROM rate_day d WHERE d.formula = {formula} AND d.day = {day}
                    AND d.grain IN ('all', 'line', 'unit', 'matter', 'cell')
                    AND NOT EXISTS (SELECT 1 FROM fresh f WHERE f.grain = d.grain AND f.line = d.line
                        AND f.unit = d.unit AND f.matter = d.matter AND f.verdict = d.verdict) RETURNING 1)
            SELECT (SELECT count(*) FROM put) + (SELECT count(*) FROM gone) AS changed""",
        *args.values,
    )
    return bool(row["changed"])
