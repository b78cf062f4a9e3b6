"""A disk under SQLite that remembers in which order it was written, and what it may hold after the power is cut.

The files are written as always; beside that every write, truncation and sync is noted, in order (a VFS of SQLite, put in
front of its own one in the very library that the product uses). What a sync has finished is certain. Of everything later
a cut leaves an arbitrary part: each sector of each write or not, a write torn at any byte, a longer file without its
content, a name made or removed or not. Not simulated: that a write harms bytes beside its own (SQLite relies on
"powersafe overwrite" by default, as disks of today promise), and a disk that lies about having synced.
"""

from __future__ import annotations

import ctypes
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, addressof, c_char_p, c_int, c_int64, c_void_p, cast, string_at
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pysqlite3._sqlite3

OK, IOERR = 0, 10
SECTOR, PAGE = 512, 4096
WAYS = ("nothing", "all", "writes", "sectors", "pages", "torn")

# Names are handed on as addresses: SQLite keeps them, and finds more behind them.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_Close = CFUNCTYPE(c_int, c_void_p)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
_SetCall = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
_GetCall = CFUNCTYPE(c_void_p, c_void_p, c_char_p)
_OpenFolder = CFUNCTYPE(c_int, c_void_p, c_void_p)


class _Vfs(Structure):
    """sqlite3_vfs (https://sqlite.org/c3ref/vfs.html)."""

    _fields_ = [
        ("iVersion", c_int), ("szOsFile", c_int), ("mxPathname", c_int), ("pNext", c_void_p), ("zName", c_char_p),
        ("pAppData", c_void_p), ("xOpen", c_void_p), ("xDelete", c_void_p), ("xAccess", c_void_p),
        ("xFullPathname", c_void_p), ("xDlOpen", c_void_p), ("xDlError", c_void_p), ("xDlSym", c_void_p),
        ("xDlClose", c_void_p), ("xRandomness", c_void_p), ("xSleep", c_void_p), ("xCurrentTime", c_void_p),
        ("xGetLastError", c_void_p), ("xCurrentTimeInt64", c_void_p), ("xSetSystemCall", c_void_p),
        ("xGetSystemCall", c_void_p), ("xNextSystemCall", c_void_p),
    ]  # fmt: skip


class _Methods(Structure):
    """sqlite3_io_methods (https://sqlite.org/c3ref/io_methods.html)."""

    _fields_ = [("iVersion", c_int)] + [
        (name, c_void_p)
        for name in (
            "xClose", "xRead", "xWrite", "xTruncate", "xSync", "xFileSize", "xLock", "xUnlock", "xCheckReservedLock",
            "xFileControl", "xSectorSize", "xDeviceCharacteristics", "xShmMap", "xShmLock", "xShmBarrier", "xShmUnmap",
            "xFetch", "xUnfetch",
        )
    ]  # fmt: skip


class _File(Structure):
    """sqlite3_file: its own VFS keeps more behind it."""

    _fields_ = [("pMethods", c_void_p)]


@cache
def _library() -> Any:
    library = ctypes.CDLL(pysqlite3._sqlite3.__file__)
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    return library


# ---------------------------------------------------------------- what happened


class Written(NamedTuple):
    """Bytes put into a file."""

    file: int
    at: int
    content: bytes


class Cut(NamedTuple):
    """A file made so long."""

    file: int
    size: int


class Synced(NamedTuple):
    """All of a file that happened before `upto` is certain from here on."""

    file: int
    upto: int


class Named(NamedTuple):
    """A name leads to a file now, or to none (0)."""

    name: str
    file: int


class NamesSynced(NamedTuple):
    """All names given before `upto` are certain from here on."""

    upto: int


class Mark(NamedTuple):
    """Something that whoever uses the disk wants to find in its place."""

    what: Any


class Disk:
    """The events of all files of one folder, while recording."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[Any] = []
        self.first: dict[int, bytes] = {}
        self.names: dict[str, int] = {}
        for path in sorted(folder.iterdir()):
            if path.is_file():
                self.names[path.name] = file = len(self.first) + 1
                self.first[file] = path.read_bytes()
        self.first_names = dict(self.names)
        self._files = len(self.first)
        self._open: dict[int, tuple[int, int]] = {}
        self._guard = threading.Lock()
        self._thread = threading.local()
        self._methods: dict[int, _Methods] = {}

    def mark(self, what: Any) -> None:
        """Notes something between the events."""
        self.events.append(Mark(what))

    # The names below are SQLite's. Each calls what stands behind it, and notes what was done.

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Every database that is opened meanwhile, and lies in the folder, is recorded; close them all inside."""
        library = _library()
        real = library.sqlite3_vfs_find(None)
        self._real = real.contents
        self._real_open, self._real_delete = _Open(self._real.xOpen), _Delete(self._real.xDelete)
        self._real_folder = _OpenFolder(_GetCall(self._real.xGetSystemCall)(addressof(self._real), b"openDirectory"))
        ours = _Vfs.from_buffer_copy(self._real)
        kept = [_Open(self._x_open), _Delete(self._x_delete), _OpenFolder(self._open_folder)]
        self._hooks = _Close(self._x_close), _Write(self._x_write), _Truncate(self._x_truncate), _Sync(self._x_sync)
        ours.zName, ours.pNext = b"recorded", None
        ours.xOpen, ours.xDelete = (cast(each, c_void_p).value for each in kept[:2])
        set_call = _SetCall(self._real.xSetSystemCall)
        set_call(addressof(self._real), b"openDirectory", cast(kept[2], c_void_p))
        assert library.sqlite3_vfs_register(ctypes.byref(ours), 1) == OK
        try:
            yield
        finally:
            library.sqlite3_vfs_register(real, 1)
            library.sqlite3_vfs_unregister(ctypes.byref(ours))
            set_call(addressof(self._real), b"openDirectory", None)
        assert not self._open, "a recorded file is still open"

    def _x_open(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        path = Path(string_at(name).decode()) if name else None
        if path is None or path.parent != self.folder:
            return int(self._real_open(vfs, name, file, flags, out))
        with self._guard:
            was_there = path.exists()
            result = int(self._real_open(vfs, name, file, flags, out))
            if result == OK:
                if not was_there:
                    self._files += 1
                    self.names[path.name] = self._files
                    self.events.append(Named(path.name, self._files))
                self._wrap(file, self.names[path.name])
        return result

    def _wrap(self, file: int, number: int) -> None:
        held = _File.from_address(file)
        theirs = held.pMethods
        assert theirs is not None
        if theirs not in self._methods:
            ours = _Methods.from_buffer_copy(_Methods.from_address(theirs))
            ours.xClose, ours.xWrite, ours.xTruncate, ours.xSync = (cast(each, c_void_p).value for each in self._hooks)
            self._methods[theirs] = ours
        self._open[file] = number, theirs
        held.pMethods = addressof(self._methods[theirs])

    def _x_delete(self, vfs: int, name: int, sync: int) -> int:
        path = Path(string_at(name).decode())
        with self._guard:
            begun = self._begin()
            result = int(self._real_delete(vfs, name, sync))
            if result == OK and path.parent == self.folder and self.names.pop(path.name, 0):
                self.events.append(Named(path.name, 0))
                begun += 1
            self._names_synced(begun)
        return result

    def _x_close(self, file: int) -> int:
        _, theirs = self._open.pop(file)
        _File.from_address(file).pMethods = theirs
        return int(_Close(_Methods.from_address(theirs).xClose)(file))

    def _x_write(self, file: int, content: int, size: int, at: int) -> int:
        number, theirs = self._open[file]
        self.events.append(Written(number, at, string_at(content, size)))
        return int(_Write(_Methods.from_address(theirs).xWrite)(file, content, size, at))

    def _x_truncate(self, file: int, size: int) -> int:
        number, theirs = self._open[file]
        self.events.append(Cut(number, size))
        return int(_Truncate(_Methods.from_address(theirs).xTruncate)(file, size))

    def _x_sync(self, file: int, flags: int) -> int:
        number, theirs = self._open[file]
        begun = self._begin()
        result = int(_Sync(_Methods.from_address(theirs).xSync)(file, flags))
        if result == OK:
            self.events.append(Synced(number, begun))
            self._names_synced(begun)
        return result

    def _begin(self) -> int:
        self._thread.folder = False
        return len(self.events)

    def _open_folder(self, name: int, out: int) -> int:
        """SQLite opens a folder only to sync it."""
        self._thread.folder = True
        return int(self._real_folder(name, out))

    def _names_synced(self, upto: int) -> None:
        if self._thread.folder:
            self.events.append(NamesSynced(upto))


# ---------------------------------------------------------------- what is left


@dataclass
class Held:
    """What a disk holds for certain, and what is on its way; it goes forward along the events."""

    files: dict[int, bytearray]
    names: dict[str, int]
    coming: list[tuple[int, Any]] = field(default_factory=list)
    at: int = 0

    @classmethod
    def of(cls, disk: Disk) -> Held:
        """The disk before its first event."""
        return cls({file: bytearray(content) for file, content in disk.first.items()}, dict(disk.first_names))

    def go(self, events: list[Any], upto: int) -> None:
        """Lets everything before event number `upto` happen."""
        for number in range(self.at, upto):
            event = events[number]
            if isinstance(event, Synced):
                self._settle(lambda n, e, s=event: n < s.upto and not isinstance(e, Named) and e.file == s.file)
            elif isinstance(event, NamesSynced):
                self._settle(lambda n, e, s=event: n < s.upto and isinstance(e, Named))
            elif not isinstance(event, Mark):
                self.coming.append((number, event))
        self.at = upto

    def _settle(self, certain: Any) -> None:
        waiting = []
        for number, event in self.coming:
            if not certain(number, event):
                waiting.append((number, event))
            elif isinstance(event, Named):
                self.names[event.name] = event.file
            else:
                _apply(
                    self.files.setdefault(event.file, bytearray()),
                    event,
                    event.content if isinstance(event, Written) else b"",
                )
        self.coming = waiting

    def cut(self, dice: random.Random) -> tuple[str, dict[str, bytes]]:
        """The power is cut: in which way, and one of the many contents that the disk may have now."""
        way = dice.choice(WAYS)
        names = dict(self.names)
        for name in {event.name for _, event in self.coming if isinstance(event, Named)}:
            later = [event.file for _, event in self.coming if isinstance(event, Named) and event.name == name]
            names[name] = dice.choice([self.names.get(name, 0), *later])
        contents = {}
        for name, file in names.items():
            if file:
                left = bytearray(self.files.get(file, b""))
                self._leave(
                    left,
                    [event for _, event in self.coming if not isinstance(event, Named) and event.file == file],
                    way,
                    dice,
                )
                contents[name] = bytes(left)
        return way, contents

    @staticmethod
    def _leave(left: bytearray, events: list[Any], way: str, dice: random.Random) -> None:
        """Lets a part of what was on its way arrive."""
        if way == "nothing" or not events:
            return
        rubbish = dice.random() < 0.5
        last, share = dice.randrange(len(events)), dice.random()
        for number, event in enumerate(events):
            if way == "torn" and number > last:
                break
            if isinstance(event, Cut):
                if way in {"all", "torn"} or dice.random() < share:
                    _apply(left, event, b"")
                continue
            for at, piece in _pieces(event, way, torn=number == last, dice=dice):
                if way in {"all", "torn"} or dice.random() < share:
                    _apply(left, Written(event.file, at, piece), piece, dice if rubbish else None)
        if way != "all" and dice.random() < 0.2:  # the file is as long as it was to be, but not all is in it
            longest = max((event.at + len(event.content) for event in events if isinstance(event, Written)), default=0)
            _lengthen(left, longest, dice if rubbish else None)


def _pieces(event: Written, way: str, *, torn: bool, dice: random.Random) -> Iterator[tuple[int, bytes]]:
    """The parts of a write that arrive or not, each for itself."""
    if way == "torn" and torn:
        yield event.at, event.content[: dice.randrange(len(event.content) + 1)]
        return
    unit = {"sectors": SECTOR, "pages": PAGE}.get(way, 0)
    if not unit:
        yield event.at, event.content
        return
    at, end = event.at, event.at + len(event.content)
    while at < end:
        until = min(end, (at // unit + 1) * unit)
        yield at, event.content[at - event.at : until - event.at]
        at = until


def _apply(held: bytearray, event: Any, content: bytes, rubbish: random.Random | None = None) -> None:
    if isinstance(event, Cut):
        if event.size < len(held):
            del held[event.size :]
        else:
            _lengthen(held, event.size, rubbish)
        return
    _lengthen(held, event.at, rubbish)
    held[event.at : event.at + len(content)] = content


def _lengthen(held: bytearray, size: int, rubbish: random.Random | None) -> None:
    missing = size - len(held)
    if missing > 0:
        held += rubbish.randbytes(missing) if rubbish else bytes(missing)
