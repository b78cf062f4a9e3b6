"""The server's log: one JSON line for every request where WAREHOUSE_LOG=json, else one line of text for each failure.

A line names the person by id and the act by its key, both of which lead on to the ledger. It never holds what was
scanned, a badge, a name or a body: of an address only numbers are shown, of an exception its type and where it happened.
"""

from __future__ import annotations

import json
import re
import sys
import time
import traceback
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request

from warehouse.clock import iso, now_us
from warehouse.paths import PACKAGE

_PART = re.compile(r"<(?:[^<>:]*(?:\([^)]*\))?:)?(\w+)>")
FRAMES_MAX = 40


def keep_log(app: Flask, form: str) -> None:
    """Lets an application write its log, in a form that the setting names."""
    app.log_exception = _remember  # type: ignore[method-assign]
    app.after_request(_as_json if form == "json" else _failures_only)


def _remember(exc_info: Any) -> None:
    """Keeps an unforeseen exception for the line of its request."""
    g.failure = exc_info[1]


def _as_json(response: Response) -> Response:
    line = {"at": iso(now_us()), "method": request.method, "path": _path(), "status": response.status_code,
            "ms": _took_ms(), "person": _asker("person_id"), "key": _asker("key")}  # fmt: skip
    failure = g.get("failure")
    if failure is not None:
        line |= {"error": _named(failure), "traceback": _frames(failure)}
    _write(json.dumps(line, ensure_ascii=False))
    return response


def _failures_only(response: Response) -> Response:
    failure = g.get("failure")
    if failure is not None or response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        what = f"{_named(failure)} at {' < '.join(reversed(_frames(failure)))}" if failure else "failed"
        _write(f"{iso(now_us())} {request.method} {_path()} {response.status_code} {_took_ms()} ms "
               f"person {_asker('person_id')} key {_asker('key')}: {what}")  # fmt: skip
    return response


def _path() -> str:
    """The address without what may be a code: whole numbers stay, any other part is only named."""
    if request.url_rule is None:
        return "(no such address)"
    values = request.view_args or {}

    def shown(part: re.Match[str]) -> str:
        value = values.get(part[1])
        return str(value) if isinstance(value, int) else f"<{part[1]}>"

    return _PART.sub(shown, request.url_rule.rule)


def _took_ms() -> float:
    begun = g.get("begun")
    return round((time.perf_counter() - begun) * 1000, 1) if begun is not None else 0.0


def _asker(name: str) -> Any:
    """Of the account that asks, where it is known."""
    value = getattr(g.get("by"), name, None)
    if isinstance(value, str):
        return value if value.isprintable() else None
    return value


def _named(failure: BaseException) -> str:
    """What kind of exception it is. Its words may hold what was scanned; which constraint was hurt tells nothing of that."""
    inner = getattr(failure, "orig", None) or failure
    constraint = getattr(getattr(inner, "diag", None), "constraint_name", None)
    name = type(inner).__qualname__
    return f"{name} ({constraint})" if constraint else name


def _frames(failure: BaseException) -> list[str]:
    """Where it happened, outermost first, with what it came from."""
    frames = [
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(failure.__traceback__)
    ]
    cause = failure.__cause__
    if cause is not None and cause is not failure:
        frames += [f"from {_named(cause)}", *_frames(cause)]
    return frames[-FRAMES_MAX:]


def _short(file: str) -> str:
    """A file of ours from the top of the product, any other by its last folder."""
    path = Path(file)
    return str(path.relative_to(PACKAGE.parent)) if path.is_relative_to(PACKAGE) else "/".join(path.parts[-2:])


def _write(line: str) -> None:
    """One write, so that the lines of several threads and processes stay whole; a lost terminal stops no scan."""
    with suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
