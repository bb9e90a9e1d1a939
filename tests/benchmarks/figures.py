"""Figures with their units and conditions, and how they are taken."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    value: float
    unit: str
    note: str = ""
    """Under which conditions, or beside what."""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def table(figures: Sequence[Figure]) -> str:
    """The figures as text, one a line."""
    rows = [(figure.name, _shown(figure.value), figure.unit, figure.note) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{name:<{widths[0]}}  {value:>{widths[1]}} {unit:<{widths[2]}}  {note}".rstrip()
        for name, value, unit, note in rows
    )


def _shown(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that is at least as great as `percent` of all; 0 where there is none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, -(-int(len(ordered) * percent) // 100) - 1))]


def interleaved(
    rounds: int, *subjects: Callable[[], float], before_each: Callable[[], None] = lambda: None
) -> list[float]:
    """Median of each subject's own measure over rounds in which they take turns, so that load meets all alike."""
    taken: list[list[float]] = [[] for _ in subjects]
    for turn in range(rounds):
        order = range(len(subjects)) if turn % 2 == 0 else reversed(range(len(subjects)))
        for place in order:
            before_each()
            taken[place].append(subjects[place]())
    return [statistics.median(measures) for measures in taken]


def peak_mib(pid: int | str) -> float:
    """Greatest resident memory of a process (its number, or `self`) so far: VmHWM."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time of processes so far, user and system."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def family(pid: int) -> list[int]:
    """A process and everything that it started, which still runs."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def command_of(pid: int) -> str:
    """The command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
