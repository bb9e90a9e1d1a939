"""Days and papers as people give them on the command line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from gateway.errors import UsageError
from gateway.school.documents import MAX_BYTES, Paper


def parse_day(text: str, option: str) -> date:
    """A day such as 2027-07-31; raises `UsageError`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} is a day, such as 2027-07-31.", code="date_invalid") from None


def read_paper(path: Path) -> Paper:
    """A document; raises `UsageError`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError("The document is too large.", code="file_too_large")
        return Paper(path.read_bytes(), path.name)
    except OSError:
        raise UsageError(
            "The document cannot be read.", code="file_unreadable", remedy="Check its path."
        ) from None
