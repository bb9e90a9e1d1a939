"""The admin API against its own description: whatever is sent, it answers as it says, and never with a fault.

Schemathesis makes requests from the OpenAPI description, right ones and wrong ones, and compares each answer with it:
no fault of the program, no status that is not described, media type and body as the schema says, nothing without a
token. The same requests in every run; `--thorough` sends many more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gateway.school.api.test_admin_api import Program, _record
from tests.gateway.school.pages.office import Office

CHECKS = (
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
KNOWN = {
    "agreement_id": "VO-taalwijs",
    "version": 1,
    "product": "taalwijs",
    "slug": "las-1",
    "name": "iemand",
}
ROLES = ("application_manager", "approver", "privacy_officer", "data_protection_officer", "auditor")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    yield office
    office.close()


@pytest.fixture(scope="module")
def program(office: Office) -> Program:
    program = Program(office, "alles", *ROLES)
    office.invite("iemand", "auditor")
    program.ask("POST", "/agreements", {"record": _record("taalwijs"), "new": True})
    source = {"slug": "las-1", "standard": "oneroster-1.2", "url": "http://127.0.0.1:9", "client_id": "c",
              "token_url": "http://127.0.0.1:9/token", "client_secret": "geheim"}  # fmt: skip
    program.ask("POST", "/sources", source)
    return program


@pytest.fixture(scope="module")
def description(office: Office, program: Program) -> Any:
    """As a program loads it: over HTTP, with its token."""
    headers = {"Authorization": f"Bearer {program.issued.token}"}
    return schemathesis.openapi.from_url(f"{office.url}/api/v1/openapi.json", headers=headers)


def _settings(examples: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def _walk(description: Any, program: Program, examples: int) -> Counter[int]:
    """Send right and wrong requests to every operation; how many answers had which status."""
    answered: Counter[int] = Counter()
    headers = {"Authorization": f"Bearer {program.issued.token}"}
    for found in description.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @_settings(examples)
            @hypothesis.given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
            def answers_as_it_says(case: Any, known: bool) -> None:
                if known:
                    # Else nearly every name is of nothing.
                    case.path_parameters = {
                        name: KNOWN.get(name, value) for name, value in (case.path_parameters or {}).items()
                    }
                answer = case.call(headers=headers, timeout=10)
                answered[answer.status_code] += 1
                # 502: the school system that was asked does not answer, which is no fault of ours.
                assert answer.status_code < 500 or answer.status_code == 502, case.as_curl_command()
                case.validate_response(answer, checks=CHECKS)

            try:
                answers_as_it_says()
            except hypothesis.errors.Unsatisfiable:
                # Nothing can be wrong with a request that takes nothing.
                assert mode is GenerationMode.NEGATIVE
    return answered


def test_every_operation_answers_as_its_description_says(description: Any, program: Program) -> None:
    answered = _walk(description, program, 3)
    assert {200, 404, 409, 422} <= set(answered)


@pytest.mark.thorough
def test_every_operation_answers_as_its_description_says_many_times(
    description: Any, program: Program
) -> None:
    assert _walk(description, program, 100).total() > 2_000
