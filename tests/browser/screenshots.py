"""Take a picture of every kind of page from a running local stack: `make screenshots`.

On a phone, a tablet and a desktop, light and dark, in each language. English ones end in `-light.webp` or `-dark.webp`,
others also have their language. With names of pages behind the folder, only those are taken.

The folder is ignored by git. docs/screenshots keeps the few that the documentation shows, under the same names; copy
them there after a change of these pages.

python -m tests.browser.screenshots http://localhost:8000 http://127.0.0.1:8545 screenshots [public use …]
"""

from __future__ import annotations

import io
import secrets
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from eth_account import Account
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect, sync_playwright
from web3 import HTTPProvider, Web3

from tests.browser.wallet import KeyWallet
from tests.servers.chromium import FLAGS, find_chromium

WIDTHS = {390: 844, 820: 1180, 1280: 900}
#: By what a file's name ends in: the language a browser asks for, and its button at the foot of a page.
LANGUAGES = {"": ("en-US", "English"), "-de": ("de-DE", "Deutsch")}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SLOW = 60_000


@dataclass
class Walk:
    """A person's walk through the site. `pages` has the path of each page by name."""

    page: Page
    wallet: KeyWallet
    pages: dict[str, str] = field(default_factory=dict)

    def record(self, name: str, path: str = "") -> None:
        self.pages[name] = path or self.page.url

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click(timeout=SLOW)

    def sign_in(self, handle: str) -> None:
        self.page.goto("/accounts/login/")
        with self.page.expect_navigation():
            self.button(f"Use {self.wallet.name}")
        self.page.goto("/settings/profile/")
        self.page.get_by_label("Handle").fill(handle)
        self.page.get_by_label("Name").fill("Mira Sol")
        self.page.get_by_label("About you").fill("Paints with shapes, mostly in the morning.")
        self.button("Save")

    def upload(self, path: Path) -> None:
        self.page.goto("/settings/picture/")
        self.page.get_by_label("Choose a picture").set_input_files(path)
        with self.page.expect_navigation():
            self.button("Upload and use")

    def draft(self, name: str, path: Path) -> None:
        self.page.goto("/mint/")
        self.page.get_by_label("Choose a picture").set_input_files(path)
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Description").fill("Three hills and a low sun.")
        self.page.get_by_label("I pay").check()
        self.button("Continue")
        expect(self.page.get_by_role("heading", name=f"Mint “{name}”?")).to_be_visible(timeout=SLOW)

    def mint(self, path: Path) -> None:
        self.draft("Hills at six", path)
        self.page.get_by_label("Use it as my picture").uncheck()
        self.button("Continue to payment")
        expect(self.page.get_by_role("button", name=f"Sign with {self.wallet.name}")).to_be_visible(timeout=SLOW)
        self.button(f"Sign with {self.wallet.name}")
        expect(self.page.get_by_role("heading", name="It is yours")).to_be_visible(timeout=SLOW)
        self.record("mint-done")
        self.button("Use as my picture")
        expect(self.page.get_by_role("heading", name="This is your picture now")).to_be_visible(timeout=SLOW)
        self.record("token")
        self.record("transfer", self.page.url + "transfer/")


def draw(path: Path, sky: tuple[str, str], hills: tuple[str, str, str]) -> Path:
    """Save a picture of a low sun over three hills; return its path."""
    top, low = (Image.new("RGB", (640, 640), color) for color in sky)
    image = Image.composite(low, top, Image.linear_gradient("L").resize((640, 640)))
    pen = ImageDraw.Draw(image)
    pen.ellipse((250, 210, 420, 380), fill="#fff3c4")
    for n, color in enumerate(hills):
        pen.ellipse((-360 + n * 330, 330 + n * 60, 420 + n * 330, 1000 + n * 60), fill=color)
    image.save(path)
    return path


def live(walk: Walk, folder: Path) -> None:
    """Use the site like a new person, so that no page is empty."""
    handle = f"mira-{secrets.token_hex(2)}"
    walk.sign_in(handle)
    walk.upload(draw(folder / "upload.png", ("#9fd3f7", "#fde7c8"), ("#5c8f6b", "#42745a", "#2c5547")))
    walk.mint(draw(folder / "mint.png", ("#6a5bd0", "#ff9e7a"), ("#4b3a9c", "#372a78", "#241b55")))
    walk.draft("Hills at noon, seen from the other side of the valley", folder / "upload.png")
    walk.record("mint-draft")
    walk.record("public", f"/u/{handle}/")
    walk.record("use", f"/u/{handle}/use/")
    walk.record("prove", f"/prove/{handle}/")
    walk.record("receipt", f"/u/{handle}/receipt/")
    for name, path in PAGES.items():
        walk.record(name, path)
    walk.page.goto("/settings/profile/")
    walk.page.get_by_label("Links").fill("example.org/mira\nhttps://social.example/@mira")
    walk.button("Save")
    walk.page.goto(PAGES["earlier"])
    walk.page.get_by_role("link", name="Crop").click()
    walk.record("crop")


PAGES = {
    "home": "/",
    "edit-profile": "/settings/profile/",
    "picture": "/settings/picture/",
    "earlier": "/settings/picture/older/",
    "picture-nft": "/settings/picture/nft/",
    "loss": "/settings/loss/",
    "notices": "/notices/",
    "notice-settings": "/settings/notices/",
    "tokens": "/settings/tokens/",
    "welcome": "/settings/welcome/",
    "wallets": "/settings/wallets/",
    "move-account": "/settings/wallets/move/",
    "mint": "/mint/",
    "made": "/mint/made/",
    "security": "/accounts/2fa/",
    "passkeys": "/accounts/2fa/webauthn/",
    "set-password": "/accounts/password/set/",
    "api-tokens": "/settings/api/",
    "webhooks": "/settings/webhooks/",
    "api": "/api/",
    "sign-out": "/accounts/logout/",
    "your-data": "/settings/data/",
    "delete-account": "/settings/data/delete/",
    "help": "/help/",
    "contact": "/contact/",
    "privacy": "/privacy/",
    "terms": "/terms/",
    "sessions": "/accounts/sessions/",
    "email": "/accounts/email/",
    "not-found": "/nothing-here/",
    "malformed": "/nothing-here/?next=%00",
}
GUEST_PAGES = {
    "guest-home": "/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "reset": "/accounts/password/reset/",
    "reset-sent": "/accounts/password/reset/done/",
    "used-link": "/accounts/password/reset/key/1-used/",
    "guest-help": "/help/",
    "local-mail": "/local/mail/",
}


def shoot(page: Page, pages: dict[str, str], folder: Path, ending: str) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            for name, path in pages.items():
                page.goto(path)
                page.wait_for_load_state("networkidle")
                keep(page.screenshot(full_page=True), folder / f"{name}-{width}-{scheme}{ending}.webp")


def keep(png: bytes, path: Path) -> None:
    """Save the picture as WebP, which takes a tenth of the bytes."""
    Image.open(io.BytesIO(png)).convert("RGB").save(path, quality=82, method=6)


def take(browser: Browser, site: str, w3: Web3, folder: Path, names: set[str]) -> None:
    """Take the pictures of the pages of these names, or of all."""
    folder.mkdir(parents=True, exist_ok=True)
    wallet = KeyWallet(w3, Account.create(), name="My wallet")
    funds = {"from": w3.eth.accounts[0], "to": wallet.address, "value": 10**18}
    w3.eth.wait_for_transaction_receipt(w3.eth.send_transaction(funds))  # type: ignore[arg-type]
    context = browser.new_context(base_url=site, locale=LANGUAGES[""][0])
    wallet.install(context)
    walk = Walk(context.new_page(), wallet)
    with tempfile.TemporaryDirectory() as scratch:
        live(walk, Path(scratch))
    session = context.storage_state()
    for ending, (language, button) in LANGUAGES.items():
        own = browser.new_context(base_url=site, locale=language, storage_state=session)
        wallet.install(own)
        choose = own.new_page()
        choose.goto("/help/")
        choose.get_by_role("button", name=button).click()  # a person's own choice counts more than the browser's
        guest = browser.new_context(base_url=site, locale=language)
        for opened, pages in ((own, walk.pages), (guest, GUEST_PAGES)):
            chosen = {name: path for name, path in pages.items() if not names or name in names}
            shoot(opened.new_page(), chosen, folder, ending)


def main(site: str, node: str, folder: str, *names: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        take(browser, site, Web3(HTTPProvider(node)), Path(folder), set(names))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
