"""Pseudonyms by way of kept bytes are the pseudonyms of the texts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.roster.model import Kind
from gateway.school.disclosure.identify import Identifier, pack_id, texts, unpack_id
from keys.errors import IdentifierRefused
from keys.keyring import KeyRing
from keys.scope import RecordKind
from tests.gateway.school.delivery.rig import REKENEN, space_of

IDENTIFIERS = st.one_of(
    st.uuids().map(str),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.text("0123456789abcdef", min_size=128, max_size=128).map(
        lambda hex: f"https://ketenid.nl/201703/{hex}"
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(IDENTIFIERS, max_size=5))
def test_kept_identifiers_get_the_pseudonyms_of_their_texts(ring: KeyRing, identifiers: list[str]) -> None:
    identifier, space = Identifier(ring), ring.space(space_of("las1"))
    packed = [pack_id(each) for each in identifiers]
    assert [unpack_id(each) for each in packed] == identifiers
    sealed = identifier.sealed(REKENEN, Kind.ENROLLMENT, space, packed)
    assert texts(sealed) == identifier.pseudonyms(REKENEN, Kind.ENROLLMENT, space, identifiers)


def test_kept_identifiers_of_a_system_that_was_replaced_keep_their_pseudonyms(ring: KeyRing) -> None:
    old, new = ring.space(space_of("las1")), ring.space(space_of("las2"))
    moved = Identifier(ring, rebinding={(new, RecordKind.ENROLLMENT, "17"): (old, "3")})
    made = moved.sealed(REKENEN, Kind.ENROLLMENT, new, [pack_id("17"), pack_id("18")])
    plain = Identifier(ring)
    assert texts(made) == [
        *plain.pseudonyms(REKENEN, Kind.ENROLLMENT, old, ["3"]),
        *plain.pseudonyms(REKENEN, Kind.ENROLLMENT, new, ["18"]),
    ]


@pytest.mark.parametrize("identifier", ["x" * 200, "", "\ud800"])
def test_an_identifier_that_no_pseudonym_can_carry_is_kept_and_refused_when_it_would_leave(
    ring: KeyRing, identifier: str
) -> None:
    packed = [pack_id("17"), pack_id(identifier)]
    assert unpack_id(packed[1]) == identifier
    with pytest.raises(IdentifierRefused):
        Identifier(ring).sealed(REKENEN, Kind.ENROLLMENT, ring.space(space_of("las1")), packed)
