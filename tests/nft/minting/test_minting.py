"""From a picture to a token: complete or not at all, and one token whatever happens in between."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from web3.contract import Contract

from nft.core.ipfs.cid import parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.core.tokens.metadata import parse_metadata
from nft.errors import BAD_TRANSACTION_HASH, NO_CONTRACT, NOT_NOW, RATE_LIMITED, NotYours
from nft.files.store import read_stored
from nft.minting import drafts
from nft.minting.drafts import parse_line, start_mint
from nft.minting.errors import TextRefused
from nft.minting.requests import build_mint_transaction, build_steps, record_mint_sent, use_mint
from nft.minting.steps import DROPPED_AFTER, follow_mint
from nft.models import CachedObject, MintRequest
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.transfers.sending import build_transfer, record_transfer_sent
from profiles.images.errors import ImageRefused
from profiles.models import Notice
from profiles.testing.jobs import queued_by_sweep
from tests.kit.errors import raises_kind
from tests.kit.mints import finish, go_on, install, order, publish, ready_to_sign, sign
from tests.kit.world import World, person, picture, shown, upload

pytestmark = pytest.mark.django_db


# --- from order to token --------------------------------------------------------------------------------------------


def test_mint_show_transfer_and_revert(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    own_picture = upload(alice)
    request = ready_to_sign(world, alice)
    record_mint_sent(alice, request.pk, sign(chain, request), world.now)
    assert go_on(world, request).state == "mined"
    assert finish(world, chain, request).state == "confirmed"
    assert (request.token_id, request.due_at) == (1, None)
    made = Notice.objects.get(kind=Notice.Kind.MADE, subject=str(request.pk))
    assert (made.profile.user, made.facts) == (alice, {"name": request.name})
    assert contract.functions.ownerOf(1).call() == chain.accounts[1]
    assert contract.functions.tokenURI(1).call() == request.metadata_uri
    assert [step["state"] for step in build_steps(request)] == ["done"] * 6

    claim = world.verify_and_fetch(use_mint(alice, request.pk, world.now))
    assert (claim.state, claim.step, claim.picture.proof, claim.picture.image_cid) == (
        "owned",
        "done",
        "cid",
        request.image_cid,
    )
    assert shown(alice, world.now).mark

    transaction = build_transfer(claim, chain.accounts[2], world.clients).as_json()
    wallet = {name: transaction[name] for name in ("from", "to", "data", "value", "gas")}
    record_transfer_sent(alice, claim.pk, chain.rpc("eth_sendTransaction", wallet), world.now)
    chain.finalize()
    assert world.verify(claim).state == "not_owned"
    lost = Notice.objects.get(kind=Notice.Kind.LOST)
    assert lost.sentence.startswith(f"You sent {request.name} to 0x")
    assert lost.facts["then"] == "earlier"
    back = shown(alice, world.now).avatar
    assert back is not None
    assert back.pk == own_picture


def test_published_files_are_our_encoding_and_readable(world: World, alice: User, contract: Contract) -> None:
    request = ready_to_sign(world, alice)
    metadata = parse_metadata(read_stored(parse_cid(request.metadata_cid), "", DagLimits()))
    assert (metadata.name, metadata.description, metadata.picture_sources[0]) == (
        "Dawn",
        "First light",
        request.image_uri,
    )
    image = read_stored(parse_cid(request.image_cid), "", DagLimits())
    assert image != picture("teal")
    pinned = CachedObject.objects.get(uri=request.image_uri)
    assert (pinned.origin, pinned.byte_count) == ("pinned", len(image))
    assert pinned.media_type.startswith("image/")


def test_the_transaction_is_the_expected_call(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    request = ready_to_sign(world, alice)
    transaction = build_mint_transaction(request)
    assert transaction is not None
    shown_to_wallet = transaction.as_json()
    expected = contract.functions.mintOnce(request.pk.bytes.rjust(32, b"\0"), chain.accounts[1], request.metadata_uri)
    assert shown_to_wallet["data"] == expected._encode_transaction_data()
    assert (shown_to_wallet["from"], shown_to_wallet["to"]) == (chain.accounts[1], contract.address)
    assert (shown_to_wallet["value"], shown_to_wallet["chain_id"]) == ("0x0", CHAIN_ID)
    assert re.fullmatch(r"At most about 0\.000\d+ ETH for the network\.", str(shown_to_wallet["fee"]))


# --- refused orders -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "1 to 100"),
        ("   ", "1 to 100"),
        ("x" * 101, "1 to 100"),
        ("a\u202eb", "can't be seen"),
        ("a\x00b", "can't be seen"),
    ],
)
def test_an_invalid_name_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(TextRefused, match=sentence):
        parse_line("name", text, 1, 100)


def test_names_of_every_script_and_with_emoji_pass() -> None:
    for text in ("Zoë", "夜明け", "شروق", "👩‍🚀", "x" * 100):
        assert parse_line("name", text, 1, 100) == text


def test_a_refused_picture_stores_nothing(world: World, alice: User, contract: Contract) -> None:
    with pytest.raises(ImageRefused):
        start_mint(alice, order(alice, image=b"no picture"), world.now)
    assert not MintRequest.objects.exists()
    assert not CachedObject.objects.exists()


def test_a_chain_without_our_contract_is_named(world: World, alice: User) -> None:
    with raises_kind(NO_CONTRACT, match="Local chain"):
        start_mint(alice, order(alice), world.now)


def test_an_account_of_somebody_else_is_refused(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    bobs = person("bob", chain.accounts[2]).nft_linked_accounts.get()
    with pytest.raises(NotYours):
        start_mint(alice, order(alice, account_id=bobs.pk), world.now)


def test_mints_are_rate_limited(world: World, alice: User, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MINTS_PER_HOUR", 1)
    start_mint(alice, order(alice), world.now)
    with raises_kind(RATE_LIMITED) as refused:
        start_mint(alice, order(alice, key="k2"), world.now)
    assert refused.value.retry_after


def test_a_form_sent_twice_is_one_mint(world: World, alice: User, contract: Contract) -> None:
    assert start_mint(alice, order(alice), world.now).pk == start_mint(alice, order(alice), world.now).pk


def test_a_contract_that_would_refuse_fails_the_mint_with_the_reason(
    world: World, chain: Chain, alice: User, settings: Any
) -> None:
    install(chain, settings, open_mint=False)
    request = go_on(world, publish(world, alice))
    assert (request.state, request.reason_sentence) == ("failed", "Minting is closed at the moment.")
    assert [step["state"] for step in build_steps(request)] == ["done"] * 2 + ["failed"] + ["todo"] * 3


# --- crashes, reorgs, wrong transactions ----------------------------------------------------------------------------


def test_an_unreachable_chain_delays_and_loses_nothing(world: World, alice: User, contract: Contract) -> None:
    request = publish(world, alice)
    with world.dead_chain():
        go_on(world, request)
    assert request.state == "pinned"
    assert "We keep trying." in request.reason_sentence
    assert go_on(world, request).state == "awaiting_signature"


def test_a_worker_killed_at_any_step_is_followed_by_another(
    world: World, chain: Chain, alice: User, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nft.minting import steps

    request = publish(world, alice)
    real = dict(steps._STEPS)
    killed: set[str] = set()

    def crashing_once(state: Any) -> Any:
        def step(attempt: Any) -> Any:
            changes = real[state](attempt)
            if state not in killed:
                killed.add(state)
                raise KeyboardInterrupt
            return changes

        return step

    monkeypatch.setattr(steps, "_STEPS", {state: crashing_once(state) for state in real})
    for _ in range(30):
        try:
            go_on(world, request)
        except KeyboardInterrupt:
            continue
        if request.state == "awaiting_signature":
            record_mint_sent(alice, request.pk, sign(chain, request), world.now)
            chain.finalize()
        if request.state == "confirmed":
            break
    request.refresh_from_db()
    assert request.state == "confirmed"
    assert len(killed) == 6
    assert contract.functions.totalSupply().call() == 1


def test_a_page_closed_before_it_sent_the_hash_loses_nothing(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    request = ready_to_sign(world, alice)
    sign(chain, request)
    chain.finalize()
    assert go_on(world, request).state == "confirmed"
    assert request.token_id == 1


def test_signing_twice_makes_one_token(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    request = ready_to_sign(world, alice)
    sign(chain, request)
    second = sign(chain, request)
    record_mint_sent(alice, request.pk, second, world.now)
    assert finish(world, chain, request).state == "confirmed"
    assert contract.functions.totalSupply().call() == 1


def test_a_reorg_sends_a_mined_token_back_until_it_is_mined_again(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    request = ready_to_sign(world, alice)
    record_mint_sent(alice, request.pk, sign(chain, request), world.now)
    assert go_on(world, request).state == "mined"
    chain.reorg(1)
    assert go_on(world, request).state == "submitted"
    assert request.token_id is None

    world.later(seconds=DROPPED_AFTER.total_seconds() + 1)
    assert go_on(world, request).state == "awaiting_signature"
    assert "dropped" in request.reason_sentence
    record_mint_sent(alice, request.pk, sign(chain, request), world.now)
    assert finish(world, chain, request).state == "confirmed"


def test_another_transaction_is_refused(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    request = ready_to_sign(world, alice)
    other = chain.rpc("eth_sendTransaction", {"from": chain.accounts[1], "to": chain.accounts[3], "value": "0x1"})
    record_mint_sent(alice, request.pk, other, world.now)
    assert go_on(world, request).state == "awaiting_signature"
    assert "not the one we prepared" in request.reason_sentence


def test_a_plain_mint_of_ones_own_does_not_pass_for_the_request(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    request = ready_to_sign(world, alice)
    receipt = chain.send(contract.functions.mint(chain.accounts[1], "ipfs://other"), sender=chain.accounts[1])
    record_mint_sent(alice, request.pk, receipt["transactionHash"].to_0x_hex(), world.now)
    assert go_on(world, request).state == "awaiting_signature"


def test_a_transaction_that_failed_on_the_chain_is_estimated_anew(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    request = ready_to_sign(world, alice)
    chain.send(contract.functions.setMintRules(False, 0))
    failed = sign(chain, request)
    record_mint_sent(alice, request.pk, failed, world.now)
    assert go_on(world, request).state == "failed"
    assert request.reason_sentence == "Minting is closed at the moment."


def test_a_hash_belongs_to_one_mint(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    first, second = ready_to_sign(world, alice), ready_to_sign(world, alice, key="k2")
    tx_hash = sign(chain, first)
    record_mint_sent(alice, first.pk, tx_hash, world.now)
    with raises_kind(BAD_TRANSACTION_HASH):
        record_mint_sent(alice, second.pk, tx_hash, world.now)
    with raises_kind(BAD_TRANSACTION_HASH):
        record_mint_sent(alice, second.pk, "0x12", world.now)


def test_hashes_of_other_peoples_mints_or_too_early_are_refused(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    request = publish(world, alice)
    with raises_kind(NOT_NOW):
        record_mint_sent(alice, request.pk, "0x" + "11" * 32, world.now)
    with pytest.raises(NotYours):
        record_mint_sent(person("mallory"), request.pk, "0x" + "11" * 32, world.now)
    with raises_kind(NOT_NOW):
        use_mint(alice, request.pk, world.now)


def test_the_sweep_queues_what_is_due(world: World, alice: User, contract: Contract) -> None:
    request = publish(world, alice)
    assert queued_by_sweep(follow_mint, world.now) == [request.pk]
    assert queued_by_sweep(follow_mint, world.now) == [], "it waits in the queue"
    follow_mint(request.pk, world.now, world.clients)
    request.refresh_from_db()
    assert request.state == "awaiting_signature"
