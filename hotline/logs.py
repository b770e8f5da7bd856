"""One line an event on stderr: moment, level, who says it, what, and its particulars as name=value."""

from __future__ import annotations

import json
import logging
import sys

from core.settings import settings

_USUAL = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class Line(logging.Formatter):
    """Whatever a call gave as `extra` follows the message."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        particulars = {key: value for key, value in record.__dict__.items() if key not in _USUAL}
        if not particulars:
            return text
        first, newline, rest = text.partition("\n")
        return (
            first + "".join(f" {key}={_short(value)}" for key, value in particulars.items()) + newline + rest
        )


def set_up() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=settings().log_level, handlers=[handler], force=True)


def _short(value: object) -> str:
    text = str(value)
    return (
        text
        if text and not any(c.isspace() or c in '"=' for c in text)
        else json.dumps(text, ensure_ascii=False)
    )
