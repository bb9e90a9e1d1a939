"""`schuilnaam config show`: every setting with its value and where it comes from; secrets are hidden."""

from __future__ import annotations

import os
from dataclasses import MISSING, dataclass, fields
from typing import Final

import click
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from gateway.cli.console import Console, standard_options
from gateway.settings import (
    FRONT_FILE,
    SCHOOL_FILE,
    SETTINGS_FILE,
    FrontSettings,
    SchoolSettings,
    Settings,
    load_front_settings,
    load_school_settings,
    load_settings,
    settings_in_file,
)

ENVIRONMENT: Final = {
    "SCHUILNAAM_HOME": "home folder, when --home is not given",
    "SCHUILNAAM_PASSPHRASE_FILE": "file with the passphrase of the key ring, when --passphrase-file is not given",
}
"""Everything that is read from the environment: places, never secrets and never settings."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting."""

    name: str
    value: object
    source: str
    """`default`, `option`, `environment`, or the name of the file."""


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
    settings = load_settings(home)
    shown += _of(SETTINGS_FILE, settings, settings_in_file(home, SETTINGS_FILE))
    for file, loaded in ((FRONT_FILE, load_front_settings(home)), (SCHOOL_FILE, load_school_settings(home))):
        shown += [
            Shown(f"{file.removesuffix('.toml')}.{each.name}", _hidden(each.name, each.value), each.source)
            for each in _of(file, loaded, settings_in_file(home, file))
        ]
    width = max(len(each.name) for each in shown)
    console.answer(
        {"settings": [{"name": each.name, "value": each.value, "source": each.source} for each in shown]},
        "\n".join(f"{each.name:<{width}}  {_text(each.value)}  ({each.source})" for each in shown),
    )


def _of(
    file: str, loaded: Settings | FrontSettings | SchoolSettings, in_file: dict[str, object]
) -> list[Shown]:
    shown = []
    for item in fields(loaded):
        if item.name == "home":
            continue
        written = item.name in in_file
        # `init` writes every setting: what stands in the file as the default says is a default all the same.
        is_default = item.default is not MISSING and getattr(loaded, item.name) == item.default
        source = file if written and not is_default else "default"
        shown.append(Shown(item.name, getattr(loaded, item.name), source))
    return shown


def _hidden(name: str, value: object) -> object:
    if "database" not in name or not isinstance(value, str):
        return value
    try:
        return make_url(value).render_as_string(hide_password=True)
    except ArgumentError:
        return "(hidden: no database address)"


def _text(value: object) -> str:
    if value is None:
        return "(not set)"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "(none)"
    return str(value)
