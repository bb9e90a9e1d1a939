"""Every setting with its value and where it comes from; secrets are hidden. Reads only."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

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


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting."""

    name: str
    value: object
    source: str
    """`default`, `option`, `environment`, or the name of the file."""


def settings_shown(home: Path) -> list[Shown]:
    """What the three files of a home folder say; passwords in database addresses are hidden.

    Raises:
        SettingsError: a file cannot be read.
    """
    shown = _of(SETTINGS_FILE, load_settings(home), settings_in_file(home, SETTINGS_FILE))
    for file, loaded in ((FRONT_FILE, load_front_settings(home)), (SCHOOL_FILE, load_school_settings(home))):
        shown += [
            Shown(f"{file.removesuffix('.toml')}.{each.name}", _hidden(each.name, each.value), each.source)
            for each in _of(file, loaded, settings_in_file(home, file))
        ]
    return shown


def as_text(value: object) -> str:
    """A value as people read it."""
    if value is None:
        return "(not set)"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "(none)"
    return str(value)


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
