"""The main stories in a browser, on real servers, with a wallet that has real keys."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from tests.browser.accessibility import faults_in_every_look
from tests.browser.people import Person, picture
from tests.browser.site import Site
from tests.browser.stranger import Stranger

pytestmark = pytest.mark.browser
SEEN_BY_ALL = 6
"""In seconds. An answer of /avatar/ may be cached for 4."""
RED, GREEN, BLUE = (220, 60, 50), (60, 190, 90), (70, 90, 230)


def test_a_minted_picture_is_shown_while_it_is_held_and_no_longer(
    site: Site, meet: Callable[..., Person], reach: Callable[[str, Stranger], None]
) -> None:
    alice, bob = meet("alice"), meet("bob")
    alice.sign_in_with_wallet()
    alice.choose_handle()
    alice.upload(picture(RED))
    uploaded = alice.avatar()
    assert site.receipt("alice")["source"] == "upload"
    assert not site.receipt("alice")["mark"]

    alice.mint("Morning", "The first one", picture(BLUE))
    alice.page.get_by_text("Details").click()
    expect(alice.page.get_by_text("ipfs://").first).to_be_visible()
    minted_page = alice.page.url
    alice.page.get_by_text("Add it to your wallet").click()
    alice.button(f"Add to {alice.wallet.name}").click()
    expect(alice.page.get_by_text("shows it among your NFTs")).to_be_visible()
    [asset] = alice.wallet.assets
    assert (asset["type"], asset["options"]["address"]) == ("ERC721", site.contracts["avatar"].address)
    alice.use_minted()
    token_page = alice.page.url

    page = alice.public_page()
    expect(page.get_by_role("img", name="Verified NFT").first).to_be_visible()
    expect(page.get_by_text("owns Morning. Checked on Local chain.")).to_be_visible()
    site.eventually(lambda: site.receipt("alice")["mark"], seconds=SEEN_BY_ALL)
    receipt = site.receipt("alice")
    assert receipt["source"] == "nft"
    assert receipt["provenance"]["proof"] == "cid"
    assert receipt["provenance"]["contract"] == site.contracts["avatar"].address
    site.eventually(lambda: alice.avatar() != uploaded, seconds=SEEN_BY_ALL)

    bob.sign_in_with_wallet()
    bob.choose_handle()
    bob.page.goto("/")
    bob.page.get_by_role("link", name="Change your picture").click()
    dialog = bob.page.get_by_role("dialog", name="Your picture")
    dialog.get_by_role("link", name="NFT", exact=True).click()
    expect(dialog.get_by_role("region", name="Tokens you hold")).to_be_visible()
    alice.page.goto(token_page)
    alice.send_token_to(bob.wallet.address)
    alice.page.goto(minted_page)
    expect(alice.page.get_by_role("heading", name="You sent it to 0x")).to_be_visible()
    expect(alice.button("Use as my picture")).to_have_count(0)
    site.eventually(lambda: not site.receipt("alice")["mark"], seconds=60)
    site.eventually(lambda: alice.avatar() == uploaded, seconds=SEEN_BY_ALL)
    page = alice.public_page()
    expect(page.get_by_role("img", name="Verified NFT")).to_have_count(0)
    sent = page.get_by_role("region", name="New notices").locator("strong", has_text="You sent Morning to 0x")
    expect(sent).to_be_visible()
    page.get_by_role("region", name="New notices").get_by_role("button", name="Mark as read").click()
    expect(sent).to_have_count(0)

    expect(dialog.get_by_role("heading", name="Morning")).to_be_visible()  # in the dialog that was open before
    reach("received", bob.take_up_received("Morning"))
    for path in ("/notices/", "/settings/notices/"):
        alice.page.emulate_media(reduced_motion="reduce")
        alice.page.goto(path)
        assert faults_in_every_look(alice.page) == []
    assert site.receipt("bob")["provenance"]["token_id"] == receipt["provenance"]["token_id"]

    reach("mint", bob.mint_for_free_and_use("Evening", picture(GREEN)))
    site.eventually(lambda: site.receipt("bob")["provenance"]["token_name"] == "Evening", seconds=SEEN_BY_ALL)

    uri = site.receipt("bob")["provenance"]["token_uri"]
    erin = meet("erin")
    site.chain.send(site.contracts["avatar"].functions.mint(erin.wallet.address, uri))
    erin.sign_in_with_wallet()
    erin.choose_handle()
    erin.use_held("Evening")
    erin.wait_for_verdict()
    assert site.receipt("erin")["mark"]


def test_a_person_with_a_password_links_a_wallet_and_shows_an_onchain_picture(
    site: Site, meet: Callable[..., Person]
) -> None:
    carol = meet("carol")
    carol.sign_up()
    carol.link_wallet()
    token_id = site.mint_shape(carol.wallet.address)
    carol.claim(f"{site.contracts['shapes'].address} {token_id}")
    carol.wait_for_verdict()
    assert site.receipt("carol")["provenance"]["proof"] == "inline"
    shown = Image.open(io.BytesIO(carol.avatar()))
    assert (shown.format, shown.size) == ("WEBP", (128, 128))


def test_a_strangers_edition_is_fetched_from_a_gateway_and_proved(site: Site, meet: Callable[..., Person]) -> None:
    image = site.gateway.add(picture(GREEN))
    name = f"{7:064x}.json"
    folder = site.gateway.add_directory({name: b'{"name": "Edition 7", "image": "ipfs://%s"}' % image.encode()})
    editions = site.chain.deploy("DemoEditions", f"ipfs://{folder}/{{id}}.json")
    dave = meet("dave")
    site.chain.send(editions.functions.mint(dave.wallet.address, 7, 1))
    dave.sign_in_with_wallet()
    dave.choose_handle()
    dave.claim(f"eip155:31337/erc1155:{editions.address}/7")
    dave.wait_for_verdict()
    provenance = site.receipt("dave")["provenance"]
    assert provenance["proof"] == "cid"
    assert provenance["image_cid"] == image
    assert dave.wallet.address not in site.get("/avatar/dave.json").text
    _prove(dave, image)
    _prove_owner(dave)


def _prove(dave: Person, image: str) -> None:
    """Check files in the visitor's browser: an unchanged archive matches, one with a changed byte does not."""
    page = dave.public_page()
    page.locator("#proof summary").click()
    page.get_by_role("link", name="Prove it yourself").click()
    expect(page.get_by_text("Fixed from end to end")).to_be_visible()
    for what in ("metadata", "picture"):
        page.get_by_role("button", name=f"Check the {what}").press("Enter")
        said = page.locator(f"[aria-labelledby=check-{what}]").get_by_role("status")
        expect(said).to_have_text(re.compile("^Match: "))
    page.emulate_media(reduced_motion="reduce")
    assert faults_in_every_look(page) == []

    def change_a_byte(route: Route) -> None:
        answer = route.fetch()
        content = bytearray(answer.body())
        content[-1] ^= 1
        route.fulfill(response=answer, body=bytes(content))

    page.route(f"**/ipfs/{image}?format=car*", change_a_byte)
    picture_card = page.locator("[aria-labelledby=check-picture]")
    picture_card.get_by_role("button").click()
    expect(picture_card.get_by_role("status")).to_have_text(re.compile("^No match: .* do not match it"))
    picture_card.get_by_text("Block by block").click()
    expect(picture_card.locator("[data-state=failed]")).to_contain_text("no match")
    page.unroute_all()


def _prove_owner(dave: Person) -> None:
    """Follow the proof of ownership from the block's hash in the visitor's browser, once the account is public."""
    page = dave.page
    page.goto("/prove/dave/")
    expect(page.get_by_text("keeps the account that holds it to themselves")).to_be_visible()
    page.goto("/settings/wallets/")
    page.get_by_text("Label and privacy").click()
    page.get_by_label("Show this address to others").check()
    dave.button("Save").click()
    page.goto("/prove/dave/")
    card = page.locator("#ownership")
    check, verdict = card.get_by_role("button", name="Check the owner"), card.get_by_role("status")
    check.press("Enter")
    expect(verdict).to_have_text(re.compile("^Proved: "))
    expect(card.locator("[data-state=done]")).to_have_count(5)
    block_hash = card.get_attribute("data-block-hash") or ""
    page.get_by_label("Hash of block").fill(block_hash.upper().replace("X", "x"))
    for text, said in ((block_hash, "The same hash"), ("0x" + "ab" * 32, "Another hash"), ("7", "This is no hash")):
        page.get_by_label("Hash of block").fill(text)
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("status").filter(has_text=said)).to_be_visible()
    assert faults_in_every_look(page) == []

    def change_a_number(route: Route) -> None:
        answer = route.fetch()
        document = answer.json()
        [read, *_] = [read for read in document["reads"] if read["slots"]]
        places.append(next(iter(read["slots"])))
        read["slots"][places[0]] = "0x7"
        route.fulfill(response=answer, json=document)

    places = list[str]()
    page.route("**/avatar/dave/proof.json", change_a_number)
    check.click()
    expect(verdict).to_have_text(re.compile("^Not proved: "))
    failed = card.locator("[data-state=failed]")
    expect(failed).to_have_count(2)
    expect(failed.first).to_contain_text("not the file that the receipt names")
    expect(failed.last).to_contain_text(f"the number stored at {places[0]} is another one")
    expect(card.locator("[data-state=skipped]")).to_have_count(1)
    page.unroute_all()
