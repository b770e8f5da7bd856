"""A ticket's files: list, fetch, add, take back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import get
from litestar.types import ASGIApp

from core.api.operations import Call, Operation, reads, writes
from core.fields import Field
from core.i18n import N_
from core.web import FromPath, Request, requires
from crm import attachments
from crm.api import shapes
from crm.api.tickets import number_of
from crm.pages.attachments import sent

FILES = N_("附件")
SEER = requires("ticket.see", "desk.unit")


@dataclass(frozen=True)
class Added:
    order: Annotated[
        int | None, Field(N_("属于哪张承办单"), "number", least=1, most=2**53, required=False)
    ] = None


@reads(
    "/api/v1/tickets/{ticket:str}/attachments", SEER, N_("工单的附件"), tag=FILES, gives=shapes.Attachments
)
async def listed(call: Call[Any]) -> shapes.Attachments:
    return await _listed(call, number_of(call))


@writes(
    "/api/v1/tickets/{ticket:str}/attachments", SEER, N_("加一件附件"), tag=FILES, given=Added,
    gives=shapes.Attachments, status=201, file="in",
    more=N_("照片、录音和常用文档；内容说了算，不看扩展名。同一个文件再传一次还是那一件。"),
)  # fmt: skip
async def added(call: Call[Added]) -> shapes.Attachments:
    wanted = number_of(call)
    assert call.file is not None
    upload = attachments.Upload(call.file.name, call.file.data)
    await attachments.add(call.officer, wanted, upload, order=call.given.order, now=call.now)
    return await _listed(call, wanted)


_FETCHED = Operation(
    "GET", "/api/v1/attachments/{id:int}", SEER, N_("取一件附件；看了会记日志"), FILES, file="out"
)


@get(_FETCHED.path, guards=[SEER], opt={"operation": _FETCHED})
async def fetched(request: Request, id: FromPath[int]) -> ASGIApp:
    return await sent(request, id)


@writes(
    "/api/v1/attachments/{id:int}", SEER, N_("删去自己传的附件"), tag=FILES, gives=shapes.Attachments,
    method="DELETE",
)  # fmt: skip
async def removed(call: Call[Any]) -> shapes.Attachments:
    return await _listed(call, await attachments.remove(call.officer, call.id(), now=call.now))


routes: list[Any] = [listed, added, fetched, removed]


async def _listed(call: Call[Any], number: int) -> shapes.Attachments:
    _ticket, rows = await attachments.of_ticket(call.officer, number)
    return shapes.Attachments(
        [
            shapes.Attachment(
                row["id"], row["work_order"], row["kind"], row["name"], row["mime"], row["size"],
                row["uploaded_by_name"], row["uploaded_at"],
            )
            for row in rows
        ]
    )  # fmt: skip
