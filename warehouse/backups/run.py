"""Taking a backup of an installation, and making an empty one what a backup holds."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from warehouse.backups import archive
from warehouse.backups.archive import BackupRefused, Manifest
from warehouse.backups.copies import Facts, copier
from warehouse.clock import iso, now_us
from warehouse.db import Database, open_database
from warehouse.migrate import head, is_migrated, migrate
from warehouse.settings import LEDGER_KEY_FILE, SECRET_KEY_FILE, Settings, home_of, key_id, read_dotenv

MAY_BE_THERE = frozenset({".env", SECRET_KEY_FILE, LEDGER_KEY_FILE, "lost+found"})
"""What an empty home may hold: settings, the keys of a first start, and what the file system itself puts there."""


def make_backup(settings: Settings, database: Database, file: Path) -> Manifest:
    """Writes a backup of a running installation to a new file.

    Raises:
        BackupRefused: there is nothing to back up, the file exists, or the database cannot be copied.
    """
    if file.exists():
        raise BackupRefused(f"{file} exists: a backup never takes the place of another file. Choose a new name.")
    if not file.parent.is_dir():
        raise BackupRefused(f"{file.parent} is no folder: nothing was written.")
    if not is_migrated(database.engine):
        raise BackupRefused("There is no database yet, so nothing to back up: run `warehouse init` first.")
    made_at = iso(now_us()) or ""
    folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=file.parent))
    try:
        copy = folder / "database"
        facts = copier(database).dump(copy)
        manifest = Manifest(
            made_at=made_at, database=database.dialect, migration=facts.migration,
            ledger_key_id=settings.ledger_key_id, counts=facts.counts,
        )  # fmt: skip
        archive.write(file, manifest, database=copy, ledger_key=settings.ledger_key)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return manifest


def restore_backup(file: Path, environ: Mapping[str, str] = os.environ, dotenv: Path | None = Path(".env")) -> Manifest:
    """Makes the empty installation that the environment names what a backup holds, in today's form of the database.

    The ledger key is put in place before the ledger: a restore that is killed leaves an empty home, and may be repeated.

    Raises:
        BackupRefused: the backup cannot be used, or the installation is not empty; nothing was changed.
    """
    manifest = archive.read(file)
    if manifest.migration > head():
        raise BackupRefused(
            f"{file} holds a database of a later version of Pickface (migration {manifest.migration}, this one knows "
            f"{head()}). Install that version or a later one and restore with it."
        )
    texts = {**read_dotenv(dotenv), **environ}
    home, key = home_of(texts), archive.ledger_key(file)
    _check_home(home, manifest)
    own_key = not texts.get("WAREHOUSE_LEDGER_KEY", "").strip()
    settings = Settings.from_environ(texts | ({"WAREHOUSE_LEDGER_KEY": key} if own_key else {}), dotenv=None)
    if settings.ledger_key_id != manifest.ledger_key_id:
        raise BackupRefused(
            f"WAREHOUSE_LEDGER_KEY is the key {settings.ledger_key_id}; the backup was written with "
            f"{manifest.ledger_key_id} and brings it along. Leave the setting out. Nothing was changed."
        )
    with closing(open_database(settings.database_url, home=home)) as database:
        _restore(file, manifest, database, home, key if own_key else None)
        migrate(database.engine)
    return manifest


def _restore(file: Path, manifest: Manifest, database: Database, home: Path, key: str | None) -> None:
    if manifest.database != database.dialect:
        raise BackupRefused(
            f"The backup is of {manifest.database}, and WAREHOUSE_DATABASE_URL names {database.dialect}. "
            "Nothing was changed."
        )
    copies = copier(database)
    copies.check_empty()
    made_key = key is not None and _put_key(home / LEDGER_KEY_FILE, key)
    draft = copies.draft(home)
    try:
        archive.extract_database(file, draft)
        copies.load(draft, Facts(manifest.migration, manifest.counts))
    except BaseException:
        draft.unlink(missing_ok=True)
        if made_key:
            (home / LEDGER_KEY_FILE).unlink()
        raise


def _check_home(home: Path, manifest: Manifest) -> None:
    """A home in which nobody has lived yet, or nothing but a first start that left its keys."""
    try:
        found = sorted(path.name for path in home.iterdir())
    except FileNotFoundError:
        return
    strange = [name for name in found if name not in MAY_BE_THERE and not name.endswith(".restoring")]
    if strange:
        raise BackupRefused(
            f"{home} is not empty (it holds {', '.join(strange[:3])}): restore only into an empty home. "
            "Set WAREHOUSE_HOME to a new folder. Nothing was changed."
        )
    if LEDGER_KEY_FILE in found and _id_in(home / LEDGER_KEY_FILE) != manifest.ledger_key_id:
        raise BackupRefused(
            f"{home / LEDGER_KEY_FILE} is another ledger key than the backup's {manifest.ledger_key_id}. If no ledger "
            "was written with it, remove it; else set WAREHOUSE_HOME to a new folder. Nothing was changed."
        )


def _id_in(file: Path) -> str:
    try:
        return key_id(bytes.fromhex(file.read_text("ascii").strip()))
    except ValueError:
        return ""


def _put_key(path: Path, key: str) -> bool:
    """Puts the ledger key into the home, down to the disk; whether it was not there yet."""
    if path.exists():
        return False
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(key + "\n")
        out.flush()
        os.fsync(out.fileno())
    archive.sync(path.parent)
    return True
