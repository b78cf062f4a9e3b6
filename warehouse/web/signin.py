"""Signing in with badge and PIN, signing out, and the language: the only pages for those who are not signed in."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, url_for
from flask import session as cookie
from flask_wtf.csrf import generate_csrf

from warehouse.clock import MINUTE, now_us
from warehouse.db import Row, Session
from warehouse.errors import N_, NotSignedIn, Refusal, SignedOut
from warehouse.people.rules import IDLE, WrongBadge
from warehouse.people.signing import Device, SignedIn, choose_language, last_warehouse, sign_in, sign_out
from warehouse.web.answers import as_html, as_json, database, fields, notice_json, wanted
from warehouse.web.identity import LOGIN, forget
from warehouse.web.language import CHINESE, COOKIE, ENGLISH
from warehouse.web.origin import asker_address

signin = Blueprint("signin", __name__)

DEVICE = "device"
CHOSEN = "chosen"
"""The language chosen on this sign-in page, for whoever signs in here next; that of the device may be another's."""
YEAR_S = 365 * 24 * 3600
TEXT_MAX = 200
MADE_BADGE = re.compile(r"[Xx][Bb][0-9]{6,}")

_WHY: dict[str, type[Refusal]] = {SignedOut.code: SignedOut}


class ChooseWarehouse(Refusal):
    """There are several warehouses and none was named."""

    code = "choose_warehouse"
    text = N_("Which warehouse do you work in today? Choose one of %(codes)s, then sign in.")


@signin.get("/login")
def page() -> Response:
    """Asks for badge and PIN."""
    why = _WHY.get(request.args.get("why", ""))
    return _page(why(minutes=IDLE // MINUTE) if why else None)


@signin.post("/login")
def enter() -> Response:
    """Signs in; the answer leads on to where the person was, or to the rooms."""
    sent, device = fields(), _device()
    try:
        signed = sign_in(
            database(), device, badge=_text(sent, "badge"), pin=_text(sent, "pin"), now=now_us(),
            warehouse_id=_warehouse(sent), ends=str(cookie.get(LOGIN, "")),
        )  # fmt: skip
    except Refusal as refusal:
        return _refused(refusal)
    language = _language_of(signed)
    _forget_session()
    cookie[LOGIN] = signed.token
    cookie.permanent = True
    response = _entered(signed, safe_next(sent.get("next", "")))
    _set_cookie(response, DEVICE, device.name)
    if language:
        _set_cookie(response, COOKIE, language)
    return response


@signin.post("/logout")
def leave() -> Response:
    """Signs out. Begun work stays this person's."""
    if token := str(cookie.get(LOGIN, "")):
        why = "idle" if fields().get("why") == "idle" else "out"
        database().change(lambda session: sign_out(session, token, _device(), now=now_us(), outcome=why))
    _forget_session()
    if wanted() == "json":
        return as_json({"signed_in": False})
    return redirect(url_for("signin.page", next=safe_next(fields().get("next", ""), else_="")), 303)  # type: ignore[return-value]


@signin.post("/language/<any(en, zh_Hans_CN):name>")
def speak(name: str) -> Response:
    """Chooses the language of this device and, if somebody is signed in, of this person."""
    if not _speaks(str(cookie.get(LOGIN, "")), name):
        cookie[CHOSEN] = name
    response: Any = redirect(safe_next(fields().get("next", ""), else_=url_for("signin.page")), 303)
    _set_cookie(response, COOKIE, name)
    return response  # type: ignore[no-any-return]


def safe_next(path: str, *, else_: str = "/floor") -> str:
    """A page of our own to go on to; what would lead elsewhere is not taken."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return else_
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    if not fine or parts.scheme or parts.netloc or parts.path in {"/login", "/logout"}:
        return else_
    return path


def _page(refusal: Refusal | None, status: int = 200) -> Response:
    sent = request.values
    houses = database().read(_warehouses)
    return as_html(
        "shared/login.html", status, notice=notice_json(refusal.notice) if refusal else None,
        next=safe_next(sent.get("next", ""), else_=""), warehouses=houses if len(houses) > 1 else [],
        languages=((ENGLISH, "English"), (CHINESE, "中文")), chosen=sent.get("warehouse", ""),
    )  # fmt: skip


def _refused(refusal: Refusal) -> Response:
    if wanted() == "json":
        return as_json({"signed_in": False, "notice": notice_json(refusal.notice)}, refusal.status)
    return _page(refusal, refusal.status)


def _entered(signed: SignedIn, onward: str) -> Response:
    if wanted() == "json":
        return as_json({
            "signed_in": True, "person": {"id": str(signed.person_id), "name": signed.name, "roles": sorted(signed.roles)},
            "csrf_token": generate_csrf(), "href": onward,
        })  # fmt: skip
    return redirect(onward, 303)  # type: ignore[return-value]


def _warehouse(sent: Any) -> int:
    """The warehouse named, or the only one.

    Raises:
        ChooseWarehouse: there are several.
    """
    houses = database().read(_warehouses)
    if len(houses) <= 1:
        return houses[0].id if houses else 0
    named = next((house.id for house in houses if house.code == sent.get("warehouse")), 0)
    return named or _last_warehouse(_text(sent, "badge")) or _choose(houses)


def _choose(houses: list[Row]) -> int:
    raise ChooseWarehouse(codes=", ".join(house.code for house in houses))


def _last_warehouse(badge: str) -> int:
    """The warehouse in which this badge's owner signed in last."""
    return database().read(lambda session: last_warehouse(session, badge))


def _warehouses(session: Session) -> list[Row]:
    return session.all("SELECT id, code FROM warehouse ORDER BY made_at, id")


def _device() -> Device:
    """The device by the random name in its cookie; where it has none, a new one, and its address until it is known."""
    address = asker_address()
    name = request.cookies.get(DEVICE, "")
    known = (
        name.startswith("handheld:") and len(name) == len("handheld:") + 16 and name.isascii() and name.isprintable()
    )
    return Device(name if known else f"handheld:{secrets.token_hex(8)}", address, request.headers.get("User-Agent", ""))


def _language_of(signed: SignedIn) -> str:
    """The person's language: what was just chosen on this sign-in page is theirs from now on."""
    chosen = str(cookie.get(CHOSEN, ""))
    if not chosen or chosen == signed.language:
        return signed.language
    database().change(lambda session: choose_language(session, signed.token, chosen, now=now_us()))
    return chosen


def _speaks(token: str, name: str) -> bool:
    """Makes a language the choice of the one who is signed in; False where nobody is any more."""
    changed = bool(token) and database().change(lambda session: choose_language(session, token, name, now=now_us()))
    forget(token)
    return changed


def _forget_session() -> None:
    if token := str(cookie.get(LOGIN, "")):
        forget(token)
    cookie.clear()


def _set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR_S, httponly=True, samesite="Lax", secure=request.is_secure)


def _text(sent: Any, name: str) -> str:
    """A field as it was scanned: neither its length nor blanks around it may break anything."""
    text = str(sent.get(name, "")).strip()
    if len(text) > TEXT_MAX:
        raise WrongBadge
    return text.upper() if name == "badge" and MADE_BADGE.fullmatch(text) else text


__all__ = ["NotSignedIn", "safe_next", "signin"]
