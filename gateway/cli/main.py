"""The `schuilnaam` command: one group, one place where errors become a sentence and an exit status.

Exit status: 0 done, 2 usage, 3 refused, 4 school system, 5 not ready, 1 other. The sentence on standard error ends
with a stable code in brackets.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from contracts.errors import ContractError, NotFound
from contracts.faults import DocumentRefused
from gateway.cli.commands import Commands
from gateway.cli.console import AnsweredWithError, sentence
from gateway.errors import GatewayError
from keys.errors import KeysError


@click.group(
    commands=Commands(),  # nothing is ever added to it
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="schuilnaam", message="%(version)s")
def cli() -> None:
    """Pseudonymisation gateway between a school and the vendors of its learning material."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command; returns its exit status. Whatever happens, the user reads a sentence."""
    as_json = "--json" in arguments
    try:
        answer = cli.main(args=list(arguments), prog_name="schuilnaam", standalone_mode=False)
        return answer if isinstance(answer, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.exceptions.Abort:
        return _fail("Stopped.", "aborted", 1, as_json=as_json)
    except click.ClickException as error:
        return _fail(_usage(error), "usage", 2, as_json=as_json)
    except AnsweredWithError as bad_news:
        return _fail(sentence(bad_news.error), bad_news.error.code, bad_news.error.exit_status, as_json=False)
    except DocumentRefused as refused:
        return _document_refused(refused, as_json=as_json)
    except NotFound as error:
        return _fail(sentence(error), error.code, 2, as_json=as_json)
    except ContractError as error:
        return _fail(sentence(error), error.code, 3, as_json=as_json)
    except (GatewayError, KeysError) as error:
        if faults := getattr(error, "faults", ()):
            return _rows_refused(error, faults, as_json=as_json)
        return _fail(sentence(error), error.code, error.exit_status, as_json=as_json)
    except OSError as error:
        text = f"The operating system refuses: {os.strerror(error.errno or 0)} ({_place(error)})."
        return _fail(text, "system_refuses", 1, as_json=as_json)
    except Exception as error:  # the last resort: a traceback may quote values, so only its place is shown
        if _is_of_a_database(error):
            return _database_failed(error, as_json=as_json)
        return _unexpected(error, as_json=as_json)


def _usage(error: click.ClickException) -> str:
    # One line, also where the choices of an option are listed.
    text = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    if isinstance(context, click.Context):
        text += f" See `{context.command_path} --help`."
    return text


def _document_refused(refused: DocumentRefused, *, as_json: bool) -> int:
    for fault in refused.faults:
        click.echo(f"  {fault.path or '(document)'}: {fault.message} {fault.remedy} [{fault.code}]", err=True)
    faults = [
        {"path": each.path, "message": each.message, "remedy": each.remedy, "code": each.code}
        for each in refused.faults
    ]
    return _fail(f"Refused: {refused}.", refused.code, 3, as_json=as_json, faults=faults)


def _rows_refused(refused: GatewayError | KeysError, faults: Sequence[Any], *, as_json: bool) -> int:
    """A file of which rows are refused (`gateway.school.consents.importing`, which is not loaded for this)."""
    for fault in faults:
        click.echo(f"  row {fault.row}: {fault.message} {fault.remedy} [{fault.code}]", err=True)
    told = [
        {"row": each.row, "message": each.message, "remedy": each.remedy, "code": each.code}
        for each in faults
    ]
    return _fail(sentence(refused), refused.code, refused.exit_status, as_json=as_json, faults=told)


def _is_of_a_database(error: Exception) -> bool:
    # By name: not every command loads SQLAlchemy.
    return any(
        f"{each.__module__}.{each.__name__}" == "sqlalchemy.exc.DBAPIError" for each in type(error).__mro__
    )


def _database_failed(error: Exception, *, as_json: bool) -> int:
    # By name: the driver for PostgreSQL is not always installed, and its text may quote a row.
    if type(error).__name__ in ("OperationalError", "InterfaceError", "InternalError"):
        text = f"A database does not answer, or cannot be written ({_place(error)}). Look at disk and server."
        return _fail(text, "database_unavailable", 5, as_json=as_json)
    return _unexpected(error, as_json=as_json)


def _unexpected(error: Exception, *, as_json: bool) -> int:
    text = f"unexpected fault {type(error).__name__} at {_place(error)}. Please report it; nothing else is needed."
    return _fail(text, "unexpected", 1, as_json=as_json)


_OURS: Final = Path(__file__).parents[2]


def _place(error: BaseException) -> str:
    """The innermost line of our own code that an error went through; none of its values."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_OURS) and path.relative_to(_OURS).parts[0] in (
            "gateway",
            "contracts",
            "keys",
        ):
            return f"{path.relative_to(_OURS)}:{frame.lineno}"
    return "an unknown place"


def _fail(text: str, code: str, status: int, *, as_json: bool, **more: object) -> int:
    click.echo(f"schuilnaam: {text} [{code}]", err=True)
    if as_json:
        click.echo(json.dumps({"error": {"code": code, "message": text, **more}}, ensure_ascii=False))
    return status


def main() -> None:
    """Entry point of the installed command."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
