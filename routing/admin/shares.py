"""Who inherits what of a unit that is split: by district, street or branch of matters; the rest is the heir's. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Share:
    """What a new unit takes over; an empty part of the condition holds for all, and all given parts must hold."""

    id: int
    code: str
    name: str
    district: str = ""
    street: str = ""
    matter: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.district or self.street or self.matter)

    def holds(self, district: str, street: str, matter: str) -> bool:
        """Of a place and a matter; of a catalogue line, whether all of it lies within."""
        return (
            (not self.district or self.district == district)
            and (not self.street or self.street == street)
            and matter.startswith(self.matter)
        )


@dataclass(frozen=True)
class Field:
    """`n` open orders of one place and matter."""

    district: str
    street: str
    matter: str
    n: int


def heir_of(shares: Iterable[Share], district: str, street: str, matter: str) -> Share | None:
    """The first that holds; None is the heir of the rest."""
    return next((share for share in shares if share.holds(district, street, matter)), None)


def counted(shares: Sequence[Share], fields: Iterable[Field]) -> dict[str, int]:
    """How many open orders go to whom, by code; "" is the heir of the rest."""
    found: dict[str, int] = {"": 0, **{share.code: 0 for share in shares}}
    for field in fields:
        heir = heir_of(shares, field.district, field.street, field.matter)
        found[heir.code if heir else ""] += field.n
    return found


def written(shares: Sequence[Share]) -> str:
    return json.dumps([asdict(share) for share in shares], ensure_ascii=False)


def read(text: str) -> list[Share]:
    return [Share(**noted) for noted in json.loads(text)]
