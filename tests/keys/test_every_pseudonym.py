"""All pseudonyms under which one person can have been given out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from keys.ceremony import add_version, create_ring, destroy_product, retire_version
from keys.custody import add_product, add_space, open_ring
from keys.errors import UnknownSpace
from keys.pseudonyms import every_pseudonym, pseudonymise
from keys.scope import IdentifierSpace, RecordKind

PASSPHRASE = b"een lange wachtzin"


def test_older_versions_are_found_and_a_destroyed_key_is_said(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring"
    ring = create_ring(path, "Stichting", PASSPHRASE)
    add_product(path, ring, "rekenwijs", "12345678")
    space = add_space(path, ring, "las")
    scope = ring.scope("rekenwijs", RecordKind.PERSON)
    (first,) = pseudonymise(ring, scope, space, ["17"])
    add_version(path, ring, "rekenwijs")
    retire_version(path, ring, "rekenwijs")
    (second,) = pseudonymise(ring, scope, space, ["17"])

    every = every_pseudonym(ring, scope, space, "17")

    assert every.pseudonyms == (second, first)
    assert every.complete

    destroy_product(path, PASSPHRASE, "rekenwijs", now=datetime(2026, 11, 1, tzinfo=UTC))
    after = every_pseudonym(open_ring(path, PASSPHRASE), scope, space, "17")
    assert after.pseudonyms == ()
    assert not after.complete


def test_space_of_another_ring_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring"
    ring = create_ring(path, "Stichting", PASSPHRASE)
    add_product(path, ring, "rekenwijs", "12345678")
    with pytest.raises(UnknownSpace):
        every_pseudonym(ring, ring.scope("rekenwijs", RecordKind.PERSON), IdentifierSpace("las", 5), "17")
