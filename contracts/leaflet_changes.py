"""A leaflet against what is agreed: every difference by itself, to be accepted or refused.

Both sides are taken apart into items (a field of somebody one way, a sub-processor, a country, a term); what differs
is a change; accepted changes are put into a copy of the agreed record, which then goes the way of every new version.
What is refused stays as it was agreed.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from contracts import canonical
from contracts.agreements import Agreement, ProductTerms
from contracts.comparison import lines_of
from contracts.leaflets import LeafletFile, LeafletProduct, proposed
from contracts.writing import to_values


class ChangeKind(StrEnum):
    """Whether the leaflet asks for more, for less, or for something else."""

    MORE = "more"
    LESS = "less"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LeafletChange:
    """One difference."""

    key: str
    """`rekenwijs:field:user.phone:leerling:out`; the same for the same difference."""
    kind: ChangeKind
    product: str
    part: str
    """`field`, `subprocessor`, `country` and so on: `PARTS`."""
    what: str
    before: str
    """Empty where it was not there."""
    after: str
    words: str
    """The vendor's own words about it; empty where it has none."""


class _Line(NamedTuple):
    """What a field goes by; the last three are wording and never differ by themselves."""

    category: str
    form: str
    necessity: str | None
    clause: str | None
    art9_ground: str | None


_Items = dict[tuple[str, ...], Any]
_SETS: Final = {
    "purpose": "purposes",
    "service": "services",
    "subject": "subjects",
    "country": "storage_countries",
}
_SINGLE: Final = {"groups": "groups", "ai": "ai"}
PARTS: Final = (
    "field", "subprocessor", "country", "transfer", "purpose", "service", "subject", "groups", "ai", "retention",
    "identifier", "security",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pair:
    """A product as it is agreed and as the leaflet has it."""

    place: int
    slug: str
    before: _Items
    after: _Items
    product: LeafletProduct


def _pairs(agreed: Agreement, leaflet: LeafletFile) -> list[_Pair]:
    found: list[_Pair] = []
    for place, terms in enumerate(agreed.products):
        product = leaflet.product(terms.product_id)
        if product is None:
            continue
        before, after = _items_of(terms), _items_of_leaflet(terms, product)
        if leaflet.security is not None and not found:
            # Security is of the whole record: told once.
            before.update(_security_items(agreed))
            after.update(_levels(canonical.to_plain(leaflet.security)))
        found.append(_Pair(place, terms.product_id, before, after, product))
    return found


def changes(agreed: Agreement, leaflet: LeafletFile) -> tuple[LeafletChange, ...]:
    """Every difference in the products that both name, in a fixed order."""
    found: list[LeafletChange] = []
    for pair in _pairs(agreed, leaflet):
        words = _words(pair.product)
        keys = sorted(pair.before.keys() | pair.after.keys(), key=lambda key: (PARTS.index(key[0]), key))
        found += [
            _change(pair.slug, key, pair.before.get(key), pair.after.get(key), words)
            for key in keys
            if _differs(pair.before.get(key), pair.after.get(key))
        ]
    return tuple(found)


def accepted(agreed: Agreement, leaflet: LeafletFile, keys: Collection[str]) -> dict[str, Any]:
    """The agreed record as file values, with the changes of these keys; the leaflet's version is taken always."""
    record = to_values(agreed)
    for pair in _pairs(agreed, leaflet):
        items = dict(pair.before)
        for key in sorted(pair.before.keys() | pair.after.keys()):
            if ":".join((pair.slug, *key)) in keys and _differs(items.get(key), pair.after.get(key)):
                _take(items, pair.after, key)
        record["products"][pair.place] = _rebuilt(record["products"][pair.place], items, pair.product)
        security = {key[1]: value for key, value in items.items() if key[0] == "security"}
        if security:
            record["security"] = _security(record["security"], security)
    return record


def _take(items: _Items, after: _Items, key: tuple[str, ...]) -> None:
    if key not in after:
        items.pop(key, None)
        return
    new = after[key]
    old = items.get(key)
    if isinstance(new, _Line) and isinstance(old, _Line):
        new = new._replace(
            necessity=new.necessity or old.necessity, clause=old.clause, art9_ground=old.art9_ground
        )
    items[key] = new


def _differs(before: Any, after: Any) -> bool:
    if isinstance(before, _Line) and isinstance(after, _Line):
        return before[:2] != after[:2]
    return bool(before != after)


def _change(
    product: str, key: tuple[str, ...], before: Any, after: Any, words: Mapping[tuple[str, ...], str]
) -> LeafletChange:
    kind = ChangeKind.OTHER
    if before is None or after is None:
        kind = ChangeKind.MORE if before is None else ChangeKind.LESS
    return LeafletChange(
        key=":".join((product, *key)),
        kind=kind,
        product=product,
        part=key[0],
        what=" ".join(part for part in key[1:] if part),
        before=_told(before),
        after=_told(after),
        words=words.get(key, ""),
    )


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, _Line):
        return f"{value.form} ({value.category})"
    if isinstance(value, Mapping):
        return ", ".join(
            str(value[key]) for key in ("country", "service", "transfer_mechanism") if value.get(key)
        )
    return str(value)


def _items_of(terms: ProductTerms) -> _Items:
    plain = canonical.to_plain(terms)
    items: _Items = {
        ("field", line.field, "" if line.subject is None else line.subject.value, line.way.value): _Line(
            entry.category.value,
            entry.form.value,
            entry.necessity,
            entry.clause,
            None if entry.art9_ground is None else entry.art9_ground.value,
        )
        for line, entry in lines_of(terms).items()
    }
    for part, name in _SETS.items():
        items.update({(part, member): member for member in plain.get(name, [])})
    for part, name in _SINGLE.items():
        if plain.get(name) is not None:
            items[(part,)] = plain[name]
    items.update({("subprocessor", third["name"]): third for third in plain.get("subprocessors", [])})
    items.update({("transfer", each["country"]): each["mechanism"] for each in plain.get("transfers", [])})
    items[("retention",)] = plain["retention"]["max_days_after_end"]
    items[("identifier",)] = plain["identifier"]["scope"]
    return items


def _security_items(agreed: Agreement) -> _Items:
    return _levels(canonical.to_plain(agreed.security))


def _levels(plain: Mapping[str, Any]) -> _Items:
    levels = {**plain["biv"], **{name: value for name, value in plain.items() if name != "biv"}}
    return {("security", name): value for name, value in levels.items()}


def _items_of_leaflet(terms: ProductTerms, product: LeafletProduct) -> _Items:
    # The board's own words stay: basis and scope are not the vendor's to say.
    plain = {**proposed(product), "legal_basis": terms.legal_basis.value, "scope": {}}
    return _items_of(canonical.from_plain(ProductTerms, plain))


def _words(product: LeafletProduct) -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for line in product.categories:
        subjects = ["", *(subject.value for subject in line.subjects or product.subjects)]
        for field in line.fields:
            for subject in subjects:
                for way in ("out", "back"):
                    found.setdefault(("field", field, subject, way), line.words)
    return found


def _rebuilt(agreed: Mapping[str, Any], items: _Items, product: LeafletProduct) -> dict[str, Any]:
    record = copy.deepcopy(dict(agreed))
    record["bijsluiter"] = {"version": product.version, "date": product.date.isoformat()}
    for part, name in _SETS.items():
        record[name] = [key[1] for key in items if key[0] == part]
    for part, name in _SINGLE.items():
        if (part,) in items:
            record[name] = items[(part,)]
        else:
            record.pop(name, None)
    record["subprocessors"] = [value for key, value in items.items() if key[0] == "subprocessor"]
    record["transfers"] = [
        {"country": key[1], "mechanism": value} for key, value in items.items() if key[0] == "transfer"
    ]
    record["retention"] = {"max_days_after_end": items[("retention",)]}
    record["identifier"] = {**record["identifier"], "scope": items[("identifier",)]}
    lines = {key[1:]: value for key, value in items.items() if key[0] == "field"}
    record["data"] = _entries(record["data"], lines)
    return record


def _security(agreed: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    levels = {name: parts[name] for name in agreed["biv"]}
    return {"biv": levels, **{name: value for name, value in parts.items() if name not in levels}}


_Where = tuple[str, ...]


def _entries(agreed: list[dict[str, Any]], lines: Mapping[_Where, _Line]) -> list[dict[str, Any]]:
    """Lines of one field put together again: same terms, same persons and ways, one entry."""
    by_field: dict[tuple[str, _Line], list[tuple[str, str]]] = {}
    for (field, subject, way), line in lines.items():
        by_field.setdefault((field, line), []).append((subject, way))
    grouped: dict[tuple[_Line, str, tuple[str, ...]], list[str]] = {}
    for (field, line), places in by_field.items():
        ways: dict[str, list[str]] = {}
        for subject, way in places:
            ways.setdefault(subject, []).append(way)
        directions: dict[str, list[str]] = {}
        for subject, names in ways.items():
            directions.setdefault("both" if len(names) == 2 else names[0], []).append(subject)
        for direction, subjects in directions.items():
            grouped.setdefault((line, direction, tuple(sorted(subjects))), []).append(field)
    # An entry without fields (the chain identifier) stands for itself.
    entries = [entry for entry in agreed if not entry["fields"]]
    for (line, direction, named), fields in grouped.items():
        entry: dict[str, Any] = {
            "category": line.category,
            "fields": fields,
            "form": line.form,
            "direction": direction,
        }
        if subjects := [subject for subject in named if subject]:
            entry["subjects"] = subjects
        entry.update({key: value for key, value in line._asdict().items() if key in _WORDING and value})
        entries.append(entry)
    return entries


_WORDING: Final = ("necessity", "clause", "art9_ground")
