"""The carrier's settings: what cannot work stops the start, and says what is allowed."""

from __future__ import annotations

from datetime import time

import pytest

from core import settings as module
from core.settings import WrongSettings, masked, parse_hours, parse_senders
from hotline.demo.carrier import ACCOUNT, SERVICE


def test_senders_by_country() -> None:
    assert parse_senders("852:+85212345678, 86:HOTLINE,+12025550123") == {
        852: "+85212345678", 86: "HOTLINE", 0: "+12025550123",
    }  # fmt: skip
    assert parse_senders("") == {}


@pytest.mark.parametrize(
    "given", ["86:", "x:+12025550123", "+12025550123,+12025550124", "86:十二三四五", "86:A,86:B"]
)
def test_a_sender_that_is_none(given: str) -> None:
    with pytest.raises(ValueError, match="calling codes once each"):
        parse_senders(given)


def test_hours() -> None:
    assert parse_hours("08:30-20:30") == (time(8, 30), time(20, 30))
    for wrong in ("20:30-08:30", "8-20-30", "morning", ""):
        with pytest.raises(ValueError, match="two times"):
            parse_hours(wrong)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"TWILIO_ACCOUNT_SID": ACCOUNT}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "t0ken"}, "TWILIO_SENDERS"),
        ({"TWILIO_API_KEY": "SK" + "0" * 32}, "both or neither"),
        ({"TWILIO_ACCOUNT_SID": "12345"}, "TWILIO_ACCOUNT_SID"),
        ({"TWILIO_API_URL": "localhost:8100"}, "http://"),
    ],
)
def test_half_an_account_stops_the_start(
    given: dict[str, str], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as wrong:
        module.read(module.ENV_FILE)
    assert complaint in str(wrong.value)
    assert "t0ken" not in str(wrong.value)


def test_a_whole_account_is_taken_and_its_secrets_are_never_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "t0ken", "TWILIO_MESSAGING_SERVICE": SERVICE,
        "TWILIO_API_KEY": "SK" + "0" * 32, "TWILIO_API_SECRET": "s3cret",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert module.read(module.ENV_FILE).twilio_messaging_service == SERVICE
    assert masked("twilio_auth_token", "t0ken") == masked("twilio_api_secret", "s3cret") == "•••"
