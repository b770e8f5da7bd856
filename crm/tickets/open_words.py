"""What an officer writes for a citizen to read as it stands: no word from inside, no phone, no identity number. Pure."""

from __future__ import annotations

from typing import Final

from core.errors import Invalid
from core.i18n import _
from core.privacy import mask_text

#: What goes on inside is never told to a citizen.
INTERNAL: Final = ("退单", "会商", "督办", "承办单号", "派单目录", "改派", "并单")


def check(field: str, text: str) -> None:
    """Raises Invalid that names the word."""
    if word := next((word for word in INTERNAL if word in text), ""):
        raise Invalid({field: _("“{word}”是内部用语，不能写给市民。").format(word=word)})
    if mask_text(text) != text:
        raise Invalid({field: _("市民会照样收到：不能写电话号码、证件号码。")})
