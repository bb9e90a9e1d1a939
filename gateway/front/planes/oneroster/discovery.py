"""The discovery documents: our own compact OpenAPI 3, listing the paths that are served and the address of
the door.

Addresses come from the setting `public_url`: never from a request, and there is no other system to name.

Source: OneRoster 1.2 REST binding, service discovery.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gateway.front.planes.oneroster.fields import PLURAL, SINGULAR, WIRE_FIELDS, Shape, Treatment, WireField
from gateway.front.planes.oneroster.routes import (
    GRADEBOOK_PATH,
    GRADEBOOK_ROUTES,
    ROSTERING_PATH,
    ROSTERING_ROUTES,
    WRITABLE,
    OneRosterScope,
    Route,
)
from gateway.roster.model import Kind

DOCUMENTS: Final[Mapping[str, str]] = {
    f"{ROSTERING_PATH}/discovery/onerosterv1p2rostersservice_openapi3_v1p0.json": "roster",
    f"{GRADEBOOK_PATH}/discovery/onerosterv1p2gradebookservice_openapi3_v1p0.json": "gradebook",
}
"""Path of each document, and its service."""

_QUERY: Final = ("limit", "offset", "sort", "orderBy", "filter", "fields")


def document(service: str, *, public_url: str) -> dict[str, object]:
    """The discovery document of one service."""
    routes = ROSTERING_ROUTES if service == "roster" else GRADEBOOK_ROUTES
    paths: dict[str, dict[str, object]] = {}
    for route in routes:
        paths.setdefault(braces(route.path), {})["get"] = _read(route)
    if service == "gradebook":
        for segment in WRITABLE:
            paths[f"/{segment}/{{id}}"] |= {
                "put": _write(OneRosterScope.PUT, "201"),
                "delete": _write(OneRosterScope.DELETE, "204"),
            }
    scopes = {scope.value: scope.name.lower() for scope in OneRosterScope}
    flow = {"clientCredentials": {"tokenUrl": f"{public_url}/oauth2/token", "scopes": scopes}}
    return {
        "openapi": "3.0.0",
        "info": {"title": f"OneRoster 1.2 {service} service of Schuilnaam", "version": "1.2"},
        "servers": [{"url": public_url + (ROSTERING_PATH if service == "roster" else GRADEBOOK_PATH)}],
        "paths": paths,
        "components": {
            "securitySchemes": {"OAuth2CC": {"type": "oauth2", "flows": flow}},
            "schemas": {SINGULAR[kind]: _schema(kind) for kind in _kinds(routes)},
        },
    }


def braces(path: str) -> str:
    """A route's pattern as OpenAPI and the registers write it: `/users/{id}`."""
    return re.sub("<([A-Za-z]+)>", r"{\1}", path)


def _kinds(routes: tuple[Route, ...]) -> list[Kind]:
    return list(dict.fromkeys(route.collection.kind for route in routes))


def _read(route: Route) -> dict[str, object]:
    names = ("fields",) if route.single else _QUERY
    parameters: list[dict[str, object]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall("<([A-Za-z]+)>", route.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    reference = {"$ref": f"#/components/schemas/{SINGULAR[route.collection.kind]}"}
    member: dict[str, object] = dict(reference) if route.single else {"type": "array", "items": reference}
    schema = {"type": "object", "properties": {route.member: member}}
    return {
        "parameters": parameters,
        "security": [{"OAuth2CC": [scope.value]} for scope in sorted(route.scopes)],
        "responses": {
            "200": {"description": "found", "content": {"application/json": {"schema": schema}}},
            "default": {"description": "imsx_StatusInfo"},
        },
    }


def _write(scope: OneRosterScope, status: str) -> dict[str, object]:
    return {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "security": [{"OAuth2CC": [scope.value]}],
        "responses": {status: {"description": "stored"}, "default": {"description": "imsx_StatusInfo"}},
    }


def _schema(kind: Kind) -> dict[str, object]:
    return {
        "description": f"One of {PLURAL[kind]}.",
        "type": "object",
        "properties": {
            line.name: _type(line)
            for line in WIRE_FIELDS[kind].values()
            if line.treatment is not Treatment.WITHHELD
        },
    }


def _type(line: WireField) -> dict[str, object]:
    match line.shape:
        case Shape.TEXTS | Shape.REFERENCES | Shape.ROLES | Shape.OBJECTIVES:
            return {"type": "array"}
        case Shape.REFERENCE:
            return {"type": "object"}
        case Shape.NUMBER:
            return {"type": "number"}
        case _:
            return {"type": "string"}
