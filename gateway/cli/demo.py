"""`schuilnaam demo`: the whole round trip with a made-up board, and `--check`, which asserts it from bytes received."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import click

from gateway.cli.console import Console, standard_options
from gateway.demo.checking import CHECKS, check_scene
from gateway.demo.story import PARTS, performed
from gateway.errors import LeakSuspected, UsageError


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
@standard_options
def demo(console: Console, keep: Path | None, check: bool) -> None:
    """Watch a school's roster go out as numbers and results come back as pupils; everybody in it is made up."""
    say = (lambda _: None) if console.as_json else click.echo
    with performed(_run, keep=_fresh(keep), say=say) as scene:
        failed = check_scene(scene) if check else {}
        answer: dict[str, object] = {
            "vendors": {
                part.letter: {
                    "vendor": part.vendor,
                    "pupils": None
                    if part.letter not in scene.pulls
                    else len(scene.pulls[part.letter]["users"]),
                }
                for part in PARTS
            },
            "results": len(scene.results),
            "disclosures": len(scene.disclosures),
            "checked": sorted(CHECKS) if check else [],
            "failed": failed,
        }
    if failed:
        for name, fault in failed.items():
            click.echo(f"FAILED {name}: {fault}", err=True)
        console.bad_news(
            answer,
            "",
            LeakSuspected(f"The demo does not hold: {', '.join(failed)}.", code="demo_check_failed"),
        )
    console.answer(
        answer,
        f"\nChecked from the bytes that vendors and schools received, {len(CHECKS)} checks: all holds."
        if check
        else "\nAll of this was made up. Next: schuilnaam init --help",
    )


def _fresh(keep: Path | None) -> Path | None:
    if keep is not None and (keep / "home").exists():
        raise UsageError(
            "There is a demo in this folder already.", code="demo_there", remedy="Name an empty folder."
        )
    return keep
