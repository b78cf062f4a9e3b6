"""ISO/IEC 15434: several data formats in one message, as on transport labels and parts."""

from __future__ import annotations

import re
from datetime import date

from devices.elements import elements_of, told_by
from devices.profiles import GS
from devices.scans import Scan

START, RS, EOT = "[)>\x1e", "\x1e", "\x04"
CONTROLS = frozenset(f"{RS}{EOT}{GS}\x1c\x1f")
_IDENTIFIER = re.compile(r"[0-9]{0,3}[A-Z]", re.ASCII)
_DATA_IDENTIFIERS, _GS1 = "06", "05"


def envelope(text: str, today: date) -> Scan:
    """The formats of a message, and the fields of the first: `elements` are data identifiers (06) or GS1 elements (05).

    Raises:
        Wrong: format 05 holds what is no GS1 message.
    """
    body = text.removeprefix(START)
    warnings = [] if body.endswith(EOT) else ["no_trailer"]
    formats = [part for part in body.removesuffix(EOT).split(RS) if part]
    scan: Scan = {"type": "iso15434"}
    if formats:
        scan["format"] = formats[0][:2]
        scan |= _fields(formats[0], today)
    return scan | ({"warnings": warnings} if warnings else {})


def _fields(part: str, today: date) -> Scan:
    fields = [field for field in part[2:].split(GS) if field]
    if part[:2] == _GS1 and fields:
        elements, _ = elements_of(GS.join(fields), today)
        return {"elements": [list(element) for element in elements]} | told_by(elements, today)
    if part[:2] == _DATA_IDENTIFIERS:
        found = [(_IDENTIFIER.match(field), field) for field in fields]
        return {"elements": [[match.group(), field[match.end() :]] if match else ["", field] for match, field in found]}
    return {}
