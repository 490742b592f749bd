"""A claim that was refused says why, is removed at one click, and leaves by itself after a day."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from web3.contract import Contract

from nft.claims.claiming import create_claim
from nft.claims.failed import remove_failed_claims
from nft.models import TokenClaim
from nft.testing.chain import Chain
from profiles.models import AuditEntry
from tests.kit.world import World, claim_of, mint, pinned_metadata, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(world: World, chain: Chain, contract: Contract, alice: User) -> TokenClaim:
    """Alice's claim to a token of somebody else's."""
    token_id = mint(chain, contract, chain.accounts[5], "ipfs://x")
    claim = world.verify(create_claim(alice, f"{contract.address} {token_id}", world.now))
    TokenClaim.objects.update(created_at=world.now)
    assert claim.state == "not_owned"
    return claim


def test_its_card_says_why_and_is_removed_at_one_click(failed: TokenClaim, browser: Client) -> None:
    page = browser.get(reverse("nft:tokens"))
    [card] = page.context["failed"]
    assert card.sentence
    assert page.context["entries"] == []
    german = browser.get(reverse("nft:tokens"), headers={"accept-language": "de"})  # a worker wrote the reason
    assert "nicht mit dir verknüpft" in german.context["failed"][0].sentence
    for said in ("Removed from your list", "not on your list any more"):
        assert said in browser.post(card.remove.url, follow=True).text
    assert not TokenClaim.objects.exists()


def test_it_leaves_after_a_day_and_the_audit_keeps_it(world: World, failed: TokenClaim) -> None:
    assert remove_failed_claims(world.later(hours=23)) == 0
    assert remove_failed_claims(world.later(hours=2)) == 1
    assert not TokenClaim.objects.exists()
    entry = AuditEntry.objects.get(action="claim.expire")
    assert (entry.actor, entry.detail["token_id"], entry.detail["reason"]) == (None, "1", "held_by_other")


def test_what_is_not_known_and_what_was_shown_stay(
    world: World, chain: Chain, contract: Contract, alice: User, failed: TokenClaim
) -> None:
    lost = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    send(chain, contract, lost.token_id, 1, 5)
    assert world.verify(lost).state == "not_owned"
    with world.dead_chain():
        pending = world.verify(create_claim(alice, f"{contract.address} 99", world.now))
    assert pending.state == "unknown"
    TokenClaim.objects.update(created_at=world.now)
    remove_failed_claims(world.later(days=30))
    assert set(TokenClaim.objects.values_list("pk", flat=True)) == {lost.pk, pending.pk}
