"""Known answers, none of them made by `keys`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from keys.pseudonyms import pseudonymise
from keys.recovery import Recovered, recover
from keys.scope import IdentifierSpace, RecordKind
from tests.keys import independent_siv, rings
from tests.shared import shared_path

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text())

RFC_5297_A1 = {
    "key": "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
    "associated": ["101112131415161718191a1b1c1d1e1f2021222324252627"],
    "plaintext": "112233445566778899aabbccddee",
    "sealed": "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c",
}
RFC_5297_A2 = {
    "key": "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f",
    "associated": [
        "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100",
        "102030405060708090a0",
        "09f911029d74e35bd84156c5635688c0",
    ],
    "plaintext": "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074"
    "207573696e67205349562d414553",
    "sealed": "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17"
    "dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d",
}


@pytest.mark.parametrize("vector", [RFC_5297_A1, RFC_5297_A2], ids=["A.1", "A.2"])
def test_rfc_5297_appendix_a_holds_for_the_library_and_for_the_second_implementation(vector: Any) -> None:
    key, plaintext = bytes.fromhex(vector["key"]), bytes.fromhex(vector["plaintext"])
    associated = [bytes.fromhex(item) for item in vector["associated"]]
    assert AESSIV(key).encrypt(plaintext, associated).hex() == vector["sealed"]
    assert independent_siv.siv_encrypt(key, associated, plaintext).hex() == vector["sealed"]


@pytest.mark.parametrize(
    ("file", "cases"), [("aes_siv_cmac_test.json", 442), ("aead_aes_siv_cmac_test.json", 900)]
)
def test_every_wycheproof_case_of_aes_siv_is_decided_as_published(file: str, cases: int) -> None:
    suite = json.loads(shared_path("corpora", "wycheproof", file).read_text())
    tried = 0
    for case in (case for group in suite["testGroups"] for case in group["tests"]):
        octets = {
            name: bytes.fromhex(case[name])
            for name in ("key", "aad", "iv", "msg", "ct", "tag")
            if name in case
        }
        associated = [octets["aad"]] + ([octets["iv"]] if "iv" in octets else [])
        sealed = octets.get("tag", b"") + octets["ct"]
        cipher = AESSIV(octets["key"])
        if case["result"] == "valid":
            assert cipher.encrypt(octets["msg"], associated) == sealed
            assert cipher.decrypt(sealed, associated) == octets["msg"]
            assert independent_siv.siv_encrypt(octets["key"], associated, octets["msg"]) == sealed
        else:
            with pytest.raises(InvalidTag):
                cipher.decrypt(sealed, associated)
        tried += 1
    assert tried == cases


def test_the_committed_vectors_are_those_of_the_second_implementation() -> None:
    assert independent_siv.vectors() == VECTORS


def test_pseudonyms_and_identifiers_are_those_of_the_committed_vectors() -> None:
    # If this fails the format has changed: every vendor would lose every pupil.
    assert len(VECTORS) == 84
    for vector in VECTORS:
        octets = {name: bytes.fromhex(vector[name]) for name in ("key", "key_id", "board", "product")}
        space = IdentifierSpace("a/b", vector["space"])
        entry = rings.product("taal", rings.version(octets["key"], octets["key_id"]), id=octets["product"])
        ring = rings.ring_of(entry, spaces=[space], board=octets["board"])
        scope = ring.scope("taal", RecordKind(vector["kind"]))
        assert pseudonymise(ring, scope, space, [vector["identifier"]]) == [vector["pseudonym"]]
        assert recover(ring, scope, [vector["pseudonym"]]) == [Recovered(space, vector["identifier"])]


def test_the_kinds_of_record_are_the_frozen_list() -> None:
    assert {vector["kind"] for vector in VECTORS} == {kind.value for kind in RecordKind}
