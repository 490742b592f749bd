"""If something goes wrong, the page says what, and the person can continue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.people import SLOW, Person, picture
from tests.browser.site import Site

pytestmark = pytest.mark.browser
GOLD = (230, 180, 40)


def alert(page: Page, pattern: str) -> None:
    expect(page.get_by_role("alert").filter(has_text=re.compile(pattern))).to_be_visible(timeout=SLOW)


def test_a_wallet_on_another_network_is_asked_to_switch_and_takes_one_it_lacks(meet: Callable[..., Person]) -> None:
    erin = meet("erin", chain_id=1, knows_chains=(1,))
    erin.page.goto("/accounts/login/")
    erin.button(f"Use {erin.wallet.name}").click()
    alert(erin.page, "on a network this site does not read")
    erin.wallet.silent_methods = ("personal_sign",)
    erin.button("Switch network to Local chain").click()
    expect(erin.page.get_by_text("Waiting for the signature")).to_be_visible()
    erin.wallet.wait_until_told(erin.page, "chainChanged")
    expect(erin.page.get_by_role("alert")).to_have_count(0)
    erin.button("Cancel").click()
    erin.wallet.silent_methods = ()
    erin.choose_wallet_and_sign()
    asked = [method for method in erin.wallet.asked if method.startswith("wallet_")]
    assert asked == ["wallet_switchEthereumChain", "wallet_addEthereumChain", "wallet_switchEthereumChain"]


@pytest.mark.parametrize(
    "shape",
    [
        {"eth_chainId": lambda chain_id: int(chain_id, 16)},
        {"eth_chainId": lambda chain_id: str(int(chain_id, 16))},
        {"eth_requestAccounts": lambda accounts: [f"eip155:31337:{address}" for address in accounts]},
        {
            "eth_requestAccounts": lambda accounts: [
                re.sub("[a-f]", lambda letter: letter[0].upper(), accounts[0], count=2)
            ]
        },
        {"personal_sign": lambda signature: signature.removeprefix("0x")},
        {"personal_sign": lambda signature: {"signature": signature}},
        {"personal_sign": lambda signature: list(bytes.fromhex(signature[2:]))},
    ],
    ids=["number", "decimals", "CAIP-10", "other checksum", "no 0x", "object", "bytes"],
)
def test_a_wallet_whose_answers_take_another_form_signs_in(
    meet: Callable[..., Person], shape: dict[str, Callable[[Any], Any]]
) -> None:
    olga = meet("olga", reshape=shape)
    olga.sign_in_with_wallet()
    expect(olga.page.get_by_role("heading", name="Welcome")).to_be_visible()


def test_a_wallet_that_answers_without_a_signature_may_answer_again(meet: Callable[..., Person]) -> None:
    petra = meet("petra", reshape={"personal_sign": lambda _: None})
    petra.page.goto("/accounts/login/")
    petra.button(f"Use {petra.wallet.name}").click()
    alert(petra.page, "answered without a signature")
    petra.wallet.reshape = {}
    with petra.page.expect_navigation():
        petra.button("Try again").click()


def test_news_of_the_chain_it_is_on_changes_nothing_and_of_another_it_does(meet: Callable[..., Person]) -> None:
    ruth = meet("ruth")
    ruth.page.goto("/accounts/login/")
    ruth.wallet.silent_methods = ("personal_sign",)
    ruth.button(f"Use {ruth.wallet.name}").click()
    waiting = ruth.page.get_by_text("Waiting for the signature")
    expect(waiting).to_be_visible()
    ruth.wallet.switch_chain(ruth.page, 31337)
    expect(waiting).to_be_visible()
    expect(ruth.page.get_by_role("alert")).to_have_count(0)
    ruth.wallet.switch_chain(ruth.page, 1)
    alert(ruth.page, "Your wallet left Local chain")


@pytest.mark.parametrize(
    "refusal",
    [
        {"code": -32603, "message": "MetaMask Message Signature: User denied message signature."},
        {"code": "4001", "message": "no"},
        {"code": "ACTION_REJECTED", "message": "user rejected action"},
    ],
    ids=["-32603", "text", "named"],
)
def test_a_refusal_is_called_one_whatever_its_code(meet: Callable[..., Person], refusal: dict[str, Any]) -> None:
    sven = meet("sven", refusal=refusal)
    sven.page.goto("/accounts/login/")
    sven.wallet.refused_methods = ("personal_sign",)
    sven.button(f"Use {sven.wallet.name}").click()
    alert(sven.page, "You said no in your wallet")


def test_an_unknown_network_under_a_general_code_is_added(meet: Callable[..., Person]) -> None:
    unknown = {"code": -32603, "message": 'Unrecognized chain ID "0x7a69". Try adding the chain first.'}
    tara = meet("tara", chain_id=1, knows_chains=(1,), unknown_chain=unknown)
    tara.page.goto("/accounts/login/")
    tara.button(f"Use {tara.wallet.name}").click()
    with tara.page.expect_navigation():
        tara.button("Switch network to Local chain").click()


SCREENS = [(1280, 720), (1366, 768), (1440, 900), (1920, 1080), (390, 844), (360, 640)]


def test_a_refused_signature_signs_nobody_in_and_can_be_tried_again_on_any_screen(meet: Callable[..., Person]) -> None:
    frank = meet("frank")
    page = frank.page
    frank.wallet.refused_methods = ("personal_sign",)
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/accounts/login/")
        frank.button(f"Use {frank.wallet.name}").click()
        alert(page, "You said no in your wallet")
        expect(frank.button("Try again")).to_be_in_viewport(ratio=1)
    frank.wallet.refused_methods = ()
    with page.expect_navigation():
        frank.button("Try again").click()
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()


def test_a_wallet_with_a_question_open_says_so(meet: Callable[..., Person]) -> None:
    grace = meet("grace", is_locked=True)
    grace.page.goto("/accounts/login/")
    grace.button(f"Use {grace.wallet.name}").click()
    alert(grace.page, "Your wallet already has a question open")
    grace.wallet.is_locked = False
    with grace.page.expect_navigation():
        grace.button("Try again").click()


def test_a_signature_of_another_account_is_named_as_such(meet: Callable[..., Person]) -> None:
    heidi = meet("heidi", signs_as=Account.create())
    heidi.page.goto("/accounts/login/")
    heidi.button(f"Use {heidi.wallet.name}").click()
    alert(heidi.page, "This was signed by 0x.*, not by 0x")
    heidi.wallet.signs_as = None
    heidi.choose_wallet_and_sign()


def test_a_file_that_is_no_picture_is_refused_and_the_earlier_one_stays(
    site: Site, meet: Callable[..., Person]
) -> None:
    ivan = meet("ivan")
    ivan.sign_up()
    ivan.upload(picture(GOLD))
    before = ivan.avatar()
    ivan.page.goto("/settings/picture/")
    ivan.page.get_by_label("Choose a picture").set_input_files(
        {"name": "holiday.png", "mimeType": "image/png", "buffer": b"not a picture at all"}
    )
    ivan.button("Upload and use").click()
    expect(said_beside_the_button(ivan, "JPEG, PNG, GIF, WebP, AVIF, HEIC and BMP")).to_be_in_viewport()
    assert ivan.avatar() == before


def said_beside_the_button(person: Person, text: str) -> Locator:
    return person.page.get_by_role("alert").filter(has_text=text)


def break_posts(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()


PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


def test_what_stops_an_upload_is_said_beside_its_button(site: Site, meet: Callable[..., Person]) -> None:
    ottilie = meet("ottilie")
    page = ottilie.page
    ottilie.sign_up()
    page.goto("/settings/picture/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    choose = page.get_by_label("Choose a picture")

    def is_refused(size: dict[str, int], text: str) -> None:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        ottilie.button("Upload and use").click()
        expect(said_beside_the_button(ottilie, text)).to_be_in_viewport()

    choose.set_input_files({"name": "poster.png", "mimeType": "image/png", "buffer": bytes(21_000_000)})
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        expect(said_beside_the_button(ottilie, "poster.png has 20.0 MB")).to_be_in_viewport()
    expect(ottilie.button("Upload and use")).to_be_hidden()  # it is known to be too large
    assert not sent
    choose.set_input_files({"name": "gold.png", "mimeType": "image/png", "buffer": picture(GOLD)})
    expect(page.get_by_role("alert").filter(has_text="poster")).to_have_count(0)
    page.route("**/settings/picture/**", break_posts)
    is_refused(PHONE, "The connection broke")
    page.unroute("**/settings/picture/**")
    page.context.clear_cookies(name="session")
    is_refused(DESK, "You are signed out.")


def test_a_token_of_somebody_else_is_refused_with_the_reason(site: Site, meet: Callable[..., Person]) -> None:
    judy, owner = meet("judy"), site.funded_account()
    token_id = site.mint_shape(owner.address)
    assert site.contracts["shapes"].functions.balanceOf(owner.address).call() == 1
    judy.sign_in_with_wallet()
    judy.claim(f"{site.contracts['shapes'].address} {token_id}")
    expect(judy.page.get_by_role("heading", name="This NFT is not in your wallet")).to_be_visible(timeout=SLOW)
    expect(judy.page.get_by_role("button", name="Check again")).to_be_visible()


def test_an_image_no_gateway_has_is_an_outage_not_a_no(site: Site, meet: Callable[..., Person]) -> None:
    absent = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
    kim = meet("kim")
    editions = site.chain.deploy("DemoEditions", f"ipfs://{absent}")
    site.chain.send(editions.functions.mint(kim.wallet.address, 1, 1))
    kim.sign_in_with_wallet()
    kim.claim(f"eip155:31337/erc1155:{editions.address}/1")
    expect(kim.page.get_by_text(re.compile("gateway", re.IGNORECASE)).first).to_be_visible(timeout=SLOW)
    expect(kim.page.get_by_role("heading", name="This NFT is not in your wallet")).to_have_count(0)
