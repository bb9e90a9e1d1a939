"""`schuilnaam config show`: every setting with its value and where it comes from; secrets are hidden."""

from __future__ import annotations

import os
from dataclasses import MISSING, fields
from typing import Final

import click

from gateway.cli.console import Console, standard_options
from gateway.school.configuration import Shown, as_text, settings_shown
from gateway.settings import Settings, documented_fields, toml_value

ENVIRONMENT: Final = {
    "SCHUILNAAM_HOME": "home folder, when --home is not given",
    "SCHUILNAAM_PASSPHRASE_FILE": "file with the passphrase of the key ring, when --passphrase-file is not given",
}
"""Everything that is read from the environment: places, never secrets and never settings."""


@click.group()
def config() -> None:
    """Settings of the home folder."""


@config.command("show")
@standard_options
def show(console: Console) -> None:
    """Every setting, its value and where it comes from; passwords in database addresses are hidden."""
    home = console.home
    shown = [Shown("home", str(home), "environment" if console.home_is_from_environment else "option")]
    for name in ENVIRONMENT:
        if name != "SCHUILNAAM_HOME" and os.environ.get(name):
            shown.append(Shown(name, os.environ[name], "environment"))
    shown += settings_shown(home)
    width = max(len(each.name) for each in shown)
    console.answer(
        {"settings": [{"name": each.name, "value": each.value, "source": each.source} for each in shown]},
        "\n".join(f"{each.name:<{width}}  {as_text(each.value)}  ({each.source})" for each in shown),
    )


@config.command("example")
@click.option(
    "--env",
    "environment",
    is_flag=True,
    help="The environment file for a service, in place of settings.toml.",
)
@standard_options
def example(console: Console, environment: bool) -> None:
    """Print a commented settings.toml with every setting and its default, or with --env an environment file."""
    text = environment_example() if environment else settings_example()
    console.answer({"text": text}, text.rstrip("\n"))


def settings_example() -> str:
    """Every setting with what it means, out of `gateway.settings` itself."""
    lines = [
        "# Settings of Schuilnaam, as `schuilnaam init` writes them to settings.toml in the home folder.",
        "# Made by `schuilnaam config example`. A line that begins with # is the default.",
    ]
    meanings = documented_fields(Settings)
    for item in fields(Settings):
        if item.name == "home":
            continue
        lines += ["", *(f"# {line}" for line in meanings.get(item.name, "").splitlines())]
        if item.default is MISSING:
            lines.append(f'# {item.name} = "(written by init)"')
        elif item.default is None:
            lines.append(f"# {item.name} =   (not set)")
        else:
            lines.append(f"# {item.name} = {toml_value(item.default)}")
    return "\n".join(lines) + "\n"


def environment_example() -> str:
    """Everything that is read from the environment."""
    lines = [
        "# Environment of a Schuilnaam service. Made by `schuilnaam config example --env`.",
        "# Places only: secrets are in files, and settings in settings.toml.",
    ]
    examples = {
        "SCHUILNAAM_HOME": "/var/lib/schuilnaam",
        "SCHUILNAAM_PASSPHRASE_FILE": "/run/secrets/passphrase",
    }
    for name, meaning in ENVIRONMENT.items():
        lines += ["", f"# {meaning[0].upper()}{meaning[1:]}.", f"{name}={examples[name]}"]
    return "\n".join(lines) + "\n"
