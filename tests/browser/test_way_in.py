"""How many clicks, fields and words stand between a newcomer and their picture on a public page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import SLOW, Person, picture
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@dataclass
class Effort:
    """What somebody does and reads. `lines` are those of all pages passed, each once however often it is seen."""

    page: Page
    clicks: int = 0
    fields: int = 0
    lines: dict[str, None] = field(default_factory=dict)

    @property
    def words(self) -> int:
        return sum(len(line.split()) for line in self.lines)

    def open(self, path: str) -> None:
        self.page.goto(path)
        self.read()

    def read(self) -> None:
        self.page.wait_for_load_state("networkidle")
        self.lines |= dict.fromkeys(line.strip() for line in self.page.locator("body").inner_text().splitlines())

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()
        self.read()

    def fill(self, what: Locator, text: str) -> None:
        self.fields += 1
        what.fill(text)


def test_from_the_start_page_to_a_photo_on_a_public_page(meet: Callable[..., Person]) -> None:
    lena = meet("lena-m")
    page = lena.page
    effort = Effort(page)
    effort.open("/")
    effort.click(page.get_by_role("link", name="Create your account"))
    effort.fill(page.get_by_label("Name"), "Lena.M")
    effort.fill(page.get_by_label("Password", exact=True), "correct-horse-battery")
    effort.click(lena.button("Create account"))
    expect(page.get_by_label("Handle")).to_have_value("lena-m")
    effort.click(lena.button("Continue"))
    with page.expect_file_chooser() as chooser:
        effort.clicks += 1
        page.get_by_label("Choose a picture").click()
    chooser.value.set_files({"name": "me.png", "mimeType": "image/png", "buffer": picture((20, 90, 160))})
    with page.expect_navigation(timeout=SLOW):
        effort.clicks += 1
        lena.button("Upload and use").click()
    effort.read()
    expect(page).to_have_url(f"{lena.site.url}/u/lena-m/")
    expect(page.get_by_role("heading", name="Lena.M")).to_be_visible()
    shown = page.locator(".person .avatar img").bounding_box()
    assert shown is not None
    assert shown["width"] >= 200
    assert (effort.clicks, effort.fields) == (5, 2)
    assert effort.words <= 250, (effort.words, list(effort.lines))


def test_from_the_start_page_with_a_wallet_to_a_verified_nft(site: Site, meet: Callable[..., Person]) -> None:
    milo = meet("milo")
    page = milo.page
    image = site.gateway.add(picture((160, 40, 90)))
    metadata = site.gateway.add(b'{"name": "Noon", "image": "ipfs://%s"}' % image.encode())
    site.chain.send(site.contracts["avatar"].functions.mint(milo.wallet.address, f"ipfs://{metadata}"))
    effort = Effort(page)
    effort.open("/")
    effort.click(page.get_by_role("link", name="Use a wallet"))
    asked = len(milo.wallet.asked)
    with page.expect_navigation(timeout=SLOW):
        effort.click(milo.button(f"Use {milo.wallet.name}"))
    # What the wallet shows, each with a button of its own.
    effort.clicks += len({"eth_requestAccounts", "personal_sign"} & set(milo.wallet.asked[asked:]))
    effort.fill(page.get_by_label("Handle"), "milo")
    effort.click(milo.button("Continue"))
    expect(page.get_by_role("heading", name="Your NFTs")).to_be_visible()
    use = page.get_by_role("button", name="as my picture").first
    expect(use).to_be_visible(timeout=SLOW)
    effort.read()
    effort.clicks += 1
    use.click()
    milo.wait_for_verdict()
    effort.read()
    expect(page.get_by_role("img", name="Verified NFT").first).to_be_visible()
    assert (effort.clicks, effort.fields) == (6, 1)
    assert effort.words <= 300, (effort.words, list(effort.lines))
