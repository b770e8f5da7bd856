"""What folders are called: `公用事业/供热` is `Public utilities/Heating` in English where the matters are called so."""

from __future__ import annotations

from core import i18n
from routing.rulebook import Rulebook, rulebook


class Folders:
    """The folders' and matters' names for the reader of this request."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        english = (m for m in book.matters.values() if m.path_name_en) if i18n.locale() == "en" else ()
        self._english = {matter.path_name: matter.path_name_en for matter in english}

    def folder(self, folder: str, matter: str = "") -> str:
        """Part by part; a part that no matter is called after is called after that of its article, else stays Chinese."""
        first, *below = folder.split("/")
        branch = self.matter(matter).split(" › ")[0] if matter and self._english else ""
        said = [self._english.get(first, first)]
        return "/".join(said + [self._english.get(part, branch or part) for part in below])

    def matter(self, code: str) -> str:
        found = self._book.matters.get(code)
        return self._english.get(found.path_name, found.path_name) if found else code


async def folders() -> Folders:
    return Folders(await rulebook())
