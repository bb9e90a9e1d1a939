"""The leak oracle is itself tested: a search that finds nothing must have been able to find."""

from __future__ import annotations

import secrets

import pytest

from tests.canaries import ENCODINGS, Oracle, plant

AMONG = (b'{"users":[{"sourcedId":"p' + b"abcdefgh2345" * 5 + b'","status":"active"}]}') * 40


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_every_planted_canary_is_found_in_every_encoding(encoding: str) -> None:
    canaries = [f"canary-user-{number}-givenName-{secrets.token_hex(8)}" for number in range(200)]
    oracle = Oracle(canaries)
    missed = [
        canary
        for canary in canaries
        if canary not in {f.canary for f in oracle.search(plant(encoding, canary, AMONG))}
    ]
    assert missed == []


def test_there_are_at_least_twenty_encodings() -> None:
    assert len(ENCODINGS) >= 20


def test_bytes_without_a_canary_raise_no_alarm() -> None:
    oracle = Oracle(f"canary-{number}-{secrets.token_hex(8)}" for number in range(5_000))
    alarms = [finding for _ in range(200) for finding in oracle.search(AMONG + secrets.token_bytes(2_000))]
    assert alarms == []
