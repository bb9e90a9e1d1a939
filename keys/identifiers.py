"""An identifier of the school's system as the bytes that are sealed, and exactly back.

    header 4 bytes:  0x10 + packing, then the number of the identifier space (24 bits, big-endian)
    packing 1        text: UTF-8, 0x80, zeros up to 16, 32, 64 or 128 bytes
    packing 2        UUID in canonical lower case: its 16 bytes
    packing 3        ECK iD in production (`https://ketenid.nl/201703/` + 128 lower-case hex digits): 64 bytes
    packing 4        ECK iD elsewhere (`https://ketenid.nl/pilot/` ...): path 1-8 of a-z0-9, zeros up to 8; 64
    bytes

Few sizes, because the length of a pseudonym would otherwise tell the length of the identifier: a pupil number
and a UUID look the same. Every identifier has exactly one packed form and the other way round. Nothing is
normalised: the school gets back the very text that it sent. This is a stored format: docs/decisions/0003.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from keys.errors import IdentifierRefused

_FORMAT: Final = 0x10
_TEXT, _UUID, _ECK_PRODUCTION, _ECK_OTHER = (_FORMAT + packing for packing in (1, 2, 3, 4))
TEXT_SIZES: Final = (16, 32, 64, 128)
PACKED_SIZES: Final = (16, 32, 64, 72, 128)
"""Every length that a packed identifier can have, header not counted."""

_UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ECK_TEXT: Final = re.compile(r"https://ketenid\.nl/([a-z0-9]{1,8})/([0-9a-f]{128})")
_PRODUCTION: Final = "201703"
_OVERHEAD: Final = 2 + 16 + 4
"""Bytes of a pseudonym that are not the packed identifier: key id, SIV tag, header."""


def longest_identifier_bytes() -> int:
    """How many UTF-8 bytes an identifier may have; UUIDs and ECK iDs always fit."""
    return TEXT_SIZES[-1] - 1


def pack(identifier: str, space: bytes = b"") -> bytes:
    """Header and packed identifier.

    Args:
        space: number of the identifier space, 3 bytes; without it the form in which many identifiers of one space
            can be kept (17 bytes for a UUID), to be completed by `in_space`.

    Raises:
        IdentifierRefused: empty, not Unicode text (a lone surrogate), or longer than
        `longest_identifier_bytes()`.
    """
    if len(identifier) == 36 and _UUID_TEXT.fullmatch(identifier):
        return bytes((_UUID,)) + space + bytes.fromhex(identifier.replace("-", ""))
    eck = _ECK_TEXT.fullmatch(identifier) if len(identifier) > 128 else None
    if eck:
        path, digits = eck.groups()
        if path == _PRODUCTION:
            return bytes((_ECK_PRODUCTION,)) + space + bytes.fromhex(digits)
        return bytes((_ECK_OTHER,)) + space + path.encode().ljust(8, b"\0") + bytes.fromhex(digits)
    try:
        text = identifier.encode()
    except UnicodeEncodeError:
        # From None: the cause shows the identifier.
        raise IdentifierRefused("An identifier of the school's system is not valid Unicode text.") from None
    if not text:
        raise IdentifierRefused("An identifier of the school's system is empty.")
    for size in TEXT_SIZES:
        if len(text) < size:
            return bytes((_TEXT,)) + space + (text + b"\x80").ljust(size, b"\0")
    raise IdentifierRefused(
        f"An identifier of the school's system has {len(text)} bytes; {longest_identifier_bytes()} fit.",
        remedy="OneRoster ids have at most 255 characters; choose another identifier field of that system.",
    )


def in_space(packed: bytes, space: bytes) -> bytes:
    """What `pack` makes with this space, of what it made without one."""
    return packed[:1] + space + packed[1:]


def unpack(packed: bytes) -> tuple[int, str] | None:
    """Number of the space and identifier, or None if `pack` would not have made these very bytes."""
    head, space, body = packed[0], packed[1:4], packed[4:]
    try:
        if head == _UUID:
            digits = body.hex()
            identifier = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        elif head == _ECK_PRODUCTION:
            identifier = f"https://ketenid.nl/{_PRODUCTION}/{body.hex()}"
        elif head == _ECK_OTHER:
            identifier = f"https://ketenid.nl/{body[:8].rstrip(bytes(1)).decode()}/{body[8:].hex()}"
        elif head == _TEXT:
            identifier = body.rstrip(b"\0")[:-1].decode()
        else:
            return None
        # One canonical form: a UUID sealed as text, or padded to a larger size, would be a second pseudonym
        # of one pupil. Only who has the key could make it, and even then it is not ours.
        if pack(identifier, space) != packed:
            return None
    except (UnicodeDecodeError, IdentifierRefused):
        return None
    return int.from_bytes(space, "big"), identifier


def pseudonym_length(identifiers: Iterable[str]) -> int:
    """Characters of the longest pseudonym that these identifiers get; 0 for none.

    For `source check`: what a vendor's standard cannot carry (UWLR before 2.2: 64) is refused at set-up.
    """
    longest = max((len(pack(identifier, bytes(3))) - 4 for identifier in identifiers), default=None)
    return 0 if longest is None else pseudonym_characters(longest)


def pseudonym_characters(packed_size: int) -> int:
    """Characters of a pseudonym whose packed identifier has this many bytes."""
    return 1 + -(-8 * sealed_size(packed_size) // 5)


def sealed_size(packed_size: int) -> int:
    """Bytes of key id, SIV tag, header and packed identifier together."""
    return _OVERHEAD + packed_size
