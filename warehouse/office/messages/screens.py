"""The URLs of messages and webhooks. A webhook's secret is in the answer to the act that made it, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, g

from warehouse.db import Row, Session
from warehouse.errors import N_, Refusal
from warehouse.messages.guard import OUTSIDE, Reach
from warehouse.messages.rules import CHANNELS, ERRORS, LETTERS, STATES, TEST, TOPICS, event_id
from warehouse.messages.webhooks import check_url
from warehouse.office.messages import actions, queries
from warehouse.web.answers import as_html, as_json, database, fields, notice_json, wanted
from warehouse.web.forms import Shown, act, act_secretly, told, values
from warehouse.web.identity import identify
from warehouse.web.language import is_chinese, say
from warehouse.web.lists import READ, Filter, Page, asked_for, page_of
from warehouse.web.shown import minute, second

messages = Blueprint("messages", __name__, url_prefix="/messages")
webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")
ROLES = ("supervisor", "operations", "purchasing", "admin")
CHANGED_BY = ("messages.send_again", "messages.drop")
CHANGERS = ("operations", "purchasing", "admin")
WEBHOOK_ROLES = ("operations", "admin")
UNPROCESSABLE = 422

FILTERS = (Filter("state", N_("State"), tuple(STATES.items())), Filter("channel", N_("Way"), tuple(CHANNELS.items())))
_FIGURES = (
    ("dead", N_("undeliverable"), "/messages?state=dead", "no"), ("waiting", N_("waiting"), "/messages?state=waiting", ""),
)  # fmt: skip
_WORDS = TOPICS | LETTERS
_LEVELS = {"waiting": "warn", "sent": "ok", "dead": "no", "dropped": ""}


@messages.get("")
def look_around() -> Response:
    """Lists deliveries, the latest first, and says who hears nothing."""
    asked = asked_for(FILTERS)

    def read(session: Session) -> tuple[Page, dict[str, int], int, Shown]:
        by = identify(session)
        search = queries.Search(asked.q, asked["state"], asked["channel"])
        rows = queries.deliveries(session, by, search, most=READ, skip=asked.skip)
        return page_of(rows, asked), queries.figures(session, by), queries.hearers(session, by), told(session, by)

    page, counted, hearers, said = database().read(read)
    mail = bool(current_app.config["SENDS_MAIL"])
    if wanted() == "json":
        rows = [queries.as_json(row) for row in page.rows]
        return as_json(
            {"messages": rows, "figures": counted, "mail": mail, "hearers": hearers, "next": page.after or None}
        )
    figures = [
        (say(word, {}), f"{counted[name]}+" if counted[name] >= queries.COUNTED_MAX else str(counted[name]), href,
         level if counted[name] else "")
        for name, word, href, level in _FIGURES
    ]  # fmt: skip
    return as_html("office/messages.html", page=page.shown(_shown), filters=FILTERS, figures=figures, mail=mail,
                   hearers=hearers, notice=said)  # fmt: skip


@messages.get("/<int:delivery_id>")
def one(delivery_id: int) -> Response:
    """Shows a delivery, what it tells, and why it came to nothing."""
    return _one(delivery_id, None, {}, 200)


@messages.post("/<int:delivery_id>/again")
def send_again(delivery_id: int) -> Response:
    """Tries a dead delivery again."""
    return act(
        lambda session, by, _: actions.send_again(session, by, delivery_id),
        lambda notice, sent, status: _one(delivery_id, notice, sent, status),
    )


@messages.post("/<int:delivery_id>/drop")
def drop(delivery_id: int) -> Response:
    """Drops a dead delivery, with a reason."""
    return act(
        lambda session, by, sent: actions.drop(session, by, delivery_id, sent),
        lambda notice, sent, status: _one(delivery_id, notice, sent, status),
    )


@webhooks.get("")
def look() -> Response:
    """Lists webhooks."""
    return _webhooks(None, {}, 200)


@webhooks.post("")
def make() -> Response:
    """Registers a webhook; its secret is in the answer. Its name is looked up before anything is changed."""
    database().read(identify)
    sent = fields()
    try:
        url = check_url(str(sent.get("url", "")), reach())
    except Refusal as refusal:
        if wanted() == "json":
            raise
        return _webhooks(notice_json(refusal.notice), sent, UNPROCESSABLE)
    return act_secretly(
        lambda session, by, sent: actions.make_webhook(session, by, url, values(sent, "event")), _webhooks
    )


@webhooks.post("/<int:webhook_id>")
def change(webhook_id: int) -> Response:
    """Changes what a webhook hears, and whether it is called."""
    return act(
        lambda session, by, sent: actions.change_webhook(session, by, webhook_id, sent, values(sent, "event")),
        _webhooks,
    )


@webhooks.post("/<int:webhook_id>/secret")
def rotate(webhook_id: int) -> Response:
    """Gives a webhook a new secret; it is in the answer."""
    return act_secretly(lambda session, by, _: actions.rotate(session, by, webhook_id), _webhooks)


@webhooks.post("/<int:webhook_id>/test")
def test(webhook_id: int) -> Response:
    """Sends a webhook a test event."""
    return act(lambda session, by, _: actions.send_test(session, by, webhook_id), _webhooks)


def reach() -> Reach:
    """How far webhooks may go: outside alone, but in tests."""
    return current_app.config.get("WEBHOOK_REACH", OUTSIDE)  # type: ignore[no-any-return]


def _one(delivery_id: int, notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[Row, list[Row], Shown]:
        by = identify(session)
        row, lines = queries.delivery(session, by, delivery_id)
        return row, lines, notice or told(session, by)

    row, lines, said = database().read(read)
    if wanted() == "json":
        tells = [json.loads(each.facts) for each in lines] or ([json.loads(row.facts)] if row.facts else [])
        return as_json({"message": queries.as_json(row) | {"tells": tells}}, status)
    tells_rows = lines or ([row] if row.facts else [])
    return as_html("office/message.html", status, message=_shown(row), notice=said, typed=typed,
                   tells=[_tells(each) for each in tells_rows])  # fmt: skip


def _webhooks(notice: Shown, typed: Mapping[str, Any], status: int) -> Response:
    def read(session: Session) -> tuple[list[Row], Shown]:
        by = identify(session)
        return queries.webhooks(session, by), notice or told(session, by)

    rows, said = database().read(read)
    if wanted() == "json":
        return as_json({"webhooks": [queries.webhook_json(row) for row in rows]}, status)
    zone = g.by.timezone
    shown = [
        row._asdict() | {"events": row.events.split(), "made": minute(row.made_at, zone),
                         "accepted": minute(row.accepted_at, zone),
                         "old": minute(row.old_until, zone) if row.old_until > g.by.now else ""}
        for row in rows
    ]  # fmt: skip
    chosen = values(typed, "event") if "url" in typed else list(TOPICS)
    return as_html(
        "office/webhooks.html", status, webhooks=shown, topics=TOPICS, chosen=chosen, typed=typed, notice=said
    )


def _shown(row: Row) -> dict[str, Any]:
    zone = g.by.timezone
    shown: dict[str, Any] = row._asdict()
    return shown | {
        "to": queries.to_whom(row), "what": _what(row), "way": say(CHANNELS[row.channel], {}), "event": event_id(row),
        "state_said": say(STATES[row.state], {}), "level": _LEVELS[row.state], "is_dead": row.state == "dead",
        "made": second(row.made_at, zone), "tried": minute(row.tried_at, zone), "ended": minute(row.ended_at, zone),
        "why": say(ERRORS[row.error], {"said": row.said}) if row.error else "",
        "due": minute(row.due_at, zone) if row.state == "waiting" and row.due_at > g.by.now else "",
    }  # fmt: skip


def _what(row: Row) -> str:
    """What a delivery is about, in a few words."""
    if row.kind == "digest":
        return say(N_("Digest: %(supplier)s"), {"supplier": row.supplier or "–"})
    if row.kind == "test":
        return say(N_("Test event"), {})
    facts = json.loads(row.facts or "{}")
    return f"{say(_WORDS.get(row.topic, row.topic), {})} · {facts.get('sku') or facts.get('number', '')}"


def _tells(row: Row) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(row.facts)
    name = facts.get("name_zh") if is_chinese() and facts.get("name_zh") else facts.get("name", "")
    return {
        "what": say(_WORDS.get(row.topic, TEST), {}),
        "made": minute(row.made_at, g.by.timezone),
        "name": name,
    } | facts
