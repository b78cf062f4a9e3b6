"""People at the administrator's desk: secrets shown once, segregation kept, sessions ended."""

from __future__ import annotations

import re
import uuid

import pytest

from tests.floor import House
from tests.office.browsing import HOSTILE, PAGE, PIN, Desk, token_of


@pytest.fixture
def root(house: House) -> Desk:
    return Desk(house, "admin", name="Root")


def enters(house: House, badge: str, pin: str) -> bool:
    browser = house.app.test_client()
    page = browser.get("/login", headers=PAGE).get_data(as_text=True)
    sent = {"badge": badge, "pin": pin, "csrf_token": token_of(page)}
    return browser.post("/login", data=sent, headers=PAGE).status_code == 303


def secrets(page: str) -> list[str]:
    return [re.sub("<[^>]+>", "", each) for each in re.findall(r'<dd class="code">(.*?)</dd>', page)]


def test_a_person_is_made_and_signs_in_with_what_was_shown_once(house: House, root: Desk) -> None:
    root.get("/people/new")
    key = uuid.uuid4().hex
    badge, pin = secrets(root.post("/people", name="Mei", role=["picker", "packer"], key=key))
    assert "data:image/svg+xml" in root.page
    assert enters(house, badge, pin)
    root.post("/people", name="Mei", role=["picker", "packer"], key=key)
    assert root.status == 422
    assert "shown once already" in root.notice()
    assert badge not in root.page
    kept = house.base.read(lambda session: [str(row) for row in session.all("SELECT * FROM act")])
    assert not any(badge in row or pin in row for row in kept), "secrets are kept nowhere"
    assert root.json("/people?q=mei")["people"][0]["roles"] == ["packer", "picker"]
    root.post("/people", name="Mei", role=["picker"])
    assert "exists already" in root.notice()
    root.post("/people", name="", role=["picker"])
    assert root.status == 422
    root.post("/people", name="Ann")
    assert "at least one role" in root.notice()
    assert 'value="Ann"' in root.page


def test_the_badge_card_is_printed_from_the_answer_alone(house: House, root: Desk) -> None:
    badge, _ = secrets(root.post("/people", name="梅", role=["picker"]))
    mei = house.value("SELECT id FROM person WHERE name = '梅'")
    root.post(f"/people/{mei}/card.pdf", badge=badge)
    assert root.status == 200
    assert root.page.startswith("%PDF")
    root.post(f"/people/{mei}/card.pdf", badge="XB000000000000000000000000000000000000001")
    assert root.status == 422


def test_a_new_badge_kills_the_old_one_and_a_new_pin_too(house: House, root: Desk) -> None:
    old = house.person("Mei", "picker", pin=PIN)
    mei = house.value("SELECT id FROM person WHERE name = 'Mei'")
    (badge,) = secrets(root.post(f"/people/{mei}/badge"))
    assert not enters(house, old["badge"], PIN)
    (pin,) = secrets(root.post(f"/people/{mei}/pin"))
    assert enters(house, badge, pin)


def test_nobody_changes_their_own_roles_or_gives_themselves_a_badge(house: House, root: Desk) -> None:
    path = f"/people/{root.id}"
    root.post(path, name="Root", role=["admin", "supervisor"], active="yes")
    assert "Nobody changes their own roles" in root.notice()
    root.post(f"{path}/badge")
    assert "Nobody changes their own roles" in root.notice()
    root.post(path, name="Root the first", role=["admin"], active="yes")
    assert "is changed" in root.notice(), "the own name may be mended"
    assert f'action="{path}/badge"' not in root.get(path)


def test_the_last_administrator_cannot_be_stopped(house: House, root: Desk) -> None:
    root.post(f"/people/{root.id}", name="Root", role=["admin"])
    assert "last active administrator" in root.notice()
    other = Desk(house, "admin", name="Other")
    root.post(f"/people/{other.id}", name="Other", role=["picker"], active="yes")
    assert "is changed" in root.notice()
    other.get("/people")
    assert other.status == 403


def test_who_is_stopped_is_out_at_once_and_comes_back(house: House, root: Desk) -> None:
    mei = Desk(house, "supervisor", name="Mei")
    assert "handheld:" in root.get(f"/people/{mei.id}")
    root.post(f"/people/{mei.id}", name="Mei", role=["supervisor"])
    mei.get("/items")
    assert mei.status in {302, 303, 401}
    assert not enters(house, mei.badge, PIN)
    root.post(f"/people/{mei.id}", name="Mei", role=["supervisor"], active="yes")
    assert enters(house, mei.badge, PIN)


def test_sessions_are_ended_and_the_log_tells(house: House, root: Desk) -> None:
    mei = Desk(house, "supervisor", name="Mei")
    root.post(f"/people/{mei.id}/sign-out")
    assert "Mei is signed out everywhere" in root.notice()
    mei.get("/items")
    assert mei.status in {302, 303, 401}
    enters(house, mei.badge, "999999")
    assert "wrong PIN" in root.get("/people/sign-ins")
    assert [each["outcome"] for each in root.json("/people/sign-ins?outcome=wrong_pin")["sign_ins"]] == ["wrong_pin"]


def test_a_program_account_is_made_and_revoked(house: House, root: Desk) -> None:
    (token,) = secrets(root.post("/tokens", name="Robot", role=["picker"], station="PACK-1"))
    head = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    assert house.app.test_client().get("/floor", headers=head).status_code == 200
    assert token not in root.get("/tokens")
    robot = house.value("SELECT id FROM person WHERE name = 'Robot'")
    root.post(f"/tokens/{robot}/revoke")
    assert "dead from now on" in root.notice()
    assert house.app.test_client().get("/floor", headers=head).status_code == 401
    root.post("/tokens", name="Other", role=["picker"], station="NOWHERE")
    assert "no packing station" in root.notice()


def test_only_administrators_see_people_and_names_are_shown_literally(house: House, root: Desk) -> None:
    root.post("/people", name=HOSTILE, role=["picker"])
    assert root.status == 200
    page = root.get("/people")
    assert "<script>alert" not in page
    chief = Desk(house, "supervisor")
    for path in ("/people", "/people/new", "/tokens", "/people/sign-ins", f"/people/{root.id}"):
        chief.get(path)
        assert chief.status == 403


def test_a_forged_form_changes_nothing(house: House, root: Desk) -> None:
    answer = root.browser.post("/people", data={"name": "Eve", "role": "admin", "key": "k"}, headers=PAGE)
    assert answer.status_code == 400
    assert house.value("SELECT count(*) FROM person WHERE name = 'Eve'") == 0
