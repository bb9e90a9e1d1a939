"""Who holds a record: a name for each claim that tells, on the same machine, whether its process still lives.

A name is `place.process.start.random`. The place stands for one boot of one kernel and one space of process numbers
(so a container has its own); start is when the process began, so that a number which was given out again is another
process.

Guarantees: `is_gone` says True only where no process that could still act for the claim exists. In doubt (another
machine, another container, a number that may not be looked at, a process that is being taken apart) it says False,
and the lease decides as before.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from functools import cache
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(
    r"(?P<place>[0-9a-f]{12})\.(?P<process>[0-9]{1,10})\.(?P<start>[0-9]{1,20})\.[0-9a-f]{16}\Z"
)
_PROC: Final = Path("/proc")


def new_name() -> str:
    """A name for one claim of this process; at most 64 characters, never the same twice."""
    place, process = _place(), os.getpid()
    start = _start_of(process)
    if place is None or start is None:
        # No Linux: nobody can tell afterwards whether this process lives.
        return secrets.token_hex(16)
    return f"{place}.{process}.{start}.{secrets.token_hex(8)}"


def is_gone(name: str) -> bool:
    """Whether the process that gave out this name has certainly ended."""
    found = _NAME.match(name)
    if found is None or found["place"] != _place():
        return False
    process, start = int(found["process"]), int(found["start"])
    if not 0 < process < 2**31:
        return False
    try:
        # Asks whether it exists and sends nothing.
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        # It exists, and is somebody else's.
        pass
    now = _start_of(process)
    return now is not None and now != start


@cache
def _place() -> str | None:
    """This boot, and the spaces of process numbers and of time in which /proc speaks; None where it does not."""
    try:
        parts = [
            (_PROC / "sys/kernel/random/boot_id").read_text().strip(),
            os.readlink(_PROC / "self/ns/pid"),
            os.readlink(_PROC / "self/ns/time") if (_PROC / "self/ns/time").exists() else "",
        ]
    except OSError:
        return None
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _start_of(process: int) -> int | None:
    """When a process began, in ticks since the boot; None where that cannot be seen. Source: proc_pid_stat(5)."""
    try:
        text = (_PROC / str(process) / "stat").read_text()
        # The name of the program stands in brackets and may hold anything; `start` is the 20th field behind it.
        return int(text.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
