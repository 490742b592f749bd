"""A picture that is too large is sent as a smaller copy. The scripts run in a page of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from profiles.testing.pictures import encoded, exif, four_corners, held

pytestmark = pytest.mark.browser

STATIC = Path(__file__).parents[2] / "profiles" / "static"
PAGE = """
<div data-drop data-max-bytes="{limit}"><canvas hidden></canvas><input type="file"><p role="status"></p></div>
<script type="module">
  import {{ DropZone }} from "/profiles/js/drop-zone.js";
  new DropZone(document.querySelector("[data-drop]"));
</script>
"""
#: Name, type and size in pixels of what the form would send.
SELECTED = """async () => {
  const file = document.querySelector("input").files[0];
  const bitmap = await createImageBitmap(file).catch(() => ({ width: 0, height: 0 }));
  return [file.name, file.type, bitmap.width, bitmap.height];
}"""


def choose(page: Page, content: bytes, *, limit: int = 20_000_000) -> object:
    """Choose a file in a page with the limit in bytes, and return what the form would send."""

    def answer(route: Route) -> None:
        place = route.request.url.split("/", 3)[3]
        if place:
            route.fulfill(path=STATIC / place, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE.format(limit=limit), content_type="text/html")

    page.route("http://shrinking.test/**", answer)
    page.goto("http://shrinking.test/")
    page.set_input_files("input", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content})
    expect(page.get_by_role("status")).not_to_be_empty(timeout=60_000)
    return page.evaluate(SELECTED)


def test_a_picture_within_the_limits_is_sent_as_it_is(page: Page) -> None:
    assert choose(page, encoded(four_corners(), "JPEG")) == ["photo.jpg", "image/jpeg", 80, 60]


def test_a_picture_with_too_many_pixels_is_sent_as_a_smaller_upright_copy(page: Page) -> None:
    photo = encoded(held(four_corners(9000, 6000), 6), "JPEG", exif=exif(6))
    assert choose(page, photo) == ["photo.jpg", "image/webp", 4096, 2731]
    expect(page.get_by_role("status")).to_contain_text("9000")
    expect(page.get_by_role("status")).to_contain_text("we will send a smaller copy")


def test_a_picture_with_too_many_bytes_is_sent_as_a_smaller_copy(page: Page) -> None:
    photo = encoded(four_corners(5000, 3000), "JPEG", quality=100)
    assert choose(page, photo, limit=len(photo) - 1) == ["photo.jpg", "image/webp", 4096, 2458]


def test_what_the_browser_cannot_show_is_not_copied(page: Page) -> None:
    assert choose(page, b"x" * 3000, limit=2000) == ["photo.jpg", "image/jpeg", 0, 0]
    expect(page.get_by_role("status")).to_contain_text("Pictures may have up to 2 KB")
