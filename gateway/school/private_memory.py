"""No copy of what a process has in its memory. Alone in its module: `serve` needs nothing else of the school side."""

from __future__ import annotations

import ctypes
import resource
import sys
from typing import Final

_SET_DUMPABLE: Final = 4
"""PR_SET_DUMPABLE of prctl(2)."""


def keep_memory_private() -> None:
    """No copy of this process's memory: no core dump, and no other program of this user may read it.

    Does not guarantee: anything against root, or against swap; encrypt that.
    """
    # A crash would write keys and names to disk, and systemd's collector takes dumps whatever the limit says.
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
