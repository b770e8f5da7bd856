"""`Idempotency-Key`: a write that was answered is answered again, not done again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from core import claims
from core.api.answers import encode
from core.claims import Claim, Reused
from core.db import tx
from core.i18n import _


async def once(
    claim: Claim, do: Callable[[], Awaitable[Any]], *, status: int, now: datetime
) -> tuple[bytes, bool]:
    """The answer's body, and whether it is an earlier one's. What was refused leaves no trace: the key is free again.

    Key, work and answer are one transaction; a repeat that comes meanwhile waits for it. Raises Reused.
    """
    async with tx():
        try:
            earlier = await claims.take(claim, now=now)
        except Reused:
            raise Reused(_("这个编号已用于另一份内容，请换一个。")) from None
        if earlier is not None:
            return str(earlier.answer).encode(), True
        body = encode(await do())
        await claims.keep_answer(claim.source, claim.source_id, status, body.decode())
        return body, False
