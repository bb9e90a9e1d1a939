"""Where the sandbox of a home folder stands, and how much of it there may be.

`HOME/sandbox/current` names a folder beside it: a whole home folder of a made-up board, with its own board id, ring,
storage key and two embedded databases. A reset makes another folder and then changes the name in one step, so the door
sees the old sandbox or the new one. docs/decisions/0039.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "sandbox"
PATH: Final = "/sandbox"
"""Below the public address."""
RESET_AFTER_DAYS: Final = 7
MAX_BYTES: Final = 96 * 1024 * 1024
"""Of one database; a sandbox that grows beyond it answers nothing more and is made anew."""
MAX_PLACES: Final = 25
"""Made-up vendors at a time."""
PLACES_A_DAY: Final = 3
"""For one address."""
PRESSES_A_MINUTE: Final = 20
"""Of one client."""
SCHOOL_YEARS: Final = 2
"""In `SCHOOL_YEARS_SECONDS`, of all clients together: each refreshes every product."""
SCHOOL_YEARS_SECONDS: Final = 600
REQUESTS_PER_MINUTE: Final = 300
"""Of one client."""
ALL_REQUESTS_PER_MINUTE: Final = 1_200
"""Of everybody together: the sandbox gives way before the door does."""
TOKENS_PER_MINUTE: Final = 20
STRANGERS_PER_MINUTE: Final = 120

_NAME: Final = re.compile(r"g-[0-9a-f]{12}\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """One sandbox, of one generation."""

    folder: Path

    @property
    def name(self) -> str:
        """`g-` and twelve hexadecimal digits."""
        return self.folder.name

    @property
    def made_at_ms(self) -> int:
        """When it was made."""
        return int(self.folder.joinpath("settings.toml").stat().st_mtime * 1000)

    @property
    def resets_at_ms(self) -> int:
        """When it is made anew by itself."""
        return self.made_at_ms + RESET_AFTER_DAYS * 86_400_000

    def is_full(self) -> bool:
        """Whether one of its databases has grown beyond `MAX_BYTES`."""
        return any(path.stat().st_size > MAX_BYTES for path in self.folder.glob("data/*.sqlite*"))


def current(home: Path) -> Place | None:
    """The sandbox of a home folder; None where there is none."""
    pointer = home / FOLDER / "current"
    try:
        name = pointer.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    # The name is part of a path; only what we make is followed.
    folder = home / FOLDER / name
    return Place(folder) if _NAME.match(name) and folder.is_dir() else None


def point_at(home: Path, name: str) -> None:
    """Make a folder beside the pointer the current one, in one step."""
    if not _NAME.match(name):
        raise ValueError("not the name of a sandbox")
    draft = home / FOLDER / "current.new"
    draft.touch(mode=0o600)
    draft.write_text(name + "\n", encoding="ascii")
    draft.replace(home / FOLDER / "current")
