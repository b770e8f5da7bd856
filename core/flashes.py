"""A sentence for the next page: carried by a cookie that lives a minute and is read once."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

COOKIE = "flash"
SECONDS = 60
KINDS = ("good", "warn", "bad", "info")


def write(message: str, kind: str = "good") -> str:
    return base64.urlsafe_b64encode(json.dumps([kind, message[:300]]).encode()).decode()


def read(cookies: Mapping[str, str]) -> list[dict[str, str]]:
    if COOKIE not in cookies:
        return []
    try:
        kind, message = json.loads(base64.urlsafe_b64decode(cookies[COOKIE].strip('"')))
    except (ValueError, TypeError, binascii.Error):
        return []
    if kind not in KINDS or not isinstance(message, str):
        return []
    return [{"kind": kind, "message": message}]
