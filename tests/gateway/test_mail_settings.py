"""`mail.toml`: only what could be a mail server and addresses; encrypted unless it stays on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.errors import SettingsError
from gateway.settings import MAIL_FILE, MailSettings, load_mail_settings, load_settings, write_toml

SOUND: dict[str, object] = {"host": "mail.school.example", "sender": "schuilnaam@school.example"}


def loaded(home: Path, **changes: Any) -> MailSettings | None:
    write_toml(home / MAIL_FILE, {**SOUND, **changes})
    return load_mail_settings(home)


def test_without_the_file_no_mail_is_sent(tmp_path: Path) -> None:
    assert load_mail_settings(tmp_path) is None


def test_defaults_are_submission_over_starttls_to_nobody(tmp_path: Path) -> None:
    assert loaded(tmp_path) == MailSettings(host="mail.school.example", sender="schuilnaam@school.example")
    found = loaded(tmp_path)
    assert found is not None
    assert (found.port, found.security, found.user) == (587, "starttls", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "mail school"},
        {"host": "mail.school.example:25"},
        {"host": ""},
        {"port": 0},
        {"port": 70_000},
        {"security": "ssl"},
        {"sender": "schuilnaam"},
        {"sender": "Schuilnaam <schuilnaam@school.example>"},
        {"approver": ("bestuur@school.example\nBcc: x@y.example",)},
        {"privacy_officer": ("a@b@c.example",)},
        {"data_protection_officer": ("é@school.example",)},
        {"user": "schuilnaam"},
        {"password_file": "smtp"},
        {"user": "x", "password_file": "../keys/ring"},
        {"user": "x", "password_file": "/etc/passwd"},
    ],
    ids=str,
)
def test_setting_that_cannot_be_is_refused_by_name_and_without_its_value(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, **changes)
    assert refused.value.code == "mail_setting_refused"
    assert not any(str(value) in str(refused.value) for value in changes.values() if value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_plain_connection_is_for_this_machine_only(tmp_path: Path, host: str) -> None:
    found = loaded(tmp_path, host=host, security="none", port=25)
    assert found is not None
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, security="none", port=25)
    assert refused.value.code == "mail_not_encrypted"


def test_unknown_setting_and_a_file_that_others_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as unknown:
        loaded(tmp_path, password="geheim")
    assert unknown.value.code == "settings_unknown"
    loaded(tmp_path)
    (tmp_path / MAIL_FILE).chmod(0o640)
    with pytest.raises(SettingsError) as loose:
        load_mail_settings(tmp_path)
    assert loose.value.code == "settings_mode"


def test_language_is_one_that_there_are_words_for(tmp_path: Path) -> None:
    write_toml(tmp_path / "settings.toml", {"board_id": "b", "board_name": "n", "language": "de"})
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path)
    assert refused.value.code == "settings_invalid"
