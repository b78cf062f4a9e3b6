"""Which addresses a webhook may have: public ones only, and each call goes to the very address that was looked at.

A name can lead to one address when it is checked and to another when it is called (DNS rebinding); so the name is looked up
once a call, every address that it has must be fit, and the connection is made to one of these.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from warehouse.errors import N_, Phrase
from warehouse.messages.rules import URL_MAX, BadUrl, UrlForbidden

IP = IPv4Address | IPv6Address

_NEVER = tuple(
    ip_network(each)
    for each in (
        "192.0.0.0/24",  # special purposes, some clouds' metadata among them
        "168.63.129.16/32",  # a cloud's own services, at an address that looks public
        "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23", "3fff::/20", "5f00::/16",
    )
)  # fmt: skip
_NAT64 = ip_network("64:ff9b::/96")

NO_SUCH_HOST = Phrase(N_("its name is not known"))
INSIDE = Phrase(N_("its address is private, reserved or this machine's own"))


@dataclass(frozen=True, slots=True)
class Reach:
    """How far webhooks may go: `inside` lets them call this machine, without encryption too, as only tests do."""

    inside: bool = False


OUTSIDE = Reach()


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str


def is_public(address: IP) -> bool:
    """Whether an address belongs to the internet at large; one that wraps another is as good as that one."""
    if isinstance(address, IPv6Address):
        if address.sixtofour or address.teredo or address.is_site_local:
            return False
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if any(address in each for each in _NEVER if each.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def target_of(url: str, reach: Reach = OUTSIDE) -> Target:
    """A webhook's address, taken apart; nothing is looked up.

    Raises:
        BadUrl: it is none that can be called.
    """
    parts = _split(url)
    schemes = {"https", "http"} if reach.inside else {"https"}
    clean = url.isascii() and url.isprintable() and not set(url) & set(' #\\"<>')
    if (
        parts is None or not clean or len(url) > URL_MAX or parts.scheme not in schemes or not parts.hostname
        or parts.username is not None or parts.password is not None or parts.port == 0
    ):  # fmt: skip
        raise BadUrl(read=url[:URL_MAX])
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), path)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def addresses_of(target: Target, reach: Reach = OUTSIDE) -> list[str]:
    """The addresses that a webhook's host has now, every one of which may be called.

    Raises:
        UrlForbidden: its name is not known, or one of its addresses must not be called.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UrlForbidden(host=target.host, why=NO_SUCH_HOST) from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not addresses:
        raise UrlForbidden(host=target.host, why=NO_SUCH_HOST)
    if not reach.inside and not all(_may_be_called(each) for each in addresses):
        raise UrlForbidden(host=target.host, why=INSIDE)
    return addresses


def _may_be_called(text: str) -> bool:
    try:
        return "%" not in text and is_public(ip_address(text))
    except ValueError:
        return False


class Plain(HTTPConnection):
    """A connection to an address that was looked at, whatever the host's name leads to by now."""

    def __init__(self, target: Target, address: str, seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self._address = address

    def connect(self) -> None:
        """Connects to the address."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class Encrypted(HTTPSConnection):
    """The same with TLS: the certificate must be the name's."""

    def __init__(self, target: Target, address: str, seconds: float, context: ssl.SSLContext) -> None:
        super().__init__(target.host, target.port, timeout=seconds, context=context)
        self._address, self._context_of_ours = address, context

    def connect(self) -> None:
        """Connects to the address, and checks the certificate against the host's name."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        try:
            self.sock = self._context_of_ours.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
