"""`hotline …`: every command. Heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import sys


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="hotline")
    commands = parser.add_subparsers(dest="command", required=True)
    migration = commands.add_parser("migration")
    migration.add_argument("app")
    args = parser.parse_args(argv)
    if args.command == "migration":
        import asyncio

        from piccolo.apps.migrations.commands.new import new

        asyncio.run(new(args.app, auto=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
