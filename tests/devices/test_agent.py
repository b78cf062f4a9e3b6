"""R-STN-1, R-SCAN-1: whatever is lost, unplugged or killed, each acknowledged scan is done once and in order."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import serial
from click.testing import CliRunner

from devices.agent import Agent
from devices.cli import station
from devices.profiles import Line, profile_named
from devices.server import Server
from devices.spool import InUse, Spool, Unwritable
from tests.devices.desk import CountingServer, PtyScanner, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def counting():
    made = CountingServer()
    yield made
    made.stop()


@pytest.fixture
def desk(tmp_path, counting):
    """Starts an agent with scanners of these profiles; stops all of them in the end."""
    agents = []

    def start(*profiles: str) -> list[PtyScanner]:
        scanners = [PtyScanner(tmp_path / f"scanner{number}") for number in range(len(profiles))]
        lines = [Line(str(scanner.path), profile_named(name)) for scanner, name in zip(scanners, profiles, strict=True)]
        spool, server = Spool(tmp_path / "spool.db"), Server(counting.url, "secret")
        agent = Agent(lines, spool, server)
        agents.append((agent, spool, server))
        agent.start()
        until(lambda: all(one._port for one in agent._scanners.values()))
        start.agent, start.spool = agent, spool
        return scanners

    yield start
    for agent, spool, server in agents:
        agent.stop()
        server.close()
        spool.close()


def reopened(agent: Agent) -> None:
    until(lambda: all(one._port for one in agent._scanners.values()))


def test_a_scan_is_sent_with_its_key_and_beeped(desk, counting) -> None:
    (scanner,) = desk("honeywell")
    scanner.scan(b"]C1010950110153000310AB\x1d21X\r")
    assert scanner.heard() == b"\x1b7,"
    assert counting.done == ["]C1010950110153000310AB\x1d21X"]
    assert counting.authorizations == {"Bearer secret"}
    counting.status, counting.level = 422, "error"
    scanner.scan(b"TOTE-1\r")
    assert scanner.heard() == b"\x1b8,", "a refusal sounds otherwise"
    until(lambda: desk.spool.waiting() == 0)


def test_what_was_no_scan_sounds_and_is_told_but_not_kept(desk, counting) -> None:
    (scanner,) = desk("bel")
    scanner.scan(b"]E09501101530004\r")
    assert scanner.heard() == b"\x07\x07\x07"
    until(lambda: counting.faults)
    assert counting.faults[0]["error"] == "check_digit"
    assert (counting.done, desk.spool.waiting()) == ([], 0)


def test_lost_answers_neither_lose_nor_double_a_scan(desk, counting) -> None:
    (scanner,) = desk("cr_lf")
    counting.lose = 5
    codes = [f"TOTE-{number}" for number in range(20)]
    scanner.scan("".join(f"{code}\r\n" for code in codes).encode())
    until(lambda: len(counting.done) == len(codes) and desk.spool.waiting() == 0)
    assert counting.done == codes
    assert counting.replays == 5


def test_an_unplugged_scanner_comes_back_and_its_half_scan_is_none(desk, counting) -> None:
    (scanner,) = desk("cr_lf")
    codes = []
    for round_ in range(3):
        codes.append(f"TOTE-{round_}")
        scanner.scan(f"TOTE-{round_}\rHALF-{round_}".encode())
        until(lambda: counting.done == codes)
        scanner.unplug()
        until(lambda: not any(one._port for one in desk.agent._scanners.values()))
        scanner.plug()
        reopened(desk.agent)
    assert counting.done == codes


def test_while_the_server_is_away_scans_wait_in_their_order(desk, counting) -> None:
    left, right = desk("ack", "ack")
    counting.status = 503
    codes = []
    for number in range(6):
        scanner = (left, right)[number % 2]
        codes.append(f"TOTE-{number}")
        scanner.scan(f"TOTE-{number}\r".encode())
        assert scanner.heard() == b"\x06", "it is on disk"
    assert desk.spool.waiting() == 6
    counting.status = 200
    until(lambda: desk.spool.waiting() == 0)
    assert counting.done == codes


def test_a_revoked_token_is_told_aloud_and_nothing_more_is_kept(desk, counting) -> None:
    (scanner,) = desk("honeywell")
    counting.status = 401
    scanner.scan(b"TOTE-1\r")
    assert scanner.heard() == b"\x1b8,"
    until(lambda: desk.agent._refused)
    before = desk.spool.waiting()
    scanner.scan(b"TOTE-2\r")
    assert b"\x1b8," in scanner.heard()
    assert desk.spool.waiting() == before == 1


def test_a_full_disk_takes_no_scan(desk, counting, monkeypatch) -> None:
    (scanner,) = desk("ack;tones=bel")

    def full(*_: object) -> None:
        raise Unwritable("database or disk is full")

    monkeypatch.setattr(desk.spool, "keep", full)
    scanner.scan(b"TOTE-1\r")
    assert scanner.heard() == b"\x07\x07\x07"
    monkeypatch.undo()
    scanner.scan(b"TOTE-2\r")
    assert scanner.heard()[:1] == b"\x06"
    until(lambda: counting.done == ["TOTE-2"])


def test_a_port_that_another_program_has_is_waited_for(desk, counting, tmp_path) -> None:
    path = tmp_path / "scanner0"
    scanners = desk("cr_lf")
    scanners[0].unplug()
    until(lambda: not any(one._port for one in desk.agent._scanners.values()))
    other = PtyScanner(tmp_path / "other")
    with serial.Serial(str(other.path), exclusive=True):
        path.symlink_to(other.path.readlink())
        until(lambda: "another program" in next(iter(desk.agent._scanners.values()))._told)
    reopened(desk.agent)
    other.scan(b"TOTE-1\r")
    until(lambda: counting.done == ["TOTE-1"])


def test_a_packet_is_acknowledged_once_it_is_safe_and_a_damaged_one_asked_for_again(desk, counting) -> None:
    (scanner,) = desk("zebra_ssi")
    packet = bytes.fromhex("12f300000b39353031313031353330303033fc64")
    damaged = packet.replace(b"9501", b"9500")
    scanner.scan(damaged)
    assert scanner.heard() == bytes.fromhex("05d1040001ff25")
    scanner.scan(packet)
    assert scanner.heard().startswith(bytes.fromhex("04d00400ff28"))
    until(lambda: counting.done == ["9501101530003"])


def test_one_agent_a_spool(tmp_path) -> None:
    first = Spool(tmp_path / "spool.db")
    with pytest.raises(InUse):
        Spool(tmp_path / "spool.db")
    first.close()
    Spool(tmp_path / "spool.db").close()


def run_troubles(desk, counting: CountingServer, rounds: int, seed: int) -> dict[str, int]:
    """Each round scans at two scanners, then one is unplugged, or the link is cut, or an answer is lost."""
    dice = random.Random(seed)
    scanners = desk("ack", "ack")
    codes: list[str] = []
    troubles = dict.fromkeys(("unplug", "cut", "lose"), 0)
    for round_ in range(rounds):
        trouble = dice.choice(sorted(troubles))
        troubles[trouble] += 1
        if trouble == "cut":
            counting.stop()
        elif trouble == "lose":
            counting.lose += 1
        for number in range(dice.randrange(1, 5)):
            scanner = dice.choice(scanners)
            codes.append(f"TOTE-{round_}-{number}")
            scanner.scan(f"{codes[-1]}\r".encode())
            assert scanner.heard() == b"\x06"
        if trouble == "unplug":
            scanner = dice.choice(scanners)
            thread = desk.agent._scanners[str(scanner.path)]
            scanner.scan(b"CUT-OFF")
            scanner.unplug()
            until(lambda thread=thread: not thread._port)
            scanner.plug()
            until(lambda thread=thread: thread._port)
        elif trouble == "cut":
            counting.start(counting.port)
        elif trouble == "lose":
            # Lost answers in a row are waited for ever longer; here each is one of its own.
            until(lambda: not counting.lose)
    until(lambda: desk.spool.waiting() == 0)
    assert counting.done == codes, f"seed {seed}"
    return troubles | {"scans": len(codes), "answered again": counting.replays}


def test_through_unplugging_cut_links_and_lost_answers_each_scan_is_done_once_in_order(desk, counting) -> None:
    run_troubles(desk, counting, 8, seed=4)


@pytest.mark.proof
def test_through_three_hundred_troubles(desk, counting) -> None:
    seed = int(os.environ.get("WAREHOUSE_SEED", "0")) or random.randrange(2**32)
    sys.stdout.write(f"agent: seed {seed}: {run_troubles(desk, counting, 300, seed)}, 0 lost, 0 doubled\n")


@pytest.mark.parametrize(
    "words",
    [
        [], ["--server", "http://x", "--token", "t"], ["--server", "x", "--token", "t", "--scanner", "/dev/x"],
        ["--server", "http://x", "--token", "é", "--scanner", "/dev/x"],
        ["--server", "http://x", "--token", "t", "--scanner", "/dev/x,speed=1"],
        ["--server", "http://x", "--token", "t", "--scanner", "/dev/x,baud=x"],
        ["--server", "http://x", "--token", "t", "--scanner", "/dev/x,line=9N1"],
        ["--server", "http://x", "--token", "t", "--scanner", "/dev/x,profile=x"],
    ],
)  # fmt: skip
def test_what_cannot_run_is_wrong_usage(words) -> None:
    assert CliRunner().invoke(station, words).exit_code == 2


# ---------------------------------------------------------------- killed


class Process:
    """The agent as a process of its own."""

    def __init__(self, url: str, scanner: PtyScanner, spool: Path) -> None:
        words = [
            "--server",
            url,
            "--token",
            "t",
            "--spool",
            spool,
            "--scanner",
            f"{scanner.path},profile=ack",
            "--verbose",
        ]
        env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "devices", *words], env=env, stderr=subprocess.PIPE, text=True, cwd=spool.parent
        )
        self.wait_for(": open")

    def wait_for(self, words: str) -> None:
        for line in self.process.stderr or ():
            if words in line:
                return
        raise AssertionError("the agent ended")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        if self.process.stderr:
            self.process.stderr.close()
        return code


def rounds_of_kills(tmp_path: Path, counting: CountingServer, rounds: int) -> list[str]:
    """Each round: scans acknowledged, some answers lost, the agent killed. Returns what was acknowledged."""
    scanner = PtyScanner(tmp_path / "scanner")
    spool = tmp_path / "spool.db"
    codes: list[str] = []
    for round_ in range(rounds):
        agent = Process(counting.url, scanner, spool)
        counting.status, counting.lose = (503, 0) if round_ % 2 else (200, 2)
        for number in range(4):
            codes.append(f"TOTE-{round_}-{number}")
            scanner.scan(f"{codes[-1]}\r".encode())
            assert scanner.heard() == b"\x06"
        agent.end(signal.SIGKILL)
    counting.status, counting.lose = 200, 0
    agent = Process(counting.url, scanner, spool)
    until(lambda: len(counting.done) >= len(codes))
    assert agent.end(signal.SIGTERM) == 0
    left = Spool(spool)
    until(lambda: left.waiting() == 0, within=1)
    left.close()
    return codes


def test_a_killed_agent_loses_and_doubles_nothing_that_it_acknowledged(tmp_path, counting) -> None:
    codes = rounds_of_kills(tmp_path, counting, 3)
    assert counting.done == codes


@pytest.mark.proof
def test_a_hundred_kills_of_the_agent(tmp_path, counting) -> None:
    codes = rounds_of_kills(tmp_path, counting, 100)
    assert counting.done == codes
    sys.stdout.write(f"agent: 100 kills, {len(codes)} scans, 0 lost, 0 doubled, {counting.replays} answered again\n")


def test_a_scanner_with_another_ending_is_told_instead_of_silence(desk, counting) -> None:
    """The commonest wrong setting: no CR after the code. Nothing is sent as a scan; tone and page say what to set."""
    (scanner,) = desk("bel")
    scanner.scan(b"6901234000207")
    assert scanner.heard() == b"\x07\x07\x07"
    until(lambda: counting.faults)
    assert counting.faults[0]["error"] == "no_ending"
    assert counting.done == []


@pytest.mark.parametrize(
    "words",
    [["--server", "http://", "--token", "t", "--scanner", "/dev/ttyS0"],
     ["--server", "http://[bad", "--token", "t", "--scanner", "/dev/ttyS0"],
     ["--server", "http://host:99999", "--token", "t", "--scanner", "/dev/ttyS0"],
     ["--server", "http://host", "--token", "t", "--scanner", "/dev/ttyS0", "--scanner", "/dev/ttyS0"],
     ["enrol", "--server", "ftp://host", "CODE"]],
)  # fmt: skip
def test_what_cannot_work_is_told_before_it_starts(words: list[str]) -> None:
    result = CliRunner().invoke(station, words)
    assert result.exit_code == 2, result.output


def test_a_code_is_not_used_up_where_its_token_could_not_be_kept(counting, monkeypatch, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    result = CliRunner().invoke(station, ["enrol", "--server", counting.url, "CODE"])
    assert result.exit_code == 1
    assert "still good" in result.output
    assert counting.authorizations == set(), "nobody was asked"
    assert not counting.connections


def test_a_spool_that_cannot_be_is_told_in_a_sentence(tmp_path) -> None:
    result = CliRunner().invoke(
        station, ["--server", "http://127.0.0.1:9", "--token", "t", "--scanner", "/dev/ttyS0", "--spool", str(tmp_path)]
    )
    assert result.exit_code == 1
    assert "cannot be kept" in str(result.output)
