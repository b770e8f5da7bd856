"""What must not drift: the floors, the documents, the clock, the migrations."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from core import schema
from core.settings import ROOT, Settings
from hotline.piccolo_conf import FLOORS
from hotline.worker import JOBS

SOURCES = sorted(
    path
    for floor in (*FLOORS, "hotline")
    for path in (ROOT / floor).rglob("*.py")
    if "piccolo_migrations" not in path.parts
)
#: Rules, tables and arithmetic: no table, framework or network.
PURE = (
    "routing/rules.py",
    "routing/calendar.py",
    "routing/limits.py",
    "crm/tickets/states.py",
    "crm/tickets/clocks.py",
    "callbacks/inbound.py",
    "callbacks/segments.py",
)
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_run_downwards() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    assert documented == {name.upper() for name in Settings.model_fields}


def test_the_example_file_holds_known_settings_only() -> None:
    named = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert set(named) <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("doc", DOCS, ids=relative)
def test_paths_named_in_a_document_exist(doc: Path) -> None:
    named = re.findall(
        r"`((?:core|routing|kb|crm|callbacks|hotline|templates|static|tests|docs|locale|bench)/[\w./-]+)",
        doc.read_text(),
    )
    gone = [name for name in named if not (ROOT / name.rstrip("./")).exists()]
    assert gone == []


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_sql_asks_no_clock_of_its_own(source: Path) -> None:
    """Business time is an argument; the database's clock knows nothing of it."""
    texts = [node.value for node in ast.walk(ast.parse(source.read_text())) if _is_sql(node)]
    asked = [
        text
        for text in texts
        if re.search(r"\bnow\(\)|current_(date|timestamp|time)\b|localtime", text, re.I)
    ]
    assert asked == []


def _is_sql(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(re.search(r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE)\b", node.value))
    )


@pytest.mark.parametrize("source", PURE)
def test_a_pure_module_imports_no_table_database_or_framework(source: str) -> None:
    found = {
        name
        for node in ast.walk(ast.parse((ROOT / source).read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert not {name for name in found if re.match(r"piccolo|litestar|asyncpg|core\.db|.*\.tables$", name)}


@pytest.mark.parametrize("floor", [floor for floor in FLOORS if (ROOT / floor / "tables.py").is_file()])
async def test_migrations_are_complete(floor: str) -> None:
    """`hotline migration <floor>` would find nothing to write."""
    from piccolo.apps.migrations.commands.new import AutoMigrationManager

    config = importlib.import_module(f"{floor}.piccolo_app").APP_CONFIG
    changes = await AutoMigrationManager(auto_input="n").get_alter_statements(app_config=config)
    assert [statement for change in changes for statement in change.statements] == []


def test_migrations_have_names_of_their_own() -> None:
    """Piccolo imports them as top-level modules: two of one name would hide each other."""
    names = [path.name for floor in FLOORS for path in (ROOT / floor / "piccolo_migrations").glob("[!_]*.py")]
    assert len(names) == len(set(names))
    assert len(schema.steps()) == len(names)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.path)
def test_every_job_of_the_timetable_exists(job: object) -> None:
    from hotline.worker import Job

    assert isinstance(job, Job)
    assert callable(job.coroutine())


def test_every_package_is_installed() -> None:
    """A folder with an `__init__.py` that setuptools does not know would be missing from a wheel."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["tool"]["setuptools"]["packages"]) >= {*FLOORS, "hotline"}


BELOW_THE_PAGE = [
    source
    for source in SOURCES
    if source.relative_to(ROOT).parts[0] in {"routing", "kb", "crm", "callbacks"}
    and not {"pages", "api", "seed", "jobs.py", "webhooks.py"}.intersection(source.relative_to(ROOT).parts)
]


@pytest.mark.parametrize("source", BELOW_THE_PAGE, ids=relative)
def test_time_is_an_argument_below_the_page(source: Path) -> None:
    calls = (node.func for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call))
    asked = [
        ast.unparse(call) for call in calls if ast.unparse(call) in {"clock.now", "datetime.now", "time.time"}
    ]
    assert asked == []
