"""Security headers of every answer, in one place.

Source: OWASP Secure Headers; Content Security Policy Level 3. No inline script or style anywhere, so the policy has
no exception and no part that differs between pages.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The CSRF check looks at the referrer, so our own pages keep it; no other site ever gets one.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
HSTS: Final = "max-age=31536000; includeSubDomains"


def install(app: Flask, *, secure: bool) -> None:
    """Put the headers on every answer; `secure`: browsers come over TLS."""

    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        # Pages hold names: neither the browser's disk nor a proxy keeps them.
        if not response.headers.get("Cache-Control", "").startswith("public"):
            response.headers["Cache-Control"] = "no-store"
        if secure:
            response.headers["Strict-Transport-Security"] = HSTS
        return response

    app.after_request(add)
