"""`/api/v1/lines`: the public numbers."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.access import signed_in
from core.api.operations import Call, reads
from core.i18n import N_
from crm.lines import lines
from routing.api import REFERENCE


class Line(msgspec.Struct):
    number: Annotated[str, Meta(examples=["12345"])]
    name: str
    name_en: str
    mode: str
    greeting: str
    default_matter: str


@reads("/api/v1/lines", signed_in, N_("线路"), tag=REFERENCE, gives=list[Line], cached=True)
async def all_lines(call: Call[Any]) -> list[Line]:
    return [
        Line(row.number, row.name, row.name_en, row.mode, row.greeting, row.default_matter)
        for row in (await lines()).values()
    ]


routes: list[Any] = [all_lines]
