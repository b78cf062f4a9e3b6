"""What the server tells of itself to Prometheus: GET /metrics, and the counting on the way of each request.

Only for a program on the server's own machine, or with the token of an account of operations or administration: how
much is shipped is nobody else's business.
"""

from __future__ import annotations

import time
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, g

from warehouse.clock import SECOND, now_us
from warehouse.db import Row, Session
from warehouse.ledger import unsealed
from warehouse.web.answers import database
from warehouse.web.figures import Figure, Figures, Histogram, counter_text, histogram_text, labelled
from warehouse.web.identity import identify, is_program
from warehouse.web.origin import is_on_this_machine

ROLES = frozenset({"admin", "operations"})

metrics = Blueprint("metrics", __name__)

_SCANS, _REQUESTS = "pickface_scans_total", "pickface_requests_total"
_FEEDS = "pickface_feeds_total"
_SECONDS = Histogram("pickface_scan_seconds", (0.005, 0.01, 0.02, 0.04, 0.1, 0.25, 1.0, 5.0))

_UNSEALED, _OLDEST, _OUTBOX = (
    "pickface_unsealed_postings",
    "pickface_unsealed_oldest_seconds",
    "pickface_outbox_waiting",
)
_MESSAGES, _DUE_SINCE = "pickface_messages", "pickface_message_oldest_seconds"
_HELD = "SELECT warehouse_id, count(*) AS n FROM outbox WHERE sent_at IS NULL GROUP BY warehouse_id"
_DELIVERIES = """
SELECT warehouse_id, channel, state, count(*) AS n, MIN(since) AS oldest FROM delivery
WHERE state IN ('waiting', 'dead') AND gathers = 0 GROUP BY warehouse_id, channel, state"""
_CHANNELS = ("mail", "webhook")


@metrics.get("/metrics")
def page() -> Response:
    """All figures in Prometheus's text form."""
    if is_program() or not is_on_this_machine():
        database().read(identify)
    sums = figures().sums() | database().read(_waiting)
    lines = [
        *counter_text(_SCANS, "Scans by room, outcome (taken, refused, failed) and the answer's code.", sums),
        *histogram_text(_SECONDS, "How long a scan took in the server, by room.", sums),
        *counter_text(_REQUESTS, "Requests by status.", sums),
        *counter_text(_FEEDS, "Live feeds of desks by what became of them (opened, closed, refused).", sums),
        *counter_text(_UNSEALED, "Postings that the worker has not sealed yet.", sums, kind="gauge"),
        *counter_text(_OLDEST, "How long the oldest of them has waited.", sums, kind="gauge"),
        *counter_text(_OUTBOX, "Messages that wait to be addressed.", sums, kind="gauge"),
        *counter_text(
            _MESSAGES,
            "Messages to one recipient that wait or are dead, by way; digests that gather are not counted.",
            sums,
            kind="gauge",
        ),
        *counter_text(_DUE_SINCE, "How long the oldest of those that wait has been tried.", sums, kind="gauge"),
    ]
    return Response(
        "\n".join(lines) + "\n", headers={"Cache-Control": "no-store"},
        content_type="text/plain; version=0.0.4; charset=utf-8",
    )  # fmt: skip


def begin() -> None:
    """Notes when a request began."""
    g.begun = time.perf_counter()


def scanning(room: str) -> None:
    """The present request is a scan in a room, from a handheld, a program or a desk."""
    g.scanning = room


def count(response: Response) -> Response:
    """Counts a request that was answered, and the scan in it."""
    kept = figures()
    kept.add(Figure(_REQUESTS, (("status", str(response.status_code)),)))
    room = g.get("scanning")
    if room is not None:
        kept.add(labelled(_SCANS, room=room, outcome=_outcome(response.status_code), code=g.get("told", "")))
        kept.observe(_SECONDS, time.perf_counter() - g.begun, room=room)
    return response


def count_feed(app: Flask, what: str) -> None:
    """Counts a live feed that was opened, closed or refused; those open now are the difference of the first two."""
    kept: Figures = app.extensions["figures"]
    kept.add(labelled(_FEEDS, what=what))


def figures() -> Figures:
    """The figures of this application."""
    return current_app.extensions["figures"]  # type: ignore[no-any-return]


def _outcome(status: int) -> str:
    if status < HTTPStatus.BAD_REQUEST:
        return "taken"
    return "refused" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"


def _waiting(session: Session) -> dict[Figure, float]:
    """What waits for the worker now, by warehouse."""
    now, found = now_us(), {}
    held = {row.warehouse_id: row.n for row in session.all(_HELD)}
    of = {(row.warehouse_id, row.channel, row.state): row for row in session.all(_DELIVERIES)}
    for house in session.all("SELECT id, code FROM warehouse ORDER BY id"):
        for channel in _CHANNELS:
            waiting, dead = (of.get((house.id, channel, state)) for state in ("waiting", "dead"))
            found[labelled(_MESSAGES, warehouse=house.code, way=channel, state="waiting")] = float(
                waiting.n if waiting else 0
            )
            found[labelled(_MESSAGES, warehouse=house.code, way=channel, state="dead")] = float(dead.n if dead else 0)
            oldest = (now - waiting.oldest) / SECOND if waiting else 0.0
            found[labelled(_DUE_SINCE, warehouse=house.code, way=channel)] = max(0.0, oldest)
        tail: Row = unsealed(session, house.id)
        found[labelled(_UNSEALED, warehouse=house.code)] = float(tail.n)
        age = (now - tail.oldest) / SECOND if tail.n else 0.0
        found[labelled(_OLDEST, warehouse=house.code)] = max(0.0, age)
        found[labelled(_OUTBOX, warehouse=house.code)] = float(held.get(house.id, 0))
    return found
