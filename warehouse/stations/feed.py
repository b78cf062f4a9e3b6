"""The live feed of desks: server-sent events that tell a page to fetch itself again. They carry no content.

Each feed is a thread that waits; one watcher in each process reads what has changed, in whatever process it was changed,
and keeps the open pages' desks for them. The number of feeds is capped, for each holds a thread of the server: beyond the
cap a page asks by itself (`POST /stations/here`). A feed is told its desk's news number as the event's id, so that a page
that was cut off learns at once, and only then, that it missed something (WHATWG HTML, 9.2: Last-Event-ID).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from queue import Empty, SimpleQueue

from warehouse.clock import SECOND, now_us
from warehouse.db import Database
from warehouse.errors import Busy
from warehouse.stations import actions, queries
from warehouse.stations.queries import State
from warehouse.stations.rules import FeedsFull

log = logging.getLogger(__name__)

FEEDS_MAX = 220
"""In one process; a server has a thread for each beside those that answer."""
LIFE_S = 600.0  # then the page opens it anew, and who it is is looked at again
PULSE_S = 5.0  # how soon a page that has gone is noticed
POLL_S = {"sqlite": 0.5, "postgresql": 0.1}  # other processes' changes; this one's are told at once
KEEP_S = 12.0  # well within PAGE_HELD
LOOK_BACK = 5 * SECOND  # a change is seen when it is committed, later than the time that it carries
RETRY_MS = 1000
STOP_S = 5.0
OF_ONE_DESK = 6
NEWS_DIGITS = 18

_END = None
_numbers = count()


class Feed:
    """One page's feed."""

    def __init__(self, station_id: int, page: str) -> None:
        self.station_id, self.page, self.number = station_id, page, next(_numbers)
        self.states: SimpleQueue[State | None] = SimpleQueue()
        self.news = -1  # the last that was told

    def told(self, state: State) -> str:
        """The event for a state: `changed` where the page has to fetch itself again, else `state`."""
        changed, self.news = state.news != self.news, state.news
        data = {
            "news": state.news,
            "page": state.page,
            "passed": state.passed if changed else "",
            "scanner": state.scanner,
        }
        name = "changed" if changed else "state"
        return f"id: {state.news}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


class Feeds:
    """All feeds of one process, and the watcher that tells them.

    `count` is told of each that is opened, closed or refused; `alive` says whether the process goes on.
    """

    def __init__(self, base: Database, count: Callable[[str], None], *, most: int = FEEDS_MAX) -> None:
        self._base, self._count, self.most = base, count, most
        self.alive: Callable[[], bool] = lambda: True
        self._open: set[Feed] = set()
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._watcher: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._open)

    def stop(self) -> None:
        """Ends all feeds and the watcher, before the database is closed."""
        self.alive = lambda: False
        self._news.set()
        if (watcher := self._watcher) is not None:
            watcher.join(timeout=STOP_S)

    def look(self) -> None:
        """Something was changed by this process: tells its feeds at once."""
        if self._open:
            self._news.set()

    def open(self, station_id: int, page: str, last: str) -> Feed:
        """A feed of a desk for a page, to be closed; `last`: the news that the page knows, empty for none.

        Raises:
            FeedsFull: as many are open as this process holds.
        """
        feed = Feed(station_id, page)
        feed.news = int(last) if last.isascii() and last.isdigit() and len(last) <= NEWS_DIGITS else -1
        with self._lock:
            self._end_surplus(station_id)
            if len(self._open) >= self.most:
                self._count("refused")
                raise FeedsFull
            self._open.add(feed)
            self._count("opened")
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="feeds", daemon=True)
                self._watcher.start()
        return feed

    def _end_surplus(self, station_id: int) -> None:
        """One desk's pages take no more than their share: the ones opened first end."""
        own = sorted((each for each in self._open if each.station_id == station_id), key=lambda each: each.number)
        for feed in own[: max(0, len(own) + 1 - OF_ONE_DESK)]:
            self._open.discard(feed)
            self._count("closed")
            feed.states.put(_END)

    def events(self, feed: Feed) -> Iterator[str]:
        """What a feed says until its page goes, its time is over or the server ends."""
        try:
            yield f"retry: {RETRY_MS}\n\n"
            state = self._base.read(lambda session: queries.state(session, feed.station_id, now_us()))
            if state is not None:
                yield feed.told(state)
            end = time.monotonic() + LIFE_S
            while time.monotonic() < end:
                try:
                    state = feed.states.get(timeout=PULSE_S)
                except Empty:
                    yield ":\n\n"
                    continue
                if state is None:
                    return
                yield feed.told(state)
        except Busy:
            return  # the page opens it anew
        finally:
            self.close(feed)

    def close(self, feed: Feed) -> None:
        """A feed has ended; its page holds the desk a moment longer, unless it has another feed."""
        with self._lock:
            if feed not in self._open:
                return
            self._open.remove(feed)
            self._count("closed")
            others = any(each.page == feed.page for each in self._open)
        if not others and self.alive():
            self._try(lambda: self._base.change(
                lambda session: actions.away(session, station_id=feed.station_id, page=feed.page, now=now_us())
            ))  # fmt: skip

    # ---------------------------------------------------------------- the watcher

    def _watch(self) -> None:
        known: dict[int, State] = {}
        kept, poll = time.monotonic(), POLL_S[self._base.dialect]
        while self._goes_on():
            self._news.wait(poll)
            self._news.clear()
            self._try(lambda: self._tell(known, now_us() - LOOK_BACK))
            if time.monotonic() - kept >= KEEP_S:
                kept = time.monotonic()
                self._try(self._keep)
                self._try(lambda: self._tell(known, 0))  # an agent that fell silent changes nothing
        self.end()

    def _goes_on(self) -> bool:
        """Whether there is somebody to tell; the next feed after the last one gets a new watcher."""
        with self._lock:
            if self._open and self.alive():
                return True
            self._watcher = None
            return False

    def _tell(self, known: dict[int, State], since: int) -> None:
        with self._lock:
            feeds = list(self._open)
        wanted = {feed.station_id for feed in feeds}
        for state in self._base.read(lambda session: queries.changed_since(session, since, now_us())):
            if state.station_id not in wanted or known.get(state.station_id) == state:
                continue
            known[state.station_id] = state
            for feed in feeds:
                if feed.station_id == state.station_id:
                    feed.states.put(state)

    def _keep(self) -> None:
        with self._lock:
            pages = [(feed.station_id, feed.page) for feed in self._open]
        self._base.change(lambda session: actions.still_here(session, pages, now_us()))

    def end(self) -> None:
        """Ends all feeds; their pages open them anew."""
        with self._lock:
            for feed in self._open:
                feed.states.put(_END)

    @staticmethod
    def _try(call: Callable[[], object]) -> None:
        """A database that is busy or away for a moment ends no feed."""
        try:
            call()
        except Busy:
            log.debug("the database is busy; the feeds go on")
        except Exception:
            log.exception("the feeds go on")
