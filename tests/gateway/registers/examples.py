"""Entries for the tests of the registers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.registers.accesses import AccessEntry, Operation
from gateway.registers.actors import Actor
from gateway.registers.disclosures import DisclosureEntry
from gateway.roster.model import Kind

BOARD = "4f1d2c3b5a697887"
NOW = 1_788_266_096_789
"""2026-09-01T12:34:56.789Z"""


def disclosure(**changes: Any) -> DisclosureEntry:
    given: dict[str, Any] = {
        "board_id": BOARD,
        "agreement_id": "VO-2026-014",
        "agreement_version": 1,
        "agreement_digest": "ab" * 32,
        "product": "rekenwijs-po",
        "client_id": "c1",
        "operation": "GET /users",
        "service": "roster",
        "purposes": ("leveren_gebruik",),
        "kind": Kind.USER,
        "generation": 1,
        "first": "pa",
        "last": "pz",
        "count": 100,
        "fields": {"user.givenName": "alias", "user.roles": "clear"},
        "request_id": "r-1",
    }
    return DisclosureEntry(**{**given, **changes})


def access(*, subjects: Sequence[str] = ("p" + "a" * 61,)) -> AccessEntry:
    return AccessEntry(
        board_id=BOARD,
        actor=Actor.person("J. Bakker", os_account="admin"),
        operation=Operation.RELINK,
        reason="zaak 12",
        product="rekenwijs-po",
        subjects=subjects,
    )
