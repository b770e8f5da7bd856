"""A setting that cannot be used stops the start, and says which, what was given, and what is allowed."""

import base64
from pathlib import Path

import pytest

from core.settings import Settings, WrongSettings, masked, parse_keys, read

KEY = base64.b64encode(b"x" * 32).decode()


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path / ".env"


def test_without_any_setting_the_defaults_hold(env_file: Path) -> None:
    found = read(env_file)
    assert (found.port, found.timezone, found.database_url) == (8000, "Asia/Shanghai", "")
    assert found.public_url == "http://localhost:8000"


def test_the_public_address_follows_the_port(env_file: Path) -> None:
    env_file.write_text("PORT=9100\n")
    assert read(env_file).public_url == "http://localhost:9100"


def test_an_https_address_makes_cookies_secure(env_file: Path) -> None:
    env_file.write_text("PUBLIC_URL=https://12345.example.gov.cn/\n")
    found = read(env_file)
    assert found.secure_cookies
    assert found.public_url == "https://12345.example.gov.cn"


def test_the_environment_wins_over_the_file(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.write_text("PORT=9100\n")
    monkeypatch.setenv("PORT", "9200")
    assert read(env_file).port == 9200


def test_an_empty_value_means_the_default(env_file: Path) -> None:
    env_file.write_text("PORT=\nMEILI_URL=\n")
    assert read(env_file).port == 8000


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("PORT=99999", "less than or equal to 65535"),
        ("PORT=eighty", "valid integer"),
        ("TIMEZONE=Mars/Olympus", "Asia/Shanghai"),
        ("DEFAULT_LOCALE=fr", "'zh_CN', 'en' or 'zh_TW'"),
        ("DATABASE_URL=mysql://h/d", "postgresql://"),
        ("MEILI_URL=localhost:7700", "http://"),
        ("SECRET_KEYS=1:short", "32 bytes"),
        ("AREA_CODE=22", "pattern"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(env_file: Path, line: str, allowed: str) -> None:
    env_file.write_text(line + "\n")
    with pytest.raises(WrongSettings) as stopped:
        read(env_file)
    (complaint,) = str(stopped.value).splitlines()
    assert complaint.startswith(line.partition("=")[0] + ":")
    assert allowed in complaint


def test_every_wrong_value_is_told_at_once(env_file: Path) -> None:
    env_file.write_text("PORT=0\nTIMEZONE=x\nPROT=1\n")
    with pytest.raises(WrongSettings) as stopped:
        read(env_file)
    assert len(str(stopped.value).splitlines()) == 3


def test_a_misspelt_name_is_told_with_the_near_one(env_file: Path) -> None:
    env_file.write_text("DATABSE_URL=postgresql://h/d\n")
    with pytest.raises(WrongSettings, match="did you mean DATABASE_URL"):
        read(env_file)


def test_secrets_are_never_printed(env_file: Path) -> None:
    env_file.write_text(f"SECRET_KEYS=1:{KEY},1:{KEY}\nDATABASE_URL=mysql://u:hunter2@h/d\n")
    with pytest.raises(WrongSettings) as stopped:
        read(env_file)
    assert KEY not in str(stopped.value)
    assert "hunter2" not in str(stopped.value)


def test_a_password_in_an_address_is_masked() -> None:
    assert masked("database_url", "postgresql://u:hunter2@h/d") == "postgresql://u:•••@h/d"


def test_keys_are_read_by_version() -> None:
    assert parse_keys(f"1:{KEY}, 2:{KEY}") == {1: b"x" * 32, 2: b"x" * 32}
