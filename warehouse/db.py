"""The database: one thin Session of plain SQL for both databases, and change()/read(), the only ways to get one.

Flask-SQLAlchemy owns the engine and the models of the office; the floor writes plain SQL through the same pool,
because a unit of work of the ORM costs four times the posting it carries (docs/decisions/plain-sql.md).
"""

from __future__ import annotations

import fcntl
import logging
import os
import random
import re
import threading
import time
from abc import ABC, abstractmethod
from collections import deque, namedtuple
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import psycopg
import sqlalchemy.exc
from psycopg.types.numeric import Int8Dumper
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

from warehouse.errors import Busy, DiskFull, Unreachable

TRIES = 5
LOCK_WAIT_S = 20.0
STATEMENT_TIMEOUT_MS = 20_000
POOL_SIZE = 40
PREPARED_MAX = 1_000
CALM_S = 10.0  # with a page or two left on a disk small changes still go through between those that do not

T = TypeVar("T")
Row = Any

log = logging.getLogger(__name__)

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")


class Again(Exception):  # noqa: N818
    """What was read no longer holds: the change is run again from its start."""


class GivenUp(Exception):  # noqa: N818
    """An attempt within a change came to nothing: what it did is taken back, and the change goes on."""


class Reply:
    """The answer to a statement that was asked; looking at it waits for it. Its rows may be looked at once."""

    __slots__ = ("_session", "cursor", "many", "params", "sql")

    def __init__(self, session: Session, sql: str, params: Any, *, many: bool = False) -> None:
        self._session = session
        self.sql, self.params, self.many = sql, params, many
        self.cursor: Any = None

    def all(self) -> list[Row]:
        """All rows."""
        cursor = self._arrived()
        row = _row_types.get(self.sql) or _row_type(self.sql, cursor)
        return [row._make(values) for values in cursor.fetchall()]

    def one(self) -> Row | None:
        """The first row, or nothing."""
        cursor = self._arrived()
        values = cursor.fetchone()
        if values is None:
            return None
        return (_row_types.get(self.sql) or _row_type(self.sql, cursor))._make(values)

    def value(self) -> Any:
        """The first column of the first row, or nothing."""
        values = self._arrived().fetchone()
        return None if values is None else values[0]

    def count(self) -> int:
        """How many rows the statement changed."""
        return int(self._arrived().rowcount)

    def _arrived(self) -> Any:
        if self.cursor is None:
            self._session.send()
        return self.cursor


class Session(ABC):
    """A transaction on one connection. Rows are named tuples; parameters are `:named` on both databases.

    A statement that is asked gives a Reply. Where the database lies behind a connection, all that were asked travel
    together when somebody looks at the first of the replies: what does not need each other's answers is asked at once.
    """

    dialect: ClassVar[str]
    for_update: ClassVar[str]

    def __init__(self, connection: Any, *, signer: Any = None) -> None:
        self._connection = connection
        self.signer = signer
        self._before_commit: list[Callable[[], None]] = []
        self._after_commit: list[Callable[[], None]] = []
        self.kept: dict[Any, Any] = {}  # what a part of the house keeps in mind until the end of this change
        self.statements = 0
        self.node = 0

    @abstractmethod
    def ask(self, sql: str, **params: Any) -> Reply:
        """Puts one statement in its place among the others; its reply may be looked at later, or never."""

    @abstractmethod
    def ask_many(self, sql: str, rows: Sequence[dict[str, Any]]) -> Reply:
        """Asks one statement once for each row; its reply counts how many rows it changed in all."""

    @abstractmethod
    def send(self) -> None:
        """Runs all that was asked so far."""

    @abstractmethod
    def commit(self) -> None:
        """Makes all of it last.

        Raises:
            Again: a statement had failed before and was not answered for, so the database took everything back.
        """

    @abstractmethod
    def stream(self, sql: str, *, size: int = 1000, **params: Any) -> Iterator[Row]:
        """The rows of a long query, a few at a time."""

    def run(self, sql: str, **params: Any) -> int:
        """Runs one statement; how many rows it changed."""
        return self.ask(sql, **params).count()

    def many(self, sql: str, rows: Sequence[dict[str, Any]]) -> int:
        """Runs one statement once for each row; how many rows it changed in all."""
        return self.ask_many(sql, rows).count() if rows else 0

    def all(self, sql: str, **params: Any) -> list[Row]:
        """All rows of a query."""
        return self.ask(sql, **params).all()

    def one(self, sql: str, **params: Any) -> Row | None:
        """The first row of a query, or nothing."""
        return self.ask(sql, **params).one()

    def value(self, sql: str, **params: Any) -> Any:
        """The first column of the first row, or nothing."""
        return self.ask(sql, **params).value()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What is done inside is taken back, and only that, if it raises GivenUp."""
        self.ask("SAVEPOINT attempt")
        try:
            yield
        except GivenUp:
            self.ask("ROLLBACK TO SAVEPOINT attempt")
        self.ask("RELEASE SAVEPOINT attempt")

    def before_commit(self, call: Callable[[], None]) -> None:
        """Runs a call at the end of this change, before it is committed; what it asks for is part of the change."""
        self._before_commit.append(call)

    def finish(self) -> None:
        """Runs what waited for the end of the change."""
        while self._before_commit:
            self._before_commit.pop(0)()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Runs a call once this transaction has been committed; never if it is rolled back."""
        self._after_commit.append(call)

    def committed(self) -> None:
        """Runs what waited for the commit."""
        for call in self._after_commit:
            call()

    @staticmethod
    def _rows(sql: str, cursor: Any, size: int) -> Iterator[Row]:
        row = None
        while values := cursor.fetchmany(size):
            row = row or _row_type(sql, cursor)
            yield from map(row._make, values)
        cursor.close()


class _Fetched:
    """What a statement of SQLite answered, off its cursor.

    A cursor that is dropped half-read, by a refusal say, holds its statement until Python lets go of it, and then takes
    it back from whoever runs the same text at that moment.
    """

    __slots__ = ("_rows", "description", "rowcount")

    def __init__(self, cursor: Any) -> None:
        self._rows: list[Any] = cursor.fetchall()
        self.rowcount, self.description = cursor.rowcount, cursor.description

    def fetchall(self) -> list[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None


class SqliteSession(Session):
    """SQLite runs in this process: each statement at once."""

    dialect = "sqlite"
    for_update = ""

    def __init__(self, connection: Any, *, signer: Any = None) -> None:
        super().__init__(connection, signer=signer)
        self._cursor = connection.cursor()

    def ask(self, sql: str, **params: Any) -> Reply:
        """Runs one statement."""
        self.statements += 1
        reply = Reply(self, sql, params)
        reply.cursor = _Fetched(self._cursor.execute(sql, params))
        return reply

    def ask_many(self, sql: str, rows: Sequence[dict[str, Any]]) -> Reply:
        """Runs one statement once for each row."""
        self.statements += 1
        reply = Reply(self, sql, rows, many=True)
        reply.cursor = _Fetched(self._cursor.executemany(sql, rows))
        return reply

    def send(self) -> None:
        """Nothing waits."""

    def commit(self) -> None:
        """Makes all of it last."""
        self._connection.execute("COMMIT")

    def stream(self, sql: str, *, size: int = 1000, **params: Any) -> Iterator[Row]:
        """The rows of a long query, a few at a time."""
        self.statements += 1
        return self._rows(sql, self._connection.execute(sql, params), size)


class PostgresqlSession(Session):
    """PostgreSQL lies behind a connection: what was asked goes out as one pipeline, BEGIN with the first of it."""

    dialect = "postgresql"
    for_update = " FOR UPDATE"

    def __init__(self, connection: Any, *, begin: str, signer: Any = None) -> None:
        super().__init__(connection, signer=signer)
        self._asked = [Reply(self, begin, None)]

    def ask(self, sql: str, **params: Any) -> Reply:
        """Lets one statement wait for the first reply that is looked at."""
        self.statements += 1
        reply = Reply(self, sql, params or None)
        self._asked.append(reply)
        return reply

    def ask_many(self, sql: str, rows: Sequence[dict[str, Any]]) -> Reply:
        """Lets one statement wait, to be run once for each row."""
        self.statements += 1
        reply = Reply(self, sql, rows, many=True)
        self._asked.append(reply)
        return reply

    def send(self) -> None:
        """Sends all that was asked, in one round trip."""
        asked, self._asked = self._asked, []
        if len(asked) == 1:
            self._execute(asked[0])
        else:
            with self._connection.pipeline():
                for reply in asked:
                    self._execute(reply)

    def commit(self) -> None:
        """Makes all of it last, together with what still waits.

        Raises:
            Again: a statement had failed before and was not answered for, so the database took everything back.
        """
        reply = Reply(self, "COMMIT", None)
        self._asked.append(reply)
        self.send()
        if reply.cursor.statusmessage != "COMMIT":
            raise Again

    def stream(self, sql: str, *, size: int = 1000, **params: Any) -> Iterator[Row]:
        """The rows of a long query, a few at a time."""
        self.send()
        self.statements += 1
        cursor = self._connection.cursor(name=f"stream_{id(self):x}_{self.statements}")
        cursor.execute(_pyformat(sql), params or None)
        return self._rows(sql, cursor, size)

    def _execute(self, reply: Reply) -> None:
        reply.cursor = self._connection.cursor()
        if reply.many:
            reply.cursor.executemany(_pyformat(reply.sql), reply.params)
        else:
            reply.cursor.execute(_pyformat(reply.sql), reply.params)


# What the drivers raise where the database does not do what it is asked for.
TROUBLE = (
    Again,
    sqlite.OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.TimeoutError,
)
# What is unique was written by another at the same moment.
CLASHES = (psycopg.IntegrityError, sqlite.IntegrityError)
# The time is over that a statement or a wait may take: the caller may send the same again.
_TOO_LONG = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, sqlalchemy.exc.TimeoutError)
_NO_ROOM = (psycopg.errors.DiskFull, psycopg.errors.IoError)
# By SQLite's primary result codes. A file system that failed is mounted read-only by most systems.
_SQLITE_MEANS: dict[int, type[Busy]] = {
    sqlite.SQLITE_BUSY: Busy,
    sqlite.SQLITE_LOCKED: Busy,
    sqlite.SQLITE_FULL: DiskFull,
    sqlite.SQLITE_IOERR: DiskFull,
    sqlite.SQLITE_READONLY: DiskFull,
    sqlite.SQLITE_CANTOPEN: Unreachable,
}
_PRIMARY = 0xFF
_ROLLED_BACK = "40"  # the class of SQLSTATE for deadlocks and what cannot be serialized


def meaning(error: Exception) -> type[Busy] | None:
    """What an error of TROUBLE tells the caller; None: a fault of ours."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite.Error):
        return _SQLITE_MEANS.get(getattr(cause, "sqlite_errorcode", 0) & _PRIMARY)
    if isinstance(cause, _NO_ROOM):
        return DiskFull
    if isinstance(cause, (Again, *_TOO_LONG)) or (getattr(cause, "sqlstate", None) or "").startswith(_ROLLED_BACK):
        return Busy
    return Unreachable


_CAUSES = {
    DiskFull: "the database's disk is full, or does not take what is written",
    Unreachable: "the database cannot be reached",
}


class Database:
    """An engine and, on SQLite, the turn that every writer takes."""

    def __init__(self, engine: Engine, *, lock_file: Path | None, signer: Any = None) -> None:
        self.engine = engine
        self.signer = signer
        self.dialect = engine.dialect.name
        self._turn = _Turn(lock_file) if self.dialect == "sqlite" else None
        self._trouble: type[Busy] | None = None
        self._troubled_at = 0.0

    def change(self, fn: Callable[[Session], T]) -> T:
        """BEGIN, fn, commit; run again at most five times where the database asks for it.

        A commit whose answer was lost may be run again too: the key tells whether it was done.

        Raises:
            DiskFull: there is no room for the change.
            Unreachable: the database was not there, in any try.
            Busy: the database could not take the change after all tries.
        """
        last: Exception | None = None
        for attempt in range(TRIES):
            try:
                result = self._change_once(fn)
            except TROUBLE as error:
                why, last = self._refused(error), error
                time.sleep(random.uniform(0, 0.005) * 2**attempt)  # noqa: S311 - spreads the retries
            else:
                self._went_well()
                return result
        raise why from last

    def read(self, fn: Callable[[Session], T]) -> T:
        """Runs fn in a read transaction: one state of the database from its first row to its last.

        Raises:
            DiskFull: there is no room even for reading (SQLite).
            Unreachable: the database was not there.
            Busy: the database did not answer in time.
        """
        begin = "BEGIN" if self.dialect == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        try:
            with self._session(begin) as session:
                return fn(session)
        except TROUBLE as error:
            self._refused(error)  # a connection that was lost while it lay in the pool: the next one is new
        try:
            with self._session(begin) as session:
                return fn(session)
        except TROUBLE as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> type[Busy]:
        """What an error means to the caller, where another try may help.

        Raises:
            Busy: none will.
            Exception: the error itself, a fault of ours.
        """
        why = meaning(error)
        if why is None:
            raise error
        if why is not Busy:
            self._told_of(why, error)
        if why is DiskFull or isinstance(error, _TOO_LONG):
            raise why from error
        return why

    def _told_of(self, why: type[Busy], error: Exception) -> None:
        """Told once, until it has been well for a while: a log that grows is the last thing that a full disk needs."""
        if self._trouble is not why:
            self._trouble = why
            log.error("%s: %s", _CAUSES[why], str(error).strip().partition("\n")[0])
        self._troubled_at = time.monotonic()

    def _went_well(self) -> None:
        if self._trouble is not None and time.monotonic() - self._troubled_at > CALM_S:
            self._trouble = None
            log.warning("the database takes changes again")

    def gather_statistics(self) -> None:
        """Lets PostgreSQL look at its tables anew after many rows came; SQLite needs no such look.

        Until its own housekeeping does that, within a minute, it guesses how large they are and joins them the slow way.
        """
        if self.dialect == "postgresql":
            self.change(_analyze)

    def close(self) -> None:
        """Closes all connections; the next use opens new ones."""
        self.engine.dispose()
        if self._turn is not None:
            self._turn.close()

    def _change_once(self, fn: Callable[[Session], T]) -> T:
        if self._turn is None:
            with self._session("BEGIN") as session:
                result = fn(session)
                session.finish()
        else:
            with self._turn, self._session("BEGIN IMMEDIATE") as session:
                result = fn(session)
                session.finish()
        session.committed()
        return result

    @contextmanager
    def _session(self, begin: str) -> Iterator[Session]:
        pooled = self.engine.raw_connection()
        connection: Any = pooled.driver_connection
        try:
            session = self._begun(connection, begin)
            yield session
            session.commit()
        except BaseException:
            if not _rolled_back(connection):
                pooled.invalidate()
            raise
        finally:
            pooled.close()

    def _begun(self, connection: Any, begin: str) -> Session:
        if self.dialect == "postgresql":
            return PostgresqlSession(connection, begin=begin, signer=self.signer)
        connection.execute(begin)
        return SqliteSession(connection, signer=self.signer)


def _analyze(session: Session) -> None:
    session.run("SET LOCAL statement_timeout = 0")
    session.run("ANALYZE")


def _rolled_back(connection: Any) -> bool:
    """Whether the connection is as good as new; else it must not go back into the pool."""
    try:
        connection.rollback()
    except (psycopg.Error, sqlite.Error):
        return False
    return not getattr(connection, "closed", False)


def open_database(url: str, *, home: Path, signer: Any = None) -> Database:
    """The database at a URL, with the settings that the ledger's safety rests on.

    `signer` holds the ledger key; every session hands it on to the ledger and nobody else looks at it.
    """
    return for_engine(create_engine(url, **engine_options(url)), home=home, signer=signer)


def for_engine(engine: Engine, *, home: Path, signer: Any = None) -> Database:
    """The database behind an engine that was made with engine_options()."""
    if engine.dialect.name != "sqlite":
        _prepare_postgresql(engine)
        return Database(engine, lock_file=None, signer=signer)
    _prepare_sqlite(engine)
    home.mkdir(parents=True, exist_ok=True)
    return Database(engine, lock_file=home / "write.lock", signer=signer)


def engine_options(url: str) -> dict[str, Any]:
    """The engine's options for a URL: driver, pool and time-outs."""
    common: dict[str, Any] = {
        "pool_size": POOL_SIZE,
        "max_overflow": 20,
        "pool_timeout": 10,
        "pool_use_lifo": True,
        "pool_reset_on_return": None,
    }
    if make_url(url).get_backend_name() == "sqlite":
        connect = {
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": LOCK_WAIT_S,
            "cached_statements": 512,
        }
        return common | {"module": sqlite, "connect_args": connect}
    options = (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout=30000 -c timezone=UTC "
        "-c jit=off -c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0"
    )
    return common | {
        "pool_pre_ping": False,
        "connect_args": {"autocommit": True, "options": options, "connect_timeout": 10},
    }


def _prepare_postgresql(engine: Engine) -> None:
    """Lets every new PostgreSQL connection keep all our statements prepared.

    A whole number is always sent as the BIGINT that all our columns are: psycopg would choose the type by the number's
    size, and prepare each statement once for every mixture of sizes.
    """

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.prepared_max = PREPARED_MAX
        connection.prepare_threshold = 1


def _prepare_sqlite(engine: Engine) -> None:
    """Gives every new SQLite connection its settings: WAL, full sync, foreign keys, no mmap."""

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "mmap_size=0",
            "cache_size=-16384",
        ):
            connection.execute(f"PRAGMA {pragma}")


class _Turn:
    """The writers' queue on SQLite: fair among threads, then one process at a time by a file lock.

    SQLite's own busy handler sleeps and guesses; under load the unlucky writer waits for seconds.
    """

    def __init__(self, lock_file: Path | None) -> None:
        self._path = lock_file
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False
        self._file: int | None = None

    def __enter__(self) -> None:
        with self._guard:
            if self._taken:
                mine: threading.Lock | None = threading.Lock()
                assert mine is not None
                mine.acquire()
                self._waiting.append(mine)
            else:
                self._taken, mine = True, None
        if mine is not None and not mine.acquire(timeout=LOCK_WAIT_S):
            self._give_up(mine)
        try:
            self._lock_file()
        except BaseException:
            self._pass_on()
            raise

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._pass_on()

    def close(self) -> None:
        """Gives the lock's file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _lock_file(self) -> None:
        if self._path is None:
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def _give_up(self, mine: threading.Lock) -> None:
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise Busy
        # The turn came in the same moment: take it.

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


@lru_cache(maxsize=4096)
def _pyformat(sql: str) -> str:
    """The statement with psycopg's parameter marks."""
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))


_row_types: dict[str, Any] = {}
_ROW_TYPES_MAX = 4096


def _row_type(sql: str, cursor: Any) -> Any:
    """The named tuple of a statement's rows, made once: the driver describes the columns anew at every execution."""
    columns = tuple(column[0] for column in cursor.description)
    if len(_row_types) >= _ROW_TYPES_MAX:
        _row_types.clear()
    made = _row_types[sql] = _named(columns)
    return made


@lru_cache(maxsize=1024)
def _named(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns, rename=True)  # noqa: PYI024 - made at run time
