"""The way back: whatever this ring did not make for this scope is joined to nobody."""

from __future__ import annotations

import base64
import os
import random

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.errors import UnknownProduct
from keys.keyring import KeyRing
from keys.pseudonyms import encode_all, pseudonymise
from keys.recovery import NotMade, Recovered, RetiredVersion, recover
from keys.scope import IdentifierSpace, RecordKind, Scope
from tests.keys import rings

THOROUGH = bool(os.environ.get("SCHUILNAAM_TEST_THOROUGH"))
KEY, KEY_ID = os.urandom(64), b"\x12\x34"
RING = rings.ring_of(rings.product("taal", rings.version(KEY, KEY_ID)), rings.product("rekenen"))
SCOPE = RING.scope("taal", RecordKind.PERSON)
LONGER = (
    "x" * 20,
    "https://ketenid.nl/201703/" + "5c" * 64,
    "https://ketenid.nl/pilot/" + "5c" * 64,
    "x" * 127,
)


def _pseudonyms(*identifiers: str, ring: KeyRing = RING, scope: Scope = SCOPE) -> list[str]:
    return pseudonymise(ring, scope, rings.LAS, identifiers)


def _refused(texts: list[str]) -> bool:
    return set(recover(RING, SCOPE, texts)) <= {NotMade()}


@pytest.mark.parametrize("identifier", ["17", *LONGER], ids=len)
def test_every_bit_of_every_character_matters(identifier: str) -> None:
    pseudonym = _pseudonyms(identifier)[0]
    altered = [
        pseudonym[:place] + chr(ord(letter) ^ (1 << bit)) + pseudonym[place + 1 :]
        for place, letter in enumerate(pseudonym)
        for bit in range(16)
        if not 0xD800 <= ord(letter) ^ (1 << bit) < 0xE000
    ]
    assert len(altered) > 15 * len(pseudonym)
    assert _refused(altered)


@pytest.mark.parametrize("identifier", ["17", *LONGER], ids=len)
def test_every_other_letter_in_every_place_is_refused(identifier: str) -> None:
    pseudonym = _pseudonyms(identifier)[0]
    altered = [
        pseudonym[:place] + letter + pseudonym[place + 1 :]
        for place in range(len(pseudonym))
        for letter in "abcdefghijklmnopqrstuvwxyz0123456789=+-_ "
        if letter != pseudonym[place]
    ]
    assert _refused(altered)


def test_a_hundred_thousand_altered_made_up_and_foreign_texts_are_joined_to_nobody() -> None:
    chance = random.Random(20260901)
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    real = _pseudonyms(*(str(number) for number in range(20_000)))
    altered = []
    for pseudonym in real * 2:
        place = chance.randrange(1, len(pseudonym))
        other = chance.choice(alphabet.replace(pseudonym[place], ""))
        altered.append(pseudonym[:place] + other + pseudonym[place + 1 :])
    prefix = real[0][:4]
    made_up = [prefix + "".join(chance.choices(alphabet, k=58)) for _ in range(20_000)]
    made_up += ["p" + "".join(chance.choices(alphabet, k=61)) for _ in range(10_000)]
    stranger = rings.ring_of(rings.product("taal", rings.version(key_id=KEY_ID)))
    foreign = _pseudonyms(
        *(str(number) for number in range(15_000)),
        ring=stranger,
        scope=stranger.scope("taal", RecordKind.PERSON),
    )
    foreign += _pseudonyms(
        *(str(number) for number in range(15_000)), scope=RING.scope("rekenen", RecordKind.PERSON)
    )
    everything = altered + made_up + foreign
    assert len(everything) == 100_000
    outcomes = recover(RING, SCOPE, everything)
    assert sum(outcome != NotMade() for outcome in outcomes) == 0
    if THOROUGH:
        for place in range(1, 62):
            assert _refused([text[:place] + "ab"[text[place] == "a"] + text[place + 1 :] for text in real])


def test_only_canonical_base32_verifies() -> None:
    # Two spare bits in 61 letters: three more texts decode to the same bytes.
    pseudonym = _pseudonyms("17")[0]
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    last = alphabet.index(pseudonym[-1])
    spare = 61 * 5 - 38 * 8
    assert spare == 1
    twin = pseudonym[:-1] + alphabet[last ^ 1]
    decoded = [base64.b32decode(text[1:].upper() + "===") for text in (pseudonym, twin)]
    assert decoded[0] == decoded[1]
    assert recover(RING, SCOPE, [twin]) == [NotMade()]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p",
        "17",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "{} ",
        " {}",
        "{}\n",
        "{}\0",
        "{}=",
        "x{}",
        "{}a",
        "p" * 62,
        "ｐ" + "a" * 61,
        "p" + "ａ" * 61,
        "p" + "ı" * 61,
        "p" + "ſ" * 61,
        "p" + "K" * 61,
        "p" + "\ud800" * 61,
        "p" + "\0" * 61,
        "p" + "_" * 61,
        "p" + "1" * 61,
        "p" + "٣" * 61,
        "p" * 1_000_000,
    ],
    ids=range(23),
)
def test_text_of_another_form_is_refused_and_raises_nothing(text: str) -> None:
    assert _refused([text.replace("{}", _pseudonyms("17")[0])])


def test_mixed_case_is_refused_and_unicode_letters_that_fold_to_ascii_are_too() -> None:
    pseudonym = _pseudonyms("17")[0]
    mixed = [pseudonym.capitalize(), pseudonym[:30] + pseudonym[30:].upper()]
    folded = [
        pseudonym.replace("k", "\u212a").replace("s", "\u017f").replace("i", "\u0131"),
        pseudonym.upper() + "\u0130",
    ]
    assert _refused([text for text in mixed + folded if text != pseudonym])


@pytest.mark.parametrize(
    "thing", [None, 17, 1.5, b"p" * 62, ["p"], True, object()], ids=lambda thing: type(thing).__name__
)
def test_what_is_no_text_at_all_is_refused_and_raises_nothing(thing: object) -> None:
    assert recover(RING, SCOPE, [thing]) == [NotMade()]  # type: ignore[list-item]


@settings(max_examples=5_000 if THOROUGH else 300, deadline=None)
@given(
    st.lists(
        st.one_of(st.text(max_size=260), st.text("aAzZ27", min_size=61, max_size=61).map("p".__add__)),
        max_size=20,
    )
)
def test_no_text_makes_recovery_raise(texts: list[str]) -> None:
    assert recover(RING, SCOPE, texts) == [NotMade()] * len(texts)


def test_rubbish_in_a_batch_does_not_move_what_is_beside_it() -> None:
    one, two = _pseudonyms("1", "2")
    outcomes = recover(RING, SCOPE, [one, "rubbish", two.upper(), "p" + "a" * 61, "", one])
    found = [getattr(outcome, "identifier", None) for outcome in outcomes]
    assert found == ["1", None, "2", None, None, "1"]


def _sealed_by_hand(plaintext: bytes, key_id: bytes = KEY_ID) -> str:
    return encode_all([key_id + AESSIV(KEY).encrypt(plaintext, SCOPE.associated())])[0]


@pytest.mark.parametrize(
    "body",
    [
        bytes.fromhex("11a1b2c3") + b"17".ljust(16, b"\0"),
        bytes.fromhex("11a1b2c3") + b"17\x80".ljust(32, b"\0"),
        bytes.fromhex("11a1b2c3") + b"\x80".ljust(16, b"\0"),
        bytes.fromhex("11a1b2c3") + bytes(16),
        bytes.fromhex("11a1b2c3") + b"\xff\xff\x80".ljust(16, b"\0"),
        bytes.fromhex("11a1b2c3") + b"0f8fad5b-d9cb-469f-a165-70867728950e\x80".ljust(64, b"\0"),
        bytes.fromhex("11a1b2c3") + b"17\x81".ljust(16, b"\0"),
        bytes.fromhex("10a1b2c3") + b"17\x80".ljust(16, b"\0"),
        bytes.fromhex("15a1b2c3") + b"17\x80".ljust(16, b"\0"),
        bytes.fromhex("21a1b2c3") + b"17\x80".ljust(16, b"\0"),
        bytes.fromhex("12a1b2c3") + bytes(32),
        bytes.fromhex("13a1b2c3") + bytes(16),
        bytes.fromhex("14a1b2c3") + b"201703\0\0" + bytes(64),
        bytes.fromhex("14a1b2c3") + b"pi\0lot\0\0" + bytes(64),
        bytes.fromhex("14a1b2c3") + bytes(8) + bytes(64),
        bytes.fromhex("11a1b2c4") + b"17\x80".ljust(16, b"\0"),
        bytes.fromhex("11000000") + b"17\x80".ljust(16, b"\0"),
    ],
    ids=range(17),
)
def test_another_packing_or_space_is_refused_even_if_the_tag_verifies(body: bytes) -> None:
    assert recover(RING, SCOPE, [_sealed_by_hand(body)]) == [NotMade()]


def test_the_form_that_is_made_verifies_when_sealed_by_hand() -> None:
    text = _sealed_by_hand(bytes.fromhex("11a1b2c3") + b"17\x80".ljust(16, b"\0"))
    assert recover(RING, SCOPE, [text]) == [Recovered(rings.LAS, "17")]


def test_an_unknown_key_id_is_refused_and_no_other_key_is_tried() -> None:
    body = bytes.fromhex("11a1b2c3") + b"17\x80".ljust(16, b"\0")
    assert recover(RING, SCOPE, [_sealed_by_hand(body, b"\x00\x01")]) == [NotMade()]


def test_retired_is_told_apart_live_versions_recover_and_destroyed_ones_do_not() -> None:
    keys = {state: os.urandom(64) for state in ("live", "retired", "destroyed")}
    id, board = os.urandom(16), os.urandom(16)
    made = {}
    for number, (state, key) in enumerate(keys.items()):
        alone = rings.ring_of(
            rings.product("taal", rings.version(key, bytes((1, number))), id=id), board=board
        )
        made[state] = _pseudonyms("17", ring=alone, scope=alone.scope("taal", RecordKind.PERSON))[0]
    versions = [
        rings.version(b"" if state == "destroyed" else key, bytes((1, number)), state)
        for number, (state, key) in enumerate(keys.items())
    ]
    ring = rings.ring_of(rings.product("taal", *versions, id=id), board=board)
    outcomes = recover(ring, ring.scope("taal", RecordKind.PERSON), list(made.values()))
    assert outcomes == [Recovered(rings.LAS, "17"), RetiredVersion(rings.LAS, "17"), NotMade()]


def test_a_space_that_the_ring_no_longer_registers_is_refused() -> None:
    pseudonym = _pseudonyms("17")[0]
    version, id, board = rings.version(KEY, KEY_ID), SCOPE.product.id, SCOPE.board.id
    ring = rings.ring_of(
        rings.product("taal", version, id=id), spaces=[IdentifierSpace("other", 5)], board=board
    )
    assert recover(ring, SCOPE, [pseudonym]) == [NotMade()]


def test_a_scope_of_another_ring_recovers_nothing() -> None:
    stranger = rings.ring_of(rings.product("taal"))
    with pytest.raises(UnknownProduct):
        recover(RING, stranger.scope("taal", RecordKind.PERSON), _pseudonyms("17"))


def test_what_is_recovered_does_not_show_itself() -> None:
    outcomes = recover(RING, SCOPE, _pseudonyms("pupil-4711"))
    assert "4711" not in repr(outcomes)
    assert "4711" not in str(RetiredVersion(rings.LAS, "pupil-4711"))
