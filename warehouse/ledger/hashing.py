"""The keyed hash that each posting carries of its own content, and the chain over them.

BLAKE2b in keyed mode (RFC 7693): without the ledger key nobody can make a row that verify() accepts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

FORM = 1
DIGEST_BYTES = 16
START = "0" * (2 * DIGEST_BYTES)

HASHED = (
    "posting_id", "line", "warehouse_id", "cause", "item_id", "lot_id", "serial", "layer_id", "container_id",
    "quantity", "from_id", "to_id", "for_id", "reserved_at", "document", "key", "person_id", "device", "occurred_at",
    "recorded_at", "undoes", "key_id", "form",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signer:
    """The ledger key and its id; the key travels with backups, never with the data."""

    key_id: str
    key: bytes

    def posting(self, rows: Iterable[Sequence[Any]]) -> str:
        """The hash of a posting's rows, each the values of HASHED in order."""
        content = "\x1e".join("\x1f".join(map(_text, row)) for row in rows)
        return self._digest(content)

    def link(self, previous: str, *, seq: int, posting_id: int, at: int, posting_hash: str) -> str:
        """The chain's next link: it covers all links before it."""
        return self._digest(f"{previous}\x1f{seq}\x1f{posting_id}\x1f{at}\x1f{posting_hash}")

    def secret(self, text: str) -> str:
        """A keyed digest of a text that must not be kept itself."""
        return self._digest(f"secret\x1f{text}")

    def _digest(self, content: str) -> str:
        written = content.encode("utf-8", "surrogatepass")  # half a character, as JSON can name it, is digested too
        return hashlib.blake2b(written, key=self.key, digest_size=DIGEST_BYTES).hexdigest()


def _text(value: Any) -> str:
    """A value as hashed: separators inside a text are escaped so that no two contents look alike."""
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\x1e", "\\e").replace("\x1f", "\\f")
    return str(value)
