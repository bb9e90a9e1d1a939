"""Where the reference material outside the repository is, for the tests that check against it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_path(*parts: str) -> Path:
    """The path of a piece of reference material; skips the test when absent, fails in CI."""
    folder = Path(os.environ.get("SCHUILNAAM_SHARED", ROOT.parent / "shared"))
    path = folder.joinpath("reference", *parts)
    if path.exists():
        return path
    if os.environ.get("CI"):
        pytest.fail(f"reference material missing in CI: {'/'.join(parts)}")
    pytest.skip(f"reference material not present: {'/'.join(parts)}")
