"""A command loads what it uses: `serve` stays for months, and `refresh` shares the memory of the machine with it."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from sqlalchemy.exc import OperationalError

from gateway.cli import main
from gateway.cli.commands import NAMES, Commands
from tests.shared import ROOT


@pytest.mark.parametrize("name", NAMES)
def test_a_name_gives_the_command_that_is_called_so(name: str) -> None:
    assert Commands()[name].name == name


def test_an_unknown_name_gives_no_command() -> None:
    assert Commands().get("vergeet") is None


@pytest.mark.parametrize(
    ("command", "not_loaded"),
    [
        ("serve", ["sqlalchemy", "cryptography", "requests", "flask"]),
        ("refresh", ["alembic", "flask", "openpyxl"]),
    ],
)
def test_a_command_does_not_load_the_code_of_others(command: str, not_loaded: list[str]) -> None:
    program = (
        "import sys\n"
        "from gateway.cli.main import cli\n"
        f"cli.commands[{command!r}]\n"
        f"print(*sorted(set({not_loaded!r}) & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_a_fault_of_a_database_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise OperationalError("SELECT geheim", {}, Exception("geheim"))

    monkeypatch.setattr(main.cli, "commands", {"refresh": click.Command("refresh", callback=fails)})
    assert main.run(["refresh"]) == 5
    said = capsys.readouterr().err
    assert said.endswith("[database_unavailable]\n")
    assert "geheim" not in said
