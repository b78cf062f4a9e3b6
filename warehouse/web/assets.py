"""Scripts and styles: addresses that change with their content, and the sentences that the scan script says."""

from __future__ import annotations

import hashlib
import json
import secrets
from functools import lru_cache

from warehouse.errors import N_
from warehouse.paths import STATIC
from warehouse.web.language import language, say

_TEXTS = {
    "offline": N_("Not connected. Go on scanning: nothing is lost."),
    "online": N_("Connected"),
    "waiting": N_("Scans waiting to be sent:"),
    "held": N_("Held after the refusal. Send them now, or drop them?"),
    "held_send": N_("Send them"),
    "held_drop": N_("Drop them"),
    "badge_here": N_("That is a badge. Badges are scanned to sign in, or in a room where a supervisor approves."),
    "full": N_("Too many scans wait. Stop scanning until the connection is back."),
    "busy": N_("The server is busy. Your scans are kept and sent again."),
    "disk_full": N_("The server's disk is full: tell the one who looks after it. Your scans are kept and sent again."),
    "signed_out": N_("Signed out. Your scans are kept: sign in and go on."),
    "others": N_("Scans of another person wait on this device. They must sign in here to send them."),
    "elsewhere": N_("Scans wait in another room. Open it to send them."),
    "typed": N_("Type the code, then Enter"),
    "desk_elsewhere": N_("This desk is worked on another page now: scans of its scanners go there."),
    "desk_here": N_("Work here"),
    "scanner_none": N_("No scanner was enrolled at this desk"),
    "scanner_silent": N_("The scanners of this desk are silent: is the agent running?"),
    "scanner_busy": N_("Another program has a scanner of this desk"),
    "scanner_unplugged": N_("A scanner of this desk is unplugged"),
    "scanner_ready": N_("The scanners of this desk are ready"),
    "no_camera": N_("This device has no camera that can be used here. Scan or type instead."),
    "no_permission": N_("The camera may not be used. Allow it in the browser's settings, or type instead."),
}


@lru_cache(maxsize=256)
def asset(name: str) -> str:
    """The address of a static file; it may be kept for a year, for another content has another address."""
    content = (STATIC / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def screen_texts() -> str:
    """The scan script's sentences in the reader's language, as JSON for an attribute of the page."""
    return _texts(language())


@lru_cache(maxsize=8)
def _texts(_language: str) -> str:
    return json.dumps({name: say(text, {}) for name, text in _TEXTS.items()}, ensure_ascii=False)


def new_key() -> str:
    """A key for a form of a page: pressed twice, it is still one act."""
    return secrets.token_hex(16)
