"""The reviewed table of wire fields against the official schemas, field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.fields import FIELDS, FieldNature
from gateway.front.planes.oneroster.fields import REFERENCE_TARGETS, WIRE_FIELDS, Shape, Treatment
from gateway.roster.model import Kind
from tests.shared import shared_path

SCHEMAS = {
    Kind.ORG: ("rosters", "OrgDType"),
    Kind.ACADEMIC_SESSION: ("rosters", "AcademicSessionDType"),
    Kind.ENROLLMENT: ("rosters", "EnrollmentDType"),
    Kind.DEMOGRAPHICS: ("rosters", "DemographicsDType"),
    Kind.USER: ("rosters", "UserDType"),
    Kind.CLASS: ("rosters", "ClassDType"),
    Kind.COURSE: ("rosters", "CourseDType"),
    Kind.CATEGORY: ("gradebook", "CategoryDType"),
    Kind.LINE_ITEM: ("gradebook", "LineItemDType"),
    Kind.RESULT: ("gradebook", "ResultDType"),
}


def official(kind: Kind) -> dict[str, Any]:
    service, name = SCHEMAS[kind]
    path = shared_path("oneroster-openapi", f"onerosterv1p2{service}service_openapi3_v1p0.json")
    schema: dict[str, Any] = json.loads(path.read_bytes())["components"]["schemas"][name]
    return schema


@pytest.mark.parametrize("kind", Kind)
def test_the_table_has_every_field_of_the_standard_and_no_other(kind: Kind) -> None:
    assert set(WIRE_FIELDS[kind]) == set(official(kind)["properties"])


@pytest.mark.parametrize("kind", Kind)
def test_the_table_knows_what_the_standard_requires(kind: Kind) -> None:
    required = {line.name for line in WIRE_FIELDS[kind].values() if line.required}
    assert required == set(official(kind)["required"])


@pytest.mark.parametrize("kind", Kind)
def test_what_is_required_is_structural_or_has_a_placeholder(kind: Kind) -> None:
    for line in WIRE_FIELDS[kind].values():
        if line.required:
            assert line.treatment in (Treatment.STRUCTURAL, Treatment.PLACEHOLDER)
            assert line.treatment is Treatment.STRUCTURAL or line.placeholder is not None


@pytest.mark.parametrize("kind", Kind)
def test_what_never_leaves_by_agreement_is_withheld_here_too(kind: Kind) -> None:
    for line in WIRE_FIELDS[kind].values():
        known = FIELDS.get(f"{kind.value}.{line.name}")
        if known is not None and known.nature is FieldNature.NEVER:
            assert line.treatment is Treatment.WITHHELD, line.name


@pytest.mark.parametrize("kind", Kind)
def test_every_reference_has_a_target(kind: Kind) -> None:
    for line in WIRE_FIELDS[kind].values():
        if line.shape in (Shape.REFERENCE, Shape.REFERENCES):
            assert line.name in REFERENCE_TARGETS[kind]
