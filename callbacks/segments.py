"""What a carrier counts and bills: the segments of a text. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: 3GPP TS 23.038, the default alphabet, and the extension table whose characters take two septets.
_GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWICE: Final = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True)
class Segments:
    """`characters` as the encoding counts them: septets of GSM-7 (€ is two) or 16-bit units of UCS-2 (😀 is two).

    Each of the `count` segments is billed.
    """

    encoding: str
    characters: int
    count: int


def segments(text: str) -> Segments:
    """One character outside GSM-7 makes the whole text UCS-2: 160 or 70 alone, 153 or 67 each when split."""
    if all(c in _GSM7 or c in _GSM7_TWICE for c in text):
        sizes, alone, split, encoding = [2 if c in _GSM7_TWICE else 1 for c in text], 160, 153, "GSM-7"
    else:
        sizes, alone, split, encoding = [2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67, "UCS-2"
    characters = sum(sizes)
    if characters <= alone:
        return Segments(encoding, characters, 1)
    count, room = 1, split
    for size in sizes:  # a character of two units is never torn in two
        if size > room:
            count, room = count + 1, split
        room -= size
    return Segments(encoding, characters, count)


def odd_ones(text: str) -> list[str]:
    """The characters that make a text UCS-2, each once in order: a curly quote in an English text doubles its cost."""
    return list(dict.fromkeys(c for c in text if c not in _GSM7 and c not in _GSM7_TWICE))
