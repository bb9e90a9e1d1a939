"""Officers' shares: any two restore, one does not, two splittings do not mix, and a mistyped word is found."""

from __future__ import annotations

import itertools
import os
import re
import secrets
from pathlib import Path

import pytest
from shamir_mnemonic.wordlist import WORDLIST

from keys import ceremony, errors, shares
from keys.custody import open_ring
from keys.keyring import KeyRing, content_of
from tests.keys.conftest import PASSPHRASE

NEW = b"een heel andere wachtzin"


def _printed(path: Path) -> list[str]:
    summary, made = ceremony.split_recovery_key(path, PASSPHRASE)
    return [
        shares.printable(each, board_name=summary.board_name, check_value=summary.check_value)
        for each in made
    ]


@pytest.mark.parametrize("pair", list(itertools.permutations(range(3), 2)))
def test_any_two_printed_shares_restore_the_ring(
    pair: tuple[int, int], path: Path, ring: KeyRing, tmp_path: Path
) -> None:
    sheets = _printed(path)
    copy = tmp_path / "copy"
    ceremony.backup_ring(path, copy)

    restored = ceremony.recover_from_shares([sheets[at] for at in pair], copy, tmp_path / "new" / "ring", NEW)

    assert restored.check_value == ring.check_value
    assert content_of(open_ring(tmp_path / "new" / "ring", NEW)).recovery_key == content_of(ring).recovery_key


@pytest.mark.parametrize("number", range(3))
def test_one_share_restores_nothing_also_when_it_is_given_twice(
    number: int, path: Path, ring: KeyRing
) -> None:
    sheet = _printed(path)[number]
    for given in ([sheet], [sheet, sheet]):
        with pytest.raises(errors.SheetRefused, match="Two shares of two officers are needed"):
            shares.combine(given)


def test_a_share_does_not_hold_the_key(path: Path, ring: KeyRing) -> None:
    key = content_of(ring).recovery_key
    seen = {each.words for each in shares.split(key)} | {each.words for each in shares.split(key)}
    assert len(seen) == 6
    assert not any(key.hex() in words for words in seen)


def test_shares_of_two_splittings_are_not_put_together(path: Path, ring: KeyRing) -> None:
    first, second = _printed(path), _printed(path)
    with pytest.raises(errors.SheetRefused, match="not of one splitting"):
        shares.combine([first[0], second[1]])


def test_shares_of_two_rings_with_the_same_number_of_their_set_are_refused() -> None:
    """Two of 32,768 have the same number by chance; then the digest inside decides."""
    from shamir_mnemonic import shamir

    made = []
    for _ in range(2):
        sealed = shamir.EncryptedMasterSecret(7, True, 0, os.urandom(32))
        made.append([each.mnemonic() for each in shamir.split_ems(1, [(2, 3)], sealed)[0]])
    with pytest.raises(errors.SheetRefused, match="do not belong together"):
        shares.combine([made[0][0], made[1][1]])


def test_shares_of_another_ring_do_not_open_this_one(path: Path, ring: KeyRing, tmp_path: Path) -> None:
    other = tmp_path / "other" / "ring"
    ceremony.create_ring(other, "Stichting Elders", PASSPHRASE)
    with pytest.raises(errors.WrongPassphrase):
        ceremony.recover_from_shares(_printed(other)[:2], path, tmp_path / "new" / "ring", NEW)
    assert not (tmp_path / "new" / "ring").exists()


def test_a_thousand_mistyped_shares_are_all_found() -> None:
    words = shares.split(os.urandom(32))[0].words.split()
    for _ in range(1_000):
        at, other = secrets.randbelow(len(words)), secrets.choice(WORDLIST)
        if other == words[at]:
            continue
        typed = [*words[:at], other, *words[at + 1 :]]
        with pytest.raises(errors.SheetRefused):
            shares.read(" ".join(typed))


def test_an_unknown_word_is_named_by_its_number_and_never_quoted(path: Path, ring: KeyRing) -> None:
    sheet = _printed(path)[0]
    spoilt = re.sub(r"\b5: [a-z]+", "5: bloemkool", sheet)
    with pytest.raises(errors.SheetRefused) as refused:
        shares.read(spoilt, of="Share 2")
    assert str(refused.value) == "Share 2: word 5 is not a word of the list."


@pytest.mark.parametrize("text", ["", "academic", "1: academic 2: acid", "naam;cijfer\nSem;7"])
def test_what_is_no_share_is_refused_by_its_number_of_words(text: str) -> None:
    with pytest.raises(errors.SheetRefused, match="words instead of 33"):
        shares.read(text)


def test_two_exchanged_words_are_found() -> None:
    words = shares.split(os.urandom(32))[0].words.split()
    at = next(at for at in range(32) if words[at] != words[at + 1])
    words[at], words[at + 1] = words[at + 1], words[at]
    with pytest.raises(errors.SheetRefused, match="mistyped or exchanged"):
        shares.read(" ".join(words))


def test_share_in_capitals_without_numbers_reads_the_same() -> None:
    made = shares.split(os.urandom(32))[1]
    assert shares.read(made.words.upper().replace(" ", "\n")) == made


def test_representation_of_a_share_shows_no_word() -> None:
    made = shares.split(os.urandom(32))[0]
    assert not set(re.findall(r"[a-z]{4,}", repr(made))) & set(made.words.split())
