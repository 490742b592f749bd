"""WalletConnect, with its own libraries on both sides, over a local relay."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import SLOW, Person, picture
from tests.browser.phone_wallet import PhoneWallet
from tests.browser.site import Site
from tests.servers.walletconnect_relay import Relay

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(site: Site, relay: Relay, tmp_path: Path) -> Iterator[PhoneWallet]:
    accounts = [site.funded_account(), site.funded_account()]
    wallet = PhoneWallet.start(relay.url, site.chain.url, accounts, tmp_path)
    yield wallet
    wallet.stop()


def code(page: Page) -> Locator:
    return page.get_by_role("dialog").get_by_role("img")


def scan(phone: PhoneWallet, page: Page) -> None:
    expect(code(page)).to_be_visible(timeout=SLOW)
    phone.scan(page.screenshot())


def alert(page: Page, pattern: str) -> None:
    expect(page.get_by_role("alert").filter(has_text=re.compile(pattern))).to_be_visible(timeout=SLOW)


def test_a_phone_signs_in_by_a_code_and_mints_without_another(
    site: Site, relay: Relay, meet: Callable[..., Person], phone: PhoneWallet
) -> None:
    mona = meet("mona")
    page, called = mona.page, set[str]()
    page.on("request", lambda request: called.add(request.url))
    page.on("websocket", lambda socket: called.add(socket.url.partition("?")[0]))
    page.goto("/accounts/login/")
    expect(mona.button("Use WalletConnect")).to_be_visible()
    assert not [url for url in called if "/vendor/" in url]
    mona.button("Use WalletConnect").click()
    with page.expect_navigation(timeout=SLOW):
        scan(phone, page)
    assert {"saw": "proposal", "name": "avatarsite", "url": site.url} in phone.seen
    assert "browser-tests" in relay.projects

    mona.prepare_mint("By phone", "", picture((90, 200, 160)))
    mona.publish_mint()
    mona.button("Sign with WalletConnect").click(timeout=SLOW)
    expect(page.get_by_role("heading", name="It is yours")).to_be_visible(timeout=SLOW)
    assert site.contracts["avatar"].functions.balanceOf(phone.accounts[0].address).call() == 1
    assert phone.count(saw="proposal") == 1
    strangers = [url for url in called if not url.startswith((site.url, relay.url, "data:", "blob:"))]
    assert not [url for url in strangers if not url.startswith("http://127.0.0.1")], strangers


def test_whatever_the_phone_does_is_said_and_can_be_tried_again(
    meet: Callable[..., Person], phone: PhoneWallet
) -> None:
    nina = meet("nina")
    page = nina.page
    page.clock.install()
    page.goto("/accounts/login/")
    nina.button("Use WalletConnect").click()
    expect(code(page)).to_be_visible(timeout=SLOW)
    page.clock.fast_forward("05:01")
    alert(page, "Nobody answered before the code ran out")
    expect(code(page)).to_have_count(0)

    nina.button("Try again").click()
    expect(code(page)).to_be_visible(timeout=SLOW)
    page.keyboard.press("Escape")
    alert(page, "You closed the code")

    phone.order(refuses=True)
    nina.button("Try again").click()
    scan(phone, page)
    alert(page, "You said no in your wallet")

    phone.order(refuses=False)
    phone.order(refusesToSign=True)
    nina.button("Try again").click()
    scan(phone, page)
    phone.wait_for(saw="personal_sign")
    alert(page, "You said no in your wallet")

    first, second = (account.address for account in phone.accounts)
    phone.order(emit=["accountsChanged", [second]])
    alert(page, f"from {first[:6]}….* to {second[:6]}…".replace("0x", "0[xX]"))
    nina.button("Go on with").click()
    phone.wait_for(2, saw="personal_sign")
    alert(page, "You said no in your wallet")

    phone.order(leave=True)
    alert(page, "Kit wallet no longer shares|WalletConnect no longer shares")
    expect(nina.button("Use WalletConnect")).to_be_visible()
    # When a code expires, the library also rejects an internal promise that no caller can handle.
    nina.complaints = [complaint for complaint in nina.complaints if complaint != "Proposal expired"]
