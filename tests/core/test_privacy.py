"""What is sealed stays sealed; what is masked shows no more than its ends."""

import base64
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import privacy
from core.settings import settings

KEYS = {version: base64.b64encode(bytes([version]) * 32).decode() for version in (1, 2)}


@pytest.fixture
def with_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions 1 and 2, the second in use."""
    monkeypatch.setattr(settings(), "secret_keys", f"1:{KEYS[1]},2:{KEYS[2]}")


@given(st.text())
def test_what_is_sealed_can_be_opened(text: str) -> None:
    assert privacy.open_sealed(privacy.seal(text)) == text


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert privacy.seal("张三") != privacy.seal("张三")


@pytest.mark.parametrize("place", [0, 1, 13, -1])
def test_a_changed_byte_is_found(place: int) -> None:
    sealed = bytearray(privacy.seal("和平区南京路 1 号"))
    sealed[place] ^= 1
    with pytest.raises(privacy.Unreadable):
        privacy.open_sealed(bytes(sealed))


def test_an_older_key_still_opens(with_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    new = privacy.seal("a")
    monkeypatch.setattr(settings(), "secret_keys", f"1:{KEYS[1]}")
    old = privacy.seal("b")
    monkeypatch.setattr(settings(), "secret_keys", f"1:{KEYS[1]},2:{KEYS[2]}")
    assert (privacy.seal_version(new), privacy.seal_version(old)) == (2, 1)
    assert (privacy.open_sealed(new), privacy.open_sealed(old)) == ("a", "b")


def test_a_look_up_is_the_same_each_time_and_another_for_each_kind() -> None:
    assert privacy.lookup("phone", "1") == privacy.lookup("phone", "1") != privacy.lookup("name", "1")


def test_look_ups_cover_every_key_the_newest_first(with_keys: None) -> None:
    found = privacy.lookups("phone", "+8613812345678")
    assert [privacy.seal_version(one) for one in found] == [2, 1]
    assert found[0] == privacy.lookup("phone", "+8613812345678")


def test_keys_made_by_ourselves_are_kept_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "secret_keys", "")
    monkeypatch.setattr(settings(), "var_dir", tmp_path)
    first = privacy.keys()
    assert privacy.keys() == first
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_a_key_that_another_process_adds_is_used_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "secret_keys", "")
    monkeypatch.setattr(settings(), "var_dir", tmp_path)
    assert set(privacy.keys()) == {1}
    more = json.loads((tmp_path / "keys.json").read_text()) | {"2": KEYS[2]}
    (tmp_path / "keys.new").write_text(json.dumps(more))
    (tmp_path / "keys.new").replace(tmp_path / "keys.json")
    assert [privacy.seal_version(found) for found in privacy.lookups("phone", "+8613812345678")] == [2, 1]
    assert privacy.seal_version(privacy.seal("a")) == 2


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("13812345678", "+8613812345678"),
        ("138 1234-5678", "+8613812345678"),
        ("１３８１２３４５６７８", "+8613812345678"),
        ("+86 138 1234 5678", "+8613812345678"),
        ("022-23880000", "+862223880000"),
        ("（010）88889999", "+861088889999"),
        ("23880000", "+862223880000"),
        ("+1 650 253 0000", "+16502530000"),
        ("12345", None),
        ("anonymous", None),
        ("", None),
    ],
)
def test_a_phone_is_kept_as_carriers_dial_it(told: str, number: str | None) -> None:
    assert privacy.phone_e164(told) == number


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13812345678。", "电话138****5678。"),
        ("１３８１２３４５６７８", "138****5678"),
        ("138 1234 5678 找王女士", "138****5678 找王女士"),
        ("座机022-23880000", "座机022****00"),
        ("联系88880000", "联系88****00"),
        ("身份证120101199001011234", "身份证1201**********1234"),
        ("12010119900101123X", "1201**********123X"),
        ("工单2611221234567", "工单2611221234567"),
        ("客服400-820-8888", "客服400-820-8888"),
        ("3号楼2门501，2026年11月22日", "3号楼2门501，2026年11月22日"),
    ],
)
def test_numbers_in_free_text_are_masked(text: str, masked: str) -> None:
    assert privacy.mask_text(text) == masked


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text("，。的在找 ", max_size=5))
def test_no_mobile_survives_the_mask(mobile: str, around: str) -> None:
    assert mobile not in privacy.mask_text(f"{around}{mobile}{around}")
