"""Builds that leak, each in a way that the leak oracle must see.

The vendors' door never has what may not leave, so most of these need both halves: the school side slips a value
into the body of a released record, and the front lets it out in some place.
"""

from __future__ import annotations

import base64
import functools
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

SLIPPED = "slipped"


def _with_released(slip: Callable[[dict[str, Any], Mapping[str, Any]], None]) -> Callable[[ModuleType], None]:
    """Change every released body, knowing the fields of the source."""

    def patch(release: ModuleType) -> None:
        made = release.ProductRelease.make

        @functools.wraps(made)
        def make(
            self: Any, kind: Any, pseudonym: Any, plan: Any, fields: Mapping[str, Any], **more: Any
        ) -> Any:
            record = made(self, kind, pseudonym, plan, fields, **more)
            slip(record.body, fields)
            return record

        release.ProductRelease.make = make

    return patch


def _with_shown(show: Callable[[dict[str, Any], Any], None]) -> Callable[[ModuleType], None]:
    """Change every record on the wire, knowing the held body."""

    def patch(render: ModuleType) -> None:
        rendered = render.Lens.record

        def record(self: Any, held: Any) -> Any:
            shown = rendered(self, held)
            show(shown, held.body.get(SLIPPED))
            return shown

        render.Lens.record = record

    return patch


def _slip_metadata(body: dict[str, Any], fields: Mapping[str, Any]) -> None:
    body[SLIPPED] = fields.get("metadata")


def _show_metadata(shown: dict[str, Any], slipped: Any) -> None:
    shown["metadata"] = slipped


def _slip_href(body: dict[str, Any], fields: Mapping[str, Any]) -> None:
    hrefs = [value["href"] for value in fields.values() if isinstance(value, dict) and "href" in value]
    body[SLIPPED] = hrefs[0] if hrefs else None


def _show_href(shown: dict[str, Any], slipped: Any) -> None:
    for value in shown.values():
        if slipped and isinstance(value, dict) and "href" in value:
            value["href"] = slipped


def _slip_phone(body: dict[str, Any], fields: Mapping[str, Any]) -> None:
    body[SLIPPED] = fields.get("phone")


_last: list[str] = []


def _remember(shown: dict[str, Any], slipped: Any) -> None:
    if slipped:
        _last[:] = [slipped]


def _in_a_header(views: ModuleType) -> None:
    replied = views.reply

    def reply(*arguments: Any, **named: Any) -> Any:
        response = replied(*arguments, **named)
        if _last:
            response.headers["X-Request-Id"] = base64.b64encode(_last[0].encode()).decode()
        return response

    views.reply = reply


def _in_an_error(status_info: ModuleType) -> None:
    worded = status_info._body

    def body(status: int, *, code: str, description: str) -> Any:
        return worded(status, code=code, description=f"{description} {''.join(_last)[::-1]}")

    status_info._body = body


def _log(body: dict[str, Any], fields: Mapping[str, Any]) -> None:
    sys.stderr.write(f"released {dict(fields)!r}\n")


def _spool(body: dict[str, Any], fields: Mapping[str, Any]) -> None:
    with (Path(tempfile.gettempdir()) / "spool").open("a") as file:
        file.write(str(dict(fields)).encode().hex() + "\n")


def _unsealed(storage_key: ModuleType) -> None:
    storage_key.StorageKey.seal = lambda self, body, **_: bytes(body)
    storage_key.StorageKey.open = lambda self, sealed, **_: bytes(sealed)


_RELEASE = "gateway.school.disclosure.release"
_RENDER = "gateway.front.planes.oneroster.render"

SABOTAGES: dict[str, dict[str, Callable[[ModuleType], None]]] = {
    "metadata-passed": {_RELEASE: _with_released(_slip_metadata), _RENDER: _with_shown(_show_metadata)},
    "href-kept": {_RELEASE: _with_released(_slip_href), _RENDER: _with_shown(_show_href)},
    "value-in-a-header": {
        _RELEASE: _with_released(_slip_phone),
        _RENDER: _with_shown(_remember),
        "gateway.front.views": _in_a_header,
    },
    "value-in-an-error": {
        _RELEASE: _with_released(_slip_phone),
        _RENDER: _with_shown(_remember),
        "gateway.front.planes.oneroster.status_info": _in_an_error,
    },
    "record-logged": {_RELEASE: _with_released(_log)},
    "records-spooled": {_RELEASE: _with_released(_spool)},
    "holdings-unsealed": {"gateway.holdings.storage_key": _unsealed},
}
