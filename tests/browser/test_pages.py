"""Every page is accessible (WCAG), on phone and desktop, light and dark, without errors or sideways scrolling.

The site also works by keyboard, without scripts, and with unusual names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.accessibility import AXE, PHONE, faults_in_every_look, frame_faults
from tests.browser.conftest import PATIENCE
from tests.browser.german import english_on
from tests.browser.people import SLOW, Person, picture
from tests.browser.site import Site
from tests.browser.wallet import KeyWallet
from tests.browser.weight import weigh

pytestmark = pytest.mark.browser

GUEST = {
    "home": "/",
    "sign in": "/accounts/login/",
    "sign up": "/accounts/signup/",
    "forgotten password": "/accounts/password/reset/",
    "look into your mail": "/accounts/password/reset/done/",
    "used link": "/accounts/password/reset/key/1-used/",
    "local mail": "/local/mail/",
    "help": "/help/",
    "contact": "/contact/",
    "privacy": "/privacy/",
    "terms": "/terms/",
    "nothing here": "/nothing-here/",
}
OWN = {
    "home": "/",
    "edit profile": "/settings/profile/",
    "picture": "/settings/picture/",
    "picture of an NFT": "/settings/picture/nft/",
    "earlier pictures": f"/settings/picture/older/?after=9000000000000000-{'0' * 32}",
    "welcome": "/settings/welcome/",
    "if an NFT leaves": "/settings/loss/",
    "wallets": "/settings/wallets/",
    "move an account": "/settings/wallets/move/",
    "tokens": "/settings/tokens/",
    "mint": "/mint/",
    "API tokens": "/settings/api/",
    "webhooks": "/settings/webhooks/",
    "API": "/api/",
    "e-mail": "/accounts/email/",
    "set password": "/accounts/password/set/",
    "security": "/accounts/2fa/",
    "passkeys": "/accounts/2fa/webauthn/",
    "sessions": "/accounts/sessions/",
    "your data": "/settings/data/",
    "delete your account": "/settings/data/delete/",
    "sign out": "/accounts/logout/",
}
NAMES = {
    "long word": "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewiss",
    "Chinese": "\u5bff\u9650\u7121" * 20,
    "Arabic": "\u0645\u062d\u0645\u062f \u0639\u0628\u062f \u0627\u0644\u0644\u0647 " * 5,
    "emoji": "\U0001f469\U0001f3fd\u200d\U0001f680" * 15,
}
#: What German pages show as it was named.
NAMED = (
    "Local chain",
    "Test wallet",
    "Morning",
    "Noon",
    "Evening",
    "The first one",
    "The second one",
    "The third one",
    "Sign-In with Ethereum",
)
LATER = [
    "webhook",
    "public page",
    "receipt",
    "crop",
    "proof",
    "mint draft",
    "mint steps",
    "minted",
    "token",
    "transfer",
    "somebody else's token",
]


@dataclass
class Resident:
    """A person who has used everything once: the paths of their pages, and a signed-in browser."""

    page: Page
    pages: dict[str, str]
    complaints: list[str] = field(default_factory=list)
    wallet: KeyWallet | None = None


def new_page(browser: Browser, site: Site, complaints: list[str], **options: object) -> Page:
    """Open a page whose console must stay silent, except for the browser's own report of an error page."""
    context: BrowserContext = browser.new_context(base_url=site.url, reduced_motion="reduce", **options)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type in {"error", "warning"} and "Failed to load resource" not in message.text
            else None
        ),
    )
    return page


@pytest.fixture(scope="module")
def guest(site: Site, chromium: Browser) -> Iterator[Resident]:
    assert AXE.is_file(), "Install it: python3 -m localstack.bootstrap test"
    complaints: list[str] = []
    page = new_page(chromium, site, complaints)
    yield Resident(page, GUEST, complaints)
    page.context.close()


@pytest.fixture(scope="module")
def resident(site: Site, chromium: Browser) -> Iterator[Resident]:
    complaints: list[str] = []
    page = new_page(chromium, site, complaints)
    wallet = KeyWallet(site.chain.w3, site.funded_account())
    wallet.install(page.context)
    person = Person("rosa", site, page, wallet)
    person.sign_in_with_wallet()
    person.choose_handle()
    person.upload(picture((200, 90, 40)))
    pages = OWN | {"public page": "/u/rosa/", "receipt": "/u/rosa/receipt/", "proof": "/prove/rosa/"}
    page.get_by_role("link", name="Earlier", exact=True).click()
    page.get_by_role("link", name="Crop").click()
    pages["crop"] = page.url
    page.goto(OWN["webhooks"])
    page.get_by_label("Address").fill(f"http://localhost:9/{'hooks' * 12}")
    person.button("Add the webhook").click()
    page.get_by_role("link", name="localhost").click()
    person.button("Send a test event").click()
    pages["webhook"] = page.url
    person.prepare_mint("Morning", "The first one", picture((40, 90, 200)))
    pages["mint draft"] = page.url
    person.prepare_mint("Noon", "The second one", picture((40, 200, 90)))
    person.publish_mint()
    pages["mint steps"] = page.url
    person.mint("Evening", "The third one", picture((90, 40, 200)))
    pages["minted"] = page.url
    person.use_minted()
    pages |= {"token": page.url, "transfer": page.url + "transfer/"}
    editions, foreign_id = site.contracts["editions"], 404
    site.chain.send(editions.functions.mint(site.chain.accounts[1], foreign_id, 1))
    person.claim(f"eip155:31337/erc1155:{editions.address}/{foreign_id}")
    expect(page.get_by_role("heading", name="This NFT is not in your wallet")).to_be_visible(timeout=SLOW)
    pages["somebody else's token"] = page.url
    yield Resident(page, pages, complaints, wallet)
    page.context.close()


def _look_at(somebody: Resident, name: str) -> None:
    somebody.complaints.clear()
    somebody.page.goto(somebody.pages[name])
    assert not weigh(somebody.page).faults()
    assert not faults_in_every_look(somebody.page)
    assert not somebody.complaints


@pytest.mark.parametrize("name", GUEST)
def test_a_guest_can_use_every_page(guest: Resident, name: str) -> None:
    _look_at(guest, name)


@pytest.mark.parametrize("name", [*OWN, *LATER])
def test_a_signed_in_person_can_use_every_page(resident: Resident, name: str) -> None:
    _look_at(resident, name)


def test_a_form_with_errors_says_so_to_everybody(guest: Resident) -> None:
    page = guest.page
    page.goto("/accounts/signup/")
    page.get_by_label("Name").fill("xavier")
    page.get_by_label("Password", exact=True).fill("123")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    assert not faults_in_every_look(page)


def test_what_one_is_about_to_sign_can_be_read_by_everybody(resident: Resident) -> None:
    page = resident.page
    page.goto("/settings/wallets/")
    assert resident.wallet
    resident.wallet.silent_methods = ("personal_sign",)
    page.get_by_role("button", name="Link with Key wallet").click()
    page.get_by_text("The text to sign", exact=True).click()
    expect(page.get_by_text("Link this account to the profile")).to_be_visible()
    assert not faults_in_every_look(page)
    resident.wallet.silent_methods = ()


def test_the_demo_wallet_asks_in_a_dialog_that_everybody_can_answer(guest: Resident) -> None:
    page = guest.page
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use Demo wallet").click()
    expect(page.get_by_role("dialog", name="Which account?")).to_be_visible()
    assert not faults_in_every_look(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert").filter(has_text="You said no in your wallet")).to_be_visible()


def test_home_offers_what_is_not_done_yet(resident: Resident) -> None:
    page = resident.page
    page.goto("/")
    steps = page.get_by_role("listitem").filter(has=page.get_by_role("heading", level=3))
    assert steps.count() > 0
    for done in ("Upload a picture", "Link a wallet", "Show an NFT you hold", "Make your own NFT"):
        expect(page.get_by_role("link", name=done)).to_have_count(0)
    expect(page.get_by_role("link", name="Finish your NFT")).to_be_visible()


def test_the_keyboard_alone_reaches_content_and_menu(resident: Resident) -> None:
    page = resident.page
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    page.goto("/settings/picture/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    menu = page.locator("summary[aria-label='Your menu']")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_a_phone_shows_all_settings_and_forced_colors_where_one_is(resident: Resident) -> None:
    page = resident.page
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 640})
        page.goto("/settings/wallets/")
        links = page.get_by_role("navigation", name="Settings").get_by_role("link")
        boxes = [link.bounding_box() for link in links.all()]
        assert len(boxes) == 7
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        assert not frame_faults(page)
    page.emulate_media(forced_colors="active")
    for marked in (".settings-nav [aria-current]", ".pill"):
        styles = page.locator(marked).evaluate_all("all => all.map(each => getComputedStyle(each).borderTopStyle)")
        assert set(styles) == {"solid"}
    page.emulate_media(forced_colors="none")


def test_the_header_mirrors_where_text_runs_from_right_to_left(guest: Resident) -> None:
    page = guest.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/")
    page.evaluate("document.documentElement.dir = 'rtl'")
    brand, sign_in = page.locator(".brand").bounding_box(), page.get_by_role("link", name="Sign in").bounding_box()
    assert brand
    assert sign_in
    assert brand["x"] > 640 > sign_in["x"]


def test_nothing_moves_for_people_who_asked_for_stillness(resident: Resident) -> None:
    resident.page.goto(resident.pages["mint steps"])
    assert resident.page.evaluate("document.getAnimations().length") == 0


def test_without_scripts_everything_works_that_needs_no_wallet(site: Site, chromium: Browser) -> None:
    page = new_page(chromium, site, [], java_script_enabled=False)
    person = Person("nora", site, page, KeyWallet(site.chain.w3))
    person.sign_up()
    person.choose_handle()
    person.upload(picture((20, 160, 90)))
    note = page.locator("[data-toasts]")
    expect(note).to_contain_text("Your new picture is in use")
    assert site.receipt("nora")["source"] == "upload"
    expect(page.get_by_role("heading", name="What others see")).to_be_visible()
    page.get_by_role("link", name="Earlier", exact=True).click()
    page.get_by_role("button", name="Remove").click()
    expect(note).to_contain_text("The picture is removed")
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(note).to_contain_text("The picture is back")
    expect(page.get_by_text("In use")).to_be_visible()
    page.goto("/settings/wallets/")
    expect(page.locator("noscript .note").first).to_contain_text("Wallets need JavaScript")
    page.context.close()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_name_breaks_a_phone(resident: Resident, name: str) -> None:
    page = resident.page
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    page.goto("/settings/profile/")
    page.get_by_label("Name").fill(name[:60].strip())
    page.get_by_label("About you").fill(name * 4)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("saved")
    for path in ("/", "/u/rosa/", "/settings/profile/"):
        page.goto(path)
        assert not frame_faults(page)


def test_no_token_breaks_a_phone(site: Site, meet: Callable[..., Person]) -> None:
    token_id, name = 2**256 - 1, "Supercalifragilistic" * 5
    image = site.gateway.add(picture((220, 200, 30)))
    metadata = b'{"name": "%s", "image": "ipfs://%s"}' % (name.encode(), image.encode())
    folder = site.gateway.add_directory({f"{token_id:064x}.json": metadata})
    editions = site.chain.deploy("DemoEditions", f"ipfs://{folder}/{{id}}.json")
    lena = meet("lena")
    page = lena.page
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    site.chain.send(editions.functions.mint(lena.wallet.address, token_id, 1))
    lena.sign_in_with_wallet()
    lena.choose_handle()
    lena.claim(f"eip155:31337/erc1155:{editions.address}/{token_id}")
    lena.wait_for_verdict()
    for path in (page.url, f"{page.url}transfer/", "/settings/tokens/", "/settings/picture/", "/u/lena/", "/"):
        page.goto(path)
        assert not frame_faults(page)


def test_a_german_reads_german_on_every_page(resident: Resident, site: Site, chromium: Browser) -> None:
    """Also at 320 pixels, where long words must not widen a page, and mirrored as for Arabic."""
    page, faults = resident.page, []
    page.set_viewport_size({"width": 320, "height": 720})
    page.goto("/help/")
    page.get_by_role("button", name="Deutsch").click()
    expect(page).to_have_url(f"{site.url}/help/")
    visitor = new_page(chromium, site, [], locale="de-DE", viewport={"width": 320, "height": 720})
    for somebody, paths in ((page, resident.pages), (visitor, GUEST)):
        for name, path in paths.items():
            somebody.goto(path)
            faults += [f"{name}: {fault}" for fault in [*english_on(somebody, NAMED), *frame_faults(somebody)]]
            somebody.evaluate("document.documentElement.dir = 'rtl'")
            faults += [f"{name}, mirrored: {fault}" for fault in frame_faults(somebody)]
    assert not faults, "\n".join(faults)
    assert "Anmelden" in site.get("/accounts/login/", **{"Accept-Language": "de"}).text
    assert "Sign in" in site.get("/accounts/login/", **{"Accept-Language": "en"}).text
    visitor.context.close()
    page.goto("/help/")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Privacy")).to_be_visible()
