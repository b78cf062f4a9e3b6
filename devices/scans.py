"""What a frame's bytes turn out to be: a scan of some type, or an error that says what is wrong and, if it can be told, why."""

from __future__ import annotations

from typing import Any

Scan = dict[str, Any]  # as it is written in JSON: type, text, aim, elements and what the type tells


class Wrong(Exception):  # noqa: N818 - it is an answer
    """What was read is no scan; `error` says what is wrong with it, `ai` in which element, `hint` what the cause may be."""

    def __init__(self, error: str, *, ai: str = "", hint: str = "") -> None:
        super().__init__(error)
        self.error, self.ai, self.hint = error, ai, hint


def error_scan(text: str | None, wrong: Wrong, aim: str = "") -> Scan:
    """An error in the form of a scan."""
    scan: Scan = {"type": "error", "text": text}
    if aim:
        scan["aim"] = aim
    scan["error"] = wrong.error
    if wrong.ai:
        scan["ai"] = wrong.ai
    if wrong.hint:
        scan["hint"] = wrong.hint
    return scan
