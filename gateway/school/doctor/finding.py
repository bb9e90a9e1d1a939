"""What a check found: ok, warn or fail, a sentence, and the command that mends it. Never a value of a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Verdict(StrEnum):
    """Values stand in `--json` and in monitoring; they never change."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check."""

    check: str
    """Stable name, for monitoring."""
    verdict: Verdict
    sentence: str
    """Counts, times, names of products, agreements and sources; nothing of a person."""
    command: str = ""
    """What to run, or to do, when it is not ok."""
    dutch: str = ""
    """The sentence for a Dutch page; empty where an error's own code tells it."""
    code: str = ""
    """Of the error, where one was the finding."""

    @classmethod
    def ok(cls, check: str, sentence: str, *, dutch: str = "") -> Self:
        """All is well."""
        return cls(check, Verdict.OK, sentence, dutch=dutch)

    @classmethod
    def warn(cls, check: str, sentence: str, command: str, *, dutch: str = "", code: str = "") -> Self:
        """It works, and somebody must act."""
        return cls(check, Verdict.WARN, sentence, command, dutch, code)

    @classmethod
    def fail(cls, check: str, sentence: str, command: str, *, dutch: str = "", code: str = "") -> Self:
        """It does not work, or is not safe."""
        return cls(check, Verdict.FAIL, sentence, command, dutch, code)


def worst(findings: Sequence[Finding]) -> Verdict:
    """What the whole amounts to."""
    found = {each.verdict for each in findings}
    if Verdict.FAIL in found:
        return Verdict.FAIL
    return Verdict.WARN if Verdict.WARN in found else Verdict.OK
