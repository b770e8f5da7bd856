"""The inbox of somebody with several units: one list, the soonest due first, however it is paged."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.tickets import inbox, signing
from tests.crm.cast import NOW, dispatched, officer, unit_named

pytestmark = pytest.mark.usefixtures("database")

UNITS = ("南开区供热办", "河西区供热办", "河东区供热办")


async def test_units_are_merged_by_what_is_due_first_and_paged_without_loss() -> None:
    head = officer(9, "Wang", "unit_head", units=frozenset([await unit_named(name) for name in UNITS]))
    made = {}
    for n in range(7):
        _number, order = await dispatched(UNITS[n % 3], at=NOW + timedelta(minutes=n * 7 % 5))
        made[order] = n
    await dispatched("和平区供热办")  # nobody's here
    whole = await inbox.orders(head, "sign")
    assert {row["id"] for row in whole} == set(made)
    assert [(row["sort_at"], row["id"]) for row in whole] == sorted(
        (row["sort_at"], row["id"]) for row in whole
    )

    paged: list[int] = []
    after = None
    while True:
        found = await inbox.orders(head, "sign", after=after, limit=2)
        paged += [row["id"] for row in found[:2]]
        if len(found) <= 2:
            break
        after = (found[1]["sort_at"], found[1]["id"])
    assert paged == [row["id"] for row in whole]


async def test_each_tab_counts_what_it_lists() -> None:
    head = officer(9, "Wang", "unit_head", units=frozenset([await unit_named(name) for name in UNITS]))
    for n, name in enumerate(UNITS):
        _number, order = await dispatched(name, at=NOW)
        if n:
            await signing.sign(head, order, now=NOW + timedelta(minutes=n))
    now = NOW + timedelta(hours=1)
    listed = {tab: len(await inbox.orders(head, tab)) for tab in inbox.TABS}
    assert listed == {"sign": 1, "handling": 2, "waiting": 0, "done": 0} == await inbox.counts(head, now=now)
