"""The drill: a backup taken while the floor works is a whole installation again, somewhere else; and what is refused."""

from __future__ import annotations

import json
import random
import stat
import subprocess
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.floor import House, Worker
from tests.operations.conftest import Shell
from warehouse.app import create_app, database_of
from warehouse.backups import archive
from warehouse.backups.archive import BackupRefused
from warehouse.settings import Settings

EmptyHome = Callable[[], Shell]


@pytest.fixture
def busy(house: House) -> House:
    """A house with goods and orders enough for a few people."""
    house.put("KETTLE", "A-01", 200)
    house.put("TEA", "A-02", 200, lot="L1", expiry="2030-01-01")
    for _ in range(40):
        house.order(("KETTLE", 2), ("TEA", 1))
    return house


def test_a_backup_taken_while_people_pick_is_a_whole_installation_somewhere_else(
    busy: House, shell: Shell, empty_home: EmptyHome, tmp_path: Path
) -> None:
    """R-EMG-1: consistent at whatever moment it is taken, with no scan half in it."""
    workers = [busy.worker("supervisor") for _ in range(3)]
    stop, scans = threading.Event(), threading.Semaphore(0)
    threads = [threading.Thread(target=pick_until, args=(worker, stop, scans)) for worker in workers]
    for thread in threads:
        thread.start()
    told = []
    try:
        for number in range(3):
            for _ in range(20):
                assert scans.acquire(timeout=20), "people are at work"
            told.append(shell.json("backup", tmp_path / f"{number}.backup"))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    postings = [each["counts"]["postings"] for each in told]
    assert 2 < postings[0] < postings[1] < postings[2], "each has what was picked since the one before"
    for number, each in enumerate(told):
        restored = empty_home()
        assert restored.json("restore", tmp_path / f"{number}.backup")["counts"] == each["counts"]
        proof = restored.json("verify")
        assert proof["ok"]
        assert proof["postings"] == each["counts"]["postings"]


def pick_until(worker: Worker, stop: threading.Event, scans: threading.Semaphore) -> None:
    """Picks order after order."""
    while not stop.is_set() and worker.next("picking") is not None:
        while not stop.is_set() and not (worker.screen or {}).get("done"):
            worker.obey()
            scans.release()


def test_after_the_drill_stock_is_the_same_and_the_floor_goes_on_with_its_tokens(
    busy: House, shell: Shell, empty_home: EmptyHome, tmp_path: Path
) -> None:
    """R-EMG-1: the same stock, the same open work at the same step, and badges that are still known."""
    ada = busy.worker("supervisor", name="ada")
    grace = busy.person("Grace", "picker", pin="204816")
    ada.next("picking")
    ada.obey()
    ada.obey()
    shell.json("backup", tmp_path / "night.backup")
    restored = empty_home()
    restored.json("restore", tmp_path / "night.backup")
    assert restored.json("verify")["faults"] == []
    assert restored.json("stock") == shell.json("stock")

    app = create_app(settings_of(restored))
    with closing(database_of(app)):
        again = Worker(app.test_client(), ada.token)
        assert again.next("picking") == ada.screen, "the open work stands where it stood"
        again.finish()
        signed_in = app.test_client().post(
            "/login", data={"badge": grace["badge"], "pin": "204816"}, headers={"Accept": "application/json"}
        )
        assert signed_in.status_code == 200
    assert restored.json("verify")["ok"]


def settings_of(shell: Shell) -> Settings:
    return Settings.from_environ(shell.environ, dotenv=None)


def test_only_its_owner_may_read_a_backup_and_standard_tools_prove_it(
    busy: House, shell: Shell, empty_home: EmptyHome, tmp_path: Path
) -> None:
    """R-SEC-2: the ledger key is in it; the key that signs sessions is not."""
    del busy
    empty_home()
    file = tmp_path / "night.backup"
    told = shell.json("backup", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".backup-*")), "nothing is left beside it"
    opened = tmp_path / "opened"
    opened.mkdir()
    subprocess.run(["tar", "xf", file, "-C", opened], check=True)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=opened, check=True)
    assert json.loads((opened / "manifest.json").read_text())["ledger_key_id"] == told["ledger_key_id"]
    assert (opened / "ledger.key").read_text().strip() == "11" * 32
    assert b"s" * 40 not in file.read_bytes()
    assert told["secret_key"] is False


def test_a_backup_never_takes_the_place_of_a_file(house: House, shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "night.backup"
    file.write_text("last night's")
    assert "Choose a new name" in shell.refused("backup", file)
    assert file.read_text() == "last night's"


def test_a_backup_into_a_folder_that_is_not_there_says_so(house: House, shell: Shell, tmp_path: Path) -> None:
    assert "usb is no folder" in shell.refused("backup", tmp_path / "usb" / "night.backup")
    assert not (tmp_path / "usb").exists()


@pytest.fixture
def night(house: House, shell: Shell, empty_home: EmptyHome, tmp_path: Path) -> Path:
    """A small backup."""
    house.put("KETTLE", "A-01", 5)
    empty_home()
    file = tmp_path / "night.backup"
    shell.json("backup", file)
    return file


def test_an_installation_in_use_is_never_overwritten(night: Path, shell: Shell, empty_home: EmptyHome) -> None:
    before = shell.json("stock")
    assert "empty" in shell.refused("restore", night)
    restored = empty_home()
    restored.json("restore", night)
    assert "empty" in restored.refused("restore", night), "nor is one that was just restored"
    assert shell.json("stock") == restored.json("stock") == before


def test_another_ledger_key_in_the_environment_or_home_is_refused(night: Path, empty_home: EmptyHome) -> None:
    """A ledger with another key could never prove itself."""
    shell = empty_home()
    shell.environ["WAREHOUSE_LEDGER_KEY"] = "22" * 32
    assert "WAREHOUSE_LEDGER_KEY" in shell.refused("restore", night)
    del shell.environ["WAREHOUSE_LEDGER_KEY"]
    (shell.home / "ledger.key").write_text("22" * 32)
    assert "another ledger key" in shell.refused("restore", night)
    (shell.home / "ledger.key").write_text("11" * 32 + "\n")
    shell.json("restore", night)
    assert shell.json("verify")["ok"]


def test_a_backup_of_the_other_kind_of_database_is_refused(
    night: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"sqlite:///{tmp_path}/other.db" if url.startswith("postgresql") else "postgresql://nobody@127.0.0.1:1/none"
    shell = Shell(tmp_path / "other", other, monkeypatch)
    assert "is of" in shell.refused("restore", night)
    assert not (tmp_path / "other.db").exists()


def test_a_later_version_and_a_later_migration_are_refused(night: Path, empty_home: EmptyHome, tmp_path: Path) -> None:
    for number, change in enumerate(({"version": 2}, {"migration": "9999"})):
        changed = rewritten(night, tmp_path / f"later-{number}", change)
        shell = empty_home()
        assert "later version" in shell.refused("restore", changed)
        assert not shell.home.exists()


def rewritten(file: Path, target: Path, change: dict[str, Any]) -> Path:
    """A backup whose manifest says something else, its checksums in order."""
    manifest = archive.read(file)
    values = {name: getattr(manifest, name) for name in manifest.__slots__} | change
    folder = target.with_name(target.name + "-parts")
    folder.mkdir()
    archive.extract_database(file, folder / "database")
    archive.write(
        target, archive.Manifest(**values), database=folder / "database",
        ledger_key=bytes.fromhex(archive.ledger_key(file)),
    )  # fmt: skip
    return target


def test_a_damaged_file_is_refused_whole(night: Path, empty_home: EmptyHome, tmp_path: Path) -> None:
    """Cut off anywhere or changed in any byte that matters: the home is not even made."""
    whole, dice = night.read_bytes(), random.Random(20261126)
    damaged = tmp_path / "damaged.backup"
    sound = archive.read(night)
    shell = empty_home()
    for length in [0, 1, 511, 512, 1500, *(dice.randrange(len(whole) - 10_240) for _ in range(20))]:
        damaged.write_bytes(whole[:length])
        with pytest.raises(BackupRefused):
            archive.read(damaged)
    for _ in range(300):
        place = dice.choice((dice.randrange(4096), dice.randrange(len(whole))))
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << dice.randrange(8)]) + whole[place + 1 :])
        try:
            assert archive.read(damaged) == sound, "what is between the parts may change; what is in them may not"
            assert archive.ledger_key(damaged) == "11" * 32
        except BackupRefused:
            pass
    damaged.write_bytes(whole[: len(whole) // 2])
    assert "damaged" in shell.refused("restore", damaged)
    assert not shell.home.exists()


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\0" * 10_240], ids=["empty", "text", "zeros"])
def test_what_is_no_backup_is_refused(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "some.file"
    file.write_bytes(content)
    shell = Shell(tmp_path / "home", None, monkeypatch)
    assert str(file) in shell.refused("restore", file)
    assert not shell.home.exists()


def test_a_strange_tar_is_no_backup_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "strange.tar"
    with tarfile.open(file, "w") as tar:
        info = tarfile.TarInfo("../../evil")
        info.size = 4
        tar.addfile(info, BytesIO(b"evil"))
    with pytest.raises(BackupRefused, match="no backup"):
        archive.read(file)


def test_without_its_tools_postgresql_says_what_to_install(
    house: House, shell: Shell, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if url.startswith("sqlite"):
        return
    monkeypatch.setenv("PATH", str(tmp_path))
    said = shell.refused("backup", tmp_path / "night.backup")
    assert "pg_dump is missing" in said
    assert "postgresql-client" in said
    assert not (tmp_path / "night.backup").exists()


def test_a_restore_that_fails_leaves_nothing_and_can_be_repeated(
    night: Path, empty_home: EmptyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full in the middle, say."""
    shell = empty_home()
    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfileobj", full_disk)
        result = shell.run("restore", night)
        assert result.exit_code != 0
    assert {path.name for path in shell.home.iterdir()} <= {"secret.key"}
    shell.json("restore", night)
    assert shell.json("verify")["ok"]


def full_disk(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def test_before_the_first_start_there_is_nothing_to_back_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(tmp_path / "home", None, monkeypatch)
    assert "nothing to back up" in shell.refused("backup", tmp_path / "night.backup")


def test_without_the_setting_a_home_keeps_the_key_that_came(night: Path, empty_home: EmptyHome) -> None:
    shell = empty_home()
    shell.json("restore", night)
    key = shell.home / "ledger.key"
    assert key.read_text().strip() == "11" * 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert (shell.home / "secret.key").exists()
