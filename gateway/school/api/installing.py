"""Put the admin API into the application of the staff pages."""

from __future__ import annotations

from flask import Flask, Response, jsonify
from flask_smorest import Api
from flask_wtf.csrf import CSRFProtect

from gateway.school.api import reports, telling, terms, views
from gateway.school.pages.access import ANY_STAFF, needs

BLUEPRINTS = (views.blueprint, terms.blueprint, telling.blueprint, reports.blueprint)


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Register the operations and their description, `/api/v1/openapi.json`."""
    app.config.update(
        API_TITLE="Schuilnaam admin API",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        ETAG_DISABLED=False,
    )
    api = Api(
        app,
        spec_kwargs={
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
        },
    )
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
        # A program sends its token itself; a browser never does, so no other site can make it.
        csrf.exempt(blueprint)

    @needs(ANY_STAFF)
    def description() -> Response:
        return jsonify(api.spec.to_dict())

    app.add_url_rule("/api/v1/openapi.json", "api_description", description)
