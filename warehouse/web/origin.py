"""Where a request comes from, also through the front server that brings HTTPS."""

from __future__ import annotations

from ipaddress import ip_address

from flask import request


def asker_address() -> str:
    """The address of the device that asks.

    A front server on this machine (Caddy) names it as the last entry of X-Forwarded-For; from anywhere else that header
    is only a claim, and the connection's own address counts.
    """
    direct = request.remote_addr or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded if forwarded and _is_loopback(direct) else direct


def is_on_this_machine() -> bool:
    """Whether a program on this very machine asks."""
    return _is_loopback(asker_address())


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
