"""`schuilnaam doctor`, `config show` and `health`: what is well, what is set, and whether it answers.

`doctor` has exit statuses of its own, because monitoring programs read it so: 0 all is well, 1 warnings, 2 something
fails.
"""

from __future__ import annotations

from typing import Final

import click

from gateway.cli.console import Console, standard_options
from gateway.school.doctor.examining import examine
from gateway.school.doctor.finding import Verdict, worst
from gateway.school.services import clock

EXIT_STATUS: Final = {Verdict.OK: 0, Verdict.WARN: 1, Verdict.FAIL: 2}


@click.command()
@click.option("--no-network", is_flag=True, help="Ask no source and look at no certificate.")
@standard_options
def doctor(console: Console, no_network: bool) -> int:
    """Check everything once, change nothing: exit status 0 all is well, 1 warnings, 2 something fails."""
    findings = examine(console.home, now=clock(), network=not no_network)
    verdict = worst(findings)
    lines = []
    for each in findings:
        lines.append(f"{each.verdict.value:<4}  {each.check:<16} {each.sentence}")
        if each.verdict is not Verdict.OK and each.command:
            lines.append(f"      {'':<16} -> {each.command}")
    console.answer(
        {
            "verdict": verdict.value,
            "checks": [
                {
                    "check": each.check,
                    "verdict": each.verdict.value,
                    "sentence": each.sentence,
                    "command": each.command,
                }
                for each in findings
            ],
        },
        "\n".join(lines),
    )
    return EXIT_STATUS[verdict]
