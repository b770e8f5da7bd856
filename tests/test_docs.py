"""The documents say what is so: names and links in them exist, tables are those of the code."""

from __future__ import annotations

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest

from core.settings import ROOT
from crm.tickets import diagram

DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FLOORS = ("core", "routing", "kb", "crm", "callbacks", "hotline", "bench", "tests")
_NAMED = re.compile(r"`([\w/]+\.py):([A-Za-z_][\w.]*)`")
_CALLED = re.compile(r"`(\w+)\.(\w+)(?:\([^`]*\))?`")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
_SUFFIXES = {"py", "md", "html", "js", "css", "csv", "json", "jsonl", "po", "txt", "url", "sh"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def names(source: Path) -> frozenset[str]:
    """What a module defines: `name`, and `Class.name` for what stands inside a class."""
    found: set[str] = set()

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                walk(node.body, f"{prefix}{node.name}.")
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            found.update(prefix + target.id for target in targets if isinstance(target, ast.Name))
            if isinstance(node, ast.ImportFrom):
                found.update(prefix + (alias.asname or alias.name) for alias in node.names)

    walk(ast.parse(source.read_text()).body, "")
    return frozenset(found)


@cache
def modules() -> dict[str, list[Path]]:
    """Module name → the files of that name, without tests."""
    found: dict[str, list[Path]] = {}
    for floor in FLOORS[:-1]:
        for path in (ROOT / floor).rglob("*.py"):
            found.setdefault(path.stem, []).append(path)
    return found


@pytest.mark.parametrize("doc", DOCS, ids=relative)
def test_a_function_named_with_its_path_exists(doc: Path) -> None:
    gone = [
        f"{path}:{name}"
        for path, name in _NAMED.findall(doc.read_text())
        if not (ROOT / path).is_file() or name not in names(ROOT / path)
    ]
    assert gone == []


@pytest.mark.parametrize("doc", DOCS, ids=relative)
def test_a_function_named_with_its_module_exists(doc: Path) -> None:
    """`live.push("queue:…")`: where modules are called `live`, one of them has a `push`."""
    gone = [
        f"{module}.{name}"
        for module, name in _CALLED.findall(doc.read_text())
        if name not in _SUFFIXES
        and module in modules()
        and not any(name in names(path) for path in modules()[module])
    ]
    assert gone == []


@pytest.mark.parametrize("doc", DOCS, ids=relative)
def test_links_lead_somewhere(doc: Path) -> None:
    assert [link for link in _LINK.findall(doc.read_text()) if not (doc.parent / link).exists()] == []


def test_the_states_are_those_of_the_code() -> None:
    """Mend with: python -m crm.tickets.diagram > docs/states.md"""
    assert (ROOT / "docs" / "states.md").read_text() == diagram.document()


def test_every_document_is_in_the_index() -> None:
    folder = ROOT / "docs"
    linked = set(_LINK.findall((folder / "README.md").read_text()))
    assert {str(doc.relative_to(folder)) for doc in folder.rglob("*.md")} - {"README.md"} <= linked


def test_a_term_names_one_thing() -> None:
    rows = re.findall(r"^\| (?!English|---)(.+?) \| (.+?) \|", (ROOT / "docs/glossary.md").read_text(), re.M)
    for column in zip(*rows, strict=True):
        assert [term for term in column if column.count(term) > 1] == []


def test_the_limits_told_are_those_of_the_seed() -> None:
    with (ROOT / "routing" / "seed" / "limits.csv").open(newline="") as file:
        seed = {
            (r["kind"], r["urgency"], r["clock"]): f"{r['amount']} {r['unit']}" for r in csv.DictReader(file)
        }
    row = r"^\| (\w+) \S+ \| (\w+)(?: \S+)? \|((?: \d+ \w+ \|){4})$"
    told = re.findall(row, (ROOT / "docs" / "domain.md").read_text(), re.M)
    assert len(told) >= 10
    for clock, kind, cells in told:
        for urgency, cell in enumerate(cells.split("|")[:4], start=1):
            amount, unit = cell.split()
            unit = {"h": "hour", "wd": "workday"}.get(unit, unit)
            assert seed[("*" if kind == "every" else kind, str(urgency), clock)] == f"{amount} {unit}"
