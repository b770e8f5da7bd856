"""What things are called in the reader's language, from the rulebook in memory: no query for a row's names."""

from __future__ import annotations

from dataclasses import dataclass

from core import i18n
from core.i18n import _
from crm.tickets.registration import UNKNOWN_PLACE
from crm.tickets.states import BY_NAME
from routing.catalogue import unit_name
from routing.rulebook import Rulebook, rulebook


def move_word(verb: str) -> str:
    """派出, 改派 …: what an event's verb is called."""
    label = BY_NAME[verb].label
    return _(label)


@dataclass(frozen=True)
class Names:
    book: Rulebook

    def unit(self, unit: int | None, otherwise: str = "") -> str:
        """Today's name; where `otherwise` is a name the unit had, that one: history reads as it was written."""
        found = self.book.units.get(unit) if unit is not None else None
        if found is None:
            return otherwise
        if once := found.once(otherwise):
            return (once[1] or once[0]) if i18n.locale() == "en" else once[0]
        return unit_name(found)

    def matter(self, code: str, otherwise: str = "") -> str:
        """As it read when registered, in Chinese; today's English."""
        found = self.book.matters.get(code)
        if i18n.locale() == "en" and found and found.path_name_en:
            return found.path_name_en
        return otherwise or (found.path_name if found else code)

    def place(self, street: str, otherwise: str = "") -> str:
        """`南开区 · 王顶堤街道`; `Wangdingdi Subdistrict, Nankai District`."""
        found = self.book.streets.get(street)
        if found is None:
            return _("地点不明") if street == UNKNOWN_PLACE else otherwise
        if i18n.locale() == "en" and found.name_en:
            return f"{found.name_en}, {found.district_name_en}"
        return f"{found.district_name} · {found.name}"

    def short_place(self, street: str, otherwise: str = "") -> str:
        """`南开 王顶堤`, for a narrow column."""
        found = self.book.streets.get(street)
        if found is None:
            return _("地点不明") if street == UNKNOWN_PLACE else otherwise
        if i18n.locale() == "en" and found.name_en:
            return found.name_en.removesuffix(" Subdistrict")
        district = found.district_name
        district = district.removesuffix("区") if len(district) > 2 else district
        return f"{district} {found.name.removesuffix('街道')}"


async def names() -> Names:
    return Names(await rulebook())
