"""A handle holds keys: it shows none, and is not duplicated by accident."""

from __future__ import annotations

import ast
import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from keys import errors
from keys.keyring import KeyRing, content_of, ring_key_of
from tests.keys import rings
from tests.shared import ROOT

RING = rings.ring_of(rings.product("taal"))
CONTENT = content_of(RING)
HOLDERS = [RING, CONTENT, CONTENT.products[0], CONTENT.products[0].versions[0]]
SECRETS = [ring_key_of(RING), CONTENT.products[0].versions[0].key, CONTENT.intake_key, CONTENT.recovery_key]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        *(lambda it, p=protocol: pickle.dumps(it, p) for protocol in range(6)),
        json.dumps,
        vars,
    ],
    ids=["copy", "deepcopy", *(f"pickle{protocol}" for protocol in range(6)), "json", "vars"],
)
def test_what_holds_keys_is_not_copied_pickled_or_listed(
    holder: object, duplicate: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError) as refusal:
        duplicate(holder)
    assert not any(secret.hex() in str(refusal.value) for secret in SECRETS)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_what_holds_keys_shows_none(holder: object) -> None:
    for text in (repr(holder), str(holder), f"{holder}", f"{[holder]}", ascii(holder)):
        assert len(text) < 40
        assert not any(secret.hex() in text or repr(secret) in text for secret in SECRETS)


def test_a_handle_has_no_room_for_anything_else() -> None:
    with pytest.raises(AttributeError):
        RING.note = "x"  # type: ignore[attr-defined]


def _names_in(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return imported | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_nothing_outside_this_package_reaches_the_keys_of_a_ring() -> None:
    forbidden = {"content_of", "ring_key_of", "replace_content", "RingContent", "KeyVersion", "_ring_key"}
    for package in ("gateway", "contracts"):
        for file in (ROOT / package).rglob("*.py"):
            assert not forbidden & _names_in(file), file.relative_to(ROOT)


def test_primitives_of_pseudonyms_and_signatures_are_used_in_keys_only() -> None:
    # AESSIV also seals holdings, in the one file of the storage key.
    for file in (ROOT / "gateway").rglob("*.py"):
        names = _names_in(file)
        assert "Ed25519PrivateKey" not in names, file.relative_to(ROOT)
        assert "AESSIV" not in names or file.name == "storage_key.py", file.relative_to(ROOT)


def test_every_error_has_its_own_code_and_a_sentence() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.KeysError)
    ]
    assert len({kind.code for kind in kinds}) == len(kinds) > 15
    assert errors.RingMissing("No ring.", remedy="Make one.").sentence() == "No ring. Make one."
    assert errors.RingMissing("No ring.").sentence() == "No ring."


def test_a_ring_tells_which_one_it_is() -> None:
    assert repr(RING) == f"<KeyRing {RING.check_value}>"
    assert isinstance(RING, KeyRing)
