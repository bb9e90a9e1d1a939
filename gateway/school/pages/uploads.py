"""Files that people send stay in memory: of a file of answers nothing may be left on a disk of this machine."""

from __future__ import annotations

import io
from typing import IO

from flask import Request


class InMemoryRequest(Request):
    """A request whose uploaded files never touch a disk; their size is bounded by `MAX_CONTENT_LENGTH`.

    Attack: the framework puts a file of more than half a megabyte into /tmp, where it outlives the request on the disk
    blocks, in a snapshot or in a backup: there with ids of pupils and where their parents' signatures are.
    """

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()
