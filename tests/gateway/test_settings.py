"""Settings files: every setting visible, nothing guessed, secrets not readable by others."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from gateway.errors import SettingsError, UsageError
from gateway.settings import (
    FrontSettings,
    Settings,
    check_public_url,
    load_front_settings,
    load_settings,
    store_settings,
    write_toml,
)


def test_settings_come_back_as_they_were_stored(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        board_id="b1",
        board_name='Stichting "De Brug" \\ ’t Gooi\n',
        brins=("99ZZ", "98YY"),
        public_url="https://schuilnaam.example",
        pages_url="https://schuilnaam-intern.example",
        words_that_are_no_names=("Mei", "Storm"),
    )
    store_settings(settings)

    assert load_settings(tmp_path) == settings
    text = (tmp_path / "settings.toml").read_text()
    assert all(item.name in text for item in fields(Settings) if item.name != "home")


@pytest.mark.parametrize(
    "line",
    ["removal_threshold_percent = 'veel'", "unknown = 1", "max_age_days = -1", "brins = [1]", "board_id = ["],
)
def test_wrong_setting_refuses_to_start_and_quotes_no_value(tmp_path: Path, line: str) -> None:
    (tmp_path / "settings.toml").write_text(f"board_id = 'b'\nboard_name = 'n'\n{line}\n")
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path)
    assert "veel" not in str(refused.value)


def test_home_that_was_never_initialised_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path)
    assert refused.value.code == "home_not_initialised"
    assert "init" in refused.value.remedy


def test_file_with_a_database_password_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "front.toml"
    write_toml(path, {"database": "sqlite:///x", "intake_public_key": "00"})
    assert load_front_settings(tmp_path) == FrontSettings(database="sqlite:///x", intake_public_key="00")
    path.chmod(0o640)
    with pytest.raises(SettingsError) as refused:
        load_front_settings(tmp_path)
    assert refused.value.code == "settings_mode"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("schuilnaam.example", "public_url_invalid"),
        ("ftp://schuilnaam.example", "public_url_invalid"),
        ("https://user@schuilnaam.example", "public_url_invalid"),
        ("https://schuilnaam.example/?a=b", "public_url_invalid"),
        ("http://schuilnaam.example", "public_url_not_https"),
    ],
)
def test_public_address_must_be_https_and_plain(url: str, code: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_public_url(url)
    assert refused.value.code == code


def test_public_address_on_loopback_may_be_http() -> None:
    assert check_public_url("http://127.0.0.1:8080/") == "http://127.0.0.1:8080"


@pytest.mark.parametrize("mode", [0o660, 0o602])
def test_settings_that_others_may_change_are_refused(tmp_path: Path, mode: int) -> None:
    store_settings(Settings(home=tmp_path, board_id="b1", board_name="De Brug"))
    path = tmp_path / "settings.toml"
    path.chmod(0o640)
    assert load_settings(tmp_path).board_id == "b1"
    path.chmod(mode)
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path)
    assert refused.value.code == "settings_mode"
