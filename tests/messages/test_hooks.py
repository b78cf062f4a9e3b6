"""Webhooks: each call signed, to public addresses alone, read no further than needed, the same at every try."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from ipaddress import ip_address
from typing import Any

import pytest

from tests.messages.servers import Receiver, client_context, free_port, scripted, webhook_server
from warehouse.clock import HOUR, MINUTE
from warehouse.messages import guard
from warehouse.messages.guard import OUTSIDE, Reach, addresses_of, is_public, target_of
from warehouse.messages.hooks import Caller
from warehouse.messages.rules import OLD_SECRET_HOURS, BadUrl, UrlForbidden
from warehouse.messages.webhooks import rotate


def verified(call: Any, secret: str) -> bool:
    """What docs/messages.md tells a receiver to do."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [each.removeprefix("v1,") for each in call.headers["webhook-signature"].split(" ")]
    fresh = abs(time.time() - int(call.headers["webhook-timestamp"])) < 300
    return fresh and any(hmac.compare_digest(wanted, each) for each in given)


def test_a_webhook_hears_what_it_asked_for_and_can_prove_it_is_ours(office):
    receiver = Receiver()
    with webhook_server(receiver) as port:
        secret = office.hook(f"https://localhost:{port}/hook?of=wms", "alert.opened")
        office.fall_short()
        sender = office.sender()
        assert sender.round() == 2
        assert sender.round() == 0
    call = receiver.calls[0]
    assert call.path == "/hook?of=wms"
    assert verified(call, secret)
    assert not verified(call, "whsec_" + base64.b64encode(b"another").decode())
    said = json.loads(call.body)
    assert said["id"] == call.headers["webhook-id"]
    assert (said["type"], said["warehouse"]) == ("alert.opened", "MAIN")
    assert {json.loads(each.body)["data"]["kind"] for each in receiver.calls} == {"safety_stock", "reorder"}
    assert said["data"]["sku"] == "KETTLE"
    assert "@" not in call.body.decode()


def test_an_event_whose_answer_was_lost_comes_again_with_the_same_id_and_body(office, pass_time):
    answers = iter([None, (500, b"not now"), (200, b"ok")])
    receiver = Receiver(answers=lambda _: next(answers))
    with webhook_server(receiver) as port:
        secret = office.hook(f"https://localhost:{port}/")
        office.many(1)
        sender = office.sender()
        sender.round()
        assert [row.error for row in office.deliveries()] == ["broken"]
        pass_time(MINUTE)
        sender.round()
        (row,) = office.deliveries()
        assert (row.error, row.attempts) == ("status", 2)
        assert "500" in row.said
        assert "not now" in row.said
        pass_time(2 * MINUTE)
        sender.round()
    assert office.states() == ["sent"]
    assert len(set(receiver.ids())) == 1
    assert len({call.body for call in receiver.calls}) == 1
    for call in receiver.calls[:1]:
        assert verified(call, secret)


def test_a_new_secret_signs_beside_the_old_one_for_a_day(office, pass_time):
    receiver = Receiver()
    with webhook_server(receiver) as port:
        old = office.hook(f"https://localhost:{port}/")
        hook = office.house.value("SELECT id FROM webhook")
        _, new = office.base.change(lambda session: rotate(session, office.house.by(), hook))
        office.many(2)
        office.sender().round()
        assert all(verified(call, old) and verified(call, new) for call in receiver.calls)
        receiver.calls.clear()
        pass_time((OLD_SECRET_HOURS + 1) * HOUR)
        office.change("UPDATE delivery SET state = 'waiting', ended_at = NULL")
        office.sender().round()
    signatures = [call.headers["webhook-signature"].split(" ") for call in receiver.calls]
    assert [len(each) for each in signatures] == [1, 1], "the old secret is dead"


def test_a_redirection_is_not_followed(office):
    inside = Receiver()
    with webhook_server(inside, tls=False) as secret_port:
        receiver = Receiver(
            answers=lambda _: (307, b""), headers=[("Location", f"http://localhost:{secret_port}/admin")]
        )
        with webhook_server(receiver) as port:
            office.hook(f"https://localhost:{port}/")
            office.many(1)
            office.sender().round()
    assert inside.calls == []
    assert [(row.state, row.error) for row in office.deliveries()] == [("waiting", "status")]


def test_a_webhook_that_hangs_or_never_ends_its_answer_holds_nobody_up(office):
    def hang(connection, _):
        while connection.recv(100_000):
            pass

    def endless(connection, _):
        connection.recv(100_000)
        connection.sendall(b"HTTP/1.1 500 Oh\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    def slow_heads(connection, _):
        connection.recv(100_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(400):
            connection.sendall(b"a")
            time.sleep(0.05)

    caller = Caller(Reach(inside=True), client_context(), 0.5, 1.0)
    for play, errors in ((hang, {"late"}), (endless, {"status"}), (slow_heads, {"", "broken", "late"})):
        with scripted(play) as port:
            begun = time.monotonic()
            outcome = caller.call(f"http://localhost:{port}/", {}, b"{}")
            assert time.monotonic() - begun < 8
            assert outcome.error in errors, outcome
            assert len(outcome.said) <= 300


def test_a_certificate_that_nobody_vouches_for_is_refused(office):
    receiver = Receiver()
    with webhook_server(receiver) as port:
        office.hook(f"https://localhost:{port}/")
        office.many(1)
        office.sender(caller=Caller(Reach(inside=True))).round()
    assert receiver.calls == []
    assert [row.error for row in office.deliveries()] == ["certificate"]


def test_one_webhook_that_is_gone_keeps_back_no_other(office):
    receiver = Receiver()
    with webhook_server(receiver) as port:
        office.hook(f"https://localhost:{free_port()}/")
        office.hook(f"https://localhost:{port}/")
        office.many(5)
        office.sender().round()
    assert len(receiver.calls) == 5
    gone = [row for row in office.deliveries() if row.state == "waiting"]
    assert {(row.attempts, row.error) for row in gone} == {(1, "unreachable")}


def test_one_event_that_a_webhook_cannot_take_keeps_back_no_other_event(office):
    """The first call breaks the receiver each time; the others get through."""
    poison: list[str] = []

    def answer(call):
        poison[:] = poison or [call.headers["webhook-id"]]
        return None if call.headers["webhook-id"] == poison[0] else (200, b"")

    receiver = Receiver(answers=answer)
    with webhook_server(receiver) as port:
        office.hook(f"https://localhost:{port}/")
        office.many(4)
        office.sender().round()
    assert sorted(office.states()) == ["sent", "sent", "sent", "waiting"]


def test_a_webhook_that_was_switched_off_is_not_called(office):
    receiver = Receiver()
    with webhook_server(receiver) as port:
        office.hook(f"https://localhost:{port}/")
        office.many(1)
        sender = office.sender()
        sender.prepare()
        office.change("UPDATE webhook SET active = 0")
        sender.round()
    assert receiver.calls == []
    assert [(row.state, row.error) for row in office.deliveries()] == [("dead", "switched_off")]


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.255.0.1", "0.0.0.0", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
     "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1",
     "2001:db8::1"],
)  # fmt: skip
def test_an_address_that_is_not_public_is_never_called(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "104.18.0.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_a_public_address_may_be_called(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "ftp://example.com/", "https://", "https:///x", "https://user@example.com/",
     "https://user:pw@example.com/", "https://example.com/#x", "https://example.com/a b", "https://exa\nmple.com/",
     "https://example.com:0/", "https://example.com:99999/", "https://example.com\\@127.0.0.1/", "//example.com",
     "javascript:alert(1)", "https://" + "a" * 600, "https://例子.example/", ""],
)  # fmt: skip
def test_an_address_that_cannot_be_called_is_refused(url):
    with pytest.raises(BadUrl):
        target_of(url)


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://10.1.2.3:8443/x", "https://169.254.169.254/latest",
     "https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://0x7f.1/", "https://017700000001/", "https://127.1/",
     "https://[fe80::1%25lo]/", "https://0/"],
)  # fmt: skip
def test_this_machine_and_its_network_cannot_be_registered_however_they_are_written(url):
    with pytest.raises((UrlForbidden, BadUrl)):
        addresses_of(target_of(url))


def named(addresses: list[str]) -> Any:
    """A name server that says so."""
    families = {True: socket.AF_INET6, False: socket.AF_INET}
    return lambda _host=None, port=443, *_, **__: [
        (families[":" in each], socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses
    ]


def test_a_name_with_one_bad_address_among_good_ones_is_refused(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", named(["8.8.8.8", "127.0.0.1"]))
    with pytest.raises(UrlForbidden):
        addresses_of(target_of("https://hooks.example.com/"))


def test_a_name_that_leads_elsewhere_after_it_was_checked_is_called_where_it_was_checked(monkeypatch):
    """DNS rebinding: the look-up that is checked is the one that is called; there is no second one."""
    answers = iter([named(["8.8.8.8"])(), named(["127.0.0.1"])()])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: next(answers))
    called = []

    def connect(address, *_: Any, **__: Any):
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    outcome = Caller(OUTSIDE).call("https://hooks.example.com/", {}, b"{}")
    assert called == [("8.8.8.8", 443)]
    assert outcome.error == "unreachable"


def test_each_call_looks_at_the_address_again(office, monkeypatch):
    """A name that was public when it was registered, and leads inside now, is not called."""
    receiver = Receiver()
    with webhook_server(receiver, tls=False) as port:
        office.hook(f"https://hooks.example.com:{port}/")
        office.many(1)
        kept = socket.getaddrinfo
        monkeypatch.setattr(
            guard.socket, "getaddrinfo",
            lambda host, *rest, **more: named(["127.0.0.1"])() if "example.com" in str(host) else kept(host, *rest, **more),
        )  # fmt: skip
        office.sender(caller=Caller(OUTSIDE)).round()
    assert receiver.calls == []
    assert [row.error for row in office.deliveries()] == ["forbidden"]


def test_the_certificate_is_checked_against_the_name_and_not_against_the_address(monkeypatch):
    receiver = Receiver()
    with webhook_server(receiver) as port:
        monkeypatch.setattr(guard.socket, "getaddrinfo", named(["127.0.0.1"]))
        caller = Caller(Reach(inside=True), client_context())
        assert caller.call(f"https://hooks.example.com:{port}/", {}, b"{}").error == ""
        assert caller.call(f"https://other.example.com:{port}/", {}, b"{}").error == "certificate"
    assert [call.headers["host"] for call in receiver.calls] == [f"hooks.example.com:{port}"]
