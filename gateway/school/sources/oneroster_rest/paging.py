"""One pass over a collection of a system that may be changing, page by page.

Which page comes next, in this order: the link `next`, when it stays under the same path on the same host and
continues where we are; else the total; else until a page is empty. A short page says nothing: systems cap
pages without telling. A pass is undisturbed when no identifier came twice and the total was the same before
and after and is what was counted.

Source: OneRoster 1.2 REST binding, section on pagination; RFC 8288; docs/decisions/0017.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from gateway.egress import Answer, Place, is_plain_path, is_plain_query
from gateway.roster.seen_ids import SeenIds

Ask = Callable[[str], Answer]
"""Fetches one page of the collection by its encoded query."""

_NEXT: Final = re.compile(r'<(?P<target>[^<>"]{1,4000})>(?P<parameters>(?:\s*;\s*[^,;<]+)*)')
_REL: Final = re.compile(r';\s*rel\s*=\s*("(?P<quoted>[^"]*)"|(?P<bare>[^\s;,]+))', re.IGNORECASE)


def next_link(header: str | None) -> str | None:
    """Target of the link whose relation is `next`; None when there is none."""
    if header is None or len(header) > 16_000:
        return None
    for link in _NEXT.finditer(header):
        relation = _REL.search(link["parameters"])
        words = (relation["quoted"] or relation["bare"] or "").lower().split() if relation else []
        if "next" in words:
            return link["target"]
    return None


def query_of_link(target: str, *, place: Place, path: str) -> str | None:
    """The query of a link that leads to the same collection on the same host; None for any other.

    Only the query is taken from it: scheme, host, port and path are ours. So a trick that reads differently
    here and in the HTTP library still leads nowhere else.
    """
    if not target.isascii() or not target.isprintable() or " " in target or "\\" in target or "#" in target:
        return None
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        # Attack: `//elsewhere/path` has no scheme and yet a host of its own.
        scheme = parts.scheme or place.scheme
        host = parts.hostname or ""
        written = f"[{host}]" if ":" in host else host
        standard = {"http": 80, "https": 443}.get(scheme)
        if "@" in parts.netloc or not parts.netloc or scheme != place.scheme:
            return None
        if written != place.host or (port or standard) != place.port:
            return None
    elif not target.startswith("/") and not target.startswith("?"):
        return None
    if parts.path and (not is_plain_path(parts.path) or parts.path.rstrip("/") != place.path + path):
        return None
    return parts.query if parts.query and is_plain_query(parts.query) else None


def total_of(answer: Answer) -> int | None:
    """`X-Total-Count`; None when absent or no number."""
    value = answer.headers.get("x-total-count", "").strip()
    return int(value) if value.isdecimal() and value.isascii() and len(value) < 10 else None


@dataclass(slots=True)
class Pass:
    """One pass: iterate over `pages`, tell the identifiers with `saw`, then ask whether it was
    undisturbed.
    """

    ask: Ask
    place: Place
    path: str
    limit: int
    filter: str | None = None
    """In the standard's own grammar; None asks for the whole collection."""
    first_total: int | None = None
    last_total: int | None = None
    doubles: int = 0
    seen: SeenIds = field(default_factory=SeenIds)
    """Two ids that share a mark look like a double: the pass is repeated, and in the end refused."""
    _links: bool = False

    def saw(self, identifier: str) -> bool:
        """Count an identifier; False when this pass had it before."""
        if self.seen.add(identifier):
            return True
        self.doubles += 1
        return False

    def pages(self, read: Callable[[Answer], list[object]]) -> Iterator[list[object]]:
        """Every page; `read` takes the records out of an answer."""
        received = 0
        query: str | None = self._query(0)
        while query is not None:
            answer = self.ask(query)
            records = read(answer)
            total = total_of(answer)
            if received == 0:
                self.first_total = total
            self.last_total = total if total is not None else self.last_total
            received += len(records)
            doubles = self.doubles
            if records:
                yield records
            # A page of which all was seen before: the system goes round in circles.
            if not records or self.doubles - doubles == len(records):
                return
            query = self._after(answer, received)

    @property
    def undisturbed(self) -> bool:
        """Nothing came twice, and the total is what was counted, before and after."""
        if self.doubles:
            return False
        if self.first_total is None or self.last_total is None:
            return self.first_total == self.last_total
        return self.first_total == self.last_total == len(self.seen)

    def _query(self, offset: int) -> str:
        asked: dict[str, int | str] = {"limit": self.limit, "offset": offset}
        if self.filter is not None:
            asked["filter"] = self.filter
        return urlencode(asked)

    def _after(self, answer: Answer, received: int) -> str | None:
        target = next_link(answer.headers.get("link"))
        if target is not None:
            query = query_of_link(target, place=self.place, path=self.path)
            if query is not None and _continues(query, received):
                self._links = True
                return query
            return self._query(received)
        if self.last_total is not None:
            return self._query(received) if received < self.last_total else None
        # Without a total, a system that linked its pages ends by not linking.
        return None if self._links else self._query(received)


def _continues(query: str, received: int) -> bool:
    """Whether a link's offset, when it has one, is where we are.

    A system that caps pages but counts its links by the asked limit would skip what it capped.
    """
    try:
        parameters: Mapping[str, list[str]] = parse_qs(query, strict_parsing=True, max_num_fields=50)
    except ValueError:
        return False
    offsets = parameters.get("offset")
    return offsets is None or offsets == [str(received)]
