"""The server: gunicorn's threads around the application, and the worker beside it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from warehouse.app import create_app
from warehouse.children import die_with_parent
from warehouse.settings import Settings
from warehouse.stations.feed import FEEDS_MAX
from warehouse.web.figures import AREAS, Figures

THREADS_SQLITE = 16
PROCESSES_POSTGRESQL, THREADS_POSTGRESQL = 3, 4
CONNECTIONS = 2000
STOP_WITHIN_S = 8
WORKER_PAUSE_S = 1
GC_THRESHOLD = 20_000  # a scan makes thousands of objects and no cycles worth looking for
FEED = "/stations/feed"


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, told everything here and nothing by its own files or flags."""

    def __init__(self, settings: Settings, create: Callable[[Settings], Flask], *, worker: bool) -> None:
        self._settings, self._create, self._with_worker = settings, create, worker
        self._worker: subprocess.Popen[bytes] | None = None
        self._stopping, self._starting = threading.Event(), threading.Lock()
        self._is_alive: Callable[[], bool] = lambda: True
        self._figures = Figures(AREAS)  # made before the processes, so that all share it
        super().__init__()

    def load_config(self) -> None:
        """How many processes and threads, and what happens as they come and go."""
        workers, threads = processes(self._settings)
        options: dict[str, Any] = {
            "bind": str(self._settings.bind), "worker_class": "gthread", "workers": workers,
            "threads": threads + FEEDS_MAX, "worker_connections": CONNECTIONS, "keepalive": 75, "timeout": 60,
            "graceful_timeout": STOP_WITHIN_S,
            "proc_name": "warehouse", "loglevel": "warning", "control_socket_disable": True,
            "when_ready": self._start_worker, "on_exit": self._stop_worker, "post_fork": self._begin_process,
        }  # fmt: skip
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application; each process makes its own after the fork."""
        app = self._create(self._settings)
        app.extensions["figures"] = self._figures
        if "feeds" in app.extensions:
            app.extensions["feeds"].alive = self._is_alive
        app.wsgi_app = Door(app.wsgi_app, processes(self._settings)[1])  # type: ignore[method-assign]
        return app

    def _begin_process(self, _arbiter: Any, worker: Any) -> None:
        die_with_parent()  # a killed server leaves nobody behind who would hold its port
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD)
        self._figures.take(worker.age)
        self._is_alive = lambda: bool(worker.alive)

    def _start_worker(self, _arbiter: Any) -> None:
        if not self._with_worker:
            return
        # A process forked while the worker is being started would inherit the pipe by which its start is told, and keep it
        # open: the start would never end, and a worker that ended would never be started again.
        os.register_at_fork(
            before=self._starting.acquire, after_in_parent=self._starting.release, after_in_child=self._starting.release
        )
        threading.Thread(target=self._keep_worker, daemon=True).start()

    def _keep_worker(self) -> None:
        """Starts the worker, and again if it ever ends before the server does."""
        command = [sys.executable, "-m", "warehouse", "worker", "--parent", str(os.getpid())]
        while not self._stopping.is_set():
            with self._starting:
                self._worker = subprocess.Popen(command)  # noqa: S603 - our own command
            self._worker.wait()
            self._stopping.wait(WORKER_PAUSE_S)

    def _stop_worker(self, _arbiter: Any) -> None:
        self._stopping.set()
        if self._worker is not None:
            self._worker.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._worker.wait(timeout=STOP_WITHIN_S)


class Door:
    """Lets as many requests in at once as answer fastest; live feeds wait beside it, each in a thread of its own."""

    def __init__(self, app: Callable[..., Any], most: int) -> None:
        self._app, self._places = app, threading.Semaphore(most)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answers a request."""
        if environ.get("PATH_INFO") == FEED:
            return self._app(environ, start_response)
        with self._places:
            return self._app(environ, start_response)


def serve(settings: Settings, *, worker: bool = True) -> None:
    """Serves the floor until SIGTERM or Ctrl-C."""
    serve_app(settings, create_app, worker=worker)


def serve_app(settings: Settings, create: Callable[[Settings], Flask], *, worker: bool = True) -> None:
    """Serves any application with the product's own server settings."""
    _Server(settings, create, worker=worker).run()


def processes(settings: Settings) -> tuple[int, int]:
    """How many processes, and threads in each.

    SQLite has one writer at a time and gains nothing by a second process. On PostgreSQL a scan waits a dozen times for
    an answer, and threads of one process then wait for each other as well: more processes with fewer threads.
    """
    if settings.database_url.startswith("sqlite"):
        return 1, THREADS_SQLITE
    return PROCESSES_POSTGRESQL, THREADS_POSTGRESQL
