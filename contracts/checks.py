"""Rules of a record across its fields: what may not be registered whatever is signed.

Runs over what of the record is sound, so that one reading tells all faults at once. What gives nothing (a
field of a service that is not agreed, persons who are not among the product's subjects) is no fault: the
decision refuses it, and an agreement is often narrowed in one place only.

Source: GDPR art. 9 (special data), 28(3) (shape, in `contracts.schemas`), 44-49 (transfers); UAVG art. 46
(national number); `docs/decisions/0010-agreement-record.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from contracts.faults import Fault
from contracts.fields import FIELDS, KINDS, FieldNature, is_national_number, nearest
from contracts.role_rules import faults_of_role
from contracts.vendors import names_mechanism, outside_eea
from contracts.vocabulary import (
    SPECIAL_CATEGORIES,
    DataCategory,
    Direction,
    Form,
    IdentifierScope,
    SubjectCategory,
)

_FIELDS_DIRECTIONS: Final = {
    Direction.OUT: (Direction.OUT,),
    Direction.BACK: (Direction.BACK,),
    Direction.BOTH: (Direction.OUT, Direction.BACK),
}


def faults_of_rules(record: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Fault]:
    """All breaches of the rules in a record that may have faults of shape.

    Args:
        record: the sound part, as `contracts.schemas.faults_of_shape` gives it.
        raw: the whole document, for the positions in its lists.
    """
    yield from _national_numbers(raw, "")
    yield from _term(record.get("term") or {})
    yield from faults_of_role(record, raw)
    seen: set[str] = set()
    for index, product in enumerate(record.get("products") or []):
        path = f"products[{index}]"
        slug = product.get("product_id")
        if slug in seen:
            yield Fault(f"{path}.product_id", "This product stands twice.", "Merge the two.", "product_twice")
        seen.add(slug)
        yield from _scope(product, record, path)
        yield from _identifier(product, path)
        yield from _countries(product, record, path)
        yield from _entries(product, _at(raw, "products", index), path)


def _at(value: Any, *steps: str | int) -> Any:
    """What stands at a place of the raw document, None where it has another shape."""
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _term(term: Mapping[str, Any]) -> Iterator[Fault]:
    first, last = term.get("from"), term.get("until")
    if first and last and last < first:
        yield Fault(
            "term.until",
            "The last day is before the first.",
            "`until` is the last day, inclusive; write null for no end.",
            "term_backwards",
        )


def _national_numbers(value: Any, path: str) -> Iterator[Fault]:
    # Attack: a national number under another name. Looked for in the words that name data (fields,
    # categories), in the whole document, before anything else is understood of it.
    if isinstance(value, Mapping):
        for key, inner in value.items():
            where = f"{path}.{str(key)[:60]}" if path else str(key)[:60]
            if key in ("category", "fields", "sees", "scope") or "data[" in path:
                yield from _national_words(inner, where)
            if isinstance(inner, (Mapping, list)):
                yield from _national_numbers(inner, where)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, (Mapping, list)):
                yield from _national_numbers(inner, f"{path}[{index}]")


def _national_words(value: Any, path: str) -> Iterator[Fault]:
    if path.rsplit(".", 1)[-1] in ("necessity", "clause"):
        return
    for index, word in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(word, str) and is_national_number(word):
            where = f"{path}[{index}]" if isinstance(value, list) else path
            yield Fault(
                where,
                "A BSN, education number or PGN is never given, in any form.",
                "Remove it; the vendor gets a pseudonym.",
                "national_number",
            )


def _scope(product: Mapping[str, Any], record: Mapping[str, Any], path: str) -> Iterator[Fault]:
    brins = (record.get("controller") or {}).get("brins")
    for index, school in enumerate((product.get("scope") or {}).get("schools") or []):
        if brins and school[:4] not in brins:
            yield Fault(
                f"{path}.scope.schools[{index}]",
                "This school is not one of the board's.",
                "List its BRIN under controller.brins, or remove it here.",
                "school_not_of_board",
            )


def _identifier(product: Mapping[str, Any], path: str) -> Iterator[Fault]:
    identifier = product.get("identifier") or {}
    listed = any(
        entry.get("category") == DataCategory.CHAIN_IDENTIFIER for entry in product.get("data") or []
    )
    if identifier.get("scope") == IdentifierScope.ECKID and not (identifier.get("eckid_basis") and listed):
        yield Fault(
            f"{path}.identifier",
            "The chain identifier needs its basis and an entry of the category keten_id.",
            "Add eckid_basis and the entry, or use the scope relationship.",
            "eckid_without_basis",
        )
    if identifier.get("scope") == IdentifierScope.RELATIONSHIP and listed:
        yield Fault(
            f"{path}.identifier.scope",
            "An entry lists the chain identifier, but the scope is relationship.",
            "Remove the entry, or use the scope eckid with its basis.",
            "eckid_without_basis",
        )


def _countries(product: Mapping[str, Any], record: Mapping[str, Any], path: str) -> Iterator[Fault]:
    covered = {
        transfer.get("country")
        for transfer in product.get("transfers") or []
        if names_mechanism(transfer.get("mechanism"))
    }
    used: list[tuple[str, str | None]] = [
        (f"{path}.storage_countries[{index}]", country)
        for index, country in enumerate(product.get("storage_countries") or [])
    ]
    used += [
        (f"{path}.transfers[{index}].mechanism", transfer.get("country"))
        for index, transfer in enumerate(product.get("transfers") or [])
    ]
    used.append(("processor.country", (record.get("processor") or {}).get("country")))
    for index, third in enumerate(product.get("subprocessors") or []):
        if not names_mechanism(third.get("transfer_mechanism")):
            used.append((f"{path}.subprocessors[{index}].transfer_mechanism", third.get("country")))
    for where, country in used:
        if country and outside_eea(country) and country not in covered:
            yield Fault(
                where,
                f"{country} is outside the EEA and no transfer mechanism is named.",
                "Name the mechanism (adequacy decision, standard clauses, ...) under transfers.",
                "transfer_without_mechanism",
            )


def _entries(product: Mapping[str, Any], raw: Any, path: str) -> Iterator[Fault]:
    listed: dict[tuple[str, str | None, Direction], str] = {}
    subjects = product.get("subjects") or []
    for index, entry in enumerate(product.get("data") or []):
        where = f"{path}.data[{index}]"
        names = _at(raw, "data", index, "fields")
        for position, name in enumerate(names if isinstance(names, list) else []):
            if not isinstance(name, str):
                continue
            spot = f"{where}.fields[{position}]"
            yield from _field(name, entry, product, spot)
            yield from _listed_twice(name, entry, subjects, listed, spot)
        yield from _special(entry, where)


def _field(name: str, entry: Mapping[str, Any], product: Mapping[str, Any], path: str) -> Iterator[Fault]:
    field = FIELDS.get(name)
    if is_national_number(name):
        return
    if field is None:
        meant = nearest(name)
        remedy = f"Did you mean {meant}?" if meant else "Use <kind>.<field> in OneRoster 1.2 names."
        if ".metadata" in name:
            remedy = "Remove it: what is not a field of the standard never leaves."
        yield Fault(path, "No field of this name exists.", remedy, "unknown_field")
        return
    if field.nature is FieldNature.NEVER:
        yield Fault(
            path,
            "This field leaves the school in no form.",
            "Remove it; persons and records are identified by pseudonyms.",
            "field_never_leaves",
        )
        return
    if field.nature is FieldNature.IDENTIFIER and entry.get("form") not in (None, Form.PSEUDONYM):
        yield Fault(
            path,
            "An identifier or reference leaves as a pseudonym only.",
            "Remove it (identifiers go with their records), or give it the form pseudonym.",
            "identifier_not_pseudonym",
        )
    kind = KINDS[field.kind]
    concerned = entry.get("subjects") or product.get("subjects") or []
    if kind.subjects and concerned and not kind.subjects.intersection(concerned):
        yield Fault(
            path,
            f"Records of the kind {kind.name} are never about these persons.",
            "Remove the field, or list it for the persons whom it is about.",
            "field_not_of_subject",
        )


def _listed_twice(
    name: str,
    entry: Mapping[str, Any],
    subjects: list[str],
    listed: dict[tuple[str, str | None, Direction], str],
    path: str,
) -> Iterator[Fault]:
    # Two lines about the same field would make the reader choose one and the program the other.
    field, direction = FIELDS.get(name), entry.get("direction")
    if field is None or direction is None:
        return
    about = KINDS[field.kind].subjects
    concerned: list[str | None] = [None]
    if about:
        concerned = [s for s in entry.get("subjects") or subjects if SubjectCategory(s) in about]
    ways = _FIELDS_DIRECTIONS[Direction(direction)]
    others = {listed[key] for s in concerned for way in ways if (key := (name, s, way)) in listed}
    for other in sorted(others):
        yield Fault(
            path,
            f"This field is listed already, at {other}, for the same persons and direction.",
            "Keep one of the two.",
            "field_listed_twice",
        )
    for subject in concerned:
        for way in ways:
            listed.setdefault((name, subject, way), path)


def _special(entry: Mapping[str, Any], path: str) -> Iterator[Fault]:
    # Attack: special data filed under an innocent category; so the field's own nature counts as well.
    special = entry.get("category") in SPECIAL_CATEGORIES or any(
        FIELDS[name].special for name in entry.get("fields") or [] if name in FIELDS
    )
    if not special:
        return
    for key, what in (("art9_ground", "ground of GDPR art. 9(2)"), ("necessity", "necessity")):
        if not entry.get(key):
            yield Fault(
                f"{path}.{key}",
                f"This is special data and the entry names no {what}.",
                f"Write it under {key}, or remove the fields.",
                "special_without_ground",
            )
