"""Rings in memory, with keys that the test chooses."""

from __future__ import annotations

import os
from collections.abc import Sequence

from keys.keyring import KeyRing, KeyVersion, ProductKeys, RingContent, VersionState
from keys.scope import Board, IdentifierSpace, Product

LAS = IdentifierSpace("las1/leerling", 0xA1B2C3)
STAFF = IdentifierSpace("las1/leerkracht", 0x000001)


def version(key: bytes | None = None, key_id: bytes | None = None, state: str = "live") -> KeyVersion:
    """A key version; random where nothing is given."""
    return KeyVersion(key_id or os.urandom(2), os.urandom(64) if key is None else key, VersionState(state))


def product(slug: str, *versions: KeyVersion, id: bytes | None = None) -> ProductKeys:
    """A product with these versions, or one live version."""
    return ProductKeys(Product(slug, id or os.urandom(16)), "12345678", versions or (version(),))


def ring_of(
    *products: ProductKeys, spaces: Sequence[IdentifierSpace] = (LAS, STAFF), board: bytes | None = None
) -> KeyRing:
    """An unlocked ring that is in no file."""
    content = RingContent(
        board=Board("Stichting Voorbeeld", board or os.urandom(16)),
        products=products,
        spaces=tuple(spaces),
        intake_key=os.urandom(32),
        checkpoint_key=os.urandom(32),
        school_row_key=os.urandom(32),
        recovery_key=os.urandom(32),
        sheet_confirmed=False,
    )
    return KeyRing(content, os.urandom(32))
