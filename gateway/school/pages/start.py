"""The start page: the set-up list until it is complete, then what needs action, then the last events."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template

from gateway.school.pages.access import ANYBODY, needs
from gateway.school.staff.roles import Action

pages = Blueprint("start", __name__)


@pages.get("/")
@needs(Action.HOME_SEE)
def home() -> str:
    """What one sees first."""
    return render_template("start.html")


@pages.get("/healthz")
@needs(ANYBODY)
def health() -> Response:
    """The process answers."""
    return jsonify(status="up")
