"""The passphrase in a process of its own: the same key, nothing on the way that others can see, no memory kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from argon2.low_level import Type, hash_secret_raw

from keys import ceremony, custody, stretching
from keys.custody import open_ring
from tests.keys.conftest import PASSPHRASE
from tests.shared import ROOT

SALT = bytes(range(16))
PROFILE = {"iterations": 3, "lanes": 4, "memory_kib": 64 * 1024}
SMALL = {"iterations": 1, "lanes": 1, "memory_kib": stretching.OWN_PROCESS_KIB}


def by_other_code(secret: bytes, profile: dict[str, int]) -> bytes:
    return hash_secret_raw(
        secret, SALT, profile["iterations"], profile["memory_kib"], profile["lanes"], 32, Type.ID
    )


def interpreter(path: Path, script: str) -> str:
    """A program in the place of the interpreter that is started."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


@pytest.mark.parametrize("secret", [PASSPHRASE, b"", "wachtzin met é".encode(), bytes(200_000)])
def test_the_child_makes_the_key_that_other_code_makes(
    secret: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not derived here: that would make the same key and keep the memory.
    monkeypatch.setattr(stretching, "_argon2id", None)
    assert stretching.stretch(secret, salt=SALT, **PROFILE) == by_other_code(secret, PROFILE)


def test_little_memory_is_taken_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")
    little = {"iterations": 1, "lanes": 1, "memory_kib": stretching.OWN_PROCESS_KIB - 1}
    assert stretching.stretch(PASSPHRASE, salt=SALT, **little) == by_other_code(PASSPHRASE, little)


def test_neither_passphrase_nor_key_is_on_the_command_line_or_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    script = f'printf "%s\\n" "$@" > {seen}; env >> {seen}; exec {sys.executable} "$@"'
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path / "python", script))
    key = stretching.stretch(PASSPHRASE, salt=SALT, **SMALL)
    assert key == by_other_code(PASSPHRASE, SMALL)
    said = seen.read_bytes()
    assert b"stretching.py" in said
    for secret in (PASSPHRASE, PASSPHRASE.hex().encode(), key, key.hex().encode(), SALT.hex().encode()):
        assert secret not in said


@pytest.mark.parametrize("script", ["exit 1", "cat > /dev/null; echo kort", "cat > /dev/null; exit 0", None])
def test_a_ring_opens_where_no_process_answers(
    script: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "/nowhere" if script is None else interpreter(tmp_path / "python", script)
    monkeypatch.setattr(sys, "executable", program)
    assert stretching.stretch(PASSPHRASE, salt=SALT, **SMALL) == by_other_code(PASSPHRASE, SMALL)


def test_the_child_leaves_no_core_and_lets_nobody_read_its_memory() -> None:
    program = (
        "import ctypes, resource\n"
        "from keys import stretching\n"
        "def look(count):\n"
        "    print([resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)])\n"
        "    raise SystemExit(0)\n"
        "stretching._received = look\n"
        "stretching.main()\n"
    )
    # 3 is PR_GET_DUMPABLE. Looked at where the passphrase would be read next.
    output = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True).stdout
    assert json.loads(output) == [0, 0]


def test_a_child_that_is_told_too_little_says_nothing() -> None:
    program = [sys.executable, "-I", stretching.__file__, ""]
    ended = subprocess.run(program, input=bytes(20), capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"")


def test_opening_a_ring_leaves_the_memory_of_the_passphrase_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PROFILE.items():
        monkeypatch.setitem(custody.ARGON2ID_RFC9106_SECOND, name, value)
    ceremony.create_ring(path, "Stichting Voorbeeld", PASSPHRASE)
    assert open_ring(path, PASSPHRASE)
    program = (
        "import pathlib, sys\n"
        "from keys.custody import open_ring\n"
        "def peak():\n"
        "    lines = pathlib.Path('/proc/self/status').read_text().splitlines()\n"
        "    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM:'))\n"
        "before = peak()\n"
        "open_ring(pathlib.Path(sys.argv[1]), sys.stdin.buffer.read())\n"
        "print(peak() - before)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    output = subprocess.run(command, input=PASSPHRASE, cwd=ROOT, capture_output=True, check=True).stdout
    # Argon2id takes 65,536 KiB; opening without it took about 1,500.
    assert int(output) < 16 * 1024
