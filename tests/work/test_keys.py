"""Law 6: every act carries a key made by the client; the same key has one effect and one answer (R-SCAN-1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.floor import House, Worker

Effects = Callable[[], tuple[int, ...]]


def send(worker: Worker, code: str, key: str, path: str = "", **more: Any) -> tuple[int, str, bool]:
    """One scan with a key of our choice; status, notice and whether it was answered as before."""
    assert worker.screen is not None
    fields = worker.screen["scan"]["fields"] | {"code": code, "key": key} | more
    answer = worker.post(path or worker.screen["scan"]["href"], **fields)
    return worker.status, answer["notice"]["code"], worker.replayed


def test_a_repeat_is_answered_as_the_first_with_the_screen_as_it_is_now(
    picker: Worker, house: House, effects: Effects
) -> None:
    step = picker.screen["step"]
    assert send(picker, "KETTLE", "k1") == (200, "picked", False)
    picker.screen = picker.get(picker.screen["href"])["screen"]
    picker.scan("KETTLE", key="k2")
    before, now = effects(), picker.screen
    picker.screen = dict(now, scan={"href": now["scan"]["href"], "fields": {"step": step}})
    assert send(picker, "KETTLE", "k1", via="wedge") == (200, "picked", True), "the key is looked at before the step"
    answer = picker.post(now["scan"]["href"], step=step, code="KETTLE", key="k1")
    assert answer["screen"] == now
    assert answer["notice"]["text"].startswith("1 ×")
    assert effects() == before


def test_a_key_belongs_to_one_act(picker: Worker, effects: Effects) -> None:
    """Another code, another path: refused; what it was used for is untold."""
    assert send(picker, "KETTLE", "k1")[0] == 200
    before = effects()
    assert send(picker, "XQ2", "k1") == (422, "key_reused", False)
    assert picker.post("/picking/next", key="k1")["notice"]["code"] == "key_reused"
    assert send(picker, "KETTLE", "k1", path="/picking/7/scan")[1] == "key_reused"
    assert effects() == before


def test_a_key_of_next_is_no_key_of_a_scan(house: House, picker: Worker) -> None:
    screen = picker.post("/picking/next", key="n1")["screen"]
    again = picker.post("/picking/next", key="n1")
    assert picker.replayed
    assert again == {"screen": screen, "notice": again["notice"]}
    assert again["notice"]["code"] == "work_resumed"
    assert send(picker, "KETTLE", "n1") == (422, "key_reused", False)


def test_no_work_is_answered_again_too(house: House, ada: Worker) -> None:
    assert ada.post("/picking/next", key="n1")["notice"]["code"] == "no_work"
    house.put("KETTLE", "A-02", 6)
    house.order(("KETTLE", 1))
    assert ada.post("/picking/next", key="n1") == {"screen": None, "notice": ada.notice}
    assert ada.replayed
    assert ada.post("/picking/next", key="n2")["screen"] is not None


def test_a_key_belongs_to_one_person(house: House, picker: Worker, effects: Effects) -> None:
    assert send(picker, "KETTLE", "k1")[0] == 200
    bob = house.worker("picker", name="bob")
    bob.screen = picker.screen
    before = effects()
    assert send(bob, "KETTLE", "k1") == (422, "key_reused", False)
    assert effects() == before


def test_a_key_is_1_to_128_readable_characters(picker: Worker, effects: Effects) -> None:
    before = effects()
    for key in ("", "k" * 129, "k" * 10_000, "k\x00", "a\nb", "\x1d"):
        assert send(picker, "KETTLE", key) == (422, "key_missing", False), ascii(key)
        assert picker.post("/picking/next", key=key)["notice"]["code"] == "key_missing"
    assert effects() == before


def test_any_readable_text_is_a_key(picker: Worker) -> None:
    for key in ("k" * 128, "钥匙", "😀", "a b", "' OR 1=1 --", "0"):
        assert send(picker, "KETTLE", key) == (200, "picked", False), key
        picker.screen = picker.get(picker.screen["href"])["screen"]
        assert send(picker, "KETTLE", key) == (200, "picked", True), key


def test_without_a_key_nothing_changes(picker: Worker, effects: Effects) -> None:
    before = effects()
    answer = picker.client.post(picker.screen["scan"]["href"], data={"code": "KETTLE"}, headers=picker._headers())
    assert (answer.status_code, answer.get_json()["notice"]["code"]) == (422, "key_missing")
    assert effects() == before


def test_a_refused_act_keeps_no_key(house: House, picker: Worker, effects: Effects) -> None:
    """Repeating it tries again; it may even be another act."""
    before = effects()
    assert send(picker, "NONSENSE", "k1") == (422, "unknown_code", False)
    assert effects() == before
    assert send(picker, "NONSENSE", "k1") == (422, "unknown_code", False)
    assert send(picker, "KETTLE", "k1") == (200, "picked", False)


def test_a_stale_act_keeps_no_key(picker: Worker) -> None:
    assert send(picker, "KETTLE", "k1", step="ffff") == (409, "step_stale", False)
    assert send(picker, "KETTLE", "k1") == (200, "picked", False)


def test_an_act_is_sent_as_json_too(picker: Worker) -> None:
    fields = picker.screen["scan"]["fields"] | {"code": "KETTLE", "key": "k1"}
    for replayed in (False, True):
        answer = picker.client.post(picker.screen["scan"]["href"], json=fields, headers=picker._headers())
        assert answer.status_code == 200
        assert answer.get_json()["notice"]["code"] == "picked"
        assert (answer.headers.get("Replayed") == "1") == replayed


def test_what_was_undone_is_still_answered_as_it_was(house: House, picker: Worker) -> None:
    """A repeat that comes late, after the act was taken back, has no second effect."""
    first = picker.screen
    assert picker.scan("KETTLE", key="k1") == "picked"
    assert picker.scan("XXUNDO", key="u1") == "undone"
    picker.screen = dict(picker.screen, scan=first["scan"])
    assert send(picker, "KETTLE", "k1") == (200, "picked", True)
    assert send(picker, "XXUNDO", "u1") == (200, "undone", True)
    assert house.stock("KETTLE")[("KETTLE", "A-02", "", "")] == 6


def test_the_act_tells_who_where_when_and_how(house: House, picker: Worker) -> None:
    """R-PUT-5, R-SCAN-3: typed codes are marked as typed."""
    picker.scan("KETTLE", key="k1", via="typed", occurred_at="2026-01-01T08:00:00+08:00")
    picker.scan("KETTLE", key="k2", via="telepathy", occurred_at="no time")
    picker.scan("KETTLE", key="k3", occurred_at="2999-01-01T08:00:00Z")
    picker.scan("KETTLE", key="k4", occurred_at="0001-01-01T00:00:00+08:00")
    rows = house.base.read(
        lambda session: session.all(
            "SELECT key, via, device, code, recorded_at - occurred_at AS late FROM act WHERE key LIKE 'k%' ORDER BY key"
        )
    )
    assert [(row.key, row.via, row.device, row.code) for row in rows] == [
        ("k1", "typed", "token:ada", "KETTLE"), ("k2", "", "token:ada", "KETTLE"), ("k3", "", "token:ada", "KETTLE"),
        ("k4", "", "token:ada", "KETTLE"),
    ]  # fmt: skip
    assert rows[0].late > 0
    assert rows[1].late == rows[2].late == rows[3].late == 0, "what cannot be, or lies ahead, is taken as now"
    moves = house.base.read(lambda session: session.all("SELECT key, person_id FROM move WHERE key LIKE 'k%'"))
    assert sorted(row.key for row in moves) == ["k1", "k2", "k3", "k4"]
