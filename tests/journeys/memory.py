"""Looks into running processes: who accepts on a port, what is in their memory, which files they have open."""

from __future__ import annotations

import base64
import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_CANARY = re.compile(rb"[a-f]{16}")
_WIDE = re.compile(rb"(?:[a-f]\x00(?:\x00\x00)?){16}")
_CHUNK = 8_000_000
_OVERLAP = 512


def acceptors(port: int) -> list[int]:
    """Processes that hold the listening socket of a port."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == "0A" and int(columns[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{columns[9]}]")
    return [pid for pid in processes() if inodes.intersection(opened(pid))]


def processes() -> list[int]:
    """Every process that there is."""
    return sorted(int(entry) for entry in os.listdir("/proc") if entry.isdigit())


def opened(pid: int) -> list[str]:
    """What a process has open."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found.append(os.readlink(f"/proc/{pid}/fd/{entry}"))
    return found


def command_of(pid: int) -> list[str]:
    """Arguments of a process; empty when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return []


def is_readable() -> bool:
    """Whether memory of a process can be read here: this process's own."""
    try:
        next(memory(os.getpid()))
    except (OSError, StopIteration):
        return False
    return True


def memory(pid: int) -> Iterator[bytes]:
    """All readable memory of a process, in chunks that overlap so that nothing is cut in two."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, mode, *more = line.split(maxsplit=5)
            if "r" not in mode or (more and more[-1].startswith("[v")):
                continue
            start, end = (int(part, 16) for part in place.split("-"))
            while start < end:
                size = min(_CHUNK, end - start)
                try:
                    file.seek(start)
                    chunk = file.read(size)
                except (OSError, OverflowError, ValueError):
                    break
                if chunk:
                    yield chunk
                start += size - (_OVERLAP if size == _CHUNK else 0)


class Needles:
    """What is searched: canaries by their tails, and secrets in each form in which a program may hold them."""

    def __init__(self, canaries: Iterable[str], secrets: Mapping[str, bytes]) -> None:
        self._by_tail = {canary[-16:].encode(): canary for canary in canaries}
        self._by_tail |= {tail[::-1]: canary for tail, canary in self._by_tail.items()}
        self._secrets = [
            (name, form)
            for name, secret in secrets.items()
            for form in {
                secret,
                secret.hex().encode(),
                secret.hex().upper().encode(),
                base64.b64encode(secret).rstrip(b"=")[:-1],
                base64.urlsafe_b64encode(secret).rstrip(b"=")[:-1],
            }
        ]

    def found(self, chunks: Iterable[bytes]) -> set[str]:
        """Names of secrets and texts of canaries that are there."""
        found: set[str] = set()
        for chunk in chunks:
            for run in _CANARY.findall(chunk):
                found.update(filter(None, [self._by_tail.get(run)]))
            for run in _WIDE.findall(chunk):
                found.update(filter(None, [self._by_tail.get(run.replace(b"\x00", b""))]))
            found.update(name for name, form in self._secrets if form in chunk)
        return found
