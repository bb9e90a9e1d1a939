"""Inbox, school rows, checkpoints, and ids that vendors minted."""

from __future__ import annotations

import os

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from keys.errors import CannotOpen, UnknownProduct
from keys.keyring import content_of
from keys.scope import RecordKind
from keys.sealing import open_intake, open_school_row, seal_school_row, sign_checkpoint, vendor_id_mac
from tests.keys import rings

RING = rings.ring_of(rings.product("taal"), rings.product("rekenen"))
INTAKE = X25519PrivateKey.from_private_bytes(content_of(RING).intake_key).public_key()
SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def _seal(plaintext: bytes, context: bytes, key: X25519PublicKey = INTAKE) -> bytes:
    return b"\x01" + SUITE.encrypt(plaintext, key, info=context)


@pytest.mark.parametrize("plaintext", [b"", b"a result", os.urandom(100_000)], ids=len)
def test_what_the_front_sealed_opens_with_the_ring(plaintext: bytes) -> None:
    assert open_intake(RING, _seal(plaintext, b"here"), context=b"here") == plaintext


def test_sealed_results_that_were_altered_moved_or_made_for_another_ring_do_not_open() -> None:
    sealed = _seal(b"a result", b"here")
    stranger = X25519PrivateKey.generate().public_key()
    wrong = [
        sealed[:place] + bytes((sealed[place] ^ 1,)) + sealed[place + 1 :] for place in range(len(sealed))
    ]
    wrong += [sealed[:length] for length in range(len(sealed))]
    wrong += [
        _seal(b"a result", b"elsewhere"),
        _seal(b"a result", b"here", stranger),
        b"\x02" + sealed[1:],
        b"",
    ]
    wrong += [b"\x01" + bytes(80)]
    for altered in wrong:
        with pytest.raises(CannotOpen):
            open_intake(RING, altered, context=b"here")


def test_a_sealed_row_opens_for_its_purpose_only() -> None:
    sealed = seal_school_row(RING, "alias", b"Jansen")
    assert open_school_row(RING, "alias", sealed) == b"Jansen"
    assert sealed != seal_school_row(RING, "alias", b"Jansen")
    altered = [
        sealed[:place] + bytes((sealed[place] ^ 1,)) + sealed[place + 1 :] for place in range(len(sealed))
    ]
    for wrong in [*altered, *(sealed[:length] for length in range(len(sealed)))]:
        with pytest.raises(CannotOpen):
            open_school_row(RING, "alias", wrong)
    for ring, purpose in ((RING, "name_index"), (rings.ring_of(), "alias")):
        with pytest.raises(CannotOpen):
            open_school_row(ring, purpose, sealed)


def test_checkpoints_are_signed_with_the_key_whose_public_half_is_in_the_ring_file() -> None:
    key: Ed25519PublicKey = Ed25519PrivateKey.from_private_bytes(content_of(RING).checkpoint_key).public_key()
    signature = sign_checkpoint(RING, b"a checkpoint\n")
    key.verify(signature, b"a checkpoint\n")
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"another\n")


def test_an_id_that_a_vendor_minted_is_kept_apart_per_product_kind_and_ring() -> None:
    mac = vendor_id_mac(RING, "taal", RecordKind.RESULT, "1")
    assert len(mac) == 32
    assert mac == vendor_id_mac(RING, "taal", RecordKind.RESULT, "1")
    others = [
        vendor_id_mac(RING, "rekenen", RecordKind.RESULT, "1"),
        vendor_id_mac(RING, "taal", RecordKind.LINE_ITEM, "1"),
        vendor_id_mac(RING, "taal", RecordKind.RESULT, "2"),
        vendor_id_mac(rings.ring_of(rings.product("taal")), "taal", RecordKind.RESULT, "1"),
        vendor_id_mac(RING, "taal", RecordKind.RESULT, "\ud800"),
        vendor_id_mac(RING, "taal", RecordKind.RESULT, "1", continued_by="taal-2"),
        vendor_id_mac(RING, "taal", RecordKind.RESULT, "1", continued_by="taal-3"),
        vendor_id_mac(RING, "taal", RecordKind.RESULT, "1", continued_by=""),
        # Ids that would be one with another if parts stood there without their lengths.
        vendor_id_mac(RING, "taal", RecordKind.RESULT, "1taal-2"),
        vendor_id_mac(RING, "taal", RecordKind.RESULT, "1\0\0\0\6taal-2"),
    ]
    assert len({mac, *others}) == 11
    with pytest.raises(UnknownProduct):
        vendor_id_mac(RING, "onbekend", RecordKind.RESULT, "1")
