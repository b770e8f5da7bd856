"""Texts counted as carriers count them, at every border."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.segments import Segments, odd_ones, segments

EXTENSION = "^{}\\[~]|€\f"


@pytest.mark.parametrize(
    ("text", "encoding", "characters", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\r\n", "GSM-7", 43, 1),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 159 + "€", "GSM-7", 161, 2),
        ("a" * 152 + "€" + "a" * 151, "GSM-7", 305, 2),  # € does not fit the first: 152 + 153
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("字" * 70, "UCS-2", 70, 1),
        ("字" * 71, "UCS-2", 71, 2),
        ("字" * 134, "UCS-2", 134, 2),
        ("字" * 135, "UCS-2", 135, 3),
        ("€" * 70 + "字", "UCS-2", 71, 2),  # in UCS-2 the extension counts once
        ("ç", "UCS-2", 1, 1),  # Ç is in the alphabet, ç is not
        ("It’s" + "a" * 66, "UCS-2", 70, 1),
        ("It’s" + "a" * 67, "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("a" * 69 + "😀", "UCS-2", 71, 2),
        ("😀" * 66, "UCS-2", 132, 2),  # 33 in each: the 67th unit stays empty
        ("😀" * 67, "UCS-2", 134, 3),
        ("字" * 66 + "😀" + "字" * 65, "UCS-2", 133, 2),
        ("字" * 66 + "😀" + "字" * 66, "UCS-2", 134, 3),
    ],
)
def test_borders(text: str, encoding: str, characters: int, count: int) -> None:
    assert segments(text) == Segments(encoding, characters, count)


@pytest.mark.parametrize("character", EXTENSION)
def test_the_extension_table_takes_two_septets(character: str) -> None:
    assert segments(character) == Segments("GSM-7", 2, 1)


@given(st.text(max_size=400), st.text(max_size=5))
def test_a_longer_text_never_needs_fewer_segments(text: str, more: str) -> None:
    assert segments(text + more).count >= segments(text).count


@given(st.text(max_size=400))
def test_the_segments_hold_the_text_and_the_last_is_needed(text: str) -> None:
    found = segments(text)
    alone, split = (160, 153) if found.encoding == "GSM-7" else (70, 67)
    assert found.characters <= (alone if found.count == 1 else split * found.count)
    assert found.count == 1 or found.characters > (split - 1) * (found.count - 1)


def test_the_characters_that_cost_are_named() -> None:
    assert odd_ones("It’s “here” [€]") == ["’", "“", "”"]
    assert odd_ones("It's here") == []
