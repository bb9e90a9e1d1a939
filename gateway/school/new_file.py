"""A new file that appears whole or not at all, never over another one, for its owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gateway.errors import UsageError


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write; under its name, of mode 0600, only when the block ends without an error.

    Raises:
        UsageError: code `output_exists` or `output_unwritable`; nothing is left behind.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        descriptor = os.open(draft, flags, 0o600)
    except OSError:
        raise _unwritable("Choose another folder.") from None
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # Not `rename`: that would replace a file which appeared meanwhile.
        os.link(draft, path)
    except FileExistsError:
        raise output_exists() from None
    except OSError:
        raise _unwritable("Is the disk full?") from None
    finally:
        draft.unlink(missing_ok=True)


def output_exists() -> UsageError:
    """The output file is there already."""
    return UsageError("The output file exists already.", code="output_exists", remedy="Give another name.")


def _unwritable(remedy: str) -> UsageError:
    return UsageError("The output file cannot be written.", code="output_unwritable", remedy=remedy)
