"""How many clicks, fields and words stand between a newcomer and their picture on a public page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.people import SLOW, Person, picture
from tests.browser.site import Site
from tests.browser.stranger import Stranger

pytestmark = pytest.mark.browser
Reach = Callable[[str, Stranger], None]
DESKTOP: ViewportSize = {"width": 1280, "height": 800}


def test_from_the_start_page_to_a_photo_on_a_public_page(meet: Callable[..., Person], reach: Reach) -> None:
    lena = meet("lena-m")
    page = lena.page
    page.set_viewport_size(DESKTOP)
    page.goto("/")
    stranger = Stranger(page)
    stranger.link("Create your account")
    stranger.fill("Name", "Lena.M")
    stranger.fill("Password", "correct-horse-battery")
    stranger.button("Create account")
    expect(page.get_by_label("Handle")).to_have_value("lena-m")
    stranger.button("Continue")
    stranger.choose_file(
        "Choose a picture", {"name": "me.png", "mimeType": "image/png", "buffer": picture((20, 90, 160))}
    )
    with page.expect_navigation(timeout=SLOW):
        stranger.button("Upload and use")
    expect(page).to_have_url(f"{lena.site.url}/u/lena-m/")
    expect(page.get_by_role("heading", name="Lena.M")).to_be_visible()
    reach("sign up", stranger)
    shown = page.locator(".person .avatar img").bounding_box()
    assert shown is not None
    assert shown["width"] >= 200

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader = Stranger(page)
    reader.link("Use this picture")
    reader.button("Copy the Markdown")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(rf"[![Lena\.M]({lena.site.url}/avatar/lena-m"), copied
    reach("elsewhere", reader)


def test_from_the_start_page_with_a_wallet_to_a_verified_nft(
    site: Site, meet: Callable[..., Person], reach: Reach
) -> None:
    milo = meet("milo")
    page = milo.page
    image = site.gateway.add(picture((160, 40, 90)))
    metadata = site.gateway.add(b'{"name": "Noon", "image": "ipfs://%s"}' % image.encode())
    site.chain.send(site.contracts["avatar"].functions.mint(milo.wallet.address, f"ipfs://{metadata}"))
    page.set_viewport_size(DESKTOP)
    page.goto("/")
    stranger = Stranger(page)
    stranger.link("Use a wallet")
    asked = len(milo.wallet.asked)
    with page.expect_navigation(timeout=SLOW):
        stranger.button(f"Use {milo.wallet.name}")
    # What the wallet shows, each with a button of its own.
    stranger.clicks += len({"eth_requestAccounts", "personal_sign"} & set(milo.wallet.asked[asked:]))
    stranger.fill("Handle", "milo")
    stranger.button("Continue")
    expect(page.get_by_role("heading", name="Your NFTs")).to_be_visible()
    expect(page.get_by_role("button", name="as my picture").first).to_be_visible(timeout=SLOW)
    stranger.button("as my picture")
    milo.wait_for_verdict()
    expect(page.get_by_role("img", name="Verified NFT").first).to_be_visible()
    reach("wallet", stranger)
