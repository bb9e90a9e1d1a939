"""`schuilnaam demo`: the whole round trip with a made-up board, and `--check`, which asserts it from bytes received."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import click

from gateway.demo.checking import check_scene
from gateway.demo.story import performed
from gateway.errors import LeakSuspected


def _run(arguments: Sequence[str]) -> tuple[int, str]:
    from gateway.cli.main import run  # the group that this command is part of

    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = run(arguments)
    return status, output.getvalue()


@click.command()
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep home and databases in this folder."
)
@click.option(
    "--check", is_flag=True, help="Assert everything from the bytes that vendors and schools received."
)
def demo(keep: Path | None, check: bool) -> None:
    """Watch a school's roster go out as numbers and results come back as pupils. Everything in it is made up."""
    with performed(_run, keep=keep, say=click.echo) as scene:
        if not check:
            click.echo("\nAll of this was made up. Next: schuilnaam init --help")
            return
        failed = check_scene(scene)
        for name, fault in failed.items():
            click.echo(f"FAILED {name}: {fault}", err=True)
        if failed:
            raise LeakSuspected(f"The demo does not hold: {', '.join(failed)}.", code="demo_check_failed")
        click.echo("\nChecked from the bytes received: all holds.")
