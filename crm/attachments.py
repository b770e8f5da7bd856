"""Photos, recordings and documents of a ticket. The bytes lie under `VAR_DIR/attachments` by their digest, two folders
deep; the database knows their digest, kind and the name people see. A removed one is out of every list and address."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core import audit, db
from core.db import tx
from core.errors import Invalid, NotFound, Refused
from core.i18n import _
from core.officers import Officer
from core.settings import settings
from crm import attachment_types
from crm.attachment_types import File
from crm.tickets.access import TicketRow, ticket_for
from crm.tickets.states import OPEN

MEGABYTE = 2**20
MOST_OF_A_TICKET = 60


@dataclass(frozen=True)
class Upload:
    """A file as it was sent."""

    name: str
    data: bytes


async def add(
    officer: Officer, number: int, upload: Upload, *, order: int | None = None, now: datetime
) -> int:
    """Keep a file with the ticket. Raises Invalid (field `file`) for what is not taken, Refused at rest."""
    ticket = await ticket_for(officer, number)
    _check_open(ticket)
    most = settings().attachment_max_mb
    if len(upload.data) > most * MEGABYTE:
        raise attachment_types.too_large(upload.name, len(upload.data), most)
    file = await asyncio.to_thread(attachment_types.read, upload.name, upload.data)
    digest = await asyncio.to_thread(store, file.data)
    async with tx() as t:
        ticket = await ticket_for(officer, number, to="change")
        _check_open(ticket)
        held = await t.fetch(
            "SELECT id, digest FROM attachment WHERE ticket = $1 AND removed_at IS NULL", number
        )
        if again := next((row["id"] for row in held if row["digest"] == digest), None):
            return int(again)
        if len(held) >= MOST_OF_A_TICKET:
            raise Invalid({"file": _("一张单最多 {n} 件附件，先删去不用的。").format(n=MOST_OF_A_TICKET)})
        made = await _enter(t, ticket, file, digest, order, officer, now)
        await audit.record(
            officer, "attachment.add", f"ticket:{number}", after={"id": made, "kind": file.kind}
        )
        t.changed(f"ticket:{number}")
        return made


async def _enter(
    t: db.Tx, ticket: TicketRow, file: File, digest: str, order: int | None, officer: Officer, now: datetime
) -> int:
    """`order` counts only where it is one of this ticket's and the officer's own."""
    made: int = await t.fetchval(
        """INSERT INTO attachment (ticket, work_order, kind, name, mime, size, digest, uploaded_by, uploaded_by_name,
               uploaded_at)
           VALUES ($1, (SELECT id FROM work_order WHERE id = $2 AND ticket = $1 AND unit = ANY($3::int[])),
               $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id""",
        ticket.id, order, sorted(officer.scopes), file.kind, file.name, file.mime, len(file.data), digest,
        officer.id, officer.name, now,
    )  # fmt: skip
    return made


async def of_ticket(officer: Officer, number: int) -> tuple[TicketRow, list[Any]]:
    """The ticket, if the officer may see it, and its files in the order they came."""
    ticket = await ticket_for(officer, number)
    rows = await db.fetch(
        """SELECT id, work_order, kind, name, mime, size, uploaded_by, uploaded_by_name, uploaded_at
           FROM attachment WHERE ticket = $1 AND removed_at IS NULL ORDER BY id""",
        number,
    )
    return ticket, rows


async def attachment_for(officer: Officer, attachment: int) -> Any:
    """One file's row, if the officer may see its ticket. Raises NotFound."""
    row = await db.fetchrow("SELECT * FROM attachment WHERE id = $1 AND removed_at IS NULL", attachment)
    if row is None:
        raise NotFound(_("没有这件附件，可能已被删去。"))
    await ticket_for(officer, row["ticket"])
    return row


async def remove(officer: Officer, attachment: int, *, now: datetime) -> int:
    """Take one's own file back while the ticket is open; the bytes stay for the retention job. The ticket's number."""
    async with tx() as t:
        row = await attachment_for(officer, attachment)
        _check_open(await ticket_for(officer, row["ticket"], to="change"))
        if row["uploaded_by"] != officer.id:
            raise Refused(
                _("只有上传的人（{name}）能删。").format(name=row["uploaded_by_name"]), code="not_yours"
            )
        await t.execute("UPDATE attachment SET removed_at = $2 WHERE id = $1", attachment, now)
        before = {"id": attachment, "kind": row["kind"], "digest": row["digest"]}
        await audit.record(officer, "attachment.remove", f"ticket:{row['ticket']}", before=before)
        t.changed(f"ticket:{row['ticket']}")
        return int(row["ticket"])


def _check_open(ticket: TicketRow) -> None:
    if ticket.status not in OPEN:
        raise Refused(_("工单已经办结，附件不再增减；有新情况请先重新受理。"), code="at_rest")


# --- bytes ---


def path_of(digest: str) -> Path:
    return settings().var_dir / "attachments" / digest[:2] / digest[2:4] / digest


def store(data: bytes) -> str:
    """Write `data` under its SHA-256, whole or not at all; what is there already stays. The digest."""
    digest = hashlib.sha256(data).hexdigest()
    path = path_of(digest)
    if path.is_file() and path.stat().st_size == len(data):
        return digest
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_name(f".{digest[:8]}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        _sync(folder)
    return digest


def _sync(folder: Path) -> None:
    """A name that was written is only safe once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
