"""What it costs to change one's picture: clicks, fields, words and seconds, on a desktop and on a phone."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from profiles.testing.pictures import corner_colors, encoded, exif, four_corners, held, opened
from tests.browser.accessibility import faults_in_every_look, frame_faults
from tests.browser.people import SLOW, Person, picture
from tests.browser.site import Site
from tests.browser.stranger import File, Stranger

pytestmark = pytest.mark.browser
DESKTOP, PHONE, NARROW = (1280, 800), (390, 844), (320, 640)
BLUE: File = {"name": "blue.png", "mimeType": "image/png", "buffer": picture((40, 60, 220))}
ARRIVE = """([kind, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "blue.png", { type: "image/png" }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector("main").dispatchEvent(event);
}"""


def photo() -> File:
    """As a phone takes it, held upright: 12 megapixels, stored lying, with a place in its EXIF."""
    content = encoded(held(four_corners(3000, 4000), 6), "JPEG", exif=exif(6, gps=True))
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": content}


def large_photo() -> File:
    """Of a phone with 48 megapixels, as it stores them."""
    content = encoded(held(four_corners(6000, 8000), 6), "JPEG", exif=exif(6))
    return {"name": "later.jpg", "mimeType": "image/jpeg", "buffer": content}


def go(page: Page, path: str, size: tuple[int, int]) -> Stranger:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(path)
    return Stranger(page)


def is_told(page: Page, text: str) -> None:
    expect(page.locator("[data-toasts]")).to_contain_text(text, timeout=SLOW)


def corners(site: Site, person: Person) -> list[str]:
    return corner_colors(opened(site.get(f"/avatar/{person.handle}?s=1024", Accept="image/webp").content))


def test_a_picture_is_changed_on_any_page_in_three_clicks_and_an_earlier_one_is_back_in_two(
    site: Site, mona: Person, reach: Callable[[str, Stranger], None]
) -> None:
    page = mona.page
    for goal, path, size, file in (
        ("photo", f"/u/{mona.handle}/", DESKTOP, photo()),
        ("phone photo", "/settings/profile/", PHONE, large_photo()),
    ):
        stranger = go(page, path, size)
        stranger.link("Change your picture")
        stranger.choose_file("Choose a picture", file)
        stranger.button("Upload and use")
        is_told(page, "Your new picture is in use.")
        reach(goal, stranger)
        assert page.url == site.url + path
    site.eventually(lambda: corners(site, mona) == ["red", "green", "blue", "yellow"])
    shown = opened(site.get(f"/avatar/{mona.handle}?s=1024", Accept="image/webp").content)
    assert shown.size == (1024, 1024)
    assert not shown.getexif()
    mona.upload(BLUE["buffer"])

    for path, size in (("/", DESKTOP), ("/settings/profile/", PHONE)):
        stranger = go(page, path, size)
        stranger.link("Change your picture")
        stranger.press(page.get_by_role("dialog").get_by_role("button", name="Use again").first)
        is_told(page, "This is your picture now.")
        assert page.url == site.url + path
    reach("earlier", stranger)
    page.get_by_role("button", name="Undo").click()
    is_told(page, "This is your picture now.")
    assert page.url == f"{site.url}/settings/profile/"


def test_the_dialog_takes_a_picture_from_anywhere_and_says_what_is_wrong(site: Site, mona: Person) -> None:
    page, dialog = mona.page, mona.page.get_by_role("dialog", name="Your picture")
    alert, button = dialog.get_by_role("alert"), dialog.get_by_role("button", name="Upload and use")
    posts: list[str] = []
    page.on("request", lambda request: _note(request, posts))
    stranger = go(page, "/", PHONE)
    for kind in ("paste", "drop"):
        page.evaluate(ARRIVE, [kind, base64.b64encode(BLUE["buffer"]).decode()])
        expect(dialog.get_by_text("blue.png, 300 \u00d7 300 pixels")).to_be_visible()
        expect(button).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    stranger.link("Change your picture")
    assert not faults_in_every_look(page)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        stranger.choose_file("Choose a picture", {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1"})
        expect(alert).to_have_text("cv.pdf is a PDF. Choose a JPEG, PNG, GIF, WebP, AVIF or HEIC.")
        expect(alert).to_be_in_viewport(ratio=1)
        expect(button).to_be_hidden()

    dialog.get_by_text("Use a picture from the web").click()
    address = dialog.get_by_label("Web address of a picture")
    address.fill("https://127.0.0.1/me.png")
    address.press("Enter")
    expect(alert).to_have_text("The web address names a number instead of a host.")
    expect(alert).to_be_in_viewport(ratio=1)
    expect(address).to_be_focused()
    page.route("**/settings/picture/fetch/", _answer_with_a_picture)
    dialog.get_by_role("button", name="Get picture").click()
    expect(dialog.get_by_text("me.png, 300 \u00d7 300 pixels")).to_be_visible()
    expect(alert).to_be_hidden()
    dialog.get_by_role("button", name="Rotate right").click()
    assert not faults_in_every_look(page)
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert not frame_faults(page)
    expect(button).to_be_in_viewport(ratio=1)

    posts.clear()
    session = page.context.cookies()
    page.context.clear_cookies(name="session")
    button.click()
    expect(alert).to_contain_text("You are signed out.")
    expect(alert).to_be_in_viewport(ratio=1)
    expect(button).to_be_focused()
    page.context.add_cookies(session)  # type: ignore[arg-type]
    posts.clear()
    button.dblclick()
    is_told(page, "Your new picture is in use.")
    assert len([url for url in posts if url.endswith(("/done/", "/settings/picture/"))]) == 1
    assert page.url == f"{site.url}/"

    page.get_by_role("link", name="Change your picture").click()
    for tab in ("Earlier", "NFT"):
        dialog.get_by_role("link", name=tab, exact=True).click()
        expect(dialog.get_by_role("link", name=tab, exact=True)).to_have_attribute("aria-current", "page")
    dialog.get_by_role("navigation").get_by_role("link", name="Make an NFT").click()
    expect(page).to_have_url(re.compile("/mint/.picture=[0-9a-f-]{36}$"))


def _note(request: Request, posts: list[str]) -> None:
    if request.method == "POST":
        posts.append(request.url)


def _answer_with_a_picture(route: Route) -> None:
    route.fulfill(body=BLUE["buffer"], content_type="image/png")
