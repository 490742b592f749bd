"""What a person does on the site, by the labels of its pages."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field

from PIL import Image
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.browser.site import Site
from tests.browser.stranger import Stranger
from tests.browser.wallet import KeyWallet

SLOW = 45_000
Color = tuple[int, int, int]


def picture(color: Color, side: int = 300) -> bytes:
    """Return a PNG with a gradient, so that pictures of two colors never look alike."""
    image = Image.linear_gradient("L").resize((side, side))
    tinted = Image.merge("RGB", [image.point(lambda value, part=part: value * part // 255) for part in color])
    file = io.BytesIO()
    tinted.save(file, "PNG")
    return file.getvalue()


@dataclass
class Person:
    """A person with a browser and a wallet. Errors in the browser's console fail the test."""

    handle: str
    site: Site
    page: Page
    wallet: KeyWallet
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        # The browser itself reports a refused JSON call. The page shows its error to the person.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def leave(self) -> None:
        self.page.context.close()
        assert not self.complaints, self.complaints

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def sign_up(self, password: str = "correct-horse-battery") -> None:
        self.page.goto("/accounts/signup/")
        self.page.get_by_label("Name").fill(self.handle)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.button("Create account").click()
        expect(self.page.get_by_role("heading", name="Welcome")).to_be_visible()

    def sign_in_with_wallet(self) -> None:
        self.page.goto("/accounts/login/")
        self.choose_wallet_and_sign()

    def link_wallet(self) -> None:
        self.page.goto("/settings/wallets/")
        self.choose_wallet_and_sign("Link with")
        expect(self.page.get_by_text(self.wallet.address).first).to_be_visible()

    def choose_wallet_and_sign(self, verb: str = "Use") -> None:
        with self.page.expect_navigation(timeout=SLOW):
            self.button(f"{verb} {self.wallet.name}").click()

    def choose_handle(self) -> None:
        self.page.goto("/settings/profile/")
        self.page.get_by_label("Handle").fill(self.handle)
        self.page.get_by_label("Name").fill(self.handle.title())
        self.button("Save").click()
        expect(self.page.get_by_role("status").first).to_be_visible()

    def upload(self, content: bytes, name: str = "picture.png") -> None:
        self.page.goto("/settings/picture/")
        self.page.get_by_label("Choose a picture").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": content}
        )
        with self.page.expect_navigation():
            self.button("Upload and use").click()

    def prepare_mint(self, name: str, description: str, content: bytes, payer: str = "I pay") -> None:
        self.page.goto("/mint/")
        self.page.get_by_label("Choose a picture").set_input_files(
            {"name": "art.png", "mimeType": "image/png", "buffer": content}
        )
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Description").fill(description)
        self.page.get_by_label(payer).check()
        with self.page.expect_navigation(timeout=SLOW):
            self.button("Continue").click()
        expect(self.page.get_by_role("heading", name=f"Mint “{name}”?")).to_be_visible()

    def publish_mint(self, button: str = "Continue to payment", *, use: bool = False) -> None:
        if not use:
            self.page.get_by_label("Use it as my picture").uncheck()
        with self.page.expect_navigation(timeout=SLOW):
            self.button(button).click()

    def mint(self, name: str, description: str, content: bytes) -> None:
        self.prepare_mint(name, description, content)
        self.publish_mint()
        self.sign_transaction()
        expect(self.page.get_by_role("heading", name="It is yours")).to_be_visible(timeout=SLOW)

    def mint_for_free_and_use(self, name: str, content: bytes) -> Stranger:
        """Mint a token that the site pays for, as their picture. Return what it cost them."""
        self.page.set_viewport_size({"width": 1280, "height": 1200})  # the form is longer than a laptop's window
        self.page.goto("/")
        stranger = Stranger(self.page)
        stranger.link("Mint")
        stranger.choose_file("Choose a picture", {"name": "art.png", "mimeType": "image/png", "buffer": content})
        stranger.fill("Name", name)
        stranger.button("Continue")
        expect(self.page.get_by_role("heading", name=f"Mint “{name}”?")).to_be_visible()
        stranger.button("Mint it now, for good")
        expect(self.page.get_by_role("heading", name="It is your picture now")).to_be_visible(timeout=SLOW)
        return stranger

    def take_up_received(self, name: str) -> Stranger:
        """Show the token that was sent to them: any open page's bell counts the notice, and one click answers it."""
        self.page.goto("/")
        bell = self.page.get_by_role("link", name=re.compile(r"^Notices, \d+ unread$"))

        def has_rung() -> bool:
            self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # instead of waiting for it
            return bell.count() == 1

        self.site.eventually(has_rung)
        self.page.reload()
        stranger = Stranger(self.page)
        stranger.press(self.page.get_by_role("button", name=re.compile(rf"^Show it *: {name}$")))
        self.wait_for_verdict()
        return stranger

    def sign_transaction(self) -> None:
        self.button(f"Sign with {self.wallet.name}").click(timeout=SLOW)

    def use_minted(self) -> None:
        self.button("Use as my picture").click()
        self.wait_for_verdict()

    def claim(self, reference: str) -> None:
        self.page.goto("/settings/tokens/")
        field = self.page.get_by_label("Which NFT?")
        if not field.is_visible():
            self.page.get_by_text("Paste another").click()
        field.fill(reference)
        self.button("Check and use").click()

    def use_held(self, name: str) -> None:
        """Use a token from the gallery, which fills while the site searches the account's tokens."""
        self.page.goto("/settings/tokens/")
        card = self.page.get_by_role("listitem").filter(has=self.page.get_by_role("heading", name=name))
        expect(card.locator("img")).to_be_visible(timeout=SLOW)
        card.get_by_role("button", name="as my picture").click()

    def wait_for_verdict(self) -> None:
        expect(self.page.get_by_role("heading", name="This is your picture now")).to_be_visible(timeout=SLOW)

    def send_token_to(self, address: str) -> None:
        """Send the token whose page is open."""
        self.page.get_by_role("link", name="Send to somebody else").click()
        self.page.get_by_label("To").fill(address)
        self.button("Continue").click()
        self.sign_transaction()
        expect(self.page.get_by_role("heading", name="Sent to")).to_be_visible(timeout=SLOW)

    def public_page(self) -> Page:
        self.page.goto(f"/u/{self.handle}/")
        return self.page

    def avatar(self) -> bytes:
        return self.site.get(f"/avatar/{self.handle}?s=128", Accept="image/webp").content
