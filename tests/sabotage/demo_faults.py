"""Faults that a gateway could really have, for showing that `demo --check` notices each of them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

Change = Callable[[ModuleType], None]


def _scrub_off(scrub: ModuleType) -> None:
    """Free text leaves as it was typed."""
    scrub.Scrubber.scrub = lambda self, text, **_: scrub.Scrubbed(text, {})  # type: ignore[attr-defined]


def _scope_constant(identify: ModuleType) -> None:
    """Every product gets the pseudonyms of one."""
    identify.Identifier._scope = (  # type: ignore[attr-defined]
        lambda self, product, kind: self._ring.scope("rekenwijs" if product != "_register" else product, kind)
    )


def _register_ignored(disclosures: ModuleType) -> None:
    """The answer leaves whether or not it could be registered."""
    record = disclosures.record

    def forgiving(*arguments: Any, **named: Any) -> int:
        try:
            return int(record(*arguments, **named))
        except Exception:
            return 0

    disclosures.record = forgiving  # type: ignore[attr-defined]


def _order_shared(views: ModuleType) -> None:
    """The records of a page come in an order that every vendor gets alike: by what both may see in clear."""
    renderer = views._renderer

    def in_one_order(services: Any, route: Any, choice: Any) -> Any:
        render = renderer(services, route, choice)

        def rendered(records: Any, policy: Any) -> Any:
            return render(tuple(sorted(records, key=lambda each: (str(each.subject), each.id[::-1]))), policy)

        return rendered

    views._renderer = in_one_order  # type: ignore[attr-defined]


def _one_space(services: ModuleType) -> None:
    """Both school systems share one identifier space: equal numbers become one pupil."""
    services.SchoolServices.space = (  # type: ignore[attr-defined]
        lambda self, name: services.add_space(self.settings.ring_path, self.ring, "een")
    )


def _with_field(name: str, *, always: bool = False) -> Change:
    """The release lets a field of the source through, whatever the agreement says."""

    def change(treatments: ModuleType) -> None:
        apply = treatments.apply

        def generous(steps: Any, fields: Mapping[str, object], surroundings: Any) -> dict[str, object]:
            body: dict[str, object] = apply(steps, fields, surroundings)
            if name in fields and (always or name in body):
                body[name] = fields[name]
            return body

        treatments.apply = generous  # type: ignore[attr-defined]

    return change


def _shows(name: str) -> Change:
    """The door shows a field of the body, whatever the agreement says."""

    def change(render: ModuleType) -> None:
        record = render.Lens.record

        def generous(self: Any, held: Any) -> dict[str, object]:
            shown: dict[str, object] = record(self, held)
            if name in held.body:
                shown[name] = held.body[name]
            return shown

        render.Lens.record = generous  # type: ignore[attr-defined]

    return change


def _keeps_stamps(wire: ModuleType) -> None:
    """The moment of the school's system stays in the record that is read."""
    read = wire.to_source_record

    def keeping(source: str, kind: Any, position: int, given: object) -> Any:
        record = read(source, kind, position, given)
        assert isinstance(given, dict)
        return replace(record, fields={**record.fields, "dateLastModified": given["dateLastModified"]})

    wire.to_source_record = keeping  # type: ignore[attr-defined]


def _always_permitted(gate: ModuleType) -> None:
    """Nobody asks whether the agreement is in force."""
    decide = gate.decide_request

    def permissive(agreement: Any, *arguments: Any, **named: Any) -> Any:
        answer = decide(agreement, *arguments, **named)
        return None if agreement is not None else answer

    gate.decide_request = permissive  # type: ignore[attr-defined]


def _whole_birth_dates(generalise: ModuleType) -> None:
    """A birth date that must become a year leaves as it is."""
    generalise.year_of_birth = lambda value: value  # type: ignore[attr-defined]


def _next_pupil(recovering: ModuleType) -> None:
    """A result is joined to the pupil beside the right one."""
    today = recovering.Recoverer._today

    def beside(self: Any, kind: Any, outcome: object) -> Any:
        found = today(self, kind, outcome)
        if str(kind) == "person" and isinstance(found, recovering.Found):
            return replace(found, identifier=str(int(found.identifier) + 1))
        return found

    recovering.Recoverer._today = beside  # type: ignore[attr-defined]


def _other_source(recovering: ModuleType) -> None:
    """A result is joined to the pupil with the same number at the other school."""
    today = recovering.Recoverer._today

    def elsewhere(self: Any, kind: Any, outcome: object) -> Any:
        found = today(self, kind, outcome)
        if isinstance(found, recovering.Found):
            others = [space for space in self._ring.spaces() if space != found.space]
            return replace(found, space=others[0])
        return found

    recovering.Recoverer._today = elsewhere  # type: ignore[attr-defined]


def _plain_hash(pseudonyms: ModuleType) -> None:
    """A hash of the pupil's number instead of a key."""

    def hashed(_ring: Any, _scope: Any, space: Any, identifiers: Any) -> list[str]:
        digests = [hashlib.sha512(f"{space.number}:{text}".encode()).digest() for text in identifiers]
        return ["p" + base64.b32encode(digest[:45]).decode().lower() for digest in digests]

    def sealed(_ring: Any, _scope: Any, space: Any, packed: Any) -> list[bytes]:
        return [hashlib.sha512(f"{space.number}:".encode() + each).digest()[:38] for each in packed]

    pseudonyms.pseudonymise = hashed  # type: ignore[attr-defined]
    pseudonyms.seal = sealed  # type: ignore[attr-defined]


_DISCLOSURE = "gateway.school.disclosure"
_RENDER = "gateway.front.planes.oneroster.render"

SABOTAGES: dict[str, Mapping[str, Change]] = {
    "scrub_off": {f"{_DISCLOSURE}.scrub": _scrub_off},
    "scope_constant": {f"{_DISCLOSURE}.identify": _scope_constant},
    "register_ignored": {"gateway.registers.disclosures": _register_ignored},
    "order_shared": {"gateway.front.planes.oneroster.views": _order_shared},
    "one_space": {"gateway.school.services": _one_space},
    "names_passed": {f"{_DISCLOSURE}.treatments": _with_field("familyName")},
    "metadata_passed": {
        f"{_DISCLOSURE}.treatments": _with_field("metadata", always=True),
        _RENDER: _shows("metadata"),
    },
    "stamps_passed": {
        "gateway.school.sources.oneroster_rest.wire": _keeps_stamps,
        f"{_DISCLOSURE}.treatments": _with_field("dateLastModified", always=True),
        _RENDER: _shows("dateLastModified"),
    },
    "agreement_not_asked": {"gateway.front.gate": _always_permitted},
    "birth_dates_whole": {f"{_DISCLOSURE}.generalise": _whole_birth_dates},
    "next_pupil": {"gateway.school.relink.recovering": _next_pupil},
    "other_source": {"gateway.school.relink.recovering": _other_source},
    "plain_hash": {"keys.pseudonyms": _plain_hash},
}
"""Name of the fault to module to what is changed in it."""
