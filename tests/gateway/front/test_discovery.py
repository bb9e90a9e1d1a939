"""Discovery documents, health and readiness."""

from __future__ import annotations

import re

from gateway.front.planes.oneroster.routes import GRADEBOOK_ROUTES, ROSTERING_ROUTES
from tests.gateway.front.world import GRADEBOOK, ROSTER, World

ROSTERS = f"{ROSTER}/discovery/onerosterv1p2rostersservice_openapi3_v1p0.json"
BOOKS = f"{GRADEBOOK}/discovery/onerosterv1p2gradebookservice_openapi3_v1p0.json"


def test_the_documents_name_the_gateway_and_what_it_serves(bare: World) -> None:
    for path, base, count in ((ROSTERS, ROSTER, 41), (BOOKS, GRADEBOOK, 11)):
        document = bare.http.get(bare.url + path, headers={"Host": "evil.example"}, timeout=30).json()
        assert document["servers"] == [{"url": f"https://schuilnaam.example{base}"}]
        flow = document["components"]["securitySchemes"]["OAuth2CC"]["flows"]["clientCredentials"]
        assert flow["tokenUrl"] == "https://schuilnaam.example/oauth2/token"
        assert sum("get" in methods for methods in document["paths"].values()) == count
    assert {"put", "delete"} <= set(document["paths"]["/results/{id}"])


def test_every_documented_read_exists(bare: World) -> None:
    for route in (*ROSTERING_ROUTES, *GRADEBOOK_ROUTES):
        path = re.sub("<[A-Za-z]+>", "x", route.template)
        assert bare.http.get(bare.url + path, timeout=30).status_code == 401


def test_health_and_readiness(bare: World) -> None:
    assert bare.http.get(f"{bare.url}/healthz", timeout=30).json() == {"status": "up"}
    assert bare.http.get(f"{bare.url}/readyz", timeout=30).json() == {"status": "ready"}
