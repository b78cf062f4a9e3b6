"""Time-ordered ids made by us, unique over all processes: 41 bits of milliseconds, 12 of node, 10 of sequence."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from warehouse.clock import now_us

if TYPE_CHECKING:
    from warehouse.db import Session

EPOCH_MS = 1_577_836_800_000  # 2020-01-01
NODE_BITS, SEQUENCE_BITS = 12, 10
ID_MAX = 2**63 - 1
"""No id is greater. Theirs have 18 digits today and 19 from July 2027 on: never tell an id by how long it is."""

_LATEST = """
SELECT max(id) FROM (SELECT max(id) AS id FROM act UNION ALL SELECT max(posting_id) FROM move
                     UNION ALL SELECT max(id) FROM stock_alert_event) AS latest"""

_lock = threading.Lock()
_last_tick = 0
_node = 0
_node_pid = 0


def new_id(session: Session) -> int:
    """The next id. Never falls within a process, even if the clock does; the first one claims the node.

    A process that starts begins after the latest act, posting and event of an alert, so that what is done later has the
    greater id also after the clock was set back: undo takes back the latest.
    """
    global _last_tick  # noqa: PLW0603 - the sequence belongs to the process
    node = _node if _node_pid == os.getpid() else _claim_node(session)
    now = (now_us() // 1000 - EPOCH_MS) << SEQUENCE_BITS
    with _lock:
        _last_tick = max(_last_tick + 1, now)
        tick = _last_tick
    millis, sequence = tick >> SEQUENCE_BITS, tick & ((1 << SEQUENCE_BITS) - 1)
    return (millis << (NODE_BITS + SEQUENCE_BITS)) | (node << SEQUENCE_BITS) | sequence


def instant_of(made: int) -> int:
    """The instant, in microseconds, at which an id was made."""
    return ((made >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS) * 1000


def first_id_at(at: int) -> int:
    """The smallest id that could have been made at an instant."""
    return max(0, at // 1000 - EPOCH_MS) << (NODE_BITS + SEQUENCE_BITS)


def _claim_node(session: Session) -> int:
    """Takes a number of this process's own; rolled back with a failed change, it is simply claimed again."""
    if session.node:
        return session.node
    claimed = session.value("INSERT INTO node (claimed_at) VALUES (:at) RETURNING id", at=now_us())
    _start_after(session.value(_LATEST) or 0)
    node = int(claimed) % ((1 << NODE_BITS) - 1) + 1
    session.node = node
    session.after_commit(lambda: _settle(node))
    return node


def _start_after(latest: int) -> None:
    global _last_tick  # noqa: PLW0603 - the sequence belongs to the process
    with _lock:
        _last_tick = max(_last_tick, ((latest >> (NODE_BITS + SEQUENCE_BITS)) + 1) << SEQUENCE_BITS)


def _settle(node: int) -> None:
    global _node, _node_pid
    with _lock:
        _node, _node_pid = node, os.getpid()
