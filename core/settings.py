"""Settings: from the environment, or `.env` beside the Makefile; the environment wins.

`docs/settings.md` explains each one (a test looks). A value that cannot be used stops the start with one
line a setting: its name, what was given, what is allowed.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import os
import re
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = ROOT / ".env"

#: Never printed: passwords inside a URL are masked on their own.
SECRET = {"meili_key", "secret_keys", "twilio_auth_token", "twilio_api_secret"}

#: Read from the environment by Python, Piccolo or our tools, so not a typo in `.env`.
FOREIGN = {"PICCOLO_CONF", "PYTHONPATH", "PYTHONUNBUFFERED", "TZ", "LANG", "LC_ALL", "HOTLINE_TEST_DATABASE"}


class WrongSettings(SystemExit):
    """Stops the start; `str()` is one line for each wrong setting."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", validate_default=True)

    # --- database ---
    database_url: str = ""
    database_direct_url: str = ""
    db_pool_web: int = Field(6, ge=2, le=200)
    db_pool_worker: int = Field(4, ge=2, le=200)
    db_statement_cache: int = Field(100, ge=0, le=10_000)

    # --- web ---
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65_535)
    web_workers: int = Field(2, ge=1, le=64)
    public_url: str = ""
    secure_cookies: bool = False
    session_hours: int = Field(12, ge=1, le=24 * 14)
    attachment_max_mb: int = Field(20, ge=1, le=200)
    api_calls_per_minute: int = Field(600, ge=0)

    # --- the house ---
    archive_after_days: int = Field(180, ge=1, le=36_500)
    timezone: str = "Asia/Shanghai"
    area_code: str = Field("022", pattern=r"^(0\d{2,3})?$")
    default_locale: Literal["zh_CN", "en", "zh_TW"] = "zh_CN"
    var_dir: Path = ROOT / "var"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    secret_keys: str = ""

    # --- the rates ---
    rate_target: float = Field(98.0, gt=0, le=100)
    rate_least: int = Field(30, ge=1, le=10_000)
    short_abandon_seconds: int = Field(5, ge=0, le=60)

    # --- knowledge search ---
    meili_url: str = ""
    meili_key: str = ""

    # --- the line to the citizen ---
    twilio_account_sid: str = Field("", pattern=r"^(AC[0-9a-fA-F]{32})?$")
    twilio_auth_token: str = ""
    twilio_api_key: str = Field("", pattern=r"^(SK[0-9a-fA-F]{32})?$")
    twilio_api_secret: str = ""
    twilio_voice_from: str = Field("", pattern=r"^(\+[1-9]\d{6,14})?$")
    twilio_messaging_service: str = Field("", pattern=r"^(MG[0-9a-fA-F]{32})?$")
    twilio_senders: str = ""
    twilio_api_url: str = ""
    sms_dry_run: bool = False
    sms_monthly_cap: int = Field(0, ge=0)
    sms_segment_price: float = Field(0, ge=0)
    survey_hours: str = "08:30-20:30"
    sms_surveys: bool = False

    @field_validator("database_url", "database_direct_url")
    @classmethod
    def _is_postgres(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"postgresql", "postgres"}:
            raise ValueError("postgresql://user:password@host:5432/name, or empty for the embedded server")
        return value

    @field_validator("public_url", "meili_url", "twilio_api_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.netloc):
            raise ValueError("an address that begins with http:// or https://, or empty")
        return value.rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("the name of a time zone, such as Asia/Shanghai") from None
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("var_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value if value.is_absolute() else ROOT / value

    @field_validator("secret_keys")
    @classmethod
    def _are_keys(cls, value: str) -> str:
        parse_keys(value)
        return value

    @field_validator("twilio_auth_token")
    @classmethod
    def _has_token(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("twilio_account_sid") and not value:
            raise ValueError(
                "the account's primary auth token: webhooks are signed with it, also with an API key"
            )
        return value

    @field_validator("twilio_api_secret")
    @classmethod
    def _has_secret(cls, value: str, info: ValidationInfo) -> str:
        if bool(info.data.get("twilio_api_key")) != bool(value):
            raise ValueError("TWILIO_API_KEY and TWILIO_API_SECRET, both or neither")
        return value

    @field_validator("twilio_senders")
    @classmethod
    def _has_sender(cls, value: str, info: ValidationInfo) -> str:
        given = parse_senders(value) or info.data.get("twilio_messaging_service")
        if info.data.get("twilio_account_sid") and not given:
            raise ValueError("a sender, +12025550123, unless TWILIO_MESSAGING_SERVICE is set")
        return value

    @field_validator("survey_hours")
    @classmethod
    def _are_hours(cls, value: str) -> str:
        parse_hours(value)
        return value

    @model_validator(mode="after")
    def _derive(self) -> Settings:
        if not self.public_url:
            self.public_url = self.local_url()
        if "secure_cookies" not in self.model_fields_set:
            self.secure_cookies = self.public_url.startswith("https://")
        return self

    def local_url(self) -> str:
        """Where this machine's browser finds the pages."""
        host = "localhost" if self.host in {"0.0.0.0", "::", "127.0.0.1"} else self.host  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def direct_url(self) -> str:
        """The database past any pooler: LISTEN, advisory locks, migrations."""
        return self.database_direct_url or self.database_url


def parse_keys(text: str) -> dict[int, bytes]:
    """`"1:base64,2:base64"` → {1: 32 bytes, 2: 32 bytes}; the highest version is the one in use."""
    keys: dict[int, bytes] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        version, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
            number = int(version)
        except (ValueError, binascii.Error):
            number, key = 0, b""
        if not 1 <= number <= 255 or len(key) != 32 or number in keys:
            raise ValueError(
                "version:key,version:key — versions 1 to 255, each once; keys 32 bytes in base64"
            )
        keys[number] = key
    return keys


def parse_senders(text: str) -> dict[int, str]:
    """`"852:+85212345678,86:HOTLINE,+12025550123"` → {852: …, 86: …, 0: …}; 0 is for every other country."""
    senders: dict[int, str] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        code, colon, sender = part.rpartition(":")
        known = re.fullmatch(r"\+[1-9]\d{2,14}|[1-9]\d{2,5}|(?=.*[A-Za-z])[A-Za-z0-9 ]{3,11}", sender)
        if not known or (colon and not re.fullmatch(r"[1-9]\d{0,2}", code)) or int(code or 0) in senders:
            raise ValueError(
                "country:sender,country:sender,sender — calling codes once each; a sender is +12025550123, a short"
                " code or a name of 3 to 11 letters and digits; one without a country is for all others"
            )
        senders[int(code or 0)] = sender
    return senders


def parse_hours(text: str) -> tuple[time, time]:
    """`"08:30-20:30"`, the first before the second."""
    try:
        first, last = (time.fromisoformat(part) for part in text.split("-"))
    except ValueError:
        first = last = time()
    if first >= last:
        raise ValueError("two times of a day, such as 08:30-20:30")
    return first, last


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return read(ENV_FILE)


def read(env_file: Path) -> Settings:
    """Raises `WrongSettings` with every complaint at once."""
    complaints = list(_typos(env_file))
    try:
        found = Settings(_env_file=env_file if env_file.is_file() else None)  # type: ignore[call-arg]
    except ValidationError as error:
        complaints += [_complaint(dict(e)) for e in error.errors()]
        raise WrongSettings("\n".join(complaints)) from None
    if complaints:
        raise WrongSettings("\n".join(complaints))
    return found


def _typos(env_file: Path) -> list[str]:
    if not env_file.is_file():
        return []
    known = {name.upper() for name in Settings.model_fields}
    unknown = sorted(key.upper() for key in dotenv_values(env_file) if key.upper() not in known | FOREIGN)
    lines = []
    for key in unknown:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists them all"
        lines.append(f"{key}: there is no such setting in {env_file.name}; {hint}")
    return lines


def _complaint(error: dict[str, object]) -> str:
    location = error["loc"]
    name = str(location[0]) if isinstance(location, tuple) and location else "settings"
    given = masked(name, str(error.get("input", "")))
    allowed = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{name.upper()}: {given!r} was given; allowed: {allowed}"


def masked(name: str, value: str) -> str:
    """`value` as it may be printed: secrets and passwords in URLs hidden."""
    if name in SECRET:
        return "•••" if value else ""
    parts = urlsplit(value) if "://" in value else None
    if parts and parts.password:
        return value.replace(f":{parts.password}@", ":•••@", 1)
    return value


def use(**values: str) -> Settings:
    """Set environment values for this process and its children, and read the settings again."""
    os.environ.update({key.upper(): value for key, value in values.items()})
    settings.cache_clear()
    return settings()
