"""How many statements a request costs: no page may ask per row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg


@dataclass
class Count:
    statements: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.statements)


@asynccontextmanager
async def counted() -> AsyncIterator[Count]:
    """Everything that asyncpg sends while the block runs, but for BEGIN and COMMIT."""
    count, real = Count(), asyncpg.Connection._do_execute

    async def noting(self: asyncpg.Connection, query: str, *args: object, **more: object) -> object:
        if "pg_notify" not in query:  # the live channel tells in its own time
            count.statements.append(query)
        return await real(self, query, *args, **more)

    asyncpg.Connection._do_execute = noting
    try:
        yield count
    finally:
        asyncpg.Connection._do_execute = real
