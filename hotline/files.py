"""`hotline file NUMBER`: a ticket's file as a ZIP, for whoever runs the server; masked, and on record like any other."""

from __future__ import annotations

import os
from getpass import getuser
from pathlib import Path

from core import audit
from core.errors import Refused
from core.i18n import _
from crm.pages import casefiles
from crm.tickets import casefile, number
from crm.tickets.hotline import HOTLINE


async def write(asked: str, reason: str, to: Path | None = None) -> Path:
    """Where the file lies now: `to`, or NUMBER.zip here. Only its owner may read it; nothing is overwritten.

    Raises Refused for what is no number, no reason, no such ticket, or a file that is there.
    """
    ticket = number.read(asked)
    if ticket is None:
        raise Refused(_("填完整单号（13 位），例如 {example}。").format(example="261124 060402 7"))
    said = f"{getuser()} · {casefiles.check_reason(reason)}"
    pages, enclosed = await casefiles.gather(HOTLINE, ticket, said)
    path = to or Path(f"{ticket:013d}.zip")
    try:
        out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(_("{path} 已经有了，没有覆盖。").format(path=path)) from None
    await audit.seen(HOTLINE, "file", f"ticket:{ticket}", said)
    with os.fdopen(out, "wb") as file:
        file.writelines(casefile.stream(pages, enclosed))
    return path
