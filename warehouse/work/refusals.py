"""What several rooms refuse or say in the same words. Rooms never import each other: they meet here."""

from __future__ import annotations

from warehouse.errors import N_, N_n, Refusal, notice

NAMED = notice("ok", "goods_named", N_("%(item)s. Now: %(expected)s."))
OVERRIDDEN = notice("warn", "fifo_overridden", N_("Newer goods from %(location)s, approved by %(name)s."))
SKIPPED = notice("ok", "skipped", N_("Later. Now another."))
ONLY_ONE = notice("warn", "nothing_else", N_("This is the only one left: it stays."))
ASK_DAMAGED = notice("warn", "damage_how_many", N_("How many are damaged? Scan XQ and the number."))
ASK_DAMAGE_REASON = notice("warn", "damage_reason", N_("%(quantity)s damaged. Now the reason."))


class FifoOlder(Refusal):
    """Newer goods while older ones are there (R-PICK-1)."""

    code = "fifo_older_available"
    text = N_(
        "%(read)s is newer (%(newer)s). Older goods (%(older)s) are at %(location)s, %(way)s: take those. "
        "A supervisor's badge lets newer ones pass once."
    )


class WrongLocation(Refusal):
    """Not the bin that the task names."""

    code = "wrong_location"
    text = N_("This is %(read)s. Expected: %(location)s, %(way)s. Go there and scan it.")


class WrongItem(Refusal):
    """Not the item that is wanted."""

    code = "wrong_item"
    text = N_("This is %(read)s. Expected: %(item)s (%(name)s), from %(location)s. Put this one back.")


class WrongLot(Refusal):
    """Not a lot or serial that lies here."""

    code = "wrong_lot"
    text = N_(
        "%(read)s does not lie at %(location)s by the book. Expected: %(lot)s. "
        "Look for it there; if it is missing, scan XXSHORT."
    )


class TooMany(Refusal):
    """More than is wanted."""

    code = "too_many"
    text = N_n(
        "%(read)s are too many: one more is wanted here. Enter XQ1, and leave the others there.",
        "%(read)s are too many: %(wanted)s more are wanted here. Enter XQ%(wanted)s, and leave the others there.",
        "wanted",
    )


class QuantityZero(Refusal):
    """Nothing, or less."""

    code = "quantity_zero"
    text = N_("A quantity of zero books nothing. If nothing more is there, scan XXSHORT, or XXDONE in receiving.")


class ContainerInUse(Refusal):
    """A tote that has goods or belongs to another."""

    code = "container_in_use"
    text = N_("%(read)s is in use or not empty. Take an empty tote, such as %(container)s.")


class PackTooLarge(Refusal):
    """A pack's code where fewer single pieces are wanted."""

    code = "pack_too_large"
    text = N_n(
        "%(read)s is a pack of %(pack)s; only one is wanted. Scan a single piece or enter the quantity.",
        "%(read)s is a pack of %(pack)s; only %(wanted)s are wanted. Scan a single piece or enter the quantity.",
        "wanted",
    )


class UnknownDamageReason(Refusal):
    """Not one of the reasons set up."""

    code = "unknown_damage_reason"
    text = N_("%(read)s is not one of the reasons for damage. Expected XR and one of: %(expected)s.")


def check_quantity(wanted: int, quantity: int) -> None:
    """Whether so many may be booked where so many are open.

    Raises:
        QuantityZero: none.
        TooMany: more than are open.
    """
    if quantity <= 0:
        raise QuantityZero
    if quantity > wanted:
        raise TooMany(read=quantity, wanted=wanted)
