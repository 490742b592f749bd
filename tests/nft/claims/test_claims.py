"""A token is a person's picture for as long as the chain says that they hold it, and no longer."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from web3.contract import Contract

from nft.accounts.linking import unlink_account
from nft.claims import claiming
from nft.claims.claiming import (
    create_claim,
    recheck,
    remove_claim,
)
from nft.claims.errors import NO_ACCOUNT, REFERENCE_REFUSED, ClaimError, NoSuchClaim
from nft.claims.picture import fetch_picture
from nft.clients.evm.chain import ChainClient
from nft.errors import RATE_LIMITED
from nft.models import TokenClaim
from nft.testing.chain import Chain
from profiles.problems import problem_response
from tests.kit.world import (
    World,
    claim_of,
    deploy_avatar_token,
    make_world,
    mint,
    person,
    pinned_metadata,
    send,
    shown,
    upload,
)

pytestmark = pytest.mark.django_db


def test_the_whole_life_of_a_claim(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    own_picture = upload(alice)

    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)
    assert (claim.state, claim.step) == ("pending", "owner")
    world.verify_and_fetch(claim)

    assert (claim.state, claim.step, claim.picture.proof, claim.name) == ("owned", "done", "cid", "Blue hour")
    front = shown(alice, world.now)
    assert front.mark
    assert front.avatar is not None
    assert front.avatar.source == "nft"
    assert front.provenance is not None
    assert front.provenance["collection"] == "Avatars"
    assert front.provenance["block_number"] == claim.checked_block_number

    transfer = contract.functions.transferFrom(chain.accounts[1], chain.accounts[2], token_id)
    chain.send(transfer, sender=chain.accounts[1])
    chain.finalize()
    world.verify(claim)

    assert claim.state == "not_owned"
    assert claim.reason_sentence.startswith("Blue hour was sent to 0x")
    back = shown(alice, world.now)
    assert not back.mark
    assert back.avatar is not None
    assert back.avatar.pk == own_picture


@pytest.fixture
def owned(world: World, chain: Chain, alice: User) -> tuple[TokenClaim, Contract]:
    """Alice's claim, verified and shown, and its contract."""
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    upload(alice)
    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)
    return world.verify_and_fetch(claim), contract


# --- what is no claim --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("hello", "names no token"),
        ("0x" + "11" * 20, "only a contract"),
        ("vitalik.eth", "is a name"),
        ("eip155:777/erc721:0x" + "11" * 20 + "/1", "is on chain 777. This site supports"),
        ("0x" + "11" * 20 + " " + str(2**256), "larger than"),
    ],
)
def test_what_names_no_readable_token_is_refused_with_a_sentence(
    world: World, alice: User, reference: str, sentence: str
) -> None:
    with pytest.raises(ClaimError, match=sentence) as refused:
        create_claim(alice, reference, world.now)
    assert refused.value.is_a(REFERENCE_REFUSED)
    assert not TokenClaim.objects.exists()


def test_without_a_linked_account_nothing_is_checked(world: World, chain: Chain) -> None:
    with pytest.raises(ClaimError, match="Local chain") as refused:
        create_claim(person("nobody"), f"{chain.accounts[1]} 1", world.now)
    assert refused.value.is_a(NO_ACCOUNT)


def test_a_rate_limit_bounds_checks(world: World, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "CHECKS_PER_HOUR", 2)
    for token_id in (1, 2):
        create_claim(alice, f"0x{'11' * 20} {token_id}", world.now)
    with pytest.raises(ClaimError) as refused:
        create_claim(alice, f"0x{'11' * 20} 3", world.now)
    assert refused.value.is_a(RATE_LIMITED)
    assert 0 < int(problem_response(refused.value)["Retry-After"]) <= 3600


# --- no and unknown ----------------------------------------------------------------------------------------------


def test_a_token_of_somebody_else_is_not_owned(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[2], "ipfs://x")
    claim = claim_of(world, alice, contract, token_id)
    assert (claim.state, claim.reason) == ("not_owned", "held_by_other")
    short = f"{chain.accounts[2][:6]}…{chain.accounts[2][-4:]}"
    assert claim.reason_sentence == f"It is held by {short}, which is not linked to you."
    assert shown(alice, world.now).avatar is None


def test_a_token_that_does_not_exist_is_not_owned(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    chain.finalize()
    assert claim_of(world, alice, contract, 99).reason == "no_such_token"


def test_an_unreachable_chain_leaves_a_new_claim_unknown_and_is_retried(
    world: World, chain: Chain, alice: User
) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    with world.dead_chain():
        claim = claim_of(world, alice, contract, token_id)
    assert (claim.state, claim.reason) == ("unknown", "chain_unreachable")
    assert "We keep trying." in claim.reason_sentence
    assert claim.due_at is not None
    assert claim.due_at > world.now
    assert world.verify_and_fetch(claim).state == "owned"


def test_an_unreachable_chain_takes_no_mark(world: World, alice: User, owned: tuple[TokenClaim, Contract]) -> None:
    claim, _ = owned
    seen = claim.checked_at
    with world.dead_chain():
        world.verify(claim)
        assert claim.tries == 1
        world.verify(claim)
    assert (claim.state, claim.tries, claim.checked_at) == ("owned", 2, seen)
    assert shown(alice, world.now).mark


def test_without_any_check_the_mark_expires(world: World, alice: User, owned: tuple[TokenClaim, Contract]) -> None:
    world.later(hours=2)
    front = shown(alice, world.now)
    assert (front.mark, front.avatar is not None and front.avatar.source) == (False, "nft")
    world.later(hours=24)
    assert shown(alice, world.now).avatar is not None
    assert shown(alice, world.now).avatar.source == "upload"  # type: ignore[union-attr]


def test_a_node_of_another_chain_takes_no_mark(
    world: World, chain: Chain, alice: User, owned: tuple[TokenClaim, Contract]
) -> None:
    claim, _ = owned
    confused = ChainClient(1, [chain.url], "finalized")
    with world.other_chain(confused):
        world.verify(claim)
    assert (claim.state, claim.reason) == ("owned", "wrong_chain")
    assert shown(alice, world.now).mark


# --- loss and return ---------------------------------------------------------------------------------------------


def test_a_burned_token_is_lost_with_that_reason(
    world: World, chain: Chain, alice: User, owned: tuple[TokenClaim, Contract]
) -> None:
    claim, contract = owned
    chain.send(contract.functions.burn(claim.token_id), sender=chain.accounts[1])
    chain.finalize()
    world.verify(claim)
    assert claim.reason_sentence == "Blue hour no longer exists: it was burned."
    assert not shown(alice, world.now).mark


def test_a_returned_token_is_the_picture_again(
    world: World, chain: Chain, alice: User, owned: tuple[TokenClaim, Contract]
) -> None:
    claim, contract = owned
    send(chain, contract, claim.token_id, 1, 2)
    assert world.verify(claim).state == "not_owned"
    send(chain, contract, claim.token_id, 2, 1)
    recheck(alice, claim.pk, world.now)
    assert world.verify(claim).state == "owned"
    assert shown(alice, world.now).mark


def test_a_reorg_that_undoes_the_transfer_restores_the_picture(
    world: World, chain: Chain, alice: User, owned: tuple[TokenClaim, Contract]
) -> None:
    claim, contract = owned
    world.clients = make_world(chain, confirmed=0).clients  # believes the head, as no site should
    chain.send(
        contract.functions.transferFrom(chain.accounts[1], chain.accounts[2], claim.token_id), sender=chain.accounts[1]
    )
    assert world.verify(claim).state == "not_owned"
    chain.reorg(1)
    recheck(alice, claim.pk, world.now)
    assert world.verify(claim).state == "owned"


def test_unlinking_the_account_takes_the_mark_in_the_same_moment(
    world: World, alice: User, owned: tuple[TokenClaim, Contract]
) -> None:
    claim, _ = owned
    unlink_account(alice, alice.nft_linked_accounts.get().pk, world.now)
    claim.refresh_from_db()
    assert (claim.state, claim.reason_sentence) == ("not_owned", "The account that holds this token was unlinked.")
    assert not shown(alice, world.now).mark
    assert world.verify(claim).reason_sentence == "The account that holds this token was unlinked."


def test_an_account_unlinked_during_the_check_gives_no_mark(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = create_claim(alice, f"{contract.address} {token_id}", world.now)

    def unlinking(chain_id: int) -> ChainClient:
        alice.nft_linked_accounts.all().delete()
        return world.client

    with world.chain_by(unlinking):
        world.verify(claim)
    assert (claim.state, claim.reason) == ("not_owned", "no_account")


def test_a_token_lost_during_the_fetch_sets_no_picture(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    claim = world.verify(create_claim(alice, f"{contract.address} {token_id}", world.now))

    def losing(chain_id: int) -> ChainClient:
        TokenClaim.objects.update(state="not_owned")
        return world.client

    with world.chain_by(losing):
        assert fetch_picture(claim.pk, world.now, world.clients) is None
    assert shown(alice, world.now).avatar is None


def test_taking_a_token_off_the_list_brings_the_earlier_picture_back(
    world: World, alice: User, owned: tuple[TokenClaim, Contract]
) -> None:
    remove_claim(alice, owned[0].pk)
    assert shown(alice, world.now).avatar.source == "upload"  # type: ignore[union-attr]
    assert not alice.nft_token_claims.exists()


def test_nobody_touches_the_claims_of_others(world: World, owned: tuple[TokenClaim, Contract]) -> None:
    mallory = person("mallory")
    for action in (lambda: recheck(mallory, owned[0].pk, world.now), lambda: remove_claim(mallory, owned[0].pk)):
        with pytest.raises(NoSuchClaim):
            action()


# --- showing -----------------------------------------------------------------------------------------------------


def test_the_account_is_named_only_while_it_is_public(
    world: World, chain: Chain, alice: User, owned: tuple[TokenClaim, Contract]
) -> None:
    hidden = shown(alice, world.now).provenance
    assert hidden is not None
    assert hidden["account"] == ""
    assert chain.accounts[1] not in json.dumps(hidden)
    alice.nft_linked_accounts.update(is_public=True)
    assert shown(alice, world.now).provenance["account"] == chain.accounts[1]  # type: ignore[index]


def test_each_check_renews_the_receipt(
    world: World, chain: Chain, alice: User, owned: tuple[TokenClaim, Contract]
) -> None:
    before = shown(alice, world.now).provenance
    chain.mine(5)
    world.verify(owned[0])
    after = shown(alice, world.now).provenance
    assert before is not None
    assert after is not None
    assert isinstance(before["block_number"], int)
    assert after["block_number"] == before["block_number"] + 5
    assert after["checked_at"] == world.now.isoformat()
