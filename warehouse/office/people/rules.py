"""What holds for the pages of people: who sees them, how fields and outcomes are called. Pure."""

from __future__ import annotations

from warehouse.errors import N_, Refusal, notice

ADMINS = ("admin",)

NAMES = {"name": N_("Name"), "role": N_("Roles"), "station": N_("Station")}
OUTCOMES = {
    "trying": N_("not finished"), "in": N_("signed in"), "wrong_pin": N_("wrong PIN"),
    "unknown_badge": N_("unknown badge"), "locked_out": N_("locked out"), "out": N_("signed out"),
    "idle": N_("left alone"),
}  # fmt: skip
GOOD_OUTCOMES = frozenset({"in", "out", "idle", "trying"})

PERSON_MADE = notice("ok", "person_made", N_("%(name)s is made. Badge and PIN are shown this once."))
PERSON_CHANGED = notice("ok", "person_changed", N_("%(name)s is changed."))
BADGE_MADE = notice("ok", "badge_made", N_("%(name)s has a new badge, shown this once. The old one is dead."))
PIN_MADE = notice("ok", "pin_made", N_("%(name)s has a new PIN, shown this once."))
SESSIONS_ENDED = notice("ok", "sessions_ended", N_("%(name)s is signed out everywhere (%(count)s sessions)."))
TOKEN_MADE = notice("ok", "token_made", N_("Program account %(name)s is made. Its token is shown this once."))
TOKEN_REVOKED = notice("ok", "token_revoked", N_("The tokens of %(name)s are dead from now on."))


class NotTheirBadge(Refusal):
    """A badge card is asked for that is nobody's badge."""

    code = "badge_not_theirs"
    text = N_("This badge is dead. Make a new one, and print its card at once.")


class NoStation(Refusal):
    """A desk that does not exist."""

    code = "no_such_station"
    text = N_("%(read)s is no packing station or dock here.")
