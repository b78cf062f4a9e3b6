"""The office's changes: a form is sent once for its key; what was refused is shown on the same page with what was typed.

What was done is told on the page that the answer leads to (?said=KEY), so that loading it again sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response, redirect, request

from warehouse.db import Session
from warehouse.errors import N_, Notice, Refusal
from warehouse.web.answers import as_html, as_json, database, fields, notice_json, wanted
from warehouse.web.cards import qr_image
from warehouse.web.identity import identify
from warehouse.who import By
from warehouse.work import acts

Verb = Callable[[Session, By, Mapping[str, Any]], Notice]
Shown = dict[str, str] | None

Made = tuple[Notice, dict[str, str]]
"""What is said, and the secrets that are shown this once."""
SecretVerb = Callable[[Session, By, Mapping[str, Any]], Made]

NOT_CONTENT = frozenset({"key", "csrf_token"})


class ShownBefore(Refusal):
    """A secret is asked for again."""

    code = "shown_before"
    text = N_("This was done and shown once already; it is kept nowhere. Make a new one if it was lost.")


def act(verb: Verb, again: Callable[[Shown, Mapping[str, Any], int], Response]) -> Response:
    """Does what a form asks for, once for its key, and leads to the page that the notice names (`href`).

    `again(notice, sent, status)` shows the form's page anew, with what was typed, after a refusal.
    """
    sent = fields()
    try:
        said, replayed = database().change(lambda session: once(session, verb, sent))
    except Refusal as refusal:
        if wanted() == "json" or refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return again(notice_json(refusal.notice), sent, refusal.status)
    href = str(said.params["href"])
    if wanted() == "json":
        response = as_json({"notice": notice_json(said), "href": href})
    else:
        response = redirect(f"{href}?said={quote(sent.get('key', ''), safe='')}", HTTPStatus.SEE_OTHER)  # type: ignore[assignment]
    if replayed:
        response.headers["Replayed"] = "1"
    return response


def act_secretly(verb: SecretVerb, again: Callable[[Shown, Mapping[str, Any], int], Response]) -> Response:
    """Does what a form asks for, once for its key, and answers with what is shown this once.

    A repeat cannot be answered as the first was: the secret is not shown a second time.
    """
    sent, made = fields(), dict[str, str]()

    def keep(session: Session, by: By, sent: Mapping[str, Any]) -> Notice:
        said, secrets = verb(session, by, sent)
        made.clear()
        made.update(secrets)
        return said

    try:
        said, replayed = database().change(lambda session: once(session, keep, sent))
        if replayed:
            raise ShownBefore
    except Refusal as refusal:
        if wanted() == "json" or refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return again(notice_json(refusal.notice), sent, refusal.status)
    href = str(said.params["href"])
    if wanted() == "json":
        return as_json({"notice": notice_json(said), "href": href} | made)
    image = qr_image(made["badge"]) if "badge" in made else ""
    return as_html("office/secret.html", made=made, image=image, href=href, name=said.params["name"],
                   notice=notice_json(said))  # fmt: skip


def once(session: Session, verb: Verb, sent: Mapping[str, Any]) -> tuple[Notice, bool]:
    """What is said about an act, and whether it is a repeat: then nothing is done."""
    by = identify(session, key=sent.get("key", ""))
    claimed = acts.claim(session, by, path=request.path, code=content(sent))
    if claimed.earlier is not None:
        assert claimed.notice is not None, "every act of a form is told"
        return claimed.notice, True
    said = verb(session, by, sent)
    acts.remember(session, claimed, status=200, notice=said)
    return said, False


def content(sent: Mapping[str, Any]) -> str:
    """All that a form says, to tell a repeat from another act."""
    every = sorted((name, value) for name in sent for value in values(sent, name) if name not in NOT_CONTENT)
    return repr(every)


def values(sent: Mapping[str, Any], name: str) -> list[str]:
    """All values of a field: boxes of one name in a form; in JSON one text with blanks between them."""
    if hasattr(sent, "getlist"):
        return [str(each) for each in sent.getlist(name)]
    return str(sent.get(name, "")).split()


def told(session: Session, by: By) -> Shown:
    """What was said about the act that led here."""
    key = request.args.get("said", "")
    return notice_json(acts.kept_notice(session, by, key)) if key else None
