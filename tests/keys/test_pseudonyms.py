"""The way out: form, length, separation of scopes."""

from __future__ import annotations

import base64
import json
import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.roster.model import PSEUDONYM_PATTERN
from keys import identifiers
from keys import scope as scope_module
from keys.errors import IdentifierRefused, ProductDestroyed, UnknownProduct, UnknownSpace
from keys.identifiers import longest_identifier_bytes, pack, pseudonym_length, unpack
from keys.pseudonyms import encode_all, pseudonymise
from keys.recovery import NotMade, Recovered, recover
from keys.scope import IdentifierSpace, RecordKind, Scope
from tests.keys import rings
from tests.shared import shared_path

THOROUGH = bool(os.environ.get("SCHUILNAAM_TEST_THOROUGH"))
EXAMPLES = settings(max_examples=2_000 if THOROUGH else 150, deadline=None)
RING = rings.ring_of(rings.product("taal"), rings.product("rekenen"))
PERSON = RING.scope("taal", RecordKind.PERSON)
HEX = st.text("0123456789abcdef", min_size=128, max_size=128)
IDENTIFIERS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=31),
    st.integers(0, 10**9).map(str),
    st.uuids().map(str),
    st.uuids().map(lambda value: str(value).upper()),
    st.text("\0\x80a", min_size=1, max_size=127).filter(lambda text: len(text.encode()) < 128),
    HEX.map(lambda digits: f"https://ketenid.nl/201703/{digits}"),
    st.tuples(st.text("abz019", min_size=1, max_size=8), HEX).map(
        lambda parts: f"https://ketenid.nl/{parts[0]}/{parts[1]}"
    ),
)


def _one(scope: Scope, identifier: str, space: IdentifierSpace = rings.LAS) -> str:
    return pseudonymise(RING, scope, space, [identifier])[0]


@EXAMPLES
@given(IDENTIFIERS)
def test_every_identifier_comes_back_exactly_and_in_upper_case_too(identifier: str) -> None:
    pseudonym = _one(PERSON, identifier)
    assert PSEUDONYM_PATTERN.match(pseudonym)
    assert recover(RING, PERSON, [pseudonym, pseudonym.upper()]) == [Recovered(rings.LAS, identifier)] * 2


@EXAMPLES
@given(st.lists(IDENTIFIERS, unique=True, max_size=30))
def test_different_identifiers_get_different_pseudonyms_in_the_order_given(batch: list[str]) -> None:
    pseudonyms = pseudonymise(RING, PERSON, rings.LAS, batch)
    assert len(set(pseudonyms)) == len(batch)
    assert pseudonyms == [_one(PERSON, identifier) for identifier in batch]


@EXAMPLES
@given(IDENTIFIERS)
def test_another_space_kind_product_or_board_gives_an_unrelated_pseudonym_that_does_not_recover(
    text: str,
) -> None:
    first = _one(PERSON, text)
    other_board = rings.ring_of(rings.product("taal"))
    others = [
        _one(PERSON, text, rings.STAFF),
        _one(RING.scope("taal", RecordKind.ORG), text),
        _one(RING.scope("rekenen", RecordKind.PERSON), text),
        pseudonymise(other_board, other_board.scope("taal", RecordKind.PERSON), rings.LAS, [text])[0],
    ]
    assert len({first, *others}) == 5
    # The key id (three characters and a bit) is the product's; nothing behind it may agree over scopes.
    assert all(first[5:17] != other[5:17] for other in others)
    assert recover(RING, PERSON, others) == [Recovered(rings.STAFF, text), NotMade(), NotMade(), NotMade()]


def test_of_every_product_space_and_kind_only_the_own_scope_recovers() -> None:
    products = [f"product-{number}" for number in range(5)]
    ring = rings.ring_of(*(rings.product(slug) for slug in products))
    scopes = [ring.scope(slug, kind) for slug in products for kind in RecordKind]
    for scope in scopes:
        pseudonym = pseudonymise(ring, scope, rings.LAS, ["17"])[0]
        for other in scopes:
            expected = Recovered(rings.LAS, "17") if other == scope else NotMade()
            assert recover(ring, other, [pseudonym]) == [expected]


@pytest.mark.parametrize("part", ["board", "product", "kind", "format"])
def test_every_part_of_the_scope_is_authenticated_even_under_the_same_key(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, ids = rings.version(), {"board": os.urandom(16), "product": os.urandom(16)}
    made = rings.ring_of(rings.product("taal", key, id=ids["product"]), board=ids["board"])
    pseudonym = pseudonymise(made, made.scope("taal", RecordKind.PERSON), rings.LAS, ["17"])
    kind = RecordKind.ORG if part == "kind" else RecordKind.PERSON
    if part in ids:
        ids[part] = os.urandom(16)
    if part == "format":
        monkeypatch.setattr(scope_module, "SCOPE_FORMAT", b"\x02")
    ring = rings.ring_of(rings.product("taal", key, id=ids["product"]), board=ids["board"])
    assert recover(ring, ring.scope("taal", kind), pseudonym) == [NotMade()]


def test_the_scope_is_a_vector_and_never_joined() -> None:
    scope = RING.scope("taal", RecordKind.PERSON)
    assert [len(item) for item in scope.associated()] == [1, 16, 16, 6]


def test_two_rings_made_alike_have_nothing_in_common() -> None:
    # Keys are random, never derived: what can be derived again can never be destroyed.
    one, two = (rings.ring_of(rings.product("taal")) for _ in range(2))
    made = [
        pseudonymise(ring, ring.scope("taal", RecordKind.PERSON), rings.LAS, ["17"]) for ring in (one, two)
    ]
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("identifier", "length"),
    [
        ("1", 62),
        ("x" * 15, 62),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", 62),
        ("x" * 16, 88),
        ("0F8FAD5B-D9CB-469F-A165-70867728950E", 139),
        ("x" * 32, 139),
        ("https://ketenid.nl/201703/" + "0a" * 64, 139),
        ("https://ketenid.nl/pilot/" + "0a" * 64, 152),
        ("x" * 64, 241),
        ("x" * 127, 241),
    ],
)
def test_length_tells_only_one_of_five_sizes_and_is_known_before(identifier: str, length: int) -> None:
    assert len(_one(PERSON, identifier)) == length == pseudonym_length([identifier])


def test_length_of_a_list_is_that_of_the_longest() -> None:
    assert pseudonym_length(["1", "x" * 20, "2"]) == 88
    assert pseudonym_length([]) == 0


@pytest.mark.parametrize(
    "identifier", ["", "x" * 128, "é" * 64, "a\ud800", "https://ketenid.nl/201703/" + "0A" * 64]
)
def test_an_identifier_that_cannot_be_carried_is_refused_without_being_shown(identifier: str) -> None:
    with pytest.raises(IdentifierRefused) as refusal:
        _one(PERSON, identifier)
    assert not identifier or identifier not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_longest_identifier_fits_a_oneroster_id() -> None:
    assert longest_identifier_bytes() == 127
    assert len(_one(PERSON, "x" * 127)) <= 255


def test_naughty_strings_come_back_exactly_or_are_refused() -> None:
    strings = json.loads(shared_path("corpora", "blns.json").read_text())
    assert len(strings) == 515
    fitting = [text for text in strings if 0 < len(text.encode()) <= longest_identifier_bytes()]
    assert len(fitting) > 400
    pseudonyms = pseudonymise(RING, PERSON, rings.LAS, fitting)
    assert recover(RING, PERSON, pseudonyms) == [Recovered(rings.LAS, text) for text in fitting]
    for text in set(strings) - set(fitting):
        with pytest.raises(IdentifierRefused):
            _one(PERSON, text)


def test_many_identifiers_round_trip_without_collision() -> None:
    batch = [str(number) for number in range(1_000_000 if THOROUGH else 50_000)]
    pseudonyms = pseudonymise(RING, PERSON, rings.LAS, batch)
    assert len(set(pseudonyms)) == len(batch)
    assert {len(pseudonym) for pseudonym in pseudonyms} == {62}
    assert [getattr(outcome, "identifier", None) for outcome in recover(RING, PERSON, pseudonyms)] == batch


def test_a_pseudonym_is_safe_in_urls_spreadsheets_xml_and_file_names() -> None:
    pseudonyms = pseudonymise(RING, PERSON, rings.LAS, [str(number) for number in range(1_000)])
    assert all(re.fullmatch("p[a-z2-7]{61}", pseudonym) for pseudonym in pseudonyms)


@given(st.lists(st.binary(min_size=1, max_size=160), max_size=20))
def test_base32_of_a_batch_is_that_of_the_standard_library(batch: list[bytes]) -> None:
    expected = ["p" + base64.b32encode(item).decode().rstrip("=").lower() for item in batch]
    assert encode_all(batch) == expected


@EXAMPLES
@given(st.binary(min_size=20, max_size=132))
def test_no_two_packed_forms_stand_for_one_identifier(packed: bytes) -> None:
    packed = bytes((0x10 + packed[0] % 6,)) + packed[1:]
    found = unpack(packed)
    if found:
        number, identifier = found
        assert pack(identifier, number.to_bytes(3, "big")) == packed


def test_every_packed_size_is_one_that_recovery_knows() -> None:
    texts = [*("x" * length for length in range(1, 128)), "0f8fad5b-d9cb-469f-a165-70867728950e"]
    texts += [f"https://ketenid.nl/{path}/{'0a' * 64}" for path in ("201703", "pilot")]
    assert {len(pack(text, bytes(3))) - 4 for text in texts} == set(identifiers.PACKED_SIZES)


@pytest.mark.parametrize("part", ["board", "product"])
def test_a_scope_of_another_board_or_product_makes_and_recovers_nothing(part: str) -> None:
    made = _one(PERSON, "17")
    other = rings.ring_of(
        rings.product("taal", id=None if part == "product" else PERSON.product.id),
        board=None if part == "board" else PERSON.board.id,
    )
    scope = other.scope("taal", RecordKind.PERSON)
    with pytest.raises(UnknownProduct):
        pseudonymise(RING, scope, rings.LAS, ["17"])
    with pytest.raises(UnknownProduct):
        recover(RING, scope, [made])


def test_a_space_that_is_not_registered_makes_nothing() -> None:
    for space in (IdentifierSpace("elsewhere", 7), IdentifierSpace(rings.LAS.name, rings.LAS.number + 1)):
        with pytest.raises(UnknownSpace):
            pseudonymise(RING, PERSON, space, ["17"])


def test_the_newest_live_version_makes_pseudonyms_and_a_destroyed_product_none() -> None:
    old, new = rings.version(key_id=b"aa"), rings.version(key_id=b"bb")
    both = rings.ring_of(rings.product("taal", old, new))
    alone = rings.ring_of(rings.product("taal", rings.version(b"", b"cc", "destroyed")))
    text = pseudonymise(both, both.scope("taal", RecordKind.PERSON), rings.LAS, ["17"])[0]
    assert base64.b32decode(text[1:].upper() + "===")[:2] == b"bb"
    with pytest.raises(ProductDestroyed):
        alone.scope("taal", RecordKind.PERSON)
    scope = both.scope("taal", RecordKind.PERSON)
    gone = rings.product("taal", rings.version(b"", b"cc", "destroyed"), id=scope.product.id)
    ring = rings.ring_of(gone, board=scope.board.id)
    with pytest.raises(ProductDestroyed):
        pseudonymise(ring, scope, rings.LAS, ["17"])
