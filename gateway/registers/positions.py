"""A set of positions as text: `3-9,12` is 3, 4, 5, 6, 7, 8, 9 and 12.

Runs in rising order, not touching one another, in decimal without leading zeros: one set has one text, and a
person with the register in hand can read it without a program. Stored for ever as part of entries of version
1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def encode(positions: Sequence[int]) -> str:
    """The text of a set of zero-based positions, given in any order.

    Raises:
        ValueError: a position is negative or comes twice.
    """
    ordered = sorted(positions)
    if ordered and ordered[0] < 0:
        raise ValueError("a position is zero or more")
    runs: list[str] = []
    start = previous = -2
    for position in ordered:
        if position == previous:
            raise ValueError("a position comes once")
        if position != previous + 1:
            if start >= 0:
                runs.append(_run(start, previous))
            start = position
        previous = position
    if start >= 0:
        runs.append(_run(start, previous))
    return ",".join(runs)


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def runs(text: str) -> Iterator[tuple[int, int]]:
    """First and last position of each run; for text that `encode` wrote."""
    for run in text.split(",") if text else ():
        first, _, last = run.partition("-")
        yield int(first), int(last or first)


def contains(text: str, position: int) -> bool:
    """Whether the set holds `position`."""
    return any(first <= position <= last for first, last in runs(text))
