"""The storage key's file, and what it seals."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from gateway.holdings.errors import HoldingsDamaged, StorageKeyRefused
from gateway.holdings.rows import BodySeal
from gateway.holdings.storage_key import StorageKey
from gateway.roster.model import Kind


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def test_a_key_opens_after_loading_what_it_sealed_before(home: Path) -> None:
    sealed = StorageKey.create(home / "k").seal(b"body", ad=[b"a"])
    assert (home / "k").stat().st_mode & 0o777 == 0o600
    assert StorageKey.load(home / "k").open(sealed, ad=[b"a"]) == b"body"


def test_an_existing_key_is_never_overwritten(home: Path) -> None:
    StorageKey.create(home / "k")
    before = (home / "k").read_bytes()
    with pytest.raises(FileExistsError):
        StorageKey.create(home / "k")
    assert (home / "k").read_bytes() == before


@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o640, 0o700), (0o604, 0o700), (0o600, 0o750)])
def test_a_key_that_others_may_read_is_refused(home: Path, file_mode: int, folder_mode: int) -> None:
    StorageKey.create(home / "k")
    (home / "k").chmod(file_mode)
    home.chmod(folder_mode)
    with pytest.raises(StorageKeyRefused) as refused:
        StorageKey.load(home / "k")
    assert refused.value.code == "storage_key_exposed"
    home.chmod(0o700)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"something else", "storage_key_foreign"),
        (b"schuilnaam storage key 1\nAAAA\n", "storage_key_damaged"),
        (b"schuilnaam storage key 1\n!!!\n", "storage_key_damaged"),
    ],
)
def test_a_damaged_or_foreign_file_is_told_apart(home: Path, content: bytes, code: str) -> None:
    (home / "k").write_bytes(content)
    (home / "k").chmod(0o600)
    with pytest.raises(StorageKeyRefused) as refused:
        StorageKey.load(home / "k")
    assert refused.value.code == code


def test_an_absent_key_says_what_to_run(home: Path) -> None:
    with pytest.raises(StorageKeyRefused) as refused:
        StorageKey.load(home / "k")
    assert refused.value.code == "storage_key_absent"


def test_a_key_is_not_copied_pickled_or_printed(home: Path) -> None:
    key = StorageKey.create(home / "k")
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            attempt(key)
    assert repr(key) == "<StorageKey>"


def test_a_body_opens_only_as_the_record_that_it_was_sealed_for(storage_key: StorageKey) -> None:
    seal = BodySeal(storage_key, "b", "rekenwijs")
    sealed = seal.seal(Kind.USER, "p1", {"givenName": "Anna"})
    assert seal.seal(Kind.USER, "p1", {"givenName": "Anna"}) == sealed
    assert seal.open(Kind.USER, "p1", sealed) == {"givenName": "Anna"}
    for other, kind, record_id in (
        (BodySeal(storage_key, "c", "rekenwijs"), Kind.USER, "p1"),
        (BodySeal(storage_key, "b", "taalwijs"), Kind.USER, "p1"),
        (seal, Kind.DEMOGRAPHICS, "p1"),
        (seal, Kind.USER, "p2"),
    ):
        with pytest.raises(HoldingsDamaged):
            other.open(kind, record_id, sealed)
    for position in range(len(sealed)):
        with pytest.raises(HoldingsDamaged):
            seal.open(
                Kind.USER, "p1", sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
            )


def test_a_fingerprint_is_equal_exactly_where_record_body_subject_and_relations_are(
    storage_key: StorageKey,
) -> None:
    seal, body = BodySeal(storage_key, "b", "rekenwijs"), {"birthDate": "2014-01-01"}
    references = ("u", None, "s", None, None, None, None, None)
    mark = seal.fingerprint(Kind.USER, "p1", body, "leerling", references, [("term", "t")])
    assert len(mark) == 16
    assert seal.fingerprint(Kind.USER, "p1", body, "leerling", references, [("term", "t")]) == mark
    others = [
        BodySeal(storage_key, "c", "rekenwijs").fingerprint(
            Kind.USER, "p1", body, "leerling", references, [("term", "t")]
        ),
        BodySeal(storage_key, "b", "taalwijs").fingerprint(
            Kind.USER, "p1", body, "leerling", references, [("term", "t")]
        ),
        seal.fingerprint(Kind.DEMOGRAPHICS, "p1", body, "leerling", references, [("term", "t")]),
        seal.fingerprint(Kind.USER, "p2", body, "leerling", references, [("term", "t")]),
        seal.fingerprint(
            Kind.USER, "p1", {"birthDate": "2015-01-01"}, "leerling", references, [("term", "t")]
        ),
        seal.fingerprint(Kind.USER, "p1", body, "medewerker", references, [("term", "t")]),
        seal.fingerprint(Kind.USER, "p1", body, "leerling", (None, "u", *references[2:]), [("term", "t")]),
        seal.fingerprint(Kind.USER, "p1", body, "leerling", references, [("school", "t")]),
        seal.fingerprint(Kind.USER, "p1", body, "leerling", references),
    ]
    assert mark not in others
    assert len(set(others)) == len(others)


def test_a_fingerprint_cannot_be_tried_without_the_key(home: Path) -> None:
    # Attack: a stolen database, and every birth year tried until one gives the fingerprint.
    (home / "one").mkdir(mode=0o700)
    (home / "other").mkdir(mode=0o700)
    marks = {
        BodySeal(StorageKey.create(home / folder / "k"), "b", "p").fingerprint(
            Kind.DEMOGRAPHICS, "p1", {"birthDate": "2014-01-01"}, "leerling", (None,) * 8
        )
        for folder in ("one", "other")
    }
    assert len(marks) == 2


def test_a_mark_is_the_same_in_another_process(home: Path) -> None:
    mark = StorageKey.create(home / "k").mark(b"body")
    assert StorageKey.load(home / "k").mark(b"body") == mark
