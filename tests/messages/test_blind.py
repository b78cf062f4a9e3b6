"""Messages tell what the book has: closed to whoever has a bin to count (R-CNT-2)."""

from __future__ import annotations

from tests.messages.servers import MailBox, mail_server
from tests.pages import Browser
from warehouse.counts.requests import raise_count


def test_who_has_a_bin_to_count_reads_no_message(house, office):
    """R-CNT-2: a message about an alert says how many are on hand."""
    office.hears("Pia", "purchasing")
    office.fall_short()
    with mail_server(MailBox()) as port:
        office.sender(port).round()
    sam = Browser(house, "supervisor", name="Sam")
    message = office.deliveries()[0].id
    assert sam.json(f"/messages/{message}")["message"]["tells"][0]["on_hand"] == 7
    house.base.change(
        lambda session: raise_count(session, house.by(), location_id=house.places["A-01"], reason="found")
    )
    sam.get("/floor")
    sam.post("/counting/next")
    for at in ("/messages", f"/messages/{message}"):
        answer = sam.json(at)
        assert (sam.get(at) and sam.status, answer["notice"]["code"]) == (409, "count_first"), at
