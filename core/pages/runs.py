"""`/runs`: long work as its starters see it — how far it is, what it refused, cancel, resume."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.response import File

from core import audit, clock, db, runs
from core.errors import Denied, NotFound, Refused
from core.i18n import N_, _
from core.web import FromPath, FromQuery, Request, cursor, page, read_cursor, redirect, requires, visit

SEE = requires("runs.see", "admin.runs")
PAGE = 50
STATES = {
    "waiting": N_("等待"), "running": N_("进行中"), "done": N_("完成"), "cancelled": N_("已停"), "failed": N_("失败"),
}  # fmt: skip
_COLUMNS = """id, kind, title, parameters, cursor, state, done, total, rejected, rejects_file, error, cancel_asked,
    started_by, created_at, started_at, beat_at, finished_at"""


@get("/runs", guards=[SEE])
async def index(after: FromQuery[str] = "", kind: FromQuery[str] = "") -> Response[Any]:
    """Newest first, all kinds or one."""
    rows, further = await listed(kind, after)
    return page(
        "core/runs/page.html", rows=rows, next=further and f"/runs?kind={kind}&after={further}", kind=kind
    )


@get("/runs/{number:int}", guards=[SEE])
async def show(request: Request, number: FromPath[int]) -> Response[Any]:
    run = await _run(number)
    if run["unconfirmed"]:
        return redirect(f"/imports/{number}") if run["kind"].startswith("import.") else redirect("/runs")
    template = "core/runs/_state.html" if visit().is_fragment else "core/runs/run.html"
    return page(template, desk="runs", run=run, may=may_steer(request, run))


@get("/runs/{number:int}/rejects", guards=[SEE])
async def rejects(request: Request, number: FromPath[int]) -> File:
    """What the run refused, as CSV; it holds words of citizens, so the look is logged."""
    run = await _run(number)
    path = runs.rejects_of(number)
    if not run["rejected"] or not path.is_file():
        raise NotFound(_("这次任务没有拒收的行。"))
    await audit.seen(request.user, "rejects", f"run:{number}", address=visit().address)
    return File(path, filename=f"run-{number}-rejects.csv", media_type="text/csv; charset=utf-8")


@post("/runs/{number:int}/cancellation", guards=[SEE])
async def cancel(request: Request, number: FromPath[int]) -> Response[Any]:
    run = await _steered(request, number)
    if not await runs.ask_to_cancel(number):
        raise Refused(_("这次任务已经结束。"))
    await audit.record(
        request.user, "run.cancel", f"run:{number}", None, {"kind": run["kind"], "done": run["done"]}
    )
    return redirect(f"/runs/{number}", flash=_("已请它停下；已完成的部分保留。"))


@post("/runs/{number:int}/resumption", guards=[SEE])
async def resume(request: Request, number: FromPath[int]) -> Response[Any]:
    run = await _steered(request, number)
    if run["kind"] not in runs.TAKEN_UP or not await runs.put_back(number):
        raise Refused(_("这次任务不能从这里继续。"))
    await audit.record(
        request.user, "run.resume", f"run:{number}", None, {"kind": run["kind"], "done": run["done"]}
    )
    return redirect(f"/runs/{number}", flash=_("会从停下的地方继续。"))


routes = [index, show, rejects, cancel, resume]


async def listed(kind: str, after: str) -> tuple[list[dict[str, Any]], str | None]:
    """A page of runs of a kind (or of all), newest first, and where the next begins."""
    key = read_cursor(after, int)
    rows = await db.fetch(
        f"""SELECT {_COLUMNS}, (SELECT name FROM account WHERE account.id = run.started_by) AS starter FROM run
            WHERE ($1 = '' OR kind = $1) AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT {PAGE + 1}""",
        kind, key[0] if key else None,
    )  # fmt: skip
    shown = [_told(row) for row in rows[:PAGE]]
    return shown, cursor(rows[PAGE - 1]["id"]) if len(rows) > PAGE else None


def may_steer(request: Request, run: dict[str, Any]) -> bool:
    """Who started it, or an administrator."""
    return request.user.can("admin.runs") or run["started_by"] == request.user.id


async def _steered(request: Request, number: int) -> dict[str, Any]:
    run = await _run(number)
    if not may_steer(request, run):
        raise Denied(_("只有发起人或管理员可以停下、继续。"))
    return run


async def _run(number: int) -> dict[str, Any]:
    row = await db.fetchrow(
        f"""SELECT {_COLUMNS}, (SELECT name FROM account WHERE account.id = run.started_by) AS starter
            FROM run WHERE id = $1""",
        number,
    )
    if row is None:
        raise NotFound
    return _told(row)


def _told(row: Any) -> dict[str, Any]:
    """A run in words: what it is, how far, how fast, how long still."""
    state = "failed" if row["state"] == "running" and _is_lost(row) else row["state"]
    end = row["finished_at"] or clock.real_now()
    seconds = (end - row["started_at"]).total_seconds() if row["started_at"] else 0.0
    left = (row["total"] or 0) - row["done"]
    speed = row["done"] / seconds if seconds > 0 else 0.0
    parameters, reached = runs.read_json(row["parameters"]), runs.read_json(row["cursor"])
    return {
        **row, "state": state, "word": _(STATES[state]), "kind_word": _(runs.KINDS.get(row["kind"], row["kind"])),
        "seconds": seconds, "speed": speed, "share": min(row["done"] / row["total"], 1.0) if row["total"] else None,
        "left_seconds": left / speed if state == "running" and speed and left > 0 else None,
        "unconfirmed": parameters.get("confirmed") is False, "counts": {k: v for k, v in reached.items() if k in COUNTS},
        "count_words": {k: _(v) for k, v in COUNTS.items()}, "resumable": row["kind"] in runs.TAKEN_UP,
        "live": state in ("waiting", "running"),
    }  # fmt: skip


#: What a cursor may count beside where it stands.
COUNTS = {"made": N_("新建"), "known": N_("早已导入")}


def _is_lost(row: Any) -> bool:
    return row["beat_at"] is None or clock.real_now() - row["beat_at"] > runs.STALE_AFTER
