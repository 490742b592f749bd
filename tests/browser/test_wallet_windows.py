"""Wallets that take their time, in a window of their own or with several owners."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person
from tests.browser.site import Site

pytestmark = pytest.mark.browser
WINDOW = "https://wallet.example/ask"


@pytest.mark.parametrize(("path", "keeps_it"), [("/accounts/login/", True), ("/u/nobody/", False)])
def test_a_window_that_a_wallet_opens_can_answer_the_page(
    meet: Callable[..., Person], path: str, *, keeps_it: bool
) -> None:
    page = meet("wendy").page
    page.context.route(f"{WINDOW}*", lambda route: route.fulfill(body="<p>Sign?", content_type="text/html"))
    page.goto(path)
    with page.context.expect_page() as opened:
        page.evaluate("url => void window.open(url)", WINDOW)
    window = opened.value
    window.wait_for_load_state()
    assert window.evaluate("() => window.opener !== null") is keeps_it
    window.close()


def test_the_page_waits_for_the_owners_of_a_contract_account_and_says_until_when(
    site: Site, meet: Callable[..., Person]
) -> None:
    sasha = meet("sasha")
    account = site.chain.deploy("DemoWallet", sasha.wallet.account.address)
    sasha.wallet.contract_account = account.address
    sasha.page.goto("/accounts/login/")
    day = re.compile("(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day")
    use = sasha.button(f"Use {sasha.wallet.name}")

    sasha.wallet.reshape = {"personal_sign": lambda _: {"safeTxHash": "0x" + "12" * 32}}
    use.click()
    expect(sasha.page.get_by_text("answered without a signature")).to_be_visible()
    sasha.button("They have approved it").click()
    expect(sasha.page.get_by_text("has not approved the text on its chain")).to_be_visible()

    sasha.wallet.reshape = {}
    sasha.wallet.silent_methods = ("personal_sign",)
    use.click()
    expect(sasha.page.get_by_role("status").filter(has_text="If other owners have to sign too")).to_have_text(day)
    sasha.button("Cancel").click()
    sasha.wallet.silent_methods = ()
    sasha.choose_wallet_and_sign()
    expect(sasha.page.get_by_role("heading", name="Welcome")).to_be_visible()
