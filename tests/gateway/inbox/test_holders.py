"""A claim names its process: one that has ended is told apart from every one that may still act."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.inbox import holders

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
PROGRAM = "from gateway.inbox.holders import new_name; print(new_name(), flush=True); input()"


@pytest.fixture
def other() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process with a claim, and the name of that claim."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    yield process, process.stdout.readline().strip()
    process.kill()
    process.communicate()


def test_a_name_fits_its_column_and_is_never_the_same_twice() -> None:
    names = {holders.new_name() for _ in range(1_000)}
    assert len(names) == 1_000
    assert max(map(len, names)) <= 64


def test_a_process_that_lives_is_not_gone(other: tuple[subprocess.Popen[str], str]) -> None:
    assert not holders.is_gone(holders.new_name())
    assert not holders.is_gone(other[1])


def test_a_process_that_stands_still_is_not_gone(other: tuple[subprocess.Popen[str], str]) -> None:
    process, name = other
    os.kill(process.pid, signal.SIGSTOP)
    assert not holders.is_gone(name)
    os.kill(process.pid, signal.SIGCONT)


def test_a_process_that_was_killed_is_gone_once_it_is_taken_off_the_list(
    other: tuple[subprocess.Popen[str], str],
) -> None:
    process, name = other
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    # Its number is still taken: in doubt, the lease decides.
    assert not holders.is_gone(name)
    process.wait()
    assert holders.is_gone(name)


def test_a_number_that_was_given_out_again_is_another_process() -> None:
    place, process, start, random = holders.new_name().split(".")
    assert holders.is_gone(f"{place}.{process}.{int(start) - 1}.{random}")


def test_a_process_of_somebody_else_is_not_gone() -> None:
    place, _, _, random = holders.new_name().split(".")
    start = int(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    assert not holders.is_gone(f"{place}.1.{start}.{random}")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 32,
        "0123456789ab.999999999.1.0123456789abcdef",
        "{place}.0.1.0123456789abcdef",
        "{place}.99999999999999.1.0123456789abcdef",
        "{place}.-1.1.0123456789abcdef",
        "{place}.1.1.0123456789abcdef\n",
    ],
)
def test_of_another_place_or_another_form_nothing_is_said(name: str) -> None:
    place = holders.new_name().partition(".")[0]
    assert not holders.is_gone(name.format(place=place))
