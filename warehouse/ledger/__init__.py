"""The heart: every stock change is a posting of moves, made by post() and never changed again.

post() is the only writer of stock. reserve() and release() allot what lies there; block() and unblock() hold it
back. seal() chains what was posted, verify() proves it all from scratch, and history tells any past instant.
The laws and why they hold: docs/ledger.md.
"""

from warehouse.ledger.blocks import Block, block, block_what_lies, unblock
from warehouse.ledger.freed import on_freed
from warehouse.ledger.goods import Goods, Move, Reserved, make_layer
from warehouse.ledger.hashing import Signer
from warehouse.ledger.post import NotEnoughStock, TooLateToUndo, post, undo
from warehouse.ledger.reserve import (
    OLDEST_FIRST,
    Wanted,
    choose,
    release,
    release_shipment,
    reserve,
    reserve_at,
    reserve_lines,
)
from warehouse.ledger.seal import seal_all, seal_some, unsealed
from warehouse.ledger.still import keep_still

__all__ = [
    "OLDEST_FIRST",
    "Block",
    "Goods",
    "Move",
    "NotEnoughStock",
    "Reserved",
    "Signer",
    "TooLateToUndo",
    "Wanted",
    "block",
    "block_what_lies",
    "choose",
    "keep_still",
    "make_layer",
    "on_freed",
    "post",
    "release",
    "release_shipment",
    "reserve",
    "reserve_at",
    "reserve_lines",
    "seal_all",
    "seal_some",
    "unblock",
    "undo",
    "unsealed",
]  # fmt: skip
