"""`hotline import messages FILE`: the mapping shown and agreed, then the run with its bar; what came of it."""

from __future__ import annotations

import asyncio
import sys
import unicodedata
from argparse import Namespace
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from core import clock, db, runs
from core.errors import Invalid
from core.i18n import _
from crm.importing import files, mapping, messages, rows
from routing.rulebook import rulebook

SAMPLE = 3
WIDTH = 46

Watch = Callable[[runs.Run], None]


async def work(args: Namespace, watch: Watch) -> int:
    """0 when every row is in, 1 when some were refused, 2 when nothing was begun."""
    if args.resume:
        return await _run(args.resume, watch)
    path = Path(args.file or "")
    try:
        table = files.opened(path)
        given = mapping.read(args.map)
        chosen = mapping.with_guess(table.columns, given)
        _show(table, chosen)
        chosen = mapping.settle(table.columns, chosen)
    except Invalid as wrong:
        _complain(wrong)
        return 2
    if args.dry_run:
        return await _try(table, chosen)
    if not args.yes and not _agreed():
        return 2
    source = args.source or messages.source_of(path.name)
    return await _run(await messages.start(path, path.name, chosen, source=source, by=None), watch)


async def _run(number: int, watch: Watch) -> int:
    try:
        async with runs.resume(number, watch=watch) as run:
            await messages.work(run, now=clock.now())
    except (runs.Cancelled, asyncio.CancelledError) as stopped:
        print(
            _("已停在第 {n} 行；继续：hotline import messages --resume {run}").format(n=run.done, run=number)
        )
        if isinstance(stopped, runs.Cancelled):
            return 1
        raise  # Ctrl-C
    except runs.Busy:
        print(_("第 {run} 号任务正在别处进行，或者已经结束。").format(run=number), file=sys.stderr)
        return 2
    except Invalid as wrong:
        _complain(wrong)
        return 2
    seconds = await db.fetchval(
        "SELECT extract(epoch FROM finished_at - started_at)::float FROM run WHERE id = $1", number
    )
    print(
        _("完成：新建 {made} 件，早已导入 {known} 件，拒收 {wrong} 处；{s:.1f} 秒，每秒 {rate:.0f} 行。").format(
            made=run.cursor.get("made", 0), known=run.cursor.get("known", 0), wrong=run.rejected,
            s=seconds, rate=run.done / max(seconds, 0.001),
        )
    )  # fmt: skip
    if run.rejected:
        print(_("拒收的行：{path}").format(path=run.rejects_path))
    return 1 if run.rejected else 0


async def _try(table: files.Table, chosen: Mapping[str, str]) -> int:
    book, now, good, bad = await rulebook(), clock.now(), 0, 0
    for row in table.read():
        try:
            rows.check(row, chosen, book, now=now)
            good += 1
        except rows.Faulty as faulty:
            bad += 1
            for name, value, why in faulty.complaints:
                print(
                    _("第 {n} 行 {field}“{value}”：{why}").format(
                        n=row.line, field=name, value=value[:30], why=why
                    )
                )
    print(_("试读完毕，没有写入：可导入 {good} 行，有错 {bad} 行。").format(good=good, bad=bad))
    return 1 if bad else 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        print(_("没有写入任何数据。对应无误就加 --yes；要改就用 --map 字段=列名。"), file=sys.stderr)
        return False
    return input(_("这样导入？[y/N] ")).strip().lower() in {"y", "yes", "是"}


def _show(table: files.Table, chosen: Mapping[str, str]) -> None:
    print(
        _("{name}：{n} 行，{columns} 列").format(
            name=table.path.name, n=table.rows, columns=len(table.columns)
        )
    )
    sample = list(islice(table.read(), SAMPLE))
    for field in mapping.FIELDS:
        column = chosen.get(field.key, "")
        if not column and not field.needed:
            continue
        cells = " │ ".join(_cut(row.cells.get(column, ""), WIDTH // 2) for row in sample)
        print(f"  {_wide(field.key, 12)} {_wide(_(field.word), 12)} ← {_wide(column or '？', 16)} {cells}")
    if left := mapping.unmapped(table.columns, chosen):
        print(_("不导入的列：{columns}").format(columns="、".join(left)))


def _complain(wrong: Invalid) -> None:
    for name, message in wrong.fields.items():
        print(f"{name}: {message}", file=sys.stderr)


def _cut(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _wide(text: str, width: int) -> str:
    """Padded as a terminal counts: an ideograph takes two cells."""
    cells = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return text + " " * max(width - cells, 0)
