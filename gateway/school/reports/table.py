"""A report as a table of text, and as a CSV file that a spreadsheet opens without running anything of it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from gateway.school.relink.spreadsheet import harmless


@dataclass(frozen=True, slots=True)
class Table:
    """Heads and rows; every row is as long as the heads."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_records(self) -> list[dict[str, str]]:
        """Each row by its heads."""
        return [dict(zip(self.heads, row, strict=True)) for row in self.rows]

    def as_csv(self) -> str:
        """RFC 4180, in UTF-8; a name that a vendor chose to begin with `=` is shown and not calculated."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(self.heads)
        writer.writerows([harmless(cell) for cell in row] for row in self.rows)
        return file.getvalue()
