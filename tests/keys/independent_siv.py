"""A second implementation of the pseudonym, from RFC 5297 and the text of docs/decisions/0003 only.

Shares no code with `keys`: AES-CMAC and AES-CTR instead of a ready AES-SIV, a string of bits for base32, `if`
instead of regular expressions. `python -m tests.keys.independent_siv` prints the committed vectors.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

Vector = dict[str, Any]


def _cmac(key: bytes, message: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _double(block: bytes) -> bytes:
    # RFC 5297 section 2.3: shift left by one; if a bit falls out, xor the last byte with 0x87.
    shifted = int.from_bytes(block, "big") << 1
    if shifted >> 128:
        shifted = (shifted & (2**128 - 1)) ^ 0x87
    return shifted.to_bytes(16, "big")


def _s2v(key: bytes, strings: list[bytes]) -> bytes:
    # RFC 5297 section 2.4.
    *associated, last = strings
    block = _cmac(key, bytes(16))
    for string in associated:
        block = _xor(_double(block), _cmac(key, string))
    if len(last) >= 16:
        return _cmac(key, last[:-16] + _xor(last[-16:], block))
    return _cmac(key, _xor(_double(block), last + b"\x80" + bytes(15 - len(last))))


def siv_encrypt(key: bytes, associated: list[bytes], plaintext: bytes) -> bytes:
    """RFC 5297 section 2.6: the synthetic IV, then the ciphertext."""
    half = len(key) // 2
    tag = _s2v(key[:half], [*associated, plaintext])
    counter = bytearray(tag)
    counter[8] &= 0x7F
    counter[12] &= 0x7F
    stream = Cipher(algorithms.AES(key[half:]), modes.CTR(bytes(counter))).encryptor()
    return tag + stream.update(plaintext) + stream.finalize()


def _all_in(text: str, alphabet: str) -> bool:
    return all(letter in alphabet for letter in text)


def _plaintext(space: int, identifier: str) -> bytes:
    hexadecimal = "0123456789abcdef"
    parts = identifier.split("-")
    if [len(part) for part in parts] == [8, 4, 4, 4, 12] and _all_in("".join(parts), hexadecimal):
        return bytes([0x12]) + space.to_bytes(3, "big") + bytes.fromhex("".join(parts))
    start = "https://ketenid.nl/"
    if identifier.startswith(start) and identifier.count("/") == 4:
        path, digits = identifier[len(start) :].split("/")
        if len(digits) == 128 and _all_in(digits, hexadecimal):
            if path == "201703":
                return bytes([0x13]) + space.to_bytes(3, "big") + bytes.fromhex(digits)
            if 1 <= len(path) <= 8 and _all_in(path, "abcdefghijklmnopqrstuvwxyz0123456789"):
                filled = path.encode() + bytes(8 - len(path))
                return bytes([0x14]) + space.to_bytes(3, "big") + filled + bytes.fromhex(digits)
    text = identifier.encode("utf-8") + b"\x80"
    size = 16
    while size < len(text):
        size *= 2
    assert size <= 128
    return bytes([0x11]) + space.to_bytes(3, "big") + text + bytes(size - len(text))


def _base32(octets: bytes) -> str:
    bits = "".join(format(octet, "08b") for octet in octets)
    bits += "0" * (-len(bits) % 5)
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return "".join(alphabet[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def pseudonym(
    *, key: bytes, key_id: bytes, board: bytes, product: bytes, kind: str, space: int, identifier: str
) -> str:
    """One pseudonym."""
    associated = [b"\x01", board, product, kind.encode("ascii")]
    return "p" + _base32(key_id + siv_encrypt(key, associated, _plaintext(space, identifier)))


_IDENTIFIERS = (
    "1",
    "17",
    "123456789",
    "fifteen bytes !",
    "sixteen bytes!!!",
    "ééééééé",
    "éééééééé",
    "trailing zero\0",
    "\0",
    "\u0080",
    "Zoë Ünïcode 😀",
    "Zoe\u0308",
    "  spaces  ",
    "line\nbreak",
    "=1+1",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    "0F8FAD5B-D9CB-469F-A165-70867728950E",
    "00000000-0000-0000-0000-000000000000",
    "0f8fad5bd9cb469fa16570867728950e",
    "a" * 31,
    "a" * 32,
    "b" * 63,
    "b" * 64,
    "c" * 127,
    "😀" * 31,
    "https://ketenid.nl/201703/" + "0123456789abcdef" * 8,
    "https://ketenid.nl/pilot/" + "fedcba9876543210" * 8,
    "https://ketenid.nl/sp201703/" + "00" * 64,
    "https://ketenid.nl/a/" + "ff" * 64,
)
_KINDS = (
    "person",
    "org",
    "academic_session",
    "course",
    "class",
    "enrollment",
    "category",
    "line_item",
    "result",
    "score_scale",
    "resource",
)


def vectors() -> list[Vector]:
    """Every identifier as a person, and one identifier as every kind, under two sets of keys."""
    made = []
    for start in (0, 129):
        octets = bytes((start + 7 * place) % 256 for place in range(98))
        ring = {"key": octets[:64], "key_id": octets[64:66], "board": octets[66:82], "product": octets[82:98]}
        for kind, space, identifier in [
            *(("person", 0xA1B2C3, identifier) for identifier in _IDENTIFIERS),
            *((kind, 0, "17") for kind in _KINDS),
            *(("person", space, "17") for space in (1, 0xFFFFFF)),
        ]:
            made.append(
                {name: value.hex() for name, value in ring.items()}
                | {"kind": kind, "space": space, "identifier": identifier}
                | {"pseudonym": pseudonym(**ring, kind=kind, space=space, identifier=identifier)}
            )
    return made


if __name__ == "__main__":
    json.dump(vectors(), sys.stdout, indent=1)
    sys.stdout.write("\n")
