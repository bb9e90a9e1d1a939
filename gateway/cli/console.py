"""What every command shares: `--home` and `--json`, one answer, and one sentence with a stable code on error."""

from __future__ import annotations

import functools
import getpass
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from click.core import ParameterSource

from contracts.transitions import names_somebody
from gateway.errors import GatewayError, UsageError
from gateway.registers.actors import MAX_CLAIM, Actor

if TYPE_CHECKING:
    from gateway.school.services import SchoolServices

Command = TypeVar("Command", bound=Callable[..., Any])


class AnsweredWithError(Exception):
    """The answer was printed, and it is bad news: the sentence and the exit status still follow."""

    def __init__(self, error: GatewayError) -> None:
        super().__init__(str(error))
        self.error = error


class Console:
    """The home folder of this call, how to answer, and the school side opened on demand."""

    def __init__(self, *, home: Path | None, as_json: bool, passphrase_file: Path | None) -> None:
        self._home = home
        self.as_json = as_json
        self._passphrase_file = passphrase_file
        self._services: SchoolServices | None = None

    def close(self) -> None:
        """Give back the connections of this command."""
        if self._services is not None:
            self._services.front.dispose()
            self._services.school.dispose()

    @property
    def home(self) -> Path:
        """Raises `UsageError` when neither `--home` nor `SCHUILNAAM_HOME` says where."""
        if self._home is None:
            raise UsageError(
                "Say which home folder to use.",
                code="home_missing",
                remedy="Give --home DIR or set SCHUILNAAM_HOME.",
            )
        return self._home

    @property
    def home_is_from_environment(self) -> bool:
        """Whether SCHUILNAAM_HOME said where, and no option."""
        context = click.get_current_context(silent=True)
        return context is not None and context.get_parameter_source("home") is ParameterSource.ENVIRONMENT

    def services(self, *, unlocked: bool = False) -> SchoolServices:
        """Open both databases; with `unlocked` also the ring."""
        # Loaded here: `serve` stays as long as the gateway and opens neither.
        from gateway.school.services import open_services

        if self._services is None:
            self._services = open_services(self.home)
        if unlocked and not self._services.is_unlocked:
            self._services = self._services.unlock(self.passphrase())
        return self._services

    def services_of_any_schema(self) -> SchoolServices:
        """As `services`, also where the databases still have an older schema: for a backup before an upgrade."""
        from gateway.school.services import open_services

        if self._services is None:
            self._services = open_services(self.home, older_schema=True)
        return self._services

    @property
    def may_ask(self) -> bool:
        """Whether a person sits at a terminal who can be asked something."""
        return not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def has_passphrase_file(self) -> bool:
        """Whether the passphrase can be had without asking anybody."""
        return self._passphrase_file is not None or bool(os.environ.get("SCHUILNAAM_PASSPHRASE_FILE"))

    def passphrase(self, prompt: str = "Passphrase of the key ring") -> bytes:
        """From `--passphrase-file`, the file that SCHUILNAAM_PASSPHRASE_FILE names, or a prompt."""
        path = self._passphrase_file
        if path is None and os.environ.get("SCHUILNAAM_PASSPHRASE_FILE"):
            path = Path(os.environ["SCHUILNAAM_PASSPHRASE_FILE"])
        return read_secret(path, prompt)

    def answer(self, value: object, text: str | Callable[[], str]) -> None:
        """Print the one answer of a command: JSON for scripts or text for people."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False, default=str))
        else:
            click.echo(text if isinstance(text, str) else text())

    def bad_news(self, value: dict[str, object], text: str, error: GatewayError) -> NoReturn:
        """Print what was found together with the error that it means: still one JSON value."""
        fault = {"code": error.code, "message": sentence(error)}
        self.answer({**value, "error": fault}, text)
        raise AnsweredWithError(error)

    def progress(self, text: str) -> None:
        """A line about work under way: on a terminal only, never in a script's output."""
        if sys.stderr.isatty() and not self.as_json:
            click.echo(text, err=True)


def somebody(services: SchoolServices, claim: str) -> Actor:
    """Who says to do this, beside the system account; raises `UsageError` for a name without a letter."""
    name = " ".join(claim.split())
    if not names_somebody(name) or len(name) > MAX_CLAIM or not name.isprintable():
        raise UsageError("--by says who does this, in at most 200 characters.", code="person_missing")
    return services.person(name)


def read_secret(path: Path | None, prompt: str) -> bytes:
    """Read a secret from a file (one trailing newline removed) or ask for it on a terminal.

    Raises:
        UsageError: the file cannot be read or is empty, or there is no terminal to ask on.
    """
    if path is None:
        if not sys.stdin.isatty():
            raise UsageError(
                f"{prompt}: not given.",
                code="passphrase_missing",
                remedy="Give --passphrase-file FILE or name the file in SCHUILNAAM_PASSPHRASE_FILE.",
            )
        return getpass.getpass(f"{prompt}: ").encode()
    try:
        content = path.read_bytes()
    except OSError:
        raise UsageError(
            "The file with the secret cannot be read.",
            code="secret_file_unreadable",
            remedy="Check its path and mode.",
        ) from None
    secret = content.removesuffix(b"\n").removesuffix(b"\r")
    if not secret.strip():
        raise UsageError(
            "The file with the secret is empty.",
            code="secret_file_empty",
            remedy="Put the secret in it, on one line.",
        )
    return secret


def write_new_text(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file that is not there yet, with fsync; never overwrites and follows no link.

    Raises:
        UsageError: `file_exists`, or `file_unwritable` for a folder that is missing or closed.
    """
    require_new(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except OSError:
        raise UsageError(
            "The file cannot be made.",
            code="file_unwritable",
            remedy="Name a file in a folder that exists and that you may write in.",
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def require_new(path: Path) -> None:
    """Raises `UsageError` with code `file_exists` when something stands at this place."""
    if path.exists() or path.is_symlink():
        raise UsageError("There is a file of this name.", code="file_exists", remedy="Name a new file.")


def require_writable_place(path: Path) -> None:
    """As `require_new`, and the folder is there: before something is registered that then cannot be written."""
    require_new(path)
    if not os.access(path.absolute().parent, os.W_OK | os.X_OK):
        raise UsageError(
            "The file cannot be made.",
            code="file_unwritable",
            remedy="Name a file in a folder that exists and that you may write in.",
        )


def standard_options(command: Command) -> Command:
    """Add `--home`, `--json` and `--passphrase-file`; the command gets a `Console` as first argument."""

    @functools.wraps(command)
    def with_console(
        *args: Any, home: Path | None, as_json: bool, passphrase_file: Path | None, **options: Any
    ) -> Any:
        console = Console(home=home, as_json=as_json, passphrase_file=passphrase_file)
        try:
            return command(console, *args, **options)
        finally:
            console.close()

    for option in (
        click.option(
            "--passphrase-file",
            type=click.Path(path_type=Path),
            help="File with the passphrase of the key ring; default: SCHUILNAAM_PASSPHRASE_FILE, then a prompt.",
        ),
        click.option(
            "--json", "as_json", is_flag=True, help="Answer with one JSON value on standard output."
        ),
        click.option(
            "--home",
            type=click.Path(path_type=Path, file_okay=False),
            envvar="SCHUILNAAM_HOME",
            help="Home folder; default: SCHUILNAAM_HOME.",
        ),
    ):
        with_console = option(with_console)
    return with_console  # type: ignore[return-value]


def sentence(error: Exception) -> str:
    """Message and remedy of one of our errors, as one line."""
    return f"{error} {getattr(error, 'remedy', '')}".strip()
