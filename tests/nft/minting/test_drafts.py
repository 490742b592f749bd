"""A draft keeps the picture of a form, and no token is minted twice."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from web3.contract import Contract

from nft.minting import drafts
from nft.models import LinkedAccount, MintRequest, SentToken, TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from tests.kit.mints import finish, go_on, install, sponsor
from tests.kit.world import NOW, World, picture, shown

pytestmark = pytest.mark.django_db
MINT = "/mint/"


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    deployed = install(chain, settings)
    sponsor(chain, settings)
    return deployed


@pytest.fixture
def page(browser: Client, contract: Contract) -> Client:
    return browser


def form(user: User, **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "image": SimpleUploadedFile("art.png", picture(), "image/png"),
        "name": "Dawn",
        "account": str(user.nft_linked_accounts.get().pk),
        "payer": "site",
        "key": str(uuid.uuid4()),
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def test_a_form_with_other_faults_keeps_the_picture(page: Client, alice: User) -> None:
    wanted = form(alice, name="")
    refused = page.post(MINT, wanted)
    assert refused.status_code == 422
    assert "We kept your picture" in refused.text
    assert "not published" not in page.get(MINT).text, "a form that is not complete is in no list"
    again = page.post(MINT, form(alice, image=None, key=wanted["key"]), follow=True)
    draft = MintRequest.objects.get()
    assert (draft.name, draft.state) == ("Dawn", "draft")
    assert draft.picture is not None
    assert "It cannot be undone." in again.text


def test_without_a_picture_there_is_nothing_to_keep(page: Client, alice: User) -> None:
    refused = page.post(MINT, form(alice, image=None))
    assert refused.status_code == 422
    assert "We kept your picture" not in refused.text
    broken = page.post(MINT, form(alice, name="", image=SimpleUploadedFile("a.png", b"no picture", "image/png")))
    assert broken.status_code == 422
    assert set(broken.context["form"].errors) == {"name", "image"}, "both faults at once"
    assert not MintRequest.objects.exists()


def test_a_draft_is_changed_with_its_picture_and_its_texts_at_hand(page: Client, alice: User) -> None:
    draft = page.post(MINT, form(alice, description="First light"), follow=True)
    change = page.get(draft.context["page"].change_url)
    assert "We kept your picture" in change.text
    assert "First light" in change.text
    key = MintRequest.objects.get().idempotency_key
    page.post(MINT, form(alice, image=None, key=key, name="Dusk"))
    assert MintRequest.objects.get().name == "Dusk"


def test_back_and_submit_again_leads_to_the_token_that_is_minted_already(
    page: Client, alice: User, world: World, chain: Chain
) -> None:
    first = page.post(MINT, form(alice))["Location"]
    assert page.post(MINT, form(alice))["Location"] == first, "the same draft"
    page.post(f"{first}publish/")
    published = MintRequest.objects.get()
    again = page.post(MINT, form(alice), follow=True)
    assert again.redirect_chain[-1][0] == first
    assert "You minted this already" in again.text
    world.now = published.published_at or NOW
    go_on(world, published)
    assert finish(world, chain, published).state == "confirmed"
    page.post(MINT, form(alice))
    assert MintRequest.objects.count() == 1
    token = {"chain_id": CHAIN_ID, "contract": published.contract, "token_id": published.token_id}
    SentToken.objects.create(user=alice, recipient=b"\1" * 20, block_number=9, seen_at=world.now, **token)
    page.post(MINT, form(alice))
    assert MintRequest.objects.count() == 2, "what was given away may be made anew"


def test_of_two_drafts_that_became_the_same_one_is_minted(page: Client, alice: User) -> None:
    first, second = (page.post(MINT, form(alice, name=name))["Location"] for name in ("Dawn", "Dusk"))
    MintRequest.objects.update(name="Dawn")
    page.post(f"{first}publish/")
    late = page.post(f"{second}publish/", follow=True)
    assert late.redirect_chain[-1][0] == first
    assert "You minted this already" in late.text
    assert MintRequest.objects.count() == 1


def test_the_token_becomes_the_picture_if_its_person_wished_so(
    page: Client, alice: User, world: World, chain: Chain
) -> None:
    path = page.post(MINT, form(alice))["Location"]
    page.post(f"{path}publish/", {"use": "on"})
    request = MintRequest.objects.get()
    world.now = request.published_at or NOW
    go_on(world, request)
    assert finish(world, chain, request).state == "confirmed"
    assert "becomes your picture" in page.get(path).text
    assert page.get(f"{path}status.json").json()["done"] is False
    world.verify_and_fetch(TokenClaim.objects.get())
    assert shown(alice, world.now).mark
    done = page.get(path)
    assert "It is your picture now" in done.text
    assert reverse("nft:mint_use", args=[request.pk]) not in done.text


def test_the_page_and_the_list_say_that_the_token_left(page: Client, alice: User, bob: User, world: World) -> None:
    account = bob.nft_linked_accounts.get()
    fixed = {"chain_id": CHAIN_ID, "contract": b"\2" * 20, "token_id": 7}
    mint = MintRequest.objects.create(user=alice, owner=b"\3" * 20, name="Dawn", state="confirmed", **fixed)
    sent = {"recipient": account.address, "block_number": 9, "seen_at": NOW, "is_confirmed": True}
    SentToken.objects.create(user=alice, **fixed, **sent)
    for path in (reverse("nft:mint_detail", args=[mint.pk]), reverse("nft:made")):
        text = page.get(path).text
        assert f"You sent it to {account.address_text[:6]}" in text
        assert "on 22 November 2026" in text
        assert "Use as my picture" not in text


def test_a_draft_that_another_page_published_meanwhile_is_kept(
    page: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = page.post(MINT, form(alice))["Location"]
    key = str(uuid.uuid4())
    second = page.post(MINT, form(alice, name="Dusk", key=key))["Location"]
    find_same = drafts.find_same

    def found_while_it_is_published(wanted: MintRequest) -> MintRequest | None:
        monkeypatch.setattr(drafts, "find_same", find_same)
        page.post(f"{second}publish/")
        return find_same(wanted)

    monkeypatch.setattr(drafts, "find_same", found_while_it_is_published)
    assert page.post(MINT, form(alice, key=key))["Location"] == first, "the same as the first by now"
    assert set(MintRequest.objects.values_list("name", "state")) == {("Dawn", "draft"), ("Dusk", "storing")}


def test_a_draft_whose_wallet_was_unlinked_goes_to_one_that_is_linked(page: Client, alice: User) -> None:
    page.post(MINT, form(alice))
    draft = MintRequest.objects.get()
    alice.nft_linked_accounts.all().delete()
    other = LinkedAccount.objects.create(
        user=alice, address=b"\7" * 20, chain_id=CHAIN_ID, linked_at=NOW, last_used_at=NOW
    )
    shown_form = page.get(f"{MINT}?draft={draft.idempotency_key}").context["form"]
    assert str(shown_form["account"].value()) == str(other.pk)
    assert shown_form["name"].value() == "Dawn"
