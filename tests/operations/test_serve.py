"""The server and the worker that it keeps beside it."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import settings_for
from warehouse import serve
from warehouse.app import create_app

LONG_ENOUGH_S, WITHIN_S = 0.3, 30


def test_no_process_is_forked_while_the_worker_is_being_started(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the start never ends, and a worker that met a lost database as it began is never started again."""
    forked, started, ended = threading.Event(), threading.Event(), threading.Event()

    def fork() -> None:
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
        forked.set()

    class Starting:
        """A start that takes its time, with a fork wanted in the middle of it."""

        def __init__(self, _command: list[str]) -> None:
            threading.Thread(target=fork, daemon=True).start()
            self.overtaken = forked.wait(LONG_ENOUGH_S)
            made.append(self)
            started.set()

        def wait(self, timeout: float | None = None) -> int:
            ended.wait(timeout)
            return 0

        def terminate(self) -> None:
            ended.set()

    made: list[Starting] = []
    monkeypatch.setattr(serve.subprocess, "Popen", Starting)
    server: Any = serve._Server(settings_for(url, tmp_path), create_app, worker=True)
    server._start_worker(None)
    assert started.wait(WITHIN_S)
    assert forked.wait(WITHIN_S), "it only waits"
    server._stop_worker(None)
    assert not made[0].overtaken
