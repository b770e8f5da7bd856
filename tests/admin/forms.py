"""Forms as a browser would send them back."""

from __future__ import annotations

import html
import re

from tests.people import Visitor


async def filled(admin: Visitor, path: str, **changes: str) -> dict[str, str]:
    """What the row's form at `path` would send, with `changes` typed over."""
    page = (await admin.get(path)).text
    form = page[page.index('id="row-form"') :]
    form = form[: form.index("</form>")]
    fields = {m[1]: html.unescape(m[2]) for m in re.finditer(r'name="(\w+)"[^>]*? value="([^"]*)"', form)}
    for area in re.finditer(r'<textarea[^>]*? name="(\w+)"[^>]*>(.*?)</textarea>', form, re.S):
        fields[area[1]] = html.unescape(area[2]).strip()
    for select in re.finditer(r'<select[^>]*? name="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', select[2])
        fields[select[1]] = chosen[1] if chosen else ""
    fields.pop("_csrf", None)
    return fields | changes


def asked(body: str, **changes: str) -> dict[str, str]:
    """What the form of the question would send: the yes, with everything that was typed before it."""
    form = body[body.index('id="ask-form"') :]
    form = form[: form.index("</form>")]
    fields = {m[1]: html.unescape(m[2]) for m in re.finditer(r'name="(\w+)"[^>]*? value="([^"]*)"', form)}
    chosen = re.search(r'name="answer" value="(\w+)" checked', form)
    fields |= {"answer": chosen[1]} if chosen else {}
    fields.pop("_csrf", None)
    return fields | changes
