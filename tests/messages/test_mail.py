"""Letters over a live mail server: encrypted, once each, and each recipient for themselves (R-SAF-3)."""

from __future__ import annotations

import socket
import time

import pytest

from tests.messages.servers import CAFILE, MailBox, encrypted, free_port, lines, mail_server, scripted, server_context
from warehouse.clock import HOUR, MINUTE
from warehouse.messages.mail import MailServer


def test_purchasing_gets_a_letter_over_tls_and_it_is_sent_once(office):
    """R-SAF-3: the alert's arithmetic reaches purchasing by e-mail."""
    office.hears("Pia", "purchasing")
    office.fall_short()
    box = MailBox()
    with mail_server(box) as port:
        sender = office.sender(port)
        assert sender.round() == 1
        assert sender.round() == 0
    (letter,) = box.letters
    assert letter["To"] == "pia@example.com"
    assert letter["Subject"] == "KETTLE is below its safety stock: 7 of 10"
    assert letter.get_body(("plain",)) is not None
    assert letter.get_body(("html",)) is not None
    (row,) = office.deliveries("d.kind = 'message'")
    assert (row.state, row.attempts, row.error, row.claim) == ("sent", 1, "", "")
    assert letter["Message-ID"] == f"<pickface.{row.id}@example.com>"


def test_one_whom_the_server_refuses_is_dead_at_once_and_the_others_get_theirs(office):
    for name in ("Ann", "Bob", "Cid"):
        office.hears(name, "purchasing")
    office.fall_short()
    box = MailBox(refuses={"bob@example.com": "550 no such user here"})
    with mail_server(box) as port:
        sender = office.sender(port)
        sender.round()
        sender.round()
    assert sorted(letter["To"] for letter in box.letters) == ["ann@example.com", "cid@example.com"]
    (dead,) = office.deliveries("d.state = 'dead'")
    assert (dead.person, dead.error, dead.attempts) == ("Bob", "recipient", 1)
    assert "no such user here" in dead.said


def test_a_server_that_takes_only_so_many_in_one_conversation_gets_the_others_in_the_next(office):
    office.hears("Pia", "purchasing")
    office.many(6)
    box = MailBox()
    answers = iter(["250 taken", "250 taken", "421 enough for now", "250 taken", "250 taken", "250 taken"])
    box.takes = lambda _: next(answers)
    with mail_server(box) as port:
        sender = office.sender(port)
        assert sender.round() == 6
    assert len(box.letters) == 5
    assert [row.error for row in office.deliveries("d.state = 'waiting'")] == ["server"]


def test_one_who_is_to_be_tried_later_is_tried_later_and_nobody_gets_it_twice(office, pass_time):
    for name in ("Ann", "Bob"):
        office.hears(name, "purchasing")
    office.fall_short()
    box = MailBox(refuses={"ann@example.com": "451 greylisted, try later"})
    with mail_server(box) as port:
        sender = office.sender(port)
        sender.round()
        (waiting,) = office.deliveries("d.state = 'waiting' AND d.kind = 'message'")
        assert (waiting.person, waiting.error, waiting.attempts) == ("Ann", "server", 1)
        assert sender.round() == 0, "not before its time"
        box.refuses.clear()
        pass_time(MINUTE)
        assert sender.round() == 1
    assert [letter["To"] for letter in box.letters] == ["bob@example.com", "ann@example.com"]


def test_a_letter_refused_at_its_end_is_refused_for_that_recipient_alone(office):
    for name in ("Ann", "Bob"):
        office.hears(name, "purchasing")
    office.fall_short()
    box = MailBox(takes=lambda letter: "554 looks like spam" if letter["To"].startswith("ann") else "250 taken")
    with mail_server(box) as port:
        office.sender(port).round()
    assert {row.person: row.state for row in office.deliveries("d.kind = 'message'")} == {"Ann": "dead", "Bob": "sent"}


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_whose_certificate_nobody_vouches_for_gets_no_word(office, scheme):
    office.hears("Pia", "purchasing")
    office.fall_short()
    heard: list[str] = []

    def play(connection, _):
        begun = (
            server_context().wrap_socket(connection, server_side=True) if scheme == "smtps" else encrypted(connection)
        )
        with begun as talk:
            heard.extend(lines(talk))

    with scripted(play) as port:
        office.sender(port, scheme=scheme, cafile="").round()
    (row,) = office.deliveries("d.kind = 'message'")
    assert (row.state, row.error) == ("waiting", "certificate")
    assert heard == []


def test_a_certificate_of_another_name_is_refused(office):
    office.hears("Pia", "purchasing")
    office.fall_short()
    box = MailBox()
    with mail_server(box) as port:
        server = MailServer("smtp", "127.0.0.1", port, cafile=str(CAFILE), sender="pickface@example.com")
        office.sender(port, mail=server).round()
    assert box.letters == []
    assert [row.error for row in office.deliveries("d.kind = 'message'")] == ["certificate"]


def test_a_server_without_encryption_gets_nothing(office):
    office.hears("Pia", "purchasing")
    office.fall_short()
    box = MailBox()
    with mail_server(box, tls=False) as port:
        office.sender(port).round()
    assert box.letters == []
    assert [(row.state, row.error) for row in office.deliveries("d.kind = 'message'")] == [("waiting", "no_tls")]


def test_smtps_begins_with_tls(office):
    office.hears("Pia", "purchasing")
    office.fall_short()
    heard: list[str] = []

    def play(connection, _):
        with server_context().wrap_socket(connection, server_side=True) as talk:
            talk.sendall(b"220 localhost\r\n")
            for line in lines(talk):
                heard.append(line)
                talk.sendall(b"354 go on\r\n" if line == "data" else b"" if _in_letter(heard) else b"250 OK\r\n")

    with scripted(play) as port:
        office.sender(port, scheme="smtps").round()
    assert [row.state for row in office.deliveries("d.kind = 'message'")] == ["sent"]


def _in_letter(heard: list[str]) -> bool:
    return "data" in heard and heard[-1] != "."


@pytest.mark.parametrize(("password", "state", "error"), [("right", "sent", ""), ("wrong", "waiting", "sign_in")])
def test_we_sign_in_where_a_user_is_given_and_a_wrong_password_kills_no_message(office, password, state, error):
    office.hears("Pia", "purchasing")
    office.fall_short()
    box = MailBox()
    with mail_server(box, password="right") as port:
        office.sender(port, user="pickface", password=password).round()
    (row,) = office.deliveries("d.kind = 'message'")
    assert (row.state, row.error) == (state, error), row.said
    assert set(box.signed_in) == {"pickface"}


def test_a_server_that_is_not_there_is_asked_once_for_all_who_wait(office, pass_time):
    office.hears("Pia", "purchasing")
    office.many(20)
    port = free_port()
    sender = office.sender(port)
    assert sender.round() == 1, "one try stands for all"
    assert {(row.attempts, row.error) for row in office.deliveries()} == {(1, "unreachable")}
    box = MailBox()
    with mail_server(box, port=port):
        pass_time(MINUTE)
        assert sender.round() == 20
    assert len(set(box.keys())) == 20


def hangs(connection: socket.socket, _: int) -> None:
    """Takes the connection and never says a word."""
    connection.recv(1)


def drips(connection: socket.socket, _: int) -> None:
    """Says something again and again, but never ends its line."""
    while True:
        connection.sendall(b"2")
        time.sleep(0.02)


def half(connection: socket.socket, _: int) -> None:
    """Begins an answer of several lines and goes away."""
    connection.sendall(b"220-localhost\r\n220-still")


def noise(connection: socket.socket, _: int) -> None:
    """Is no mail server."""
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(1)


def stops_after_data(connection: socket.socket, _: int) -> None:
    """Takes the letter and never says whether it has it."""
    heard: list[str] = []
    with encrypted(connection) as talk:
        for line in lines(talk):
            heard.append(line)
            talk.sendall(b"354 go on\r\n" if line == "data" else b"" if "data" in heard else b"250 OK\r\n")


@pytest.mark.parametrize(
    ("play", "error"),
    [
        (hangs, "late"),
        (drips, "server unreachable"),
        (half, "unreachable"),
        (noise, "server"),
        (stops_after_data, "late"),
    ],
)
def test_a_server_that_misbehaves_holds_nobody_up_and_loses_nothing(office, play, error, pass_time):
    office.hears("Pia", "purchasing")
    office.fall_short()
    with scripted(play) as port:
        begun = time.monotonic()
        assert office.sender(port, answer_s=0.3, letter_s=0.6).round() == 1
        assert time.monotonic() - begun < 10, "it ends by its own time-out, not by the server's leave"
    (row,) = office.deliveries("d.kind = 'message'")
    assert (row.state, row.attempts, row.claim) == ("waiting", 1, "")
    assert row.error in error.split(), row.said  # a cut connection ends, or is reset
    pass_time(MINUTE)
    box = MailBox()
    with mail_server(box) as port:
        office.sender(port).round()
    assert box.keys() == [f"<pickface.{row.id}@example.com>"]


def test_a_letter_whose_answer_was_lost_comes_again_under_the_same_name(office, pass_time):
    """A server may have taken what it did not answer: the same Message-ID lets the reader's server tell."""
    office.hears("Pia", "purchasing")
    office.fall_short()
    answers = iter(["!", "250 taken"])
    box = MailBox(takes=lambda _: next(answers))
    with mail_server(box) as port:
        sender = office.sender(port)
        sender.round()
        assert [row.error for row in office.deliveries("d.kind = 'message'")] == ["broken"]
        pass_time(MINUTE)
        sender.round()
    first, second = box.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes(), "and it says the very same"
    assert [row.state for row in office.deliveries("d.kind = 'message'")] == ["sent"]


def test_a_person_who_has_left_gets_nothing_and_the_letter_is_seen_as_undeliverable(office):
    pia = office.hears("Pia", "purchasing")
    office.fall_short()
    box = MailBox()
    with mail_server(box) as port:
        sender = office.sender(port)
        sender.prepare()
        office.change("UPDATE person SET active = 0 WHERE id = :id", id=pia)
        sender.round()
    assert box.letters == []
    assert [(row.state, row.error) for row in office.deliveries("d.kind = 'message'")] == [("dead", "no_address")]


def test_after_three_days_a_letter_is_dead_and_not_before(office, pass_time):
    """R-SAF-3: retried until accepted, for 3 days, then a dead letter."""
    office.hears("Pia", "purchasing")
    office.fall_short()
    sender = office.sender(free_port())
    tries = 0
    while (
        office.deliveries("d.kind = 'message'") == [] or office.deliveries("d.kind = 'message'")[0].state == "waiting"
    ):
        tries += sender.deliver(0) if tries else sender.round()
        pass_time(HOUR)
        assert tries < 100
    assert 71 <= tries <= 74
    (row,) = office.deliveries("d.kind = 'message'")
    assert (row.state, row.error) == ("dead", "unreachable")


def test_the_address_of_the_mail_server_is_read_as_it_is_documented():
    url = "smtp://us%40example.com:p%3Aw@mail.example.com?cafile=/etc/ca.pem"
    assert MailServer.from_url(url) == MailServer(
        "smtp", "mail.example.com", 587, "us@example.com", "p:w", "/etc/ca.pem", "us@example.com"
    )
    assert MailServer.from_url("smtps://mail.example.com:466?from=wh@example.com").sender == "wh@example.com"
    assert MailServer.from_url("smtps://mail.example.com").port == 465
