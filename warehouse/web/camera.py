"""The page that reads codes with the device's camera; what it reads joins the queue of the page it came from."""

from __future__ import annotations

from flask import Blueprint, Response, request

from warehouse.web.answers import as_html, database
from warehouse.web.identity import identify
from warehouse.web.signin import safe_next

camera = Blueprint("camera", __name__)


@camera.get("/camera")
def page() -> Response:
    """Shows the camera's picture and reads what is held before it."""
    database().read(identify)
    return as_html("shared/camera.html", next=safe_next(request.args.get("next", "")))
