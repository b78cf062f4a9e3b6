"""Purchase orders on their way from a draft to their supplier."""

from __future__ import annotations

from tests.pages import Browser


def send(maker: Browser, at: str, *, revision: int = 1) -> None:
    """Has an order approved by two of operations and hands it over to its supplier."""
    for _ in range(2):
        boss = Browser(maker.house, "operations")
        boss.get(at)
        boss.post(f"{at}/approve", revision=str(revision))
    maker.get(at)
    maker.post(f"{at}/send", how="hand")
    assert "its goods are on order" in maker.notice
