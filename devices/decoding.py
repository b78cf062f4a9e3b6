"""One line's bytes → scans: the framer and the parser together, as the agent and `warehouse-station decode` use them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from devices.framing import Frame, Framer
from devices.parsing import parse
from devices.profiles import Profile
from devices.scans import Scan


@dataclass(frozen=True, slots=True)
class Decoded:
    """A frame, and the scan that it holds, if any."""

    frame: Frame
    scan: Scan | None


class Decoder:
    """Decodes one line. A scan like the one before is a scan, and says so; nothing is dropped for its content."""

    def __init__(self, profile: Profile, today: date | None = None) -> None:
        self.profile, self.framer = profile, Framer(profile)
        self._today = today
        self._last: Scan | None = None

    def feed(self, data: bytes) -> Iterator[Decoded]:
        """Takes what was read."""
        return map(self._decoded, self.framer.feed(data))

    def idle(self) -> Iterator[Decoded]:
        """The line fell idle, or was closed."""
        return map(self._decoded, self.framer.idle())

    def _decoded(self, frame: Frame) -> Decoded:
        scan = parse(frame, self.profile, self._today or datetime.now(UTC).date())
        if scan is None or scan["type"] == "error":
            return Decoded(frame, scan)
        same = self._last == scan
        self._last = dict(scan)
        if same:
            scan["repeat_of_previous"] = True
        return Decoded(frame, scan)
