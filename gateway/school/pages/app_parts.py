"""Two parts of Flask that are stricter here: names of templates, and numbers in addresses."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask
from werkzeug.routing import IntegerConverter

LARGEST: Final = 2**53 - 1
"""Of the numbers that address a row: whole for every program that reads them, and known to both databases."""


class RowNumber(IntegerConverter):
    """`<int:...>` in ASCII digits up to `LARGEST`; anything else addresses nothing, and is 404."""

    regex = "[0-9]{1,16}"

    def __init__(self, map: Any) -> None:
        super().__init__(map, max=LARGEST)


class GivenOnce(dict[str, Any]):
    """Functions and tables of templates; raises `RuntimeError` where two modules give the same name."""

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self and self[name] is not value:
            raise RuntimeError(f"two modules give templates the name {name}")
        super().__setitem__(name, value)

    def update(self, *given: Any, **named: Any) -> None:
        """As of a dictionary, name by name."""
        for name, value in dict(*given, **named).items():
            self[name] = value


def install(app: Flask) -> None:
    """Put both in place, before anything is registered."""
    app.url_map.converters["int"] = RowNumber
    app.jinja_env.globals = GivenOnce(app.jinja_env.globals)
