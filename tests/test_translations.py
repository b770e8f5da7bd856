"""Every Chinese word that a page or a verb can say has an English one, and says the same blanks."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.extract import extract_from_file

from core import i18n
from core.settings import ROOT

PACKAGES = ("core", "routing", "kb", "crm", "callbacks", "hotline")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


@cache
def said() -> dict[str, str]:
    """msgid → where it stands first."""
    found: dict[str, str] = {}
    for path, method in sources():
        options = (
            {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"} if method == "jinja2" else {}
        )
        for line, message, _comments, _context in extract_from_file(
            method,
            path,
            keywords=KEYWORDS,
            options={**options, "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols"},
        ):
            for msgid in (message,) if isinstance(message, str) else message:
                if msgid:
                    found.setdefault(msgid, f"{path.relative_to(ROOT)}:{line}")
    return found


def sources() -> Iterator[tuple[Path, str]]:
    for package in PACKAGES:
        yield from (
            (p, "python")
            for p in sorted((ROOT / package).rglob("*.py"))
            if "piccolo_migrations" not in p.parts
        )
    yield from ((p, "jinja2") for p in sorted((ROOT / "templates").rglob("*.html")))


def test_everything_said_in_chinese_is_said_in_english() -> None:
    english = i18n.read(sorted((ROOT / "locale" / "en").glob("*.po")))
    missing = {msgid: place for msgid, place in said().items() if msgid not in english}
    assert not missing, f"{len(missing)} without English:\n" + "\n".join(
        f'{place}\nmsgid "{msgid}"' for msgid, place in missing.items()
    )


def test_a_translation_fills_the_same_blanks() -> None:
    english = i18n.read(sorted((ROOT / "locale" / "en").glob("*.po")))
    wrong = {m: english[m] for m in said() if m in english and blanks(m) != blanks(english[m])}
    assert not wrong


def blanks(text: str) -> set[str]:
    return set(re.findall(r"{(\w*)}", text))


def test_no_english_is_kept_for_what_nobody_says() -> None:
    for path in sorted((ROOT / "locale" / "en").glob("*.po")):
        left = [m for m in i18n.read([path]) if m not in said()]
        assert not left, f"{path.name} holds what nobody says any more: {left}"


def test_no_template_or_script_speaks_without_the_catalogue() -> None:
    told = re.compile(r"{#.*?#}|{{.*?}}|{%.*?%}", re.DOTALL)
    wild = {
        str(path.relative_to(ROOT)): line.strip()
        for pattern, silent in (("templates/**/*.html", told), ("static/js/*.js", re.compile(r"//.*")))
        for path in sorted(ROOT.glob(pattern))
        for line in silent.sub("", path.read_text("utf-8")).splitlines()
        if re.search("[\u3400-\u9fff]", line)
    }
    assert not wild
