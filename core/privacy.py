"""Personal data at rest: sealed columns, keyed look-ups, masking.

A sealed value is one byte of key version, twelve of nonce, then AES-GCM. A look-up is one byte of key version
and a keyed hash that is different for each kind, so a phone and an identical house number do not meet.
Keys come from `SECRET_KEYS`; where that is empty they are made once and kept in `var/keys.json`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.settings import parse_keys, settings

NONCE = 12
LOOKUP_BYTES = 20
MASK = "****"


class Unreadable(RuntimeError):
    """A sealed value whose key is missing or which was changed."""


@dataclass(frozen=True)
class SealedColumn:
    """A column that holds `seal()`ed text; with `lookup` beside it, that holds `lookup(kind, text)`.

    `hotline rekey` walks over them; each floor adds its own to `SEALED` beside its tables.
    """

    table: str
    column: str
    lookup: str | None = None
    kind: str = ""
    key: str = "id"


SEALED: list[SealedColumn] = [SealedColumn("draft", "body")]


def seal(text: str) -> bytes:
    """`text` encrypted with the newest key."""
    version, key = newest_key()
    nonce = os.urandom(NONCE)
    head = bytes([version])
    return head + nonce + _cipher(key).encrypt(nonce, text.encode(), head)


def open_sealed(sealed: bytes) -> str:
    """Raises `Unreadable`."""
    key = _key_of(sealed[0]) if len(sealed) > 1 + NONCE else None
    if key is None:
        raise Unreadable(
            "SECRET_KEYS does not hold the key of this value" if sealed else "nothing was sealed here"
        )
    try:
        return _cipher(key).decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], sealed[:1]).decode()
    except InvalidTag:
        raise Unreadable("the value was changed, or sealed with another key of this version") from None


def seal_version(sealed: bytes) -> int:
    """The version of the key that a sealed value or a look-up was made with."""
    return sealed[0]


def lookup(kind: str, text: str) -> bytes:
    """What to store, and to look for, in place of `text`; the newest key."""
    version, key = newest_key()
    return _lookup(kind, text, version, key)


def lookups(kind: str, text: str) -> list[bytes]:
    """`text` as any key would have hashed it, newest first: for `= ANY(…)` while a re-key is under way."""
    return [_lookup(kind, text, version, key) for version, key in keys().items()]


def newest_key() -> tuple[int, bytes]:
    return next(iter(keys().items()))


def keys() -> dict[int, bytes]:
    """Version → 32 bytes, the newest first. The file is read again when it is another one: `hotline rekey` adds a
    key while we run, and who looked things up by the old key alone would find nobody."""
    found = settings()
    if found.secret_keys:
        return _given_keys(found.secret_keys)
    path = _file(found.var_dir)
    try:
        stamp = os.stat(path)
    except FileNotFoundError:
        return _newest_first(_kept_keys(Path(path)))
    return _file_of_keys(path, stamp.st_mtime_ns, stamp.st_ino)


@lru_cache(maxsize=2)
def _file(var_dir: Path) -> str:
    return str(var_dir / "keys.json")


@lru_cache(maxsize=2)
def _given_keys(given: str) -> dict[int, bytes]:
    return _newest_first(parse_keys(given))


@lru_cache(maxsize=2)
def _file_of_keys(path: str, _mtime: int, _inode: int) -> dict[int, bytes]:
    return _newest_first(_kept_keys(Path(path)))


def _newest_first(found: dict[int, bytes]) -> dict[int, bytes]:
    return dict(sorted(found.items(), reverse=True))


def _key_of(version: int) -> bytes | None:
    return keys().get(version)


def _kept_keys(path: Path) -> dict[int, bytes]:
    if not path.is_file():
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            json.dump({"1": base64.b64encode(secrets.token_bytes(32)).decode()}, out)
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):  # somebody was first: theirs is the key
            os.link(half, path)
        half.unlink()
    return {int(version): base64.b64decode(key) for version, key in json.loads(path.read_text()).items()}


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hashlib.sha256(b"seal" + key).digest())


def _lookup(kind: str, text: str, version: int, key: bytes) -> bytes:
    digest = hmac.digest(key, f"{kind}\0{text}".encode(), "sha256")
    return bytes([version]) + digest[:LOOKUP_BYTES]


# --- phones ---


#: A mobile of the mainland in full: nothing to look up.
_MOBILE = re.compile(r"\+861[3-9][0-9]{9}")


def phone_e164(raw: str, region: str = "CN") -> str | None:
    """`"022-2388 0000"` → `"+862223880000"`; None where no citizen can be called (withheld, short codes)."""
    if _MOBILE.fullmatch(raw):
        return raw
    import phonenumbers  # 9 MB of tables: not before the first phone that needs them

    text = unicodedata.normalize("NFKC", raw).strip()
    if region == "CN" and re.fullmatch(r"[2-8][\d -]{6,9}", text) and 7 <= sum(map(str.isdigit, text)) <= 8:
        text = settings().area_code + text  # a landline of this city, told as people tell it
    with suppress(phonenumbers.NumberParseException):
        number = phonenumbers.parse(text, region)
        new_prefix = number.country_code == 86 and re.fullmatch(r"1[3-9]\d{9}", str(number.national_number))
        if phonenumbers.is_valid_number(number) or new_prefix:
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def last_four(phone: str) -> str:
    return phone[-4:]


def mask_phone(phone: str) -> str:
    """`"+8613812345678"` → `"138****5678"`; of four digits alone `"****5678"`."""
    national = phone.removeprefix("+86") if phone.startswith("+86") else phone
    if len(national) < 7:
        return MASK + national[-4:]
    return national[:3] + MASK + national[-4:]


# --- free text ---

#: Digits as people type them (half and full width), perhaps spaced or dashed.
_D = r"[0-9０-９]"
_GAP = r"[ \-－—–　.·]?"
_DIGIT = re.compile(_D)
_NUMBERS = re.compile(
    rf"(?<!{_D})(?:"
    rf"(?P<id>{_D}{{6}}{_GAP}(?:[1１][89８９]|[2２][0０]){_D}{{2}}[01０１]{_D}[0-3０-３]{_D}{_GAP}{_D}{{3}}[0-9０-９xXＸｘ])"
    rf"|(?P<mobile>(?:[+＋]?(?:86|８６){_GAP})?[1１][3-9３-９]{_D}{_GAP}{_D}{{4}}{_GAP}{_D}{{4}})"
    rf"|(?P<landline>[(（]?[0０]{_D}{{2,3}}[)）]?{_GAP}[2-9２-９]{_D}{{2,3}}{_GAP}{_D}{{4}})"
    rf"|(?P<service>[48４８][0０]{{2}}{_GAP}{_D}{{3,4}}{_GAP}{_D}{{3,4}})"
    rf"|(?P<told>(?:电话|座机|号码|致电|联系)[是为:：\\s]{{0,3}}[2-8２-８]{_D}{{6,7}})"
    rf")(?!{_D})"
)


def mask_text(text: str) -> str:
    """`text` with ID numbers, mobiles and landlines shortened to their ends.

    Numbers of offices (400, 800) stay. A ticket number (13 digits) is none of these.
    """
    return _NUMBERS.sub(_shortened, text) if _DIGIT.search(text) else text


def _shortened(match: re.Match[str]) -> str:
    found = match.group()
    if match.lastgroup == "service":
        return found
    plain = "".join(c for c in unicodedata.normalize("NFKC", found) if c.isalnum())
    if match.lastgroup == "id":
        return plain[:4] + "*" * 10 + plain[-4:]
    if match.lastgroup == "mobile":
        return mask_phone(plain[-11:])
    if match.lastgroup == "told":
        return found[:-6] + MASK + found[-2:]
    return plain[:3] + MASK + plain[-2:]
