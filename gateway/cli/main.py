"""The `schuilnaam` command: one group, one place where errors become a sentence and an exit status.

Exit status: 0 done, 2 usage, 3 refused, 4 school system, 5 not ready, 1 other. The sentence on standard error ends
with a stable code in brackets.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from contracts.errors import ContractError, NotFound
from contracts.faults import DocumentRefused
from gateway.cli import (
    agreement,
    client,
    deliver,
    demo,
    export,
    key,
    preview,
    refresh,
    register,
    relink,
    serve,
    setup,
    source,
)
from gateway.cli.console import sentence
from gateway.errors import GatewayError
from keys.errors import KeysError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="schuilnaam", message="%(version)s")
def cli() -> None:
    """Pseudonymisation gateway between a school and the vendors of its learning material."""


for _command in (
    setup.init,
    key.key,
    source.source,
    agreement.agreement,
    client.client,
    refresh.refresh,
    preview.preview,
    export.export,
    serve.serve,
    deliver.deliver,
    deliver.quarantine,
    deliver.dead_letters,
    relink.relink,
    register.register,
    demo.demo,
):
    cli.add_command(_command)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command; returns its exit status."""
    as_json = "--json" in arguments
    try:
        answer = cli.main(args=list(arguments), prog_name="schuilnaam", standalone_mode=False)
        return answer if isinstance(answer, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.exceptions.Abort:
        click.echo("schuilnaam: stopped. [aborted]", err=True)
        return 1
    except click.ClickException as error:
        return _fail(error.format_message(), "usage", 2, as_json=as_json)
    except DocumentRefused as refused:
        for fault in refused.faults:
            click.echo(
                f"  {fault.path or '(document)'}: {fault.message} {fault.remedy} [{fault.code}]", err=True
            )
        faults = [
            {"path": f.path, "message": f.message, "remedy": f.remedy, "code": f.code} for f in refused.faults
        ]
        return _fail(f"The agreement record has {refused}.", refused.code, 3, as_json=as_json, faults=faults)
    except NotFound as error:
        return _fail(sentence(error), error.code, 2, as_json=as_json)
    except ContractError as error:
        return _fail(sentence(error), error.code, 3, as_json=as_json)
    except (GatewayError, KeysError) as error:
        return _fail(sentence(error), error.code, error.exit_status, as_json=as_json)


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
