"""The leak oracle: finds canaries in any bytes, in 23 encodings, in time that grows with the bytes alone.

A canary is a text that ends in 16 hexadecimal characters found nowhere else. Searching 5,000 canaries in 23
encodings as text would be 115,000 searches; instead the bytes are decoded in every way (views) and each view is
searched once for anything that looks like a canary; a run of letters that comes again is decoded once. `plant`
makes each encoding, so that the oracle itself is tested.

Source: acceptance checks S1 and S2.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import gzip
import hashlib
import html
import quopri
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

_HEX16 = re.compile(rb"[0-9a-f]{16}")
_PRINTABLE = re.compile(rb"[\x20-\x7e]{8,}")
_HEX_RUN = re.compile(rb"[0-9a-fA-F]{8,}")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_BASE32_RUN = re.compile(rb"[A-Za-z2-7]{16,}")
_GZIP = re.compile(rb"\x1f\x8b\x08")
_DEFLATE = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_JSON_ESCAPE = re.compile(rb"\\u00([0-9a-fA-F]{2})")


def _json_escapes(text: str) -> bytes:
    return "".join(f"\\u{ord(c):04x}" for c in text).encode()


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "raw": lambda text: text.encode(),
    "upper case": lambda text: text.upper().encode(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
    "percent twice": lambda text: quote("".join(f"%{byte:02X}" for byte in text.encode())).encode(),
    "json escapes": _json_escapes,
    "html decimal": lambda text: "".join(f"&#{ord(c)};" for c in text).encode(),
    "html hexadecimal": lambda text: "".join(f"&#x{ord(c):x};" for c in text).encode(),
    "utf-16 little endian": lambda text: text.encode("utf-16-le"),
    "utf-16 big endian": lambda text: text.encode("utf-16-be"),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "hexadecimal upper case": lambda text: text.encode().hex().upper().encode(),
    "base64 offset 0": lambda text: base64.b64encode(text.encode()),
    "base64 offset 1": lambda text: base64.b64encode(b"x" + text.encode()),
    "base64 offset 2": lambda text: base64.b64encode(b"xy" + text.encode()),
    "base32": lambda text: base64.b32encode(text.encode()).lower(),
    "quoted printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()).encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "deflate": lambda text: zlib.compress(text.encode()),
    "reversed": lambda text: text[::-1].encode(),
    "piece of 8": lambda text: text[-12:-4].encode(),
    "md5": lambda text: hashlib.md5(text.encode()).hexdigest().encode(),
    "sha1": lambda text: hashlib.sha1(text.encode()).hexdigest().encode(),
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest().encode(),
}
"""How a value can be written down; each is planted and must be found."""


@dataclass(frozen=True)
class Finding:
    """One canary in some bytes."""

    canary: str
    how: str


class Oracle:
    """Knows the canaries; `search` says which are in some bytes."""

    def __init__(self, canaries: Iterable[str]) -> None:
        self._by_tail: dict[bytes, str] = {}
        self._by_piece: dict[bytes, str] = {}
        self._by_long_piece: dict[bytes, str] = {}
        self._by_digest: dict[bytes, str] = {}
        for canary in canaries:
            tail = canary[-16:].encode()
            if not _HEX16.fullmatch(tail):
                raise ValueError("a canary ends in 16 hexadecimal characters")
            self._by_tail[tail] = canary
            for start in range(9):
                self._by_piece[tail[start : start + 8]] = canary
            for start in range(5):
                self._by_long_piece[tail[start : start + 12]] = canary
            for form in {canary, canary.lower(), canary.upper()}:
                for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
                    self._by_digest[digest(form.encode()).hexdigest().encode()] = canary

    def __len__(self) -> int:
        return len(self._by_tail)

    def search(self, content: bytes) -> list[Finding]:
        """Every canary in the content, each once."""
        found: dict[str, str] = {}
        for how, view in _views(content):
            for canary in self._in_view(view):
                found.setdefault(canary, how)
        return [Finding(canary, how) for canary, how in found.items()]

    def _in_view(self, view: bytes) -> Iterator[str]:
        for run in dict.fromkeys(_HEX_RUN.findall(view)):
            lowered = run.lower()
            if lowered in self._by_digest:
                yield self._by_digest[lowered]
            # A digest, a request id or a moment in milliseconds has many pieces of 8, and among thousands of
            # those one is a canary's by chance. In what cannot be a tail alone 12 in a row are asked for.
            by_chance = len(run) > 16 or (len(run) >= 10 and run.isdigit())
            size, pieces = (12, self._by_long_piece) if by_chance else (8, self._by_piece)
            for text in (lowered, lowered[::-1]):
                for start in range(len(text) - size + 1):
                    canary = pieces.get(text[start : start + size])
                    if canary is not None:
                        yield canary


def _views(content: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    # A database holds the same text many times, in old pages and in its log: each run of it is looked at once.
    text = _printable(content)
    yield "raw", text
    if b"\x00" in content:
        yield "utf-16", _printable(content.replace(b"\x00", b""))
    for how, view in (*_decoded(text), *_compressed(content)):
        yield how, view
        if depth == 0 and how in ("percent", "gzip", "deflate"):
            for inner, deeper in _views(view, 1):
                yield f"{how}, {inner}", deeper


def _printable(content: bytes) -> bytes:
    return b"\n".join(dict.fromkeys(_PRINTABLE.findall(content)))


def _decoded(text: bytes) -> Iterator[tuple[str, bytes]]:
    if b"%" in text:
        yield "percent", unquote_to_bytes(text)
    if b"\\u00" in text:
        yield "json escapes", _JSON_ESCAPE.sub(lambda match: bytes([int(match.group(1), 16)]), text)
    if b"&#" in text:
        yield "html", html.unescape(text.decode("latin-1")).encode("utf-8")
    if b"=" in text:
        yield "quoted printable", quopri.decodestring(text)
    yield "hexadecimal", b"\n".join(_hex_runs(text))
    yield "base64", b"\n".join(_base64_runs(text))
    yield "base32", b"\n".join(_base32_runs(text))


def _hex_runs(content: bytes) -> Iterator[bytes]:
    for run in dict.fromkeys(_HEX_RUN.findall(content)):
        text = run
        for start in (0, 1):
            even = text[start : start + (len(text) - start) // 2 * 2]
            yield binascii.unhexlify(even)


def _base64_runs(content: bytes) -> Iterator[bytes]:
    for run in dict.fromkeys(_BASE64_RUN.findall(content)):
        text = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        for start in range(4):
            part = text[start:]
            part = part[: len(part) // 4 * 4]
            if part:
                yield base64.b64decode(part)


def _base32_runs(content: bytes) -> Iterator[bytes]:
    for run in dict.fromkeys(_BASE32_RUN.findall(content)):
        text = run.upper()
        for start in range(8):
            part = text[start:]
            part = part[: len(part) // 8 * 8]
            if part:
                yield base64.b32decode(part)


def _compressed(content: bytes) -> Iterator[tuple[str, bytes]]:
    for how, magic, bits in (("gzip", _GZIP, 31), ("deflate", _DEFLATE, 15)):
        for found in magic.finditer(content):
            with contextlib.suppress(zlib.error):
                # A view: a slice would copy the rest of a big file at every chance match.
                rest = memoryview(content)[found.start() : found.start() + 1_000_000]
                yield how, zlib.decompressobj(bits).decompress(rest, 10_000_000)


def plant(encoding: str, canary: str, among: bytes) -> bytes:
    """Some bytes with a canary in one encoding in their middle."""
    middle = len(among) // 2
    return among[:middle] + b" " + ENCODINGS[encoding](canary) + b" " + among[middle:]
