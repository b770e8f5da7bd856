"""Columns guessed by their names, corrected by hand."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from crm.importing import mapping


def test_chinese_and_english_heads_are_guessed() -> None:
    assert mapping.guess(["id", "user", "title", "time", "body", "reply", "reply_time"]) == {
        "source_id": "id", "title": "title", "received_at": "time", "content": "body", "reply": "reply",
        "replied_at": "reply_time",
    }  # fmt: skip
    found = mapping.guess(["留言编号", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"])
    assert set(found) == {"source_id", "title", "received_at", "content", "reply", "replied_at"}


def test_what_is_given_wins_over_the_guess() -> None:
    columns = ["id", "time", "body", "text", "reply", "reply_time"]
    chosen = mapping.with_guess(columns, mapping.read(["content=text"]))
    assert chosen["content"] == "text"
    assert mapping.unmapped(columns, chosen) == ["body"]


def test_an_empty_column_takes_a_guess_away() -> None:
    assert "title" not in mapping.with_guess(["title"], mapping.read(["title="]))


@pytest.mark.parametrize("pair", ["content", "nonsense=body"])
def test_a_wrong_pair_is_told(pair: str) -> None:
    with pytest.raises(Invalid):
        mapping.read([pair])


def test_every_gap_is_told_at_once() -> None:
    with pytest.raises(Invalid) as wrong:
        mapping.settle(["a", "b"], {"content": "a", "title": "a", "reply": "gone"})
    assert {"content", "title", "reply", "received_at", "replied_at"} <= set(wrong.value.fields)
