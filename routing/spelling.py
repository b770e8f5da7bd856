"""How Chinese names are spelt for look-ups: a syllable for each letter, stored beside the name."""

from __future__ import annotations


def is_letter(char: str) -> bool:
    """Ideographs, letters and digits; not the separators of a path."""
    return char.isalnum()


def syllables(text: str) -> list[str]:
    """One entry a letter: `供热 › 不热` → `gong re bu re`, `A1` → `a 1`. Slow to import: for writing, not for look-ups."""
    from pypinyin import lazy_pinyin

    spelt = lazy_pinyin(text, errors=list)  # type: ignore[arg-type]  # a list is taken too, its stub forgets
    return [syllable.lower() for syllable in spelt if is_letter(syllable[0])]


def spell(text: str) -> tuple[str, str]:
    """`pinyin` and `initials` as the tables hold them: `gong re bu re`, `grbr`."""
    found = syllables(text)
    return " ".join(found), "".join(syllable[0] for syllable in found)


def romanised(text: str) -> str:
    """A Chinese proper name as English text writes it: `王顶堤` → `Wangdingdi`."""
    return "".join(syllables(text)).capitalize()
