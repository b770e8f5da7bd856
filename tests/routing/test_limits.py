"""Which limit counts, and what is said when none does."""

import csv
from datetime import date, timedelta

import pytest

from core.settings import ROOT
from routing.limits import Limit, LimitMissing, LimitTable, Row

TODAY = date(2026, 11, 6)


def row(kind: str, urgency: int, clock: str, amount: int, unit: str = "workday", **times: object) -> Row:
    version = str(times.pop("version", "2026-1"))
    return Row(kind, urgency, clock, Limit(amount, unit, version), **times)  # type: ignore[arg-type]


def test_the_kinds_own_row_comes_before_the_general_one() -> None:
    table = LimitTable.of([row("*", 3, "close", 5), row("complaint", 3, "close", 10)])
    assert table.resolve("complaint", 3, "close", TODAY).amount == 10
    assert table.resolve("other", 3, "close", TODAY).amount == 5


@pytest.mark.parametrize(
    ("on", "amount"),
    [("2025-12-31", 5), ("2026-01-01", 4), ("2026-06-30", 4), ("2026-07-01", 3), ("2027-01-01", 3)],
)
def test_the_version_valid_on_the_day_counts(on: str, amount: int) -> None:
    table = LimitTable.of(
        [
            row("*", 3, "close", 5, valid_to=date(2025, 12, 31), version="2025-1"),
            row(
                "*", 3, "close", 4, valid_from=date(2026, 1, 1), valid_to=date(2026, 6, 30), version="2026-1"
            ),
            row("*", 3, "close", 3, valid_from=date(2026, 7, 1), version="2026-07"),
        ]
    )
    assert table.resolve("help", 3, "close", date.fromisoformat(on)).amount == amount


def test_of_two_that_are_valid_the_later_counts() -> None:
    old, new = (
        row("*", 3, "sign", 2, valid_from=date(2024, 1, 1)),
        row("*", 3, "sign", 1, valid_from=date(2026, 1, 1)),
    )
    for rows in ([old, new], [new, old]):
        assert LimitTable.of(rows).resolve("help", 3, "sign", TODAY).amount == 1


def test_an_expired_own_row_falls_back_to_the_general_one() -> None:
    table = LimitTable.of([row("*", 3, "close", 5), row("help", 3, "close", 7, valid_to=date(2026, 1, 1))])
    assert table.resolve("help", 3, "close", TODAY).amount == 5


def test_the_answer_names_its_version() -> None:
    assert LimitTable.of([row("*", 1, "sign", 15, "min")]).resolve("help", 1, "sign", TODAY) == Limit(
        15, "min", "2026-1"
    )


def test_what_is_missing_is_named() -> None:
    with pytest.raises(LimitMissing, match=r"close.*complaint × P3.*2026-11-06"):
        LimitTable.of([row("*", 3, "sign", 1)]).resolve("complaint", 3, "close", TODAY)


def test_no_extension_is_a_limit_of_nothing() -> None:
    assert not Limit(0, "hour")


@pytest.mark.parametrize(("amount", "unit"), [(-1, "hour"), (1, "day"), (1, "")])
def test_a_limit_that_means_nothing_is_refused(amount: int, unit: str) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit(amount, unit)


def test_working_days_are_no_wall_time() -> None:
    assert Limit(90, "min").wall == Limit(1, "hour").wall + timedelta(minutes=30)
    with pytest.raises(ValueError, match="workday"):
        _ = Limit(1, "workday").wall


@pytest.mark.parametrize(
    ("lead", "assist"),
    [
        (Limit(10, "workday"), Limit(7, "workday")),
        (Limit(5, "workday"), Limit(4, "workday")),
        (Limit(1, "workday"), Limit(1, "workday")),
        (Limit(24, "hour"), Limit(960, "min")),
        (Limit(2, "hour"), Limit(80, "min")),
    ],
)
def test_an_assist_has_a_third_less(lead: Limit, assist: Limit) -> None:
    assert lead.for_assist() == assist


def test_the_seed_fills_every_cell_that_dispatch_needs() -> None:
    with (ROOT / "routing/seed/limits.csv").open(encoding="utf-8", newline="") as file:
        found = [
            row(r["kind"], int(r["urgency"]), r["clock"], int(r["amount"]), r["unit"])
            for r in csv.DictReader(file)
        ]
    table = LimitTable.of(found)
    for kind in ("consult", "help", "complaint", "report", "suggestion", "praise", "home_service", "other"):
        for urgency in (1, 2, 3, 4):
            for clock in ("dispatch", "sign", "contact", "close", "return", "extension", "follow_up", "redo"):
                table.resolve(kind, urgency, clock, TODAY)
    assert table.resolve("complaint", 3, "close", TODAY) == Limit(10, "workday", "2026-1")
