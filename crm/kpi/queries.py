"""What the supervisor's page asks: counts of a period by line, unit, matter or day, and the rows behind one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from core import db
from core.officers import Officer
from crm.kpi.facts import Args, Period, facts
from crm.kpi.formulas import FORMULAS
from crm.kpi.rates import Rules
from crm.tickets.access import visible

#: verdict → how many
Counts = dict[str, int]
#: How many digits of a matter's code the day counts keep.
BRANCH: Final = 4


@dataclass(frozen=True)
class Scope:
    """Which facts: of a line (id), of these units, of a branch of the matter tree (two or four digits)."""

    line: int | None = None
    units: frozenset[int] | None = None
    matter: str = ""


async def counts(
    keys: Sequence[str], period: Period, scope: Scope, *, by: str = "day"
) -> dict[Any, dict[str, Counts]]:
    """From the day counts: key of `by` (date, line id, unit id, branch) → formula → counts.

    Narrowed in two ways at once only `CROSSED` formulas are known; the others are missing.
    """
    args = Args()
    where = [f"formula = ANY({args(list(keys))}::text[])", f"grain = {args(_grain(scope, by))}"]
    where.append(f"day BETWEEN {args(period.first)} AND {args(period.last)}")
    where += _scope(scope, args)
    rows = await db.fetch(
        f"""SELECT {by} AS key, formula, verdict, sum(n)::integer AS n FROM rate_day WHERE {" AND ".join(where)}
            GROUP BY 1, 2, 3""",
        *args.values,
    )
    found: dict[Any, dict[str, Counts]] = defaultdict(dict)
    for row in rows:
        found[row["key"]].setdefault(row["formula"], {})[row["verdict"]] = row["n"]
    return dict(found)


async def counted_now(key: str, period: Period, scope: Scope, rules: Rules) -> Counts:
    """The same, counted from the facts themselves as they are now."""
    args = Args()
    fact = facts(key, period, rules, args)
    where = " AND ".join(["x.verdict <> ''", *_scope(scope, args, prefix="x.")])
    rows = await db.fetch(
        f"SELECT x.verdict, count(*)::integer AS n FROM ({fact}) x WHERE {where} GROUP BY 1", *args.values
    )
    return {row["verdict"]: row["n"] for row in rows}


async def taken_at(period: Period) -> datetime | None:
    """When a day of the period was counted last; None: never."""
    moment: datetime | None = await db.fetchval(
        "SELECT max(taken_at) FROM rate_snapshot WHERE day BETWEEN $1 AND $2", period.first, period.last
    )
    return moment


async def uncounted(period: Period, today: date) -> int:
    """Days of the period, up to today, that nobody has counted."""
    last = min(period.last, today)
    known = await db.fetchval(
        "SELECT count(*) FROM rate_snapshot WHERE day BETWEEN $1 AND $2", period.first, last
    )
    return max((last - period.first).days + 1 - int(known), 0)


async def rows(
    officer: Officer, key: str, verdicts: Sequence[str], period: Period, scope: Scope, rules: Rules, *,
    after: tuple[datetime, int] | None = None, limit: int = 50,
) -> list[Any]:  # fmt: skip
    """The facts behind a number, in order of their basis, as the one policy lets the officer see them."""
    args = Args()
    fact = facts(key, period, rules, args)
    where = [f"x.verdict = ANY({args(list(verdicts))}::text[])", *_scope(scope, args, prefix="x.")]
    if after is not None:
        where.append(f"(x.at, x.id) > ({args(after[0])}::timestamptz, {args(after[1])}::bigint)")
    if FORMULAS[key].of == "calls":
        return await _calls(fact, where, args, limit)
    condition, more = visible(officer, len(args.values) + 1)
    return await db.fetch(
        f"""SELECT x.id AS fact, x.at, x.verdict, x.unit, l.number AS line_number, t.id, t.status, t.kind, t.matter,
                t.matter_name, t.urgency, t.confidential, t.title, left(t.content, 60) AS summary, t.street, t.place,
                t.round, t.received_at,
                (SELECT count(*) FROM follow_up_try y WHERE y.ticket = t.id AND y.round = t.round) AS tries
            FROM ({fact}) x JOIN ticket t ON t.id = x.ticket JOIN line l ON l.id = x.line
            WHERE {" AND ".join([*where, condition])} ORDER BY x.at, x.id LIMIT {limit + 1}""",
        *args.values,
        *more,
    )


async def _calls(fact: str, where: list[str], args: Args, limit: int) -> list[Any]:
    """Calls are nobody's secret on this desk, but for the number: of it the last four digits at most."""
    return await db.fetch(
        f"""SELECT x.id AS fact, x.at, x.verdict, l.number AS line_number, c.phone_tail, c.answered_at, c.ended_at,
                c.agent_name, c.disposition, c.status
            FROM ({fact}) x JOIN call c ON c.id = x.id JOIN line l ON l.id = x.line
            WHERE {" AND ".join(where)} ORDER BY x.at, x.id LIMIT {limit + 1}""",
        *args.values,
    )


def _grain(scope: Scope, by: str) -> str:
    """The coarsest counts that tell these facts apart."""
    wanted = {"line": scope.line is not None, "unit": scope.units is not None, "matter": bool(scope.matter)}
    named = {name for name, is_wanted in wanted.items() if is_wanted or by == name}
    if not named:
        return "all"
    return named.pop() if len(named) == 1 else "cell"


def _scope(scope: Scope, args: Args, *, prefix: str = "") -> list[str]:
    found = []
    if scope.line is not None:
        found.append(f"{prefix}line = {args(scope.line)}")
    if scope.units is not None:
        found.append(f"{prefix}unit = ANY({args(sorted(scope.units))}::int[])")
    if scope.matter:
        found.append(f"starts_with({prefix}matter, {args(scope.matter)})")
    return found
