"""Checkpoints: what a log looked like at one moment, signed by the school side, to be kept elsewhere.

A file holds one note per log:

    schuilnaam/4f1d2c3b5a697887/disclosures        origin: board and log
    1042                                           how many entries
    m0tnuu5p...=                                   root of the Merkle tree over them, base64
    at 2026-09-01T12:34:56.789Z

    — schuilnaam/4f1d2c3b5a697887/disclosures Az3g...=     key id (4 bytes) and Ed25519 signature (64), base64

The signature is over the text before the empty line, including its last line break, so that tools which know
signed notes can check it. Notes are separated by one empty line.

Source: C2SP, signed-note and tlog-checkpoint; RFC 9162 section 2.1.1; RFC 8032.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.errors import GatewayError
from gateway.registers.entries import iso_ms
from gateway.registers.tables import Log

Sign = Callable[[bytes], bytes]
"""Signs with the checkpoint key of the ring: `keys.sealing.sign_checkpoint` with the ring filled in."""

MAX_CHECKPOINT_BYTES: Final = 64_000
_ED25519: Final = b"\x01"
_BOARD: Final = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_NOTE: Final = re.compile(
    r"(?P<text>(?P<origin>schuilnaam/(?P<board>[A-Za-z0-9._-]{1,64})/(?P<log>[a-z_]{1,32}))\n"
    r"(?P<size>0|[1-9][0-9]{0,15})\n"
    r"(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"at (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)\n)"
    r"\n"
    r"\u2014 (?P=origin) (?P<signature>[A-Za-z0-9+/]{91}=)\n"
)


class CheckpointRefused(GatewayError):
    """The file proves nothing: not a checkpoint, of another board, or not signed by this ring's key."""

    exit_status = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One log at one moment, its signature verified."""

    log: Log
    size: int
    root: bytes
    at: str


def origin(board_id: str, log: Log) -> str:
    """Name of a log in checkpoints."""
    if not _BOARD.match(board_id):
        raise ValueError("a board's id in a checkpoint is letters, digits, dot, dash and underscore")
    return f"schuilnaam/{board_id}/{log.value}"


def _key_id(name: str, public_key: bytes) -> bytes:
    # C2SP signed-note: the name is part of it, so that a key id of one log is not that of another.
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def write_note(
    board_id: str, log: Log, *, size: int, root: bytes, now_ms: int, sign: Sign, public_key: bytes
) -> str:
    """One signed note."""
    name = origin(board_id, log)
    text = f"{name}\n{size}\n{base64.b64encode(root).decode()}\nat {iso_ms(now_ms)}\n"
    signature = base64.b64encode(_key_id(name, public_key) + sign(text.encode())).decode()
    return f"{text}\n\u2014 {name} {signature}\n"


def join_notes(notes: Sequence[str]) -> str:
    """A checkpoint file."""
    return "\n".join(notes)


def read_checkpoint(content: str, *, board_id: str, public_key: bytes) -> dict[Log, Checkpoint]:
    """Every note of a checkpoint file, each with its signature verified.

    Raises:
        CheckpointRefused: `checkpoint_malformed`, `checkpoint_of_another_board` or `checkpoint_signature`.
    """
    if not content or len(content) > MAX_CHECKPOINT_BYTES:
        raise _malformed()
    found: dict[Log, Checkpoint] = {}
    start = 0
    while start < len(content):
        # Editors on Windows change line breaks, and that breaks the signature; so the text is taken as it is.
        note = _NOTE.match(content, start)
        if note is None or note["log"] not in {log.value for log in Log}:
            raise _malformed()
        if note["board"] != board_id:
            raise CheckpointRefused(
                "The checkpoint is of another board.",
                code="checkpoint_of_another_board",
                remedy="Use a checkpoint that was made with this home folder.",
            )
        _verify_signature(note, public_key)
        log = Log(note["log"])
        if log in found:
            raise _malformed()
        found[log] = Checkpoint(log, int(note["size"]), base64.b64decode(note["root"]), note["at"])
        start = note.end()
        if start < len(content):
            if content[start] != "\n":
                raise _malformed()
            start += 1
            if start == len(content):
                raise _malformed()
    return found


def _verify_signature(note: re.Match[str], public_key: bytes) -> None:
    refused = CheckpointRefused(
        "The checkpoint is not signed with the checkpoint key of this key ring.",
        code="checkpoint_signature",
        remedy="Use a checkpoint that was not edited, and the ring with which it was made.",
    )
    try:
        signature = base64.b64decode(note["signature"], validate=True)
    except binascii.Error:
        raise _malformed() from None
    # base64 leaves bits over: one signature has one text.
    if base64.b64encode(signature).decode() != note["signature"]:
        raise _malformed()
    if signature[:4] != _key_id(note["origin"], public_key):
        raise refused
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature[4:], note["text"].encode())
    except InvalidSignature:
        raise refused from None


def _malformed() -> CheckpointRefused:
    return CheckpointRefused(
        "The file is not a checkpoint.",
        code="checkpoint_malformed",
        remedy="Give a file that `schuilnaam register checkpoint` wrote, unchanged.",
    )
