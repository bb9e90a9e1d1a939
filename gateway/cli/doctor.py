"""`schuilnaam doctor`, `config show` and `health`: what is well, what is set, and whether it answers.

`doctor` has exit statuses of its own, because monitoring programs read it so: 0 all is well, 1 warnings, 2 something
fails.
"""

from __future__ import annotations

from typing import Final

import click

from gateway.cli.console import Console, standard_options
from gateway.cli.serve import parse_bind
from gateway.egress import HostClient, Limits
from gateway.errors import GatewayUnready, SourceError
from gateway.school.doctor.examining import examine
from gateway.school.doctor.finding import Verdict, worst
from gateway.school.services import clock

_ASKED_NOW: Final = Limits(connect_seconds=3, read_seconds=3, total_seconds=5, attempts=1)
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


@click.command()
@click.option("--bind", default="127.0.0.1:8080", show_default=True, help="Where the vendors' door listens.")
@click.option("--school", is_flag=True, help="Look at the school side's databases instead; it has no port.")
@standard_options
def health(console: Console, bind: str, school: bool) -> None:
    """Ask once whether the gateway is ready, for containers and timers: exit status 0, or 5 with the reason."""
    if school:
        console.services()
        console.answer({"ready": True}, "The school side's databases answer.")
        return
    host, port = parse_bind(bind)
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    with HostClient(address, limits=_ASKED_NOW, allow_plain_http=True) as client:
        try:
            ready, reason = client.request("GET", "/readyz").status == 200, "it says that it is not"
        except SourceError:
            ready, reason = False, "it does not answer, or says that it is not"
    if not ready:
        raise GatewayUnready(
            f"The vendors' door is not ready: {reason}.", code="not_ready", remedy="See `schuilnaam doctor`."
        )
    console.answer({"ready": True}, "The vendors' door is ready.")
