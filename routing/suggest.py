"""建议承办单位: what the desk shows beside the form, or what it still has to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.i18n import _
from routing.catalogue import Suggestion, catalogue, suggestion, unit_name
from routing.rules import needs_place, resolve
from routing.sureness import History


@dataclass(frozen=True, slots=True)
class Advice:
    """Either `unit` (with `assists` and the `second` choice by name), or what to `ask` for ('matter', 'street') and
    how; both empty when the catalogue names nobody. `says` is a sentence for the panel in each case but the first."""

    unit: Suggestion | None = None
    assists: tuple[str, ...] = ()
    second: str = ""
    ask: str = ""
    says: str = ""

    @property
    def at_once(self) -> bool:
        """Whether 登记并派单 may dispatch it without a dispatcher."""
        return self.unit is not None and self.unit.sure


async def suggest(matter: str, street: str, on: date, history: History | None = None) -> Advice:
    """For a matter and a street (codes; empty while not chosen yet)."""
    known = await catalogue()
    chosen = known.of.matters.get(matter)
    if chosen is None or not chosen.leaf:
        return Advice(ask="matter", says=_("选定事项后给出承办单位。"))
    if needs_place(matter, street, known.book, on):
        return Advice(ask="street", says=_("这个事项按地点派单，请选街道。"))
    found = resolve(matter, street, known.book, on)
    if found is None:
        return Advice(says=_("目录没有给出单位，请转派单员判断。"))
    made = suggestion(known, found, matter, history)
    return Advice(
        made,
        tuple(unit_name(known.of.units[unit]) for unit in made.assists),
        unit_name(known.of.units[made.second]) if made.second else "",
    )
