"""Reading what a form sent, field by field, so that every complaint is made at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from litestar import Request, Response
from litestar.datastructures import FormMultiDict, UploadFile

from core import clock, flashes
from core.errors import Invalid
from core.i18n import _
from core.render import keep_cookie

BIGGEST = 2**63


class Form:
    """The fields of one form. Each reader notes a complaint and returns something harmless; `check` raises."""

    def __init__(self, values: FormMultiDict) -> None:
        self.values = values
        self.errors: dict[str, str] = {}

    def wrong(self, field: str, message: str) -> None:
        """Only the first complaint about a field is kept."""
        self.errors.setdefault(field, message)

    def check(self) -> None:
        """Raises `Invalid` with every complaint so far."""
        if self.errors:
            raise Invalid(self.errors)

    def raw(self) -> dict[str, str]:
        """What was typed, to show the form again; without secrets."""
        hidden = {"_csrf", "password", "old", "new", "again"}
        last = {
            name: values[-1] for name, values in self.values.dict().items() if values and name not in hidden
        }
        return {name: value for name, value in last.items() if isinstance(value, str)}

    def text(self, field: str, *, most: int = 200, required: bool = False, strip: bool = True) -> str:
        value = self.values.get(field, "")
        text = value.replace("\r\n", "\n").replace("\0", "") if isinstance(value, str) else ""
        text = text.strip() if strip else text
        if required and not text:
            self.wrong(field, _("请填写这一项。"))
        if len(text) > most:
            self.wrong(field, _("最多 {n} 个字，现在 {m} 个。").format(n=most, m=len(text)))
        return text

    def choice(self, field: str, options: Collection[str], *, required: bool = True) -> str:
        text = self.text(field)
        if text in options or (not text and not required):
            return text
        self.wrong(field, _("从给出的几项里选一项。"))
        return ""

    def integer(
        self, field: str, *, least: int = -BIGGEST, most: int = BIGGEST - 1, required: bool = True
    ) -> int | None:
        text = self.text(field)
        if not text and not required:
            return None
        number = int(text) if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() else None
        if number is None or not least <= number <= most:
            self.wrong(field, _("请填一个数。") if number is None else _("这个数不在允许的范围里。"))
            return None
        return number

    def moment(self, field: str, *, required: bool = True) -> datetime | None:
        """`2026-11-24T10:45` in the business zone."""
        text = self.text(field)
        if not text and not required:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self.wrong(field, _("请填日期和时间，例如 2026-11-24 10:45。"))
            return None
        return found if found.tzinfo else found.replace(tzinfo=clock.zone())

    def day(self, field: str, *, required: bool = True) -> date | None:
        text = self.text(field)
        if not text and not required:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong(field, _("请填日期，例如 2026-11-24。"))
            return None

    def flag(self, field: str) -> bool:
        return self.text(field) in {"1", "on", "true", "yes"}

    def every(self, field: str, *, most: int = 500) -> list[str]:
        """All values of a field that may come several times."""
        found = [v for v in self.values.getall(field, []) if isinstance(v, str)]
        if len(found) > most:
            self.wrong(field, _("一次最多 {n} 项。").format(n=most))
        return found[:most]

    def files(self, field: str) -> list[UploadFile]:
        found = [v for v in self.values.getall(field, []) if isinstance(v, UploadFile)]
        return [f for f in found if f.filename]


async def read_form(request: Request[Any, Any, Any]) -> Form:
    return Form(await request.form())


def redirect(
    path: str, *, flash: str = "", kind: str = "good", fragment: bool = False, **query: str
) -> Response[Any]:
    """See `path` next. `fragment`: the request came from HTMX, so it is told in HTMX's way."""
    target = f"{own_path(path)}{'?' + urlencode(query) if query else ''}"
    status, headers = (204, {"HX-Redirect": target}) if fragment else (303, {"Location": target})
    answer: Response[Any] = Response(
        None if fragment else b"", status_code=status, headers=headers, media_type="text/plain"
    )
    if flash:
        keep_cookie(answer, flashes.COOKIE, flashes.write(flash, kind), seconds=flashes.SECONDS)
    return answer


def own_path(path: str) -> str:
    """`path` when it stays on this site, else `/`: a link must not lead a signed-in reader elsewhere."""
    parts = urlsplit(path)
    is_own = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    )
    return path if is_own and not any(ord(c) < 33 or c == "\\" for c in path) else "/"
