"""Rings on disk for the tests of `keys`."""

from __future__ import annotations

from pathlib import Path

import pytest

from keys import ceremony, custody
from keys.keyring import KeyRing

PASSPHRASE = b"negen zachte fietsbellen"


@pytest.fixture(autouse=True)
def _quick_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    # One test unlocks with the real profile; the others must not take 0.2 s for every passphrase.
    monkeypatch.setitem(custody.ARGON2ID_RFC9106_SECOND, "memory_kib", 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ring of a test is."""
    return tmp_path / "home" / "keys" / "ring"


@pytest.fixture
def ring(path: Path) -> KeyRing:
    """A new ring on disk."""
    return ceremony.create_ring(path, "Stichting Voorbeeld", PASSPHRASE)
