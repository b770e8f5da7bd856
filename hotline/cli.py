"""`hotline …`: every command. Heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Refused
from core.i18n import _, choose, set_locale
from core.settings import WrongSettings, masked, settings, use

if TYPE_CHECKING:
    from core.runs import Run
    from hotline.embedded import Server


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    set_locale(choose(None, os.environ.get("LANG", "")))
    from hotline.embedded import CannotStart

    try:
        answer: int | None = args.command(args)
    except WrongSettings as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except (CannotStart, Refused) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_about_reaching_the_database(error):
            raise
        print(
            _("数据库连不上：{address}：{why}").format(
                address=masked("database_url", settings().database_url), why=error
            ),
            file=sys.stderr,
        )
        return 1
    return answer or 0


def _is_about_reaching_the_database(error: Exception) -> bool:
    """No such server, password or database: one line says more than where in the driver it was noticed."""
    import asyncpg

    from core.faults import is_database_away

    refused = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)
    return isinstance(error, refused) or is_database_away(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hotline", description="12345 hotline")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(
        name: str, command: Callable[[argparse.Namespace], int | None], words: str
    ) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=words, description=words)
        found.set_defaults(command=command)
        return found

    run = add("run", _run, "database, web server and worker, until Ctrl-C")
    run.add_argument("--no-worker", action="store_true", help="without the worker process")
    add("worker", _worker, "the timetable alone; any number may run")
    prepare = add("prepare", _prepare, "migrations and reference data, as `run` does before it opens")
    prepare.add_argument(
        "--demo-if-empty", action="store_true", help="demo data where nobody has an account yet"
    )
    add("migrate", _migrate, "bring the database's shape up to date")
    migration = add("migration", _migration, "write a migration for a changed tables.py")
    migration.add_argument("app", help="core, routing, kb, crm, callbacks or all")
    add("seed", _seed, "load the reference data once more")
    demo = add("demo", _demo, "load the demo into a database that is not in use, or live a day of it")
    demo.add_argument(
        "--day", action="store_true", help="live the next working day in minutes, before open desks"
    )
    demo.add_argument(
        "--minutes", type=float, default=8.0, help="real minutes that the day takes (default 8)"
    )
    demo.add_argument("--calls", type=int, default=420, help="how many people call that day (default 420)")
    rates = add("rates", _rates, "count the rates of past days again")
    rates.add_argument("--since", type=date.fromisoformat, required=True, help="first day, 2026-01-01")
    staff = add("staff", lambda args: args.action(args), "accounts").add_subparsers(
        required=True, metavar="action"
    )
    adding = staff.add_parser("add", help="an account with a post; asks for the password")
    adding.set_defaults(action=_staff_add)
    adding.add_argument("username")
    adding.add_argument("name")
    adding.add_argument(
        "--role", required=True, help="agent, dispatcher, reviewer, supervisor, unit_handler, …"
    )
    adding.add_argument("--unit", default="", help="code of the unit (default: the hotline itself)")
    adding.add_argument("--named", action="store_true", help="may see confidential tickets")
    file = add("file", _file, "a ticket's file as a ZIP: page to print, events, clocks, attachments")
    file.add_argument("number", help="the whole number, 2611240604027")
    file.add_argument("--reason", required=True, help="why; it goes into the view log")
    file.add_argument("--to", type=Path, help="where to (default: NUMBER.zip here)")
    doctor = add("doctor", _doctor, "what is well, what is not, and what to do")
    doctor.add_argument("--replay", action="store_true", help="play every ticket's events again and compare")
    importing = add("import", lambda args: args.action(args), "old records from files").add_subparsers(
        required=True, metavar="what"
    )
    messages = importing.add_parser("messages", help="messages with their replies, as closed tickets")
    messages.set_defaults(action=_import)
    _import_arguments(messages)
    carrier = add(
        "demo-carrier", _demo_carrier, "a carrier on this machine that speaks Twilio and reaches nobody"
    )
    carrier.add_argument("--port", type=int, default=8100)
    carrier.add_argument("--moody", action="store_true", help="with repeats, loss, disorder and silence")
    rekey = add("rekey", _rekey, "seal personal data with the newest key again")
    rekey.add_argument("--new-key", action="store_true", help="make a key first (var/keys.json)")
    return parser


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="CSV, XLSX or JSON Lines; CSV and JSONL also as .gz")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="e.g. content=留言内容; repeat for more",
    )
    parser.add_argument(
        "--source", default="", help="name under which source ids are unique (default: the file's)"
    )
    parser.add_argument("--yes", action="store_true", help="take the mapping as shown")
    parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")
    parser.add_argument("--resume", type=int, metavar="RUN", help="go on with a run that was stopped")


@contextmanager
def _database() -> Iterator[Server | None]:
    """`DATABASE_URL` set and its server up; the server where it is the embedded one and ours to look after."""
    if settings().database_url:
        yield None
        return
    from hotline.embedded import Server

    server = Server(settings().var_dir)
    os.environ["HOTLINE_EMBEDDED"] = "1"
    use(database_url=server.start())
    try:
        yield server
    finally:
        server.release()


def _run(args: argparse.Namespace) -> int:
    from hotline.run import run

    with _database() as server:
        return run(server, workers=not args.no_worker)


def _worker(_args: argparse.Namespace) -> None:
    from hotline import worker

    with _database():
        worker.main()


def _prepare(args: argparse.Namespace) -> None:
    from hotline.prepare import prepare

    with _database():
        demo = None if args.demo_if_empty else False
        asyncio.run(prepare(demo=demo, say=_say, watch=_bar))


def _migrate(_args: argparse.Namespace) -> None:
    from core import schema

    with _database():
        applied = asyncio.run(schema.migrate())
    for step in applied:
        _say(f"{step.app} {step.name}")
    _say(_("数据库结构已是最新。"))


def _migration(args: argparse.Namespace) -> None:
    from piccolo.apps.migrations.commands.new import new

    asyncio.run(new(args.app, auto=True))


def _seed(_args: argparse.Namespace) -> None:
    from hotline.prepare import seed

    with _database():
        _with_pool(lambda: seed(say=_say, again=True))


def _demo(args: argparse.Namespace) -> None:
    from hotline.prepare import prepare

    with _database():
        if args.day:
            _with_pool(lambda: _live_a_day(args))
            return
        asyncio.run(prepare(demo=True, say=_say, watch=_bar))


async def _live_a_day(args: argparse.Namespace) -> None:
    from core.installation import follow_clock
    from hotline.demo.day import play

    await follow_clock()
    did = await play(minutes=max(args.minutes, 0.5), many=args.calls, told=_say, watch=_bar)
    _say(" · ".join(f"{name} {n}" for name, n in sorted(did.items())))


def _rates(args: argparse.Namespace) -> None:
    from core.installation import follow_clock
    from hotline import rates

    async def count() -> None:
        await follow_clock()
        await rates.count(args.since, watch=_bar)

    with _database():
        _with_pool(count)


def _staff_add(args: argparse.Namespace) -> None:
    from getpass import getpass

    from hotline.staff import add

    password = getpass(_("密码：")) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with _database():
        _with_pool(
            lambda: add(
                args.username, args.name, password=password, role=args.role, unit=args.unit, named=args.named
            )
        )
    _say(_("已建立账号 {username}。").format(username=args.username))


def _file(args: argparse.Namespace) -> None:
    from core.installation import follow_clock
    from hotline import files

    async def write() -> Path:
        await follow_clock()
        return await files.write(args.number, args.reason, args.to)

    with _database():
        path: Path = _with_pool(write)
    _say(_("卷宗写到 {path}。").format(path=path))


def _doctor(args: argparse.Namespace) -> int:
    from hotline import doctor

    with _database():
        return asyncio.run(doctor.report(replay=args.replay))


def _demo_carrier(args: argparse.Namespace) -> None:
    from hotline.demo.carrier import MOODY, Moods
    from hotline.demo.carrier_app import serve

    moods = MOODY if args.moody else Moods(pause=1.0)
    asyncio.run(serve(port=args.port, public_url=settings().public_url, moods=moods))


def _rekey(args: argparse.Namespace) -> None:
    from hotline.rekey import add_key, rekey

    if args.new_key:
        _say(_("新密钥：第 {n} 版").format(n=add_key()))
    with _database():
        _with_pool(lambda: rekey(watch=_bar))
    _say(_("所有个人数据都已用最新密钥加密。"))


def _import(args: argparse.Namespace) -> int:
    from hotline.importing import work

    args.file = args.file and os.path.abspath(args.file)
    with _database():
        return int(_with_pool(lambda: work(args, _bar)))


def _with_pool(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    from core import db

    async def inside() -> Any:
        await db.open_pool(4)
        try:
            return await work()
        finally:
            await db.close_pool()

    return asyncio.run(inside())


def _say(text: str) -> None:
    print(text, flush=True)


def _bar(run: Run) -> None:
    """Progress on stderr, drawn only at a terminal."""
    if not sys.stderr.isatty() or not run.total:
        return
    share = min(run.done / run.total, 1.0)
    end = "\n" if run.done >= run.total else ""
    bar = "█" * round(share * 30)
    print(f"\r{bar:<30} {run.done:,} / {run.total:,}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
