"""The layout of an export for which none was named: everybody whom the product holds, and what it has of them."""

from __future__ import annotations

from typing import Final

from gateway.school.layouts.catalogue import RowsOf
from gateway.school.layouts.layout import Column, Encoding, FileShape, Layout

_COLUMNS: Final = {
    "pseudonym": "user.sourcedId",
    "role": "user.roles",
    "givenName": "user.givenName",
    "familyName": "user.familyName",
    "username": "user.username",
    "email": "user.email",
    "grades": "user.grades",
    "classes": "class.title",
    "schools": "org.name",
}

EVERYBODY: Final = Layout(
    name="everybody",
    vendor="",
    rows=RowsOf.PERSON,
    columns=tuple(Column(name, (field,), separator=", ", optional=True) for name, field in _COLUMNS.items()),
    file=FileShape(encoding=Encoding.UTF_8),
)
"""Every column is optional: it is the roster as it is held, and promises no vendor anything."""
