"""The pages of the gallery: filters, shelves, pictures and progress."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from nft.gallery.pages import PAGE_SIZE
from nft.models import HeldToken, TokenClaim, TokenSearch
from nft.testing.genesis import CHAIN_ID
from profiles.store.images import keep_image
from tests.kit.world import NOW, person, picture

pytestmark = pytest.mark.django_db
ACCOUNT = "0x" + "12" * 20
APES, MICE = b"\xaa" * 20, b"\xbb" * 20


@pytest.fixture
def alice() -> User:
    return person("alice", ACCOUNT)


def token(user: User, token_id: int, contract: bytes = APES, **more: Any) -> HeldToken:
    facts = {"name": f"Ape {token_id}", "collection": "Apes", "checked_at": NOW, "seen_at_block": 9} | more
    return HeldToken.objects.create(
        account=user.nft_linked_accounts.get(),
        chain_id=CHAIN_ID,
        contract=contract,
        token_id=token_id,
        standard="erc721",
        first_seen_at=NOW + timedelta(seconds=token_id),
        **facts,
    )


def searched(user: User, **how: Any) -> TokenSearch:
    facts = {"state": "done", "finished_at": NOW, "started_at": NOW, "first_read": 0, "last_read": 9, "head": 9} | how
    return TokenSearch.objects.create(account=user.nft_linked_accounts.get(), chain_id=CHAIN_ID, **facts)


def look(browser: Client, name: str = "nft:tokens", **asked: str | int) -> str:
    answer = browser.get(reverse(name), asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_outage_is_never_shown_as_an_empty_wallet(browser: Client, alice: User) -> None:
    assert "We have not looked yet" in look(browser)
    row = searched(alice, state="failed", trouble="The chain did not answer.")
    page = look(browser)
    assert "The chain did not answer." in page
    assert "No tokens found" not in page
    TokenSearch.objects.filter(pk=row.pk).update(state="done", trouble="")
    assert "No tokens found" in look(browser)
    TokenSearch.objects.filter(pk=row.pk).update(state="running", due_at=NOW, finished_at=None, first_read=5)
    page = look(browser)
    assert "50 % read" in page
    assert "skeleton" in page


def test_a_token_is_claimed_with_one_click(browser: Client, alice: User) -> None:
    row = token(alice, 7)
    assert row.asset_id in look(browser)
    answer: Any = browser.post(reverse("nft:claim_create"), {"reference": row.asset_id})
    claim = TokenClaim.objects.get()
    assert answer.url == reverse("nft:claim_detail", args=[claim.pk])
    assert (claim.contract, claim.token_id) == (APES, 7)


def test_search_and_filters_narrow_the_list(browser: Client, alice: User) -> None:
    token(alice, 7)
    token(alice, 12, MICE, name="Brown mouse", collection="Mice")
    assert "Ape 7" not in look(browser, q="brown")
    assert "Brown mouse" in look(browser, q="12")
    apes = look(browser, collection="0x" + APES.hex())
    assert "Ape 7" in apes
    assert "Brown mouse" not in apes
    assert "Nothing matches" in look(browser, q="zebra")
    assert "Nothing matches" in look(browser, collection="0xnonsense")
    assert "Ape 7" in look(browser, chain=CHAIN_ID)
    assert "Nothing matches" in look(browser, chain=1)
    assert "Ape 7" in look(browser, chain="x", after="y", shelf="z")


def test_pages_have_no_gaps_and_no_repeats(browser: Client, alice: User) -> None:
    for number in range(PAGE_SIZE + 3):
        token(alice, number)
    first = browser.get(reverse("nft:tokens")).context
    second = browser.get(first["next_page"]).context
    ids = [int(one.number) for page in (first, second) for one in page["entries"]]
    assert ids == list(reversed(range(PAGE_SIZE + 3)))
    assert second["next_page"] == ""


def test_a_token_can_be_hidden_and_shown_again(browser: Client, alice: User) -> None:
    row = token(alice, 7)
    answer: Any = browser.post(reverse("nft:held_shelf", args=[row.pk]), {"put": "hidden", "q": "ape"})
    assert answer.url.endswith("?q=ape#held")
    page = look(browser)
    assert "All of them lie on other shelves" in page
    assert "Undo" in page
    assert "Ape 7" in look(browser, shelf="hidden")
    browser.post(reverse("nft:held_shelf", args=[row.pk]), {"put": ""})
    assert "Ape 7" in look(browser)


def test_suspected_spam_is_on_its_own_shelf_and_can_be_taken_out(browser: Client, alice: User) -> None:
    row = token(alice, 7, name="Visit our site", spam="lure")
    assert "Visit our site" not in look(browser)
    assert "asks you to claim or redeem" in look(browser, shelf="spam")
    browser.post(reverse("nft:held_shelf", args=[row.pk]), {"put": "shown"})
    assert "Visit our site" in look(browser)


def test_token_names_are_escaped(browser: Client, alice: User) -> None:
    token(alice, 7, name="<script>alert(1)</script>")
    page = look(browser)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_held_picture_is_served_to_its_person_only(browser: Client, alice: User) -> None:
    row = token(alice, 7, image_id=keep_image(picture()).row.pk)
    path = reverse("nft:held_picture", args=[row.pk])
    assert path in look(browser)
    answer = browser.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Cache-Control"].startswith("private")
    stranger = Client()
    assert stranger.get(path).status_code == 302
    stranger.force_login(person("bob"), "django.contrib.auth.backends.ModelBackend")
    assert stranger.get(path).status_code == 404
    assert 'src="http' not in look(browser), "no remote image reaches a browser"


def test_the_progress_endpoint_shows_changes(browser: Client, alice: User) -> None:
    searched(alice, state="running", finished_at=None, due_at=NOW, first_read=5)
    path = reverse("nft:held_progress")
    before = browser.get(path).json()
    assert (before["done"], before["percent"]) == (False, 50)
    token(alice, 7)
    after = browser.get(path).json()
    assert after["stamp"] != before["stamp"]
    assert "1 token so far" in after["sentence"]


def test_indexers_are_asked_only_if_the_person_opted_in(browser: Client, alice: User, settings: Any) -> None:
    entry = {"adapter": "nft.clients.indexers.Alchemy", "chain_id": CHAIN_ID, "url": "https://a.example/v3/key"}
    settings.NFT_INDEXERS = [entry]
    page = look(browser)
    assert "Also ask Alchemy" in page
    assert "a.example" not in page
    browser.post(reverse("nft:held_search"))
    assert not TokenSearch.objects.get().asks_indexers
    TokenSearch.objects.all().delete()
    browser.post(reverse("nft:held_search"), {"indexers": "on"})
    assert TokenSearch.objects.get().asks_indexers
