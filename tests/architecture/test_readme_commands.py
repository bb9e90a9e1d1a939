"""The README's table of commands is the command line as it is: every command stands in it, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli.main import cli

README = Path(__file__).parents[2] / "README.md"


def _commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def _first_column() -> list[str]:
    text = README.read_text(encoding="utf-8") if README.exists() else ""
    table = re.search(r"^\| command \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, flags=re.MULTILINE)
    if table is None:
        pytest.skip("the README has no table of commands yet")
    cells = [line.split("|")[1] for line in table[1].splitlines()]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_table_of_commands_names_every_command_and_no_other() -> None:
    assert sorted(_first_column()) == sorted(_commands(cli))


def test_options_in_the_readme_exist() -> None:
    text = README.read_text(encoding="utf-8")
    used = set(
        re.findall(
            r"(?<![\w-])--[a-z][a-z-]+", "\n".join(re.findall(r"^schuilnaam .*(?:\\\n.*)*", text, re.M))
        )
    )
    known: set[str] = set()

    def collect(command: click.Command) -> None:
        known.update(option for each in command.params for option in each.opts)
        for each in getattr(command, "commands", {}).values():
            collect(each)

    collect(cli)
    assert used <= known
