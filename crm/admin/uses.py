"""What floor 3 and the knowledge below it hang on a matter, in words for its administrator."""

from __future__ import annotations

from collections.abc import Sequence

from core import db
from core.i18n import _


async def of_matters(codes: Sequence[str]) -> dict[str, list[str]]:
    rows = await db.fetch(
        """SELECT c.code, (SELECT count(*) FROM ticket t WHERE t.matter LIKE c.code || '%') AS tickets,
                  (SELECT count(*) FROM article a WHERE a.matter LIKE c.code || '%') AS articles,
                  (SELECT count(*) FROM line l WHERE l.default_matter LIKE c.code || '%') AS lines
           FROM unnest($1::text[]) AS c(code)""",
        list(codes),
    )
    found = {}
    for row in rows:
        counts = (
            (row["tickets"], _("{n} 张工单")), (row["articles"], _("{n} 条知识")),
            (row["lines"], _("{n} 条线路的默认事项")),
        )  # fmt: skip
        found[row["code"]] = [words.format(n=n) for n, words in counts if n]
    return found
