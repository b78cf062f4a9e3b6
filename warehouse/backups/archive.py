"""The file of a backup: written whole or not at all, and looked through to its last byte before any of it is believed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from warehouse.clock import now_us

FORM = 1
"""The form of the file. Whoever reads it refuses a later one."""

MANIFEST, DATABASE, KEY, SUMS = "manifest.json", "database", "ledger.key", "SHA256SUMS"
NAMES = (MANIFEST, DATABASE, KEY, SUMS)
SMALL_MAX = 64 * 1024  # every member but the database


class BackupRefused(Exception):  # noqa: N818 - named by what happened
    """A backup that was not made or not restored, and why; nothing is left of the attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        made_at: when, ISO 8601.
        database: the kind of database that it can be restored into, sqlite or postgresql.
        migration: the form of the database.
        ledger_key_id: names the ledger key that lies beside.
        counts: how much is in it, for people and for the restore to prove itself by.
        secret_key: whether the key that signs sessions is in it; it never is.
    """

    made_at: str
    database: str
    migration: str
    ledger_key_id: str
    counts: dict[str, int]
    secret_key: bool = False
    product: str = "pickface"
    version: int = FORM


def write(file: Path, manifest: Manifest, *, database: Path, ledger_key: bytes) -> None:
    """Writes a backup that only its owner may read, beside `database`, and gives it its name once it is on the disk."""
    draft = database.with_name("backup.tar")
    small = {MANIFEST: (json.dumps(asdict(manifest), indent=2) + "\n").encode(), KEY: f"{ledger_key.hex()}\n".encode()}
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as tar, database.open("rb") as content:
            sums = {name: hashlib.sha256(each).hexdigest() for name, each in small.items()}
            sums[DATABASE] = hashlib.file_digest(content, "sha256").hexdigest()
            small[SUMS] = "".join(f"{sums[name]}  {name}\n" for name in NAMES[:-1]).encode()
            content.seek(0)
            for name in NAMES:
                if name == DATABASE:
                    _add(tar, name, content, database.stat().st_size)
                else:
                    _add(tar, name, BytesIO(small[name]), len(small[name]))
        out.flush()
        os.fsync(out.fileno())
    draft.rename(file)
    sync(file.parent)


def read(file: Path) -> Manifest:
    """What a backup says of itself, once every byte of it was found sound.

    Raises:
        BackupRefused: it is damaged, cut off, no backup, or made by a later version.
    """
    with _opened(file) as tar:
        first = tar.next()
        if first is None or first.name != MANIFEST:
            raise BackupRefused(f"{file} is no backup of Pickface.")
        content = _small(tar, first)
        manifest = _manifest(file, content)
        sums = {MANIFEST: hashlib.sha256(content).hexdigest()}
        written = ""
        for member in _rest(tar, file):
            if member.name == DATABASE:
                with _content(tar, member) as opened:
                    sums[DATABASE] = hashlib.file_digest(opened, "sha256").hexdigest()  # type: ignore[arg-type]
            elif member.name == KEY:
                sums[KEY] = hashlib.sha256(_small(tar, member)).hexdigest()
            else:
                written = _small(tar, member).decode()
        if written != "".join(f"{sums.get(name)}  {name}\n" for name in NAMES[:-1]):
            raise _damaged(file)
    return manifest


def ledger_key(file: Path) -> str:
    """The ledger key that a sound backup holds, in hexadecimal digits."""
    with _opened(file) as tar:
        return _small(tar, tar.getmember(KEY)).decode().strip()


def extract_database(file: Path, target: Path) -> None:
    """Writes the database of a sound backup into a file that only its owner may read, down to the disk."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out, _opened(file) as tar:
        with _content(tar, tar.getmember(DATABASE)) as content:
            shutil.copyfileobj(content, out)
        out.flush()
        os.fsync(out.fileno())


def sync(folder: Path) -> None:
    """Makes a new name in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError, ValueError, KeyError) as error:
        raise _damaged(file) from error


def _rest(tar: tarfile.TarFile, file: Path) -> Iterator[tarfile.TarInfo]:
    """The members after the first, which must be ours, each once and in their order."""
    for name in NAMES[1:]:
        member = tar.next()
        if member is None or member.name != name or not member.isfile():
            raise _damaged(file)
        yield member


def _manifest(file: Path, content: bytes) -> Manifest:
    values: Any = json.loads(content)
    if not isinstance(values, dict) or values.get("product") != "pickface":
        raise BackupRefused(f"{file} is no backup of Pickface.")
    version = values.get("version")
    if isinstance(version, int) and version > FORM:
        raise BackupRefused(
            f"{file} was made by a later version of Pickface (form {version}, this one reads up to {FORM}). "
            "Install that version or a later one and restore with it."
        )
    if not _is_plausible(values):
        raise _damaged(file)
    try:
        return Manifest(**values)
    except TypeError as error:
        raise _damaged(file) from error


def _is_plausible(values: dict[str, Any]) -> bool:
    """Whether the values are of the kinds that they should be."""
    texts = [values.get(name) for name in ("made_at", "database", "migration", "ledger_key_id")]
    counts = values.get("counts")
    return (
        all(isinstance(text, str) for text in texts)
        and isinstance(counts, dict)
        and all(isinstance(count, int) for count in counts.values())
    )


def _damaged(file: Path) -> BackupRefused:
    return BackupRefused(f"{file} is damaged or not complete: nothing of it is used. Take an earlier backup.")


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, now_us() // 1_000_000
    tar.addfile(info, content)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member) if member.isfile() else None
    if content is None:
        raise tarfile.ReadError(member.name)
    return content


def _small(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > SMALL_MAX:
        raise tarfile.ReadError(member.name)
    with _content(tar, member) as content:
        return content.read()
