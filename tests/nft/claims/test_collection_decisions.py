"""Pictures of denied collections are withdrawn with the reason and can come back; look-alikes are pointed out."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw
from web3.contract import Contract

from nft.claims import collection_decisions
from nft.claims.claiming import create_claim, use_claim
from nft.claims.collection_decisions import apply_policy, decide_collection
from nft.claims.errors import COLLECTION_REFUSED, ClaimError
from nft.claims.pages import get_sentence
from nft.core.evm.address import parse_address
from nft.core.tokens.metadata import build_metadata
from nft.files.store import pin_file
from nft.models import Collection, HeldToken, TokenClaim, TokenLikeness
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from profiles.models import AuditEntry, Avatar, Profile
from profiles.store import objects
from profiles.upkeep.repair import repair_rendition
from tests.kit.desk import a_member_of_staff
from tests.kit.world import NOW, World, claim_of, deploy_avatar_token, mint, person, pinned_metadata, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return User.objects.create_superuser("staff")


def decide(
    contract: Contract, standing: str, staff: User, world: World, reason: str = "They were stolen."
) -> Collection:
    address = parse_address(contract.address)
    return decide_collection(CHAIN_ID, address, standing, reason, actor=staff, now=world.now)


def test_a_denied_collection_is_withdrawn_with_the_reason_and_stays_away(
    world: World, chain: Chain, contract: Contract, alice: User, staff: User, claim: TokenClaim
) -> None:
    decide(contract, "denied", staff, world)
    assert shown(alice, world.now).avatar is None
    assert claim.avatar is not None
    assert "They were stolen." in Avatar.objects.get(pk=claim.avatar.pk).reason
    world.later(minutes=20)
    world.verify(claim)
    assert shown(alice, world.now).avatar is None, "that it is held does not bring it back"
    chain.send(
        contract.functions.transferFrom(chain.accounts[1], chain.accounts[2], claim.token_id), sender=chain.accounts[1]
    )
    chain.finalize()
    world.later(minutes=20)
    world.verify(claim)
    chain.send(
        contract.functions.transferFrom(chain.accounts[2], chain.accounts[1], claim.token_id), sender=chain.accounts[2]
    )
    chain.finalize()
    world.later(hours=7)
    assert world.verify(claim).state == "owned"
    assert shown(alice, world.now).avatar is None, "nor that it came home"
    with pytest.raises(ClaimError, match="They were stolen") as refused:
        create_claim(alice, f"{contract.address} {claim.token_id}", world.now)
    assert refused.value.is_a(COLLECTION_REFUSED)
    entry = AuditEntry.objects.filter(action="collection.decide").get()
    assert entry.actor == staff


def test_a_reversed_decision_restores_the_picture(
    world: World, contract: Contract, alice: User, staff: User, claim: TokenClaim
) -> None:
    decide(contract, "denied", staff, world)
    decide(contract, "", staff, world, "It was settled.")
    front = shown(alice, world.now)
    assert front.mark
    assert apply_policy(world.now) == (0, 0)


def test_a_site_of_chosen_collections_shows_no_others(
    world: World, contract: Contract, alice: User, staff: User, claim: TokenClaim, settings: Any
) -> None:
    settings.NFT_COLLECTION_POLICY = "trusted"
    assert apply_policy(world.now) == (1, 0)
    assert shown(alice, world.now).avatar is None
    decide(contract, "trusted", staff, world, "We know them.")
    assert shown(alice, world.now).mark
    Collection.objects.all().delete()
    configured = settings.NFT_CHAINS[CHAIN_ID] | {"collections": [contract.address]}
    settings.NFT_CHAINS = {CHAIN_ID: configured}
    assert apply_policy(world.now) == (0, 0)


def test_a_site_of_listed_collections_shows_none_that_staff_trust(
    world: World, contract: Contract, alice: User, staff: User, claim: TokenClaim, settings: Any
) -> None:
    settings.NFT_COLLECTION_POLICY = "listed"
    decide(contract, "trusted", staff, world, "We know them.")
    apply_policy(world.now)
    assert shown(alice, world.now).avatar is None
    with pytest.raises(ClaimError, match="chosen collections only"):
        create_claim(alice, f"{contract.address} {claim.token_id}", world.now)
    browser = Client()
    browser.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    policy = f'href="{reverse("nft:collections")}"'
    page = browser.get(reverse("nft:claim_detail", args=[claim.pk])).content.decode()
    assert "chosen collections only" in page
    assert policy in page
    refused = {"reference": f"{contract.address} {claim.token_id}"}
    page = browser.post(reverse("nft:claim_create"), refused).content.decode()
    assert f'<p class="note"><a {policy}' in page
    assert "We know them." not in browser.get(reverse("nft:collections")).content.decode()
    configured = settings.NFT_CHAINS[CHAIN_ID] | {"collections": [contract.address]}
    settings.NFT_CHAINS = {CHAIN_ID: configured}
    apply_policy(world.now)
    assert shown(alice, world.now).mark
    page = browser.get(reverse("nft:claim_detail", args=[claim.pk])).content.decode()
    assert policy not in page
    assert contract.address in browser.get(reverse("nft:collections")).content.decode()


def test_a_decision_during_the_fetch_counts(
    world: World, chain: Chain, contract: Contract, alice: User, staff: User
) -> None:
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = world.verify(create_claim(alice, f"{contract.address} {token_id}", world.now))
    decide(contract, "denied", staff, world)
    world.verify_and_fetch(claim)
    assert claim.avatar is None
    assert "They were stolen." in get_sentence(claim)


def test_staff_decide_in_the_admin_and_must_say_why(
    contract: Contract, alice: User, staff: User, world: World, claim: TokenClaim
) -> None:
    HeldToken.objects.create(
        account=alice.nft_linked_accounts.get(),
        chain_id=CHAIN_ID,
        contract=claim.contract,
        token_id=1,
        standard="erc721",
        first_seen_at=NOW,
    )
    browser = Client()
    browser.force_login(staff, "django.contrib.auth.backends.ModelBackend")
    add = reverse("admin:nft_collection_add")
    assert browser.get(add).status_code == 200
    asked = {"chain_id": CHAIN_ID, "address": contract.address, "name": "", "standing": "denied", "reason": ""}
    assert b"This field is required" in browser.post(add, asked).content
    assert b"not an" in browser.post(add, asked | {"address": "0x12", "reason": "No."}).content.lower()
    browser.post(add, asked | {"reason": "They copy others."})
    row = Collection.objects.get()
    assert (row.standing, row.contract) == ("denied", claim.contract)
    assert HeldToken.objects.get().spam == "denied"
    page = reverse("admin:nft_collection_changelist")
    action = {"action": "trust", "_selected_action": [row.pk]}
    browser.post(page, action)
    assert Collection.objects.get().standing == "denied"
    browser.post(page, action | {"reason": "They are right."})
    assert Collection.objects.get().standing == "trusted"
    assert HeldToken.objects.get().spam == ""
    check_lists(browser, claim)


def check_lists(browser: Client, claim: TokenClaim) -> None:
    """Check that every list which shows tokens trusts and denies their collections, with a reason."""
    rows = {
        "tokenclaim": claim.pk,
        "heldtoken": HeldToken.objects.get().pk,
        "tokenlikeness": TokenLikeness.objects.get().pk,
        "collection": Collection.objects.get().pk,
    }
    for name, pk in rows.items():
        page = reverse(f"admin:nft_{name}_changelist")
        own = "" if name == "collection" else "_collection"
        for action, standing in ((f"deny{own}", "denied"), (f"trust{own}", "trusted")):
            before = Collection.objects.get().standing
            chosen = {"action": action, "_selected_action": [pk]}
            assert browser.post(page, chosen).status_code == 200
            assert Collection.objects.get().standing == before, "a reason is needed"
            said = browser.post(page, chosen | {"reason": f"Seen on {name}."}, follow=True).content.decode()
            assert "1 collection:" in said, name
            row = Collection.objects.get()
            assert (row.standing, row.reason) == (standing, f"Seen on {name}.")
    looker = a_member_of_staff("luke", "look")
    browser.force_login(looker, "django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:nft_tokenclaim_changelist")
    browser.post(page, {"action": "deny_collection", "_selected_action": [claim.pk], "reason": "Mine."})
    assert Collection.objects.get().standing == "trusted", "who may only look decides nothing"


def _art(side: int) -> bytes:
    image = Image.new("RGB", (side, side), "navy")
    draw = ImageDraw.Draw(image)
    for place in range(7):
        x, y = place * 41 % 100 * side // 100, place * 67 % 100 * side // 100
        draw.ellipse((x, y, x + side // 3, y + side // 4), fill=(255 - place * 30, place * 35, 120))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_a_copy_of_anothers_picture_is_pointed_out(
    world: World, chain: Chain, contract: Contract, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "get", lambda _key: pytest.fail("a picture in memory was read back from the store"))

    def minted(collection: Contract, name: str, side: int, to: int) -> int:
        image = pin_file(_art(side), "image/png", NOW)
        uri = pin_file(build_metadata(name, "", image.uri), "application/json", NOW).uri
        return mint(chain, collection, chain.accounts[to], uri)

    first = claim_of(world, alice, contract, minted(contract, "Genuine", 200, 1))
    claim_of(world, alice, contract, minted(contract, "Sister", 210, 1))
    assert not TokenLikeness.objects.filter(resembles__isnull=False), "a collection may repeat itself"
    copies = deploy_avatar_token(chain)
    bob = person("bob", chain.accounts[2])
    copy = claim_of(world, bob, copies, minted(copies, "Copy", 150, 2))
    row = TokenLikeness.objects.get(resembles__isnull=False)
    assert (row.contract, row.token_id) == (copy.contract, copy.token_id)
    browser = Client()
    browser.force_login(bob, "django.contrib.auth.backends.ModelBackend")
    page = browser.get(reverse("nft:claim_detail", args=[copy.pk])).content.decode()
    assert "very like “Genuine of Avatars”" in page
    browser.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    assert "Others may take it" not in browser.get(reverse("nft:claim_detail", args=[first.pk])).content.decode()


def test_a_token_lost_while_a_decision_is_reversed_gets_no_mark(
    world: World, contract: Contract, alice: User, staff: User, claim: TokenClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(contract, "denied", staff, world)

    def allow_and_lose(*_: object) -> str:
        """What another worker finds after the claim was read."""
        TokenClaim.objects.filter(pk=claim.pk).update(state="not_owned")
        return ""

    monkeypatch.setattr(collection_decisions, "decide_refusal", allow_and_lose)
    assert apply_policy(world.now) == (0, 0)
    assert shown(alice, world.now).avatar is None


@pytest.mark.parametrize(("on_loss", "grace"), [("keep", 0), ("revert", 400 * 86_400)])
def test_a_denied_collection_is_not_shown_after_a_loss_either(
    world: World,
    chain: Chain,
    contract: Contract,
    alice: User,
    staff: User,
    claim: TokenClaim,
    settings: Any,
    on_loss: str,
    grace: int,
) -> None:
    settings.AVATAR_LOSS_GRACE, settings.AVATAR_ON_LOSS_CHOICES = grace, ["revert", "plain", "keep"]
    Profile.objects.filter(user=alice).update(on_loss=on_loss)
    send = contract.functions.transferFrom(chain.accounts[1], chain.accounts[2], claim.token_id)
    chain.send(send, sender=chain.accounts[1])
    chain.finalize()
    world.later(minutes=20)
    assert world.verify(claim).state == "not_owned"
    kept = shown(alice, world.now)
    assert (kept.avatar, kept.mark) == (claim.avatar, False)
    decide(contract, "denied", staff, world)
    assert shown(alice, world.now).avatar is None
    assert apply_policy(world.now) == (0, 0)


def test_the_policy_restores_no_picture_whose_bytes_we_lost(world: World, alice: User, claim: TokenClaim) -> None:
    assert claim.avatar is not None
    for square in list(claim.avatar.image.renditions.all()):
        for key in (objects.master_key(claim.avatar.image.sha256), objects.rendition_key(square.sha256, square.format)):
            objects.delete(key)
        repair_rendition(square.pk)
    assert Avatar.objects.get(pk=claim.avatar.pk).state == "withdrawn"
    assert apply_policy(world.now) == (0, 0)
    assert shown(alice, world.now).avatar is None
    world.verify_and_fetch(use_claim(alice, claim.pk, world.now))
    assert shown(alice, world.now).mark, "it is fetched anew where its person sets it again, as they were told to"
