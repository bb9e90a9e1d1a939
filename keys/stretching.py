"""A passphrase stretched into a key by Argon2id, in a short-lived process of its own.

Argon2id takes its memory (64 MiB) once, when a ring is opened; the process that opens it may run for months, and its
peak would count that memory for ever. So a fresh interpreter derives the key and ends. Run as a program (by path, in
isolated mode) this file is that process; it imports nothing of this package.

Standard input of the child: iterations, lanes, memory in KiB, length of the passphrase (4 bytes each, big-endian),
salt (16 bytes), passphrase. Standard output: the 32 bytes of the key, or nothing.

Guarantees: passphrase, salt and key go through pipes only, never through a command line, the environment or a file;
the child writes no core dump and no other program of this user may read its memory (Linux); both sides overwrite the
buffers that they made.
Does not guarantee: that no copy is left in memory that Python freed. The child's memory goes back to the system when
it ends, a moment later.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    # Where the parent has the library from, when an isolated interpreter would not look there (`pip --user`).
    sys.path.append(sys.argv[1])

import cryptography
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
OWN_PROCESS_KIB: Final = 16 * 1024
"""From this much memory on a process of its own is worth its start (about 60 ms)."""

_SET_DUMPABLE: Final = 4
"""PR_SET_DUMPABLE of prctl(2)."""
_NUMBERS: Final = 4
_HEAD: Final = 4 * _NUMBERS + SALT_BYTES


def stretch(secret: bytes, *, salt: bytes, iterations: int, lanes: int, memory_kib: int) -> bytes:
    """The 32 bytes that Argon2id (RFC 9106) makes of a passphrase.

    Where no process can be started (none may be, or no interpreter is known) the key is derived here: a ring must open
    all the same, and only the peak of this process is greater.
    """
    if memory_kib >= OWN_PROCESS_KIB:
        numbers = (iterations, lanes, memory_kib, len(secret))
        asked = bytearray(_HEAD + len(secret))
        asked[:_HEAD] = b"".join(number.to_bytes(4, "big") for number in numbers) + salt
        asked[_HEAD:] = secret
        try:
            key = _answer_of_child(asked)
        finally:
            asked[:] = bytes(len(asked))
        if key is not None:
            return key
    return _argon2id(salt, iterations, lanes, memory_kib).derive(secret)


def _argon2id(salt: bytes, iterations: int, lanes: int, memory_kib: int) -> Argon2id:
    return Argon2id(salt=salt, length=KEY_BYTES, iterations=iterations, lanes=lanes, memory_cost=memory_kib)


def _answer_of_child(asked: bytearray) -> bytes | None:
    library = str(Path(cryptography.__file__).parents[1])
    try:
        # Isolated: neither the folder of the caller nor PYTHONPATH decides which code sees the passphrase.
        child = subprocess.Popen(  # noqa: S603 (our own file; the arguments are no shell's)
            [sys.executable, "-I", __file__, library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
    except (OSError, ValueError):
        return None
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        try:
            # Unbuffered, so that no copy is left in a buffer; the child reads all of it before it answers.
            rest = memoryview(asked)
            while rest:
                rest = rest[os.write(child.stdin.fileno(), rest) :]
        except BrokenPipeError:
            pass
        child.stdin.close()
        key = child.stdout.read()
    return key if child.returncode == 0 and key is not None and len(key) == KEY_BYTES else None


def main() -> int:
    """The child: read, derive, answer, end."""
    _keep_memory_private()
    head = _received(_HEAD)
    iterations, lanes, memory_kib, length = (
        int.from_bytes(head[4 * at : 4 * at + 4], "big") for at in range(_NUMBERS)
    )
    secret, key = _received(length), bytearray(KEY_BYTES)
    kdf = _argon2id(bytes(head[4 * _NUMBERS :]), iterations, lanes, memory_kib)
    kdf.derive_into(secret, key)  # type: ignore[arg-type]  # it takes any buffer; its stub says bytes
    secret[:] = bytes(length)
    os.write(1, key)
    key[:] = bytes(KEY_BYTES)
    return 0


def _received(count: int) -> bytearray:
    """So many bytes of standard input, without a buffer between; ends the program where there are fewer."""
    whole, got = bytearray(count), 0
    with memoryview(whole) as room:
        while got < count:
            some = os.readv(0, [room[got:]])
            if not some:
                raise SystemExit(1)
            got += some
    return whole


def _keep_memory_private() -> None:
    # A crash would write the passphrase to disk, and a core collector takes dumps whatever the limit says.
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main())
