"""A home folder as `schuilnaam init` makes it, made once per process and copied: a ring of its own costs half a second.

All copies have one board and one ring. A test about several boards, or about `init` itself, runs the command.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gateway.cli.main import run

PASSPHRASE = b"een lange wachtzin voor de toets\n"
BOARD, BRINS = "Stichting Toets", ("99ZZ", "98YY")
_ADDRESS = "http://127.0.0.1:9"


def quiet(arguments: Sequence[str]) -> tuple[int, str]:
    """One `schuilnaam` command in this process: exit status and standard output."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = run(list(arguments))
    return status, output.getvalue()


@functools.cache
def _original() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="schuilnaam-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    passphrase = folder / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_bytes(PASSPHRASE)
    brins = [word for brin in BRINS for word in ("--brin", brin)]
    home = folder / "home"
    status, said = quiet(
        ["init", "--no-sandbox", "--board", BOARD, *brins, "--home", str(home), "--public-url", _ADDRESS,
         "--passphrase-file", str(passphrase), "--json"]
    )  # fmt: skip
    assert status == 0, said
    return home


def new_home(home: Path, *, public_url: str = _ADDRESS) -> None:
    """Make `home`, embedded databases, served at `public_url`."""
    original = _original()
    shutil.copytree(original, home, dirs_exist_ok=True)
    for name in ("settings.toml", "front.toml", "school.toml"):
        settings = home / name
        said = settings.read_text(encoding="utf-8").replace(str(original), str(home))
        settings.write_text(said.replace(_ADDRESS, public_url), encoding="utf-8")
