"""Pages in traditional Chinese, and what is found there."""

from __future__ import annotations

import re

import pytest

from core import traditional
from tests.people import Hire

DESKS = {
    "agent": ["/desk", "/matters?q=供熱", "/kb", "/kb?q=供熱", "/account"],
    "dispatcher": ["/dispatch", "/search?q=暖氣", "/streets?q=友誼", "/units?q=供熱"],
    "reviewer": ["/review"],
    "admin": ["/admin"],
}


@pytest.mark.parametrize("role", DESKS)
async def test_no_simplified_letter_is_left_on_a_page(role: str, officer: Hire) -> None:
    visitor = await officer(role)
    visitor.client.cookies.set("locale", "zh_TW")
    for path in DESKS[role]:
        answer = await visitor.get(path)
        assert answer.status_code == 200, path
        shown = re.sub(r"<(script|style|textarea)\b.*?</\1\s*>", "", answer.text, flags=re.DOTALL)
        for piece in re.sub(r"<[^>]*>", "\n", shown).split("\n"):
            assert traditional.letter_by_letter(piece) == piece or piece.strip().startswith("简体"), path
        for piece in re.findall(r' (?:title|placeholder|aria-label)="([^"]*)"', shown):
            assert traditional.letter_by_letter(piece) == piece, path


async def test_a_matter_is_found_by_traditional_letters(officer: Hire) -> None:
    visitor = await officer("agent")
    assert "供热" in (await visitor.get("/matters?q=供熱")).text
