"""No Chinese reaches people from Python without the catalogue: each literal is in `_`, `N_` or `ngettext`, or is told why not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from core.settings import ROOT
from tests.test_translations import PACKAGES

#: What people or files say is told apart by these words; nobody is shown them.
RECOGNISED: Final = "words that are recognised in what is typed"
#: Texts to citizens are written in each language apart (docs/sms.md).
OWN_LANGUAGES: Final = "has a text for each language of the citizen"
#: Written once for all readers, as the ledger keeps it.
KEPT: Final = "kept in the ledger, whoever reads it"
ALLOWED: Final = {
    "core/api/problems.py": "the name of an example's officer",
    "core/i18n.py": "how languages call themselves, and how Chinese writes a date",
    "core/text.py": "letters of a pattern",
    "routing/admin/catalogue.py": "SQL that gives Chinese and English side by side",
    "routing/calendar_year.py": RECOGNISED,
    "routing/guess.py": RECOGNISED,
    "routing/limit_cells.py": RECOGNISED,
    "routing/placeless.py": "names of functions as the units' table holds them",
    "kb/search/snippets.py": "the first letter of a pattern",
    "crm/importing/mapping.py": RECOGNISED,
    "crm/pages/names.py": "endings that a narrow column drops from Chinese names",
    "crm/tickets/diagram.py": "writes docs/states.md",
    "crm/tickets/lookalikes.py": RECOGNISED,
    "crm/tickets/open_words.py": RECOGNISED,
    "crm/tickets/persons.py": RECOGNISED,
    "crm/tickets/register.py": "kept in the ledger; crm/pages/names.py shows it in the reader's language",
    "callbacks/appeals.py": KEPT,
    "callbacks/inbound.py": RECOGNISED,
    "callbacks/notices.py": OWN_LANGUAGES,
    "callbacks/replies.py": OWN_LANGUAGES,
    "callbacks/surveys.py": KEPT,
    "callbacks/templates.py": OWN_LANGUAGES,
    "callbacks/texts.py": OWN_LANGUAGES,
    "callbacks/webhooks.py": "spoken by the telephone to the unit on duty, whose calls are Chinese",
    "callbacks/withdrawing.py": KEPT,
    "callbacks/wording_rules.py": OWN_LANGUAGES,
    "hotline/cli.py": "a column's name, as an example",
    "hotline/importing.py": RECOGNISED,
    "hotline/serve.py": "a word that has the dictionary loaded",
}  # fmt: skip
#: Data, not words of ours: what is filled in once, and the demonstration's people.
DATA: Final = {"seed", "demo", "piccolo_migrations"}
SAYS: Final = {"_", "N_", "ngettext", "said", "say"}
#: In the API's document: what a field may hold, as an officer would write it.
EXAMPLES: Final = {"example", "examples"}
_HAN: Final = re.compile("[\u3400-\u9fff]")


@cache
def found() -> dict[str, list[str]]:
    """file → its Chinese literals that no catalogue knows."""
    wild: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if DATA.isdisjoint(path.parts) and (lines := list(literals(path.read_text("utf-8")))):
                wild[str(path.relative_to(ROOT))] = lines
    return wild


def literals(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    fine = {id(part) for node in ast.walk(tree) for told in _told(node) for part in ast.walk(told)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if _HAN.search(text) and id(node) not in fine:
                yield f"{node.lineno}: {text[:60]}"


def _told(node: ast.AST) -> list[ast.expr]:
    """Where below `node` Chinese is fine: what a catalogue is asked for, what is a comment, a pattern or an example."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return [node.value]
        case ast.Call(func=ast.Name(id=name)) if name in SAYS:
            return node.args
        case ast.Call(func=ast.Attribute(value=ast.Name(id=where), attr=name)):
            if (where, name) in {("re", "compile"), ("i18n", "_"), ("i18n", "N_"), ("i18n", "said")}:
                return node.args
    if isinstance(node, ast.Call):
        return [word.value for word in node.keywords if word.arg in EXAMPLES]
    return []


def test_no_python_speaks_without_the_catalogue() -> None:
    wild = [f"{file}:{line}" for file, lines in found().items() if file not in ALLOWED for line in lines]
    assert not wild, "wrap in _() or N_(), or say in ALLOWED why not:\n" + "\n".join(wild)


def test_each_allowance_is_used() -> None:
    assert not sorted(set(ALLOWED) - set(found()))


@pytest.mark.parametrize(
    ("source", "wild"),
    [
        ('"""受理"""\nx = _("受理") + N_("派单")', 0),
        ('x = _("受理 {what}").format(what="派单")', 1),
        ('raise Refused(409, "taken", "已有人派")', 1),
        ('x = f"第 {n} 行"', 2),
        ('x: Annotated[str, Meta(description="派单", examples=["南开区"])]', 1),
    ],
)
def test_what_counts_as_wild(source: str, wild: int) -> None:
    assert len(list(literals(source))) == wild
