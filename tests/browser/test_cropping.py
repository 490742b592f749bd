"""Visitors get the crop that the person chose by mouse, touch, keyboard or list. A canceled crop changes nothing."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, Page, expect

from profiles.testing.pictures import corner_colors, encoded, exif, four_corners, held, opened
from tests.browser.accessibility import PHONE, faults_in_every_look
from tests.browser.conftest import BUCKET
from tests.browser.people import SLOW, Person, picture
from tests.browser.site import Site
from tests.browser.wallet import KeyWallet

pytestmark = pytest.mark.browser
FOUR = encoded(four_corners(800, 600), "PNG")
STEPS = 40


def choose(page: Page, content: bytes, name: str = "four.png", kind: str = "image/png") -> None:
    page.goto("/settings/picture/")
    file = {"name": name, "mimeType": kind, "buffer": content}
    page.get_by_label("Choose a picture").set_input_files(file)  # type: ignore[arg-type]


def send(person: Person) -> None:
    person.button("Upload and use").click()
    expect(person.page.get_by_text("Your new picture is in use.")).to_be_visible(timeout=SLOW)


def shows(site: Site, handle: str, *colors: str) -> None:
    """Wait until the corners of the picture that visitors get have these colors. Cached answers may delay it."""

    def holds() -> bool:
        answer = site.get(f"/avatar/{handle}?s=64", Accept="image/webp")
        return set(corner_colors(opened(answer.content))) == set(colors)

    site.eventually(holds)


def stage(page: Page) -> Any:
    found = page.get_by_role("application", name="Part of the picture that is shown")
    found.scroll_into_view_if_needed()
    return found


def open_history(page: Page) -> None:
    page.get_by_role("link", name="Earlier", exact=True).click()


def previewed(page: Page) -> set[str]:
    """Return the colors on the screen in the middle of each edge of the largest preview."""
    preview = page.locator("[data-preview]").first
    image = Image.open(io.BytesIO(preview.screenshot())).convert("RGB")
    inside = image.crop((image.width // 5, image.height // 5, image.width * 4 // 5, image.height * 4 // 5))
    return set(corner_colors(inside))


def test_by_keys_alone_one_reaches_a_corner(site: Site, mona: Person) -> None:
    page = mona.page
    choose(page, FOUR)
    field = page.get_by_label("Choose a picture")
    field.focus()
    stage(page)
    page.keyboard.press("Tab")
    expect(stage(page)).to_be_focused()
    for key in ["+"] * 12 + ["Shift+ArrowRight"] * 12 + ["Shift+ArrowUp"] * 12:
        page.keyboard.press(key)
    expect(page.locator("[data-part=words]")).to_contain_text("from the left")
    expect(page.locator("[data-part=words]")).to_contain_text("Shown: 0 to")  # pushed right: the left edge
    assert previewed(page) == {"blue"}
    assert not faults_in_every_look(page)
    send(mona)
    shows(site, mona.handle, "blue")


def test_reset_goes_back_to_the_middle_and_the_whole_picture_is_kept(site: Site, mona: Person) -> None:
    page = mona.page
    choose(page, FOUR)
    stage(page).focus()
    for key in ["+"] * 12 + ["Shift+ArrowRight"] * 12:
        page.keyboard.press(key)
    mona.button("Reset").click()
    send(mona)
    shows(site, mona.handle, "red", "green", "blue", "yellow")
    assert site.receipt(mona.handle)["width"] == 800


def test_visitors_get_the_straightened_part_that_was_previewed(site: Site, mona: Person) -> None:
    page = mona.page
    tilted = four_corners(800, 600).rotate(8, Image.Resampling.BICUBIC)
    choose(page, encoded(tilted, "PNG"))
    stage(page).focus()
    for key in ["+"] * 4 + ["ArrowRight"] * 4:
        page.keyboard.press(key)
    page.get_by_role("slider", name="Straighten").focus()
    for _ in range(16):  # of half a degree
        page.keyboard.press("ArrowRight")
    expect(page.locator("[data-part=words]")).to_contain_text("Straightened by 8 degrees.")
    drawn = page.locator("[data-preview]").first.evaluate("canvas => canvas.toDataURL('image/png')")
    preview = Image.open(io.BytesIO(base64.b64decode(drawn.partition(",")[2]))).convert("RGB").resize((128, 128))
    send(mona)

    def is_the_same() -> bool:
        shown = opened(site.get(f"/avatar/{mona.handle}?s=128", Accept="image/webp").content).convert("RGB")
        difference = ImageChops.difference(preview, shown).convert("L")
        return shown.size == preview.size and ImageStat.Stat(difference).mean[0] < 3

    site.eventually(is_the_same)


def test_by_mouse_one_drags_and_turns_the_wheel(site: Site, mona: Person) -> None:
    page = mona.page
    choose(page, FOUR)
    box = stage(page).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x, y)
    page.mouse.wheel(0, -500)
    page.mouse.down()
    page.mouse.move(x - box["width"], y - box["height"], steps=8)  # to the upper left: what is below right comes in
    page.mouse.up()
    expect(page.get_by_label("Zoom", exact=True)).not_to_have_value("0")
    send(mona)
    shows(site, mona.handle, "yellow")


def test_the_wheel_scrolls_the_page_until_the_picture_is_chosen(mona: Person) -> None:
    page = mona.page
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    choose(page, FOUR)
    stage(page).hover()
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, 100)
    page.wait_for_function("before => scrollY > before", arg=before)
    expect(page.get_by_label("Zoom", exact=True)).to_have_value("0")


def test_by_buttons_alone_everything_a_drag_does_can_be_done(site: Site, mona: Person) -> None:
    page = mona.page
    choose(page, FOUR)
    stage(page)
    for name in ["Zoom in"] * 5 + ["Move left"] * STEPS + ["Move down"] * STEPS:
        page.get_by_role("button", name=name).dispatch_event("click")
    send(mona)
    shows(site, mona.handle, "green")


def test_with_two_fingers_one_zooms_and_with_one_moves(site: Site, mona: Person) -> None:
    page = mona.page
    choose(page, FOUR)
    stage(page).scroll_into_view_if_needed()
    box = stage(page).bounding_box()
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": n}
            for n, (x, y) in enumerate(places)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", (0.45, 0.5), (0.55, 0.5))
    for n in range(1, 9):
        fingers("touchMove", (0.45 - n / 25, 0.5), (0.55 + n / 25, 0.5))
    fingers("touchEnd")
    expect(page.get_by_label("Zoom", exact=True)).not_to_have_value("0")
    for _ in range(3):
        fingers("touchStart", (0.1, 0.1))
        for n in range(1, 9):
            fingers("touchMove", (0.1 + n / 10, 0.1 + n / 10))
        fingers("touchEnd")
    send(mona)
    shows(site, mona.handle, "red")


def test_a_picture_held_sideways_is_cropped_as_it_is_seen(site: Site, mona: Person) -> None:
    lying = encoded(held(four_corners(800, 600), 6), "JPEG", exif=exif(6, gps=True))
    choose(mona.page, lying, "phone.jpg", "image/jpeg")
    expect(mona.page.get_by_text("phone.jpg, 800 \u00d7 600 pixels")).to_be_visible()
    stage(mona.page).focus()
    for key in ["+"] * 12 + ["Shift+ArrowLeft"] * 12 + ["Shift+ArrowDown"] * 12:
        mona.page.keyboard.press(key)
    send(mona)
    shows(site, mona.handle, "green")


def test_by_the_form_the_part_is_sent_too(site: Site, mona: Person) -> None:
    mona.page.route(f"**/{BUCKET}", lambda route: route.abort())
    choose(mona.page, FOUR)
    stage(mona.page).focus()
    for key in ["+"] * 12 + ["Shift+ArrowLeft"] * 12 + ["Shift+ArrowUp"] * 12:
        mona.page.keyboard.press(key)
    send(mona)
    shows(site, mona.handle, "yellow")


def test_what_the_browser_can_not_show_is_cropped_by_lists(site: Site, mona: Person) -> None:
    page = mona.page
    page.add_init_script("window.createImageBitmap = () => Promise.reject(new Error('unknown format'))")
    choose(page, FOUR)
    expect(page.get_by_text("This browser cannot show four.png, but we may be able to use it.")).to_be_visible()
    page.get_by_label("From left to right").select_option("Right")
    page.get_by_label("How much").select_option("A third of it")
    page.get_by_label("From top to bottom").select_option("Top")
    assert not faults_in_every_look(page)
    send(mona)
    shows(site, mona.handle, "green")


def test_without_scripts_the_lists_choose_the_part_and_choose_again(site: Site, chromium: Browser) -> None:
    page = chromium.new_context(base_url=site.url, java_script_enabled=False).new_page()
    olga = Person("olga", site, page, KeyWallet(site.chain.w3))
    olga.sign_up()
    olga.choose_handle()
    choose(page, FOUR)
    send(olga)
    shows(site, "olga", "red", "green", "blue", "yellow")
    open_history(page)
    page.get_by_role("link", name="Crop").click()
    expect(page.get_by_alt_text("The whole picture, as we keep it")).to_be_visible()
    page.get_by_label("From left to right").select_option("Left")
    page.get_by_label("From top to bottom").select_option("Bottom")
    page.get_by_label("How much").select_option("Half of it")
    olga.button("Use this part").click()
    expect(page.get_by_text("Your new picture is in use.")).to_be_visible()
    shows(site, "olga", "blue")
    page.context.close()


def test_an_upload_is_cropped_again_from_what_is_kept(site: Site, mona: Person) -> None:
    page = mona.page
    choose(page, FOUR)
    stage(page)
    send(mona)
    open_history(page)
    page.get_by_role("link", name="Crop").click()
    stage(page).focus()
    for key in ["+"] * 12 + ["Shift+ArrowRight"] * 12 + ["Shift+ArrowDown"] * 12:
        page.keyboard.press(key)
    assert previewed(page) == {"red"}
    mona.button("Use this part").click()
    expect(page.get_by_text("Your new picture is in use.")).to_be_visible()
    shows(site, mona.handle, "red")
    open_history(page)
    expect(page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Remove"))).to_have_count(2)
    page.get_by_role("link", name="Crop").first.click()  # of the red part: all of the picture is there again
    stage(page)
    mona.button("Rotate right").click()
    mona.button("Mirror").click()
    mona.button("Use this part").click()
    expect(page.get_by_text("Your new picture is in use.")).to_be_visible()
    turned = ["red", "blue", "green", "yellow"]
    site.eventually(lambda: corner_colors(opened(mona.avatar())) == turned)


@pytest.mark.parametrize("way", ["direct", "form"])
def test_what_is_cancelled_on_its_way_changes_nothing(site: Site, mona: Person, way: str) -> None:
    page = mona.page
    mona.upload(picture((200, 60, 50)))
    before = mona.avatar()
    if way == "form":
        page.route(f"**/{BUCKET}", lambda route: route.abort())
    noise = Image.effect_noise((1600, 1600), 120)
    choose(page, encoded(noise, "PNG"), "noise.png")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 150_000}
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", slow)
    mona.button("Upload and use").click()
    progress = page.get_by_role("progressbar", name="Upload")
    expect(progress).to_be_visible()
    page.wait_for_function("() => document.querySelector('[data-part=progress]').value > 2")
    expect(page.locator("[data-part=amount]")).to_contain_text(" of ")
    mona.button("Cancel").click()
    expect(page.get_by_text("Cancelled. Your picture is as it was.")).to_be_visible()
    expect(progress).to_be_hidden()
    assert page.request.get("/settings/picture/older/").text().count("/remove/") == 1  # her history is as it was
    assert mona.avatar() == before
    line.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    send(mona)  # and the same file can be sent after all
    site.eventually(lambda: mona.avatar() != before)


def test_a_long_history_grows_in_place(mona: Person) -> None:
    page = mona.page
    page.goto("/settings/picture/")
    token = page.locator("form[data-upload] [name=csrfmiddlewaretoken]").input_value()
    for n in range(14):
        file = {"name": "a.png", "mimeType": "image/png", "buffer": picture((10 + n * 15, 40, 90), 16)}
        answer = page.request.post(
            "/settings/picture/",
            multipart={"csrfmiddlewaretoken": token, "content": file},  # type: ignore[dict-item]
            headers={"Referer": page.url, "Accept": "application/json"},
        )
        assert answer.ok
    page.goto("/settings/picture/older/")
    entries = page.locator("[data-history] > li")
    expect(entries).to_have_count(12)
    page.get_by_role("link", name="Show earlier ones").click()
    expect(entries).to_have_count(14)
    expect(page.get_by_role("link", name="Show earlier ones")).to_have_count(0)
    expect(entries.nth(12).get_by_role("heading")).to_be_focused()
    entries.last.get_by_role("button", name="Use this").click()
    expect(page.get_by_text("This is your picture now.")).to_be_visible()
