"""The camera's page: what it reads is a scan of the page it came from; without a camera it says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FILMED, Handheld
from tests.browser.straw import Straw

CAMERA = "/camera?next=/picking/1"


def test_what_the_camera_reads_is_a_scan_of_the_page_before(device: Callable[..., Handheld], straw: Straw) -> None:
    handheld = device(permissions=["camera"])
    handheld.open(CAMERA)
    handheld.page.wait_for_url("**/picking/1")
    straw.wait(lambda: straw.taken == [FILMED])
    handheld.quiet()
    assert [fields["via"] for _, fields in straw.arrived] == ["camera"]
    expect(handheld.page.locator(".note p")).to_have_text(FILMED)


def test_on_the_menu_what_the_camera_reads_is_looked_up(device: Callable[..., Handheld], straw: Straw) -> None:
    handheld = device(permissions=["camera"])
    handheld.open("/camera?next=/floor")
    handheld.page.wait_for_url(f"**/lookup?code={FILMED}")
    assert straw.arrived == []


def test_a_scanner_works_on_the_cameras_page_too(device: Callable[..., Handheld], straw: Straw) -> None:
    handheld = device()
    handheld.open(CAMERA)
    handheld.wedge("XL000001")
    straw.wait(lambda: straw.taken == ["XL000001"])
    assert straw.arrived[0][1]["via"] == "wedge"


def test_a_camera_that_may_not_be_used_is_told(device: Callable[..., Handheld]) -> None:
    handheld = device()
    handheld.open(CAMERA)
    expect(handheld.page.locator("#camera-read")).to_contain_text("may not be used")


def test_a_device_without_a_camera_says_so(device: Callable[..., Handheld]) -> None:
    handheld = device()
    handheld.context.add_init_script("Object.defineProperty(Navigator.prototype, 'mediaDevices', { value: undefined })")
    handheld.open(CAMERA)
    expect(handheld.page.locator("#camera-read")).to_contain_text("no camera")


@pytest.mark.parametrize("next_", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"])
def test_the_way_back_leads_only_to_pages_of_ours(handheld: Handheld, next_: str) -> None:
    handheld.page.goto(f"{handheld.straw.url}/camera?next={next_}")
    assert handheld.page.locator("#camera").get_attribute("data-next") == "/floor"
