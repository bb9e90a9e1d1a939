"""A process with an unlocked ring leaves no copy of its memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import ctypes, resource, sys
from pathlib import Path
from types import SimpleNamespace
from gateway.school import services
from gateway.school.services import SchoolServices
from keys.custody import read_public

ring = Path(sys.argv[1])
settings = SimpleNamespace(ring_path=ring)
front = SimpleNamespace(intake_public_key=read_public(ring).intake_public_key.hex())
locked = SchoolServices(
    settings=settings, front_settings=front, school_settings=None, front=None, school=None, storage_key=None
)
assert locked.unlock(b"een lange wachtzin").is_unlocked
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_process_that_unlocked_the_ring_is_not_dumped(ring_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ring_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["0", "0"]
