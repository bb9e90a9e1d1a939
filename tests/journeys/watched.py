"""A rig of which every byte is kept: output of the served processes and of commands, temporary files, databases."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gateway.cli.main import run
from gateway.demo.school_system import SimulatedSchool
from tests.journeys.rig import Rig

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 60


class WatchedRig(Rig):
    """Like `Rig`; what its processes say and leave behind can be searched.

    Args:
        environment: more variables for served processes, e.g. to run a sabotaged build.
    """

    def __init__(
        self,
        folder: Path,
        schools: Sequence[SimulatedSchool],
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.said: list[tuple[str, bytes]] = []
        """(command, standard output and standard error), in order."""
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self._logs = folder / "logs"
        self._logs.mkdir()
        self._environment = dict(environment or {})
        self._served: subprocess.Popen[bytes] | None = None
        super().__init__(folder, schools)

    def _with_passphrase(self, arguments: Sequence[str]) -> tuple[int, str]:
        output, errors = io.StringIO(), io.StringIO()
        with (
            temporary_files_in(self.temporary),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
        ):
            status = run([*arguments, "--passphrase-file", str(self.passphrase_file)])
        text = output.getvalue() + errors.getvalue()
        self.said.append((" ".join(arguments[:2]), text.encode("utf-8", "surrogateescape")))
        return status, output.getvalue()

    def attempt(self, *arguments: str) -> int:
        """A command that may fail; its exit status."""
        return self._with_passphrase([*arguments, "--home", str(self.home), "--json"])[0]

    def program(self, *arguments: str) -> int:
        """One command in a process of its own, with this rig's environment; its exit status."""
        ended = subprocess.run(
            [
                sys.executable, "-m", "gateway.cli.main", *arguments,
                "--home", str(self.home), "--passphrase-file", str(self.passphrase_file),
            ],
            capture_output=True,
            env=self._variables(),
            check=False,
        )  # fmt: skip
        self.said.append((" ".join(arguments[:2]), ended.stdout + ended.stderr))
        return ended.returncode

    def _variables(self) -> dict[str, str]:
        paths = [self._environment.get("PYTHONPATH", ""), str(REPOSITORY)]
        return {
            **os.environ,
            **self._environment,
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "TMPDIR": str(self.temporary),
            "SQLITE_TMPDIR": str(self.temporary),
        }

    def configure(self, **settings: object) -> None:
        """Change lines of `settings.toml`, as an administrator would."""
        path = self.home / "settings.toml"
        text = path.read_text(encoding="utf-8")
        for name, value in settings.items():
            text, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
            assert count == 1, name
        path.write_text(text, encoding="utf-8")

    def serve(self, *, workers: int = 1) -> None:
        path = self._logs / f"serve-{len(list(self._logs.iterdir()))}"
        with path.open("wb") as log:
            self._served = subprocess.Popen(
                [
                    sys.executable, "-m", "gateway.cli.main", "serve",
                    "--bind", self.url.removeprefix("http://"), "--workers", str(workers),
                    "--home", str(self.home), "--passphrase-file", str(self.passphrase_file),
                ],
                stdout=log,
                stderr=log,
                env=self._variables(),
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while b"Serving" not in path.read_bytes():
            assert self._served.poll() is None, path.read_bytes()
            assert time.monotonic() < deadline, "serve did not start"
            time.sleep(0.05)

    def logged(self) -> bytes:
        """Everything that served processes wrote to standard output and standard error."""
        return b"".join(path.read_bytes() for path in sorted(self._logs.iterdir()))

    @property
    def process_id(self) -> int:
        assert self._served is not None
        return self._served.pid

    def forget_process(self) -> None:
        if self._served is not None:
            self._served.wait(timeout=30)
            self._served = None

    def stop(self) -> None:
        if self._served is not None:
            self._served.terminate()
            try:
                self._served.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._served.kill()
            self._served = None
        super().stop()

    def kept(self) -> dict[str, bytes]:
        """Every file of the home folder and of the temporary folder as it is now, `-wal` files included.

        The ring, the storage key and secrets of sources are files too; they hold no record.
        """
        found: dict[str, bytes] = {}
        for folder in (self.home, self.temporary):
            for path in sorted(folder.rglob("*")):
                with contextlib.suppress(OSError):
                    if path.is_file():
                        found[str(path.relative_to(folder.parent))] = path.read_bytes()
        return found

    def copied(self, folder: Path, *, environment: Mapping[str, str]) -> WatchedRig:
        """The same home folder at another address, for another build; this rig must not be serving."""
        twin = object.__new__(WatchedRig)
        twin.__dict__.update(self.__dict__)
        folder.mkdir()
        twin.folder, twin.home = folder, folder / "home"
        shutil.copytree(self.home, twin.home)
        for name in ("front.toml", "school.toml"):
            settings = (twin.home / name).read_text(encoding="utf-8")
            (twin.home / name).write_text(settings.replace(str(self.home), str(twin.home)), encoding="utf-8")
        twin.temporary, twin._logs = folder / "temporary", folder / "logs"
        twin.temporary.mkdir()
        twin._logs.mkdir()
        twin.said, twin._vendors = [], []
        twin._environment, twin._services, twin._served = dict(environment), None, None
        return twin


@contextlib.contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Temporary files of this process go to a folder that is searched."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
