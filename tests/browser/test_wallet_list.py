"""The right wallet opens: among many, among hostile ones, on a phone, and to sign a transaction."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.accessibility import frame_faults, violations
from tests.browser.people import SLOW, Person, picture
from tests.browser.site import Site
from tests.browser.wallet import KeyWallet

pytestmark = pytest.mark.browser
HOSTILE = (Path(__file__).parent / "hostile_wallets.js").read_text(encoding="utf-8")


def without_demo_wallet(context: BrowserContext) -> None:
    """The demo wallet, which only the local stack has."""
    context.route("**/demo-wallet*.js", lambda route: route.abort())


def choices(page: Page) -> Locator:
    return page.locator("[data-sign-in] .wallet-choice")


def test_the_right_one_of_five_opens_whatever_the_others_claim_to_be(meet: Callable[..., Person]) -> None:
    olga = meet("olga")
    page, called = olga.page, set[str]()
    without_demo_wallet(page.context)
    page.context.add_init_script(HOSTILE.replace("CONFIG", json.dumps(olga.wallet.info)))
    page.on("request", lambda request: called.add(request.url))
    page.goto("/accounts/login/")
    expect(page.get_by_text("Two wallets here call themselves Key wallet")).to_be_visible()
    labels = [label for label in choices(page).all_inner_texts() if "WalletConnect" not in label]
    markup, long = 'Use <img src=x onerror="pwned=1">', f"Use {'X' * 39}…"
    assert sorted(labels) == sorted(["Use Key wallet", "Use Key wallet", long, markup, "Use Throwing wallet"])

    olga.button("Use Throwing wallet").click()
    expect(page.get_by_role("alert").filter(has_text="in a way we do not understand")).to_be_visible()
    assert page.evaluate("window.__hostileCalls") == ["throws eth_requestAccounts"]
    with page.expect_navigation(timeout=SLOW):
        olga.button("Use Key wallet").first.click()
    assert "personal_sign" in olga.wallet.asked
    assert page.evaluate("window.__hostileCalls") == []
    assert page.evaluate("window.pwned ?? ({}).pwned ?? null") is None
    assert not [url for url in called if "stolen.example" in url]


def test_the_wallet_used_last_stands_first_and_a_silent_one_can_be_left(meet: Callable[..., Person]) -> None:
    petra = meet("petra", name="Alpha wallet")
    page = petra.page
    beta = KeyWallet(petra.site.chain.w3, petra.wallet.account, name="Beta wallet")
    beta.install(page.context)
    page.clock.install()
    page.goto("/accounts/login/")
    page.clock.run_for(1000)
    expect(choices(page).first).to_have_text("Use Alpha wallet")

    petra.wallet.is_silent = True
    petra.button("Use Alpha wallet").click()
    expect(page.get_by_text("Waiting for Alpha wallet")).to_be_visible()
    page.clock.run_for(16_000)
    expect(page.get_by_role("alert").filter(has_text="Alpha wallet has not answered yet")).to_be_visible()
    petra.button("Stop waiting").click()
    expect(page.get_by_text("If Alpha wallet still shows a question")).to_be_visible()

    petra.button("Use Alpha wallet").click()
    expect(petra.button("Cancel")).to_have_count(0)
    page.clock.run_for(2_000)
    petra.button("Cancel").click()
    expect(page.get_by_text("If Alpha wallet still shows a question")).to_be_visible()
    expect(petra.button("Cancel")).to_have_count(0)

    petra.button("Use Alpha wallet").click()
    with page.expect_navigation(timeout=SLOW):
        petra.button("Use Beta wallet").click()
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.clock.run_for(1000)
    expect(choices(page).first).to_have_text("Use Beta wallet")


def test_a_phone_without_a_wallet_is_led_into_one_and_keeps_where_it_was_going(site: Site, chromium: Browser) -> None:
    phone = chromium.new_context(
        base_url=site.url, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    without_demo_wallet(phone)
    page = phone.new_page()
    page.goto("/accounts/login/?next=/mint/")
    link = page.get_by_role("link", name="Open in MetaMask")
    host = site.url.removeprefix("http://")
    expect(link).to_have_attribute("href", f"https://link.metamask.io/dapp/{host}/accounts/login/?next=/mint/")
    assert not [*violations(page), *frame_faults(page)]
    page.get_by_role("button", name="Use WalletConnect").click()
    app = page.get_by_role("link", name="Open in a wallet app")
    expect(app).to_have_attribute("href", re.compile("^wc:"), timeout=SLOW)
    assert not [*violations(page), *frame_faults(page)]
    phone.close()

    desk = chromium.new_context(base_url=site.url)
    without_demo_wallet(desk)
    page = desk.new_page()
    page.goto("/accounts/login/")
    expect(page.get_by_text("No wallet was found in this browser")).to_be_visible()
    expect(page.get_by_role("link", name="Open in MetaMask")).to_have_count(0)
    desk.close()


def test_a_transaction_is_signed_by_the_right_account_on_the_right_chain(
    site: Site, meet: Callable[..., Person]
) -> None:
    quinn = meet("quinn")
    page, own = quinn.page, quinn.wallet.account
    quinn.sign_in_with_wallet()
    quinn.prepare_mint("Two accounts", "", picture((120, 60, 200)))
    quinn.publish_mint()
    other = site.funded_account()
    quinn.wallet.account, quinn.wallet.chain_id = other, 1
    quinn.sign_transaction()
    wrong = page.get_by_role("alert").filter(has_text=f"signed by {own.address.lower()[:6]}")
    wrong = wrong.or_(page.get_by_role("alert").filter(has_text=f"signed by {own.address[:6]}"))
    expect(wrong).to_contain_text(re.compile(other.address[:6], re.IGNORECASE), timeout=SLOW)

    quinn.wallet.switch_account(page, own)
    expect(wrong).to_be_hidden()
    expect(page.get_by_text("which is the right account")).to_be_visible()
    quinn.wallet.refuses = True
    quinn.sign_transaction()
    expect(page.get_by_role("alert").filter(has_text="You said no in your wallet")).to_be_visible(timeout=SLOW)
    assert quinn.wallet.chain_id == 1
    quinn.wallet.refuses = False
    quinn.button("Try again").click()
    expect(page.get_by_role("heading", name="It is yours")).to_be_visible(timeout=SLOW)
    assert quinn.wallet.chain_id == 31337
    assert site.contracts["avatar"].functions.balanceOf(own.address).call() == 1
