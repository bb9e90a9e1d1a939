"""Ceremonies: creating, printing, restoring, rotating, destroying."""

from __future__ import annotations

import multiprocessing
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys import ceremony, errors
from keys.custody import add_product, add_space, open_ring, read_public, reload
from keys.keyring import KeyRing, VersionState, content_of, ring_key_of
from keys.pseudonyms import pseudonymise
from keys.recovery import NotMade, Recovered, RetiredVersion, recover
from keys.ringfile import parse
from keys.scope import RecordKind, Scope
from tests.keys.conftest import PASSPHRASE

NEW = b"een heel andere wachtzin"
NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def scope(path: Path, ring: KeyRing) -> Scope:
    """A product with a source."""
    add_space(path, ring, "las1/leerling")
    add_product(path, ring, "taal", "12345678")
    return ring.scope("taal", RecordKind.PERSON)


def _made(ring: KeyRing, scope: Scope, count: int = 1) -> list[str]:
    return pseudonymise(ring, scope, ring.space("las1/leerling"), [str(number) for number in range(count)])


def test_a_ring_is_never_overwritten(path: Path, ring: KeyRing) -> None:
    before = path.read_bytes()
    with pytest.raises(errors.RingExists):
        ceremony.create_ring(path, "Stichting Elders", PASSPHRASE)
    assert path.read_bytes() == before
    assert not path.with_name("ring.new").exists()


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\ud800", "a" * 201, "\u202eelders"], ids=range(6))
def test_a_board_without_a_printable_name_gets_no_ring(path: Path, name: str) -> None:
    with pytest.raises(errors.BoardRefused):
        ceremony.create_ring(path, name, PASSPHRASE)
    assert not path.parent.exists()


def _create(path: Path, name: str) -> None:
    try:
        ceremony.create_ring(path, name, PASSPHRASE)
    except errors.RingExists:
        raise SystemExit(3) from None


def test_of_programs_that_create_at_once_one_wins(path: Path) -> None:
    programs = [FORK.Process(target=_create, args=(path, f"board {number}")) for number in range(5)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(30)
    assert sorted(program.exitcode or 0 for program in programs) == [0, 3, 3, 3, 3]
    winner = next(number for number, program in enumerate(programs) if program.exitcode == 0)
    assert open_ring(path, PASSPHRASE).board_name == f"board {winner}"


@pytest.mark.parametrize("short", [b"", b"12345678901", b"12345678901\n", "ééééééééééé".encode()])
def test_a_short_passphrase_is_refused_everywhere_and_nothing_is_written(
    path: Path, ring: KeyRing, scope: Scope, short: bytes, tmp_path: Path
) -> None:
    sheet, before = ceremony.recovery_sheet(path, PASSPHRASE), path.read_bytes()
    with pytest.raises(errors.PassphraseRefused):
        ceremony.create_ring(tmp_path / "other" / "ring", "Stichting Elders", short)
    with pytest.raises(errors.PassphraseRefused):
        ceremony.change_passphrase(path, PASSPHRASE, short)
    with pytest.raises(errors.PassphraseRefused):
        ceremony.recover_ring(sheet, path, tmp_path / "other" / "ring", short)
    with pytest.raises(errors.PassphraseRefused):
        ceremony.destroy_product(path, PASSPHRASE, "taal", new_passphrase=short, now=NOW)
    assert path.read_bytes() == before
    assert not (tmp_path / "other" / "ring").exists()


def test_after_changing_the_passphrase_only_the_new_one_and_the_old_sheet_open(
    path: Path, ring: KeyRing, scope: Scope, tmp_path: Path
) -> None:
    sheet, made = ceremony.recovery_sheet(path, PASSPHRASE), _made(ring, scope)
    ceremony.change_passphrase(path, PASSPHRASE, NEW + b"\n")
    with pytest.raises(errors.WrongPassphrase):
        open_ring(path, PASSPHRASE)
    opened = open_ring(path, NEW)
    assert opened.check_value == ring.check_value
    assert ceremony.recovery_sheet(path, NEW) == sheet
    assert recover(opened, scope, made) == [Recovered(ring.space("las1/leerling"), "0")]
    add_product(path, ring, "rekenen", "12345678")
    assert [slot.kind for slot in parse(path.read_bytes()).slots] == ["passphrase", "recovery"]
    assert ceremony.recover_ring(sheet, path, tmp_path / "other" / "ring", NEW).product("rekenen")


def test_changing_the_passphrase_needs_the_old_one(path: Path, ring: KeyRing) -> None:
    with pytest.raises(errors.WrongPassphrase):
        ceremony.change_passphrase(path, NEW, NEW)
    assert open_ring(path, PASSPHRASE)


def test_sheet_and_newest_copy_restore_everything_in_an_empty_folder(
    path: Path, ring: KeyRing, scope: Scope, tmp_path: Path
) -> None:
    sheet = ceremony.recovery_sheet(path, PASSPHRASE)
    # Products added after printing are there too: the sheet never goes stale.
    add_product(path, ring, "rekenen", "12345678")
    made, copy = _made(ring, scope, 100), tmp_path / "stick.ring"
    assert ceremony.backup_ring(path, copy).check_value == ring.check_value
    copy.chmod(0o644)
    restored = ceremony.recover_ring(sheet, copy, tmp_path / "empty" / "keys" / "ring", NEW)
    again = open_ring(tmp_path / "empty" / "keys" / "ring", NEW)
    for opened in (restored, again):
        assert opened.check_value == ring.check_value
        assert opened.product("rekenen") == ring.product("rekenen")
        assert all(isinstance(outcome, Recovered) for outcome in recover(opened, scope, made))
    with pytest.raises(errors.WrongPassphrase):
        open_ring(tmp_path / "empty" / "keys" / "ring", PASSPHRASE)


def test_a_sheet_typed_over_carelessly_is_understood(path: Path, ring: KeyRing, tmp_path: Path) -> None:
    lines = re.findall(r"\d:(.*)", ceremony.recovery_sheet(path, PASSPHRASE))
    assert len(lines) == 4
    typed = [
        "\r\n".join(line.strip() for line in lines),
        "\n".join("-".join(line.split()).lower() for line in lines),
        "\n".join(
            line.replace(" ", "").replace("O", "0").replace("I", "1").replace("B", "8") for line in lines
        ),
        "\n\n".join(f" {number}) {line}  " for number, line in enumerate(lines, 1)),
    ]
    for number, text in enumerate(typed):
        assert ceremony.recover_ring(text, path, tmp_path / f"r{number}" / "ring", NEW)


def _refusal(sheet: str) -> str:
    try:
        ceremony._key_on(sheet)
    except errors.SheetRefused as refusal:
        return str(refusal)
    return ""


def test_a_typing_error_is_told_with_its_line(path: Path, ring: KeyRing, tmp_path: Path) -> None:
    lines = [line.split() for line in re.findall(r"\d:(.*)", ceremony.recovery_sheet(path, PASSPHRASE))]
    missed = 0
    for number in range(4):
        for word in range(4):
            for place in range(4):
                for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567":
                    typed = [list(line) for line in lines]
                    typed[number][word] = (
                        lines[number][word][:place] + letter + lines[number][word][place + 1 :]
                    )
                    if typed == lines:
                        continue
                    text = "\n".join(" ".join(line) for line in typed)
                    told = _refusal(text)
                    assert f"Line {number + 1} " in told or not told
                    missed += not told
    # 1,984 errors, each missed with a chance of 2^-16.
    assert missed <= 1


def test_lines_in_another_order_missing_lines_and_other_text_are_no_sheet(path: Path, ring: KeyRing) -> None:
    lines = re.findall(r"\d:(.*)", ceremony.recovery_sheet(path, PASSPHRASE))
    swapped = [lines[1], lines[0], *lines[2:]]
    for text in (
        "\n".join(swapped),
        "\n".join(lines[:3]),
        "\n".join(lines + lines[:1]),
        "",
        "9999 9999",
        "é" * 64,
    ):
        with pytest.raises(errors.SheetRefused):
            ceremony._key_on(text)


def test_the_sheet_of_another_ring_opens_nothing_and_says_so(
    path: Path, ring: KeyRing, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "ring"
    ceremony.create_ring(other, "Stichting Elders", PASSPHRASE)
    with pytest.raises(errors.WrongPassphrase, match="recovery key"):
        ceremony.recover_ring(
            ceremony.recovery_sheet(other, PASSPHRASE), path, tmp_path / "new" / "ring", NEW
        )
    assert not (tmp_path / "new").exists()


def test_recovering_never_overwrites_a_ring(path: Path, ring: KeyRing, tmp_path: Path) -> None:
    sheet, before = ceremony.recovery_sheet(path, PASSPHRASE), path.read_bytes()
    ceremony.backup_ring(path, tmp_path / "copy")
    with pytest.raises(errors.RingExists):
        ceremony.recover_ring(sheet, tmp_path / "copy", path, NEW)
    assert path.read_bytes() == before


def test_a_backup_never_overwrites_and_is_made_of_whole_rings_only(
    path: Path, ring: KeyRing, tmp_path: Path
) -> None:
    target = tmp_path / "copy"
    ceremony.backup_ring(path, target)
    before = target.read_bytes()
    add_product(path, ring, "taal", "12345678")
    with pytest.raises(errors.RingExists):
        ceremony.backup_ring(path, target)
    assert target.read_bytes() == before
    assert target.stat().st_mode & 0o777 == 0o600
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(errors.RingTruncated):
        ceremony.backup_ring(path, tmp_path / "broken")
    with pytest.raises(errors.RingUnusable):
        ceremony.backup_ring(path, tmp_path / "no" / "folder" / "copy")
    assert not (tmp_path / "broken").exists()


def test_the_sheet_is_confirmed_by_its_check_value_and_that_is_public(path: Path, ring: KeyRing) -> None:
    for typed in ("", "0000-0000", ring.check_value[:-1]):
        with pytest.raises(errors.SheetRefused):
            ceremony.confirm_sheet(path, ring, typed)
    assert not read_public(path).sheet_confirmed
    ceremony.confirm_sheet(path, ring, f" {ring.check_value.lower().replace('-', ' ')}\n")
    assert read_public(path).sheet_confirmed
    assert ring.check_value in ceremony.recovery_sheet(path, PASSPHRASE)


def test_an_added_version_makes_new_pseudonyms_and_old_ones_recover_until_retired(
    path: Path, ring: KeyRing, scope: Scope
) -> None:
    space, old = ring.space("las1/leerling"), _made(ring, scope)
    assert ceremony.add_version(path, ring, "taal").state is VersionState.LIVE
    new = _made(ring, scope)
    assert new != old
    assert recover(ring, scope, old + new) == [Recovered(space, "0")] * 2
    assert ceremony.retire_version(path, ring, "taal") == 1
    assert recover(open_ring(path, PASSPHRASE), scope, old + new) == [
        RetiredVersion(space, "0"),
        Recovered(space, "0"),
    ]
    assert ceremony.retire_version(path, ring, "taal") == 0
    assert [version.state for version in ring.versions("taal")] == [VersionState.RETIRED, VersionState.LIVE]


def test_a_version_of_a_product_that_is_not_there_is_refused(path: Path, ring: KeyRing) -> None:
    for rotate in (ceremony.add_version, ceremony.retire_version):
        with pytest.raises(errors.UnknownProduct):
            rotate(path, ring, "taal")


def test_destroyed_is_gone_from_the_ring_and_from_every_older_copy_with_the_new_secrets(
    path: Path, ring: KeyRing, scope: Scope, tmp_path: Path
) -> None:
    add_product(path, ring, "rekenen", "12345678")
    other = ring.scope("rekenen", RecordKind.PERSON)
    ceremony.add_version(path, ring, "taal")
    made, kept = _made(ring, scope, 10_000), _made(ring, other)
    old_sheet, copies = ceremony.recovery_sheet(path, PASSPHRASE), [tmp_path / "een", tmp_path / "twee"]
    ceremony.backup_ring(path, copies[0])
    ceremony.change_passphrase(path, PASSPHRASE, b"een tussentijdse wachtzin")
    ceremony.backup_ring(path, copies[1])

    outcome = ceremony.destroy_product(
        path, b"een tussentijdse wachtzin", "taal", new_passphrase=NEW, now=NOW
    )

    opened = open_ring(path, NEW)
    assert outcome.check_value == opened.check_value != ring.check_value
    assert recover(opened, scope, made) == [NotMade()] * 10_000
    assert recover(opened, other, kept) == [Recovered(ring.space("las1/leerling"), "0")]
    assert all(version.state is VersionState.DESTROYED for version in opened.versions("taal"))
    new_sheet = ceremony.recovery_sheet(path, NEW)
    assert new_sheet != old_sheet
    for number, copy in enumerate(copies):
        with pytest.raises(errors.WrongPassphrase):
            ceremony.recover_ring(new_sheet, copy, tmp_path / f"new{number}" / "ring", NEW)
        copy.chmod(0o600)
        tmp_path.chmod(0o700)
        with pytest.raises(errors.WrongPassphrase):
            open_ring(copy, NEW)
    with pytest.raises(errors.WrongPassphrase):
        ceremony.recover_ring(old_sheet, path, tmp_path / "old" / "ring", NEW)
    # Nothing of the keys is left under the new ring key either.
    file = parse(path.read_bytes())
    plain = AESGCM(ring_key_of(opened)).decrypt(file.sealed[:12], file.sealed[12:], file.associated)
    spent = [version.key.hex().encode() for version in content_of(ring).keys_of("taal").versions]
    assert len(spent) == 2
    assert not any(key in plain for key in spent)


def test_what_is_left_to_be_done_until_destruction_is_final_is_said(
    path: Path, ring: KeyRing, scope: Scope
) -> None:
    ceremony.confirm_sheet(path, ring, ring.check_value)
    same = ceremony.destroy_product(path, PASSPHRASE, "taal", now=NOW)
    assert "2026-09-01 12:00:00 UTC" in same.statement
    assert "which is still in use" in same.statement
    assert not read_public(path).sheet_confirmed
    add_product(path, open_ring(path, PASSPHRASE), "rekenen", "12345678")
    other = ceremony.destroy_product(path, PASSPHRASE, "rekenen", new_passphrase=NEW, now=NOW)
    assert "former passphrase" in other.statement


def test_a_program_that_still_has_the_ring_open_must_unlock_it_again(
    path: Path, ring: KeyRing, scope: Scope
) -> None:
    ceremony.destroy_product(path, PASSPHRASE, "taal", now=NOW)
    for attempt in (lambda: reload(path, ring), lambda: add_product(path, ring, "rekenen", "12345678")):
        with pytest.raises(errors.RingRekeyed):
            attempt()


def test_a_destroyed_slug_is_spent_and_its_key_id_too(path: Path, ring: KeyRing, scope: Scope) -> None:
    spent = ring.versions("taal")[0].key_id
    ceremony.destroy_product(path, PASSPHRASE, "taal", now=NOW)
    opened = open_ring(path, PASSPHRASE)
    assert opened.products() == ()
    assert opened.versions("taal")[0].key_id == spent
    with pytest.raises(errors.ProductDestroyed):
        opened.product("taal")
    with pytest.raises(errors.ProductRefused):
        add_product(path, opened, "taal", "12345678")
    for rotate in (ceremony.add_version, ceremony.retire_version):
        with pytest.raises(errors.ProductDestroyed):
            rotate(path, opened, "taal")
    with pytest.raises(errors.ProductDestroyed):
        ceremony.destroy_product(path, PASSPHRASE, "taal", now=NOW)


def test_the_register_product_an_unknown_one_and_a_wrong_passphrase_destroy_nothing(
    path: Path, ring: KeyRing, scope: Scope
) -> None:
    before = path.read_bytes()
    with pytest.raises(errors.ProductRefused):
        ceremony.destroy_product(path, PASSPHRASE, "_register", now=NOW)
    with pytest.raises(errors.UnknownProduct):
        ceremony.destroy_product(path, PASSPHRASE, "onbekend", now=NOW)
    with pytest.raises(errors.WrongPassphrase):
        ceremony.destroy_product(path, NEW, "taal", now=NOW)
    assert path.read_bytes() == before
