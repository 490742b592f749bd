"""The site pays: one token or none, whatever crashes, is dropped, gets stuck or is undone by a reorg."""

from __future__ import annotations

from typing import Any

import coincurve
import pytest
from django.contrib.auth.models import User
from web3.contract import Contract

from nft.clients.evm.answers import parse_number
from nft.clients.evm.fees import fetch_nonce
from nft.clients.evm.signers import KeySigner, SignerError, sign_digest
from nft.core.evm.address import parse_address
from nft.errors import NOT_NOW
from nft.minting import outbox
from nft.minting.drafts import MintOrder
from nft.minting.errors import NOT_SPONSORED
from nft.minting.outbox import STUCK_AFTER, sweep_outbox
from nft.minting.requests import build_steps, record_mint_sent, use_mint
from nft.minting.sponsor import budget_left, get_offer
from nft.minting.sponsored_steps import MAX_NONCES
from nft.models import MintRequest, SponsoredTransaction
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from tests.kit.errors import raises_kind
from tests.kit.mints import finish, go_on, install, publish, sponsor
from tests.kit.world import World, person

pytestmark = pytest.mark.django_db
ETHER = 10**18


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    """The site's own collection, in which only the site's key may mint. That key pays."""
    deployed = install(chain, settings, open_mint=False)
    sponsor(chain, settings)
    return deployed


def sponsored(world: World, user: User, **changes: Any) -> MintRequest:
    return publish(world, user, is_sponsored=True, **changes)


def to_submitted(world: World, user: User, **changes: Any) -> MintRequest:
    request = go_on(world, sponsored(world, user, **changes))
    assert request.state == "submitted", request.reason_sentence
    return request


def replaced(world: World, user: User) -> MintRequest:
    """Return a mint whose first transaction got stuck and was replaced at higher fees."""
    request = to_submitted(world, user)
    go_on(world, request)
    world.later(seconds=STUCK_AFTER.total_seconds())
    go_on(world, request)
    return request


def sent(request: MintRequest) -> list[SponsoredTransaction]:
    return list(request.transactions.order_by("pk"))


def balance_of(world: World, account: str) -> int:
    """Return the balance in wei."""
    return world.client.ask("eth_getBalance", [account, "latest"], parse_number)


# --- from order to token --------------------------------------------------------------------------------------------


def test_the_token_goes_to_its_owner_who_pays_nothing(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    before = balance_of(world, chain.accounts[1])
    request = sponsored(world, alice)
    for _ in range(4):
        go_on(world, request)
    assert request.state == "mined"
    assert finish(world, chain, request).state == "confirmed"
    assert contract.functions.ownerOf(request.token_id).call() == chain.accounts[1]
    assert contract.functions.tokenURI(request.token_id).call() == request.metadata_uri
    assert balance_of(world, chain.accounts[1]) == before
    assert [step["state"] for step in build_steps(request)] == ["done"] * 5
    assert world.verify_and_fetch(use_mint(alice, request.pk, world.now)).state == "owned"


def test_what_it_cost_is_known_afterwards(
    world: World, chain: Chain, alice: User, contract: Contract, settings: Any
) -> None:
    before = balance_of(world, chain.accounts[0])
    request = to_submitted(world, alice)
    promised = settings.NFT_SPONSOR_BUDGET - budget_left(CHAIN_ID, world.now)
    go_on(world, request)
    finish(world, chain, request)
    sweep_outbox(world.now, world.clients)
    cost = before - balance_of(world, chain.accounts[0])
    assert [one.cost for one in sent(request)] == [cost]
    assert settings.NFT_SPONSOR_BUDGET - budget_left(CHAIN_ID, world.now) == cost
    assert promised > cost


# --- restarts, drops, reorgs ----------------------------------------------------------------------------------------


def test_a_dropped_transaction_is_sent_again_byte_for_byte(
    world: World, slow_chain: Chain, alice: User, contract: Contract
) -> None:
    request = to_submitted(world, alice)
    go_on(world, request)
    assert world.client.transaction(request.tx_hash) is not None
    slow_chain.rpc("anvil_dropAllTransactions")
    assert world.client.transaction(request.tx_hash) is None
    go_on(world, request)
    assert world.client.transaction(request.tx_hash) is not None
    assert len(sent(request)) == 1
    slow_chain.mine()
    assert finish(world, slow_chain, request).state == "confirmed"
    assert contract.functions.totalSupply().call() == 1


def test_a_reorg_brings_the_same_transaction_back(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    request = to_submitted(world, alice)
    go_on(world, request)
    assert go_on(world, request).state == "mined"
    chain.reorg(1)
    assert go_on(world, request).state == "submitted"
    for _ in range(3):
        go_on(world, request)
    assert finish(world, chain, request).state == "confirmed"
    assert (len(sent(request)), contract.functions.totalSupply().call()) == (1, 1)


def test_a_stuck_transaction_is_replaced_with_the_same_nonce(
    world: World, slow_chain: Chain, alice: User, contract: Contract
) -> None:
    request = replaced(world, alice)
    first, second = sent(request)
    assert (first.nonce, first.sender) == (second.nonce, second.sender)
    assert second.max_fee >= first.max_fee * 1.1
    assert second.tip >= first.tip * 1.1
    slow_chain.mine()
    assert go_on(world, request).tx_hash == second.tx_hash
    assert finish(world, slow_chain, request).state == "confirmed"
    assert contract.functions.totalSupply().call() == 1


def test_an_underpriced_transaction_is_replaced_too(
    world: World, slow_chain: Chain, alice: User, contract: Contract
) -> None:
    request = to_submitted(world, alice)
    slow_chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(3 * sent(request)[0].max_fee))
    slow_chain.mine()
    assert "dearer" in go_on(world, request).reason_sentence
    assert len(sent(request)) == 1, "it may only be a moment"
    world.later(seconds=STUCK_AFTER.total_seconds())
    go_on(world, request)
    first, second = sent(request)
    assert first.nonce == second.nonce
    assert world.client.transaction(first.tx_hash) is None
    assert world.client.transaction(second.tx_hash) is not None
    slow_chain.mine()
    assert finish(world, slow_chain, request).state == "confirmed"
    assert contract.functions.totalSupply().call() == 1


def test_reporting_the_hash_of_anothers_transaction_first_blocks_nobody(
    world: World, slow_chain: Chain, alice: User, contract: Contract
) -> None:
    request = replaced(world, alice)
    replacement = sent(request)[1].tx_hash
    thief = MintRequest.objects.create(
        user=person("mallory", slow_chain.accounts[2]),
        idempotency_key="k1",
        chain_id=CHAIN_ID,
        contract=request.contract,
        owner=parse_address(slow_chain.accounts[2]),
        name="Theirs",
        state="awaiting_signature",
        created_at=world.now,
    )
    record_mint_sent(thief.user, thief.pk, replacement, world.now)
    slow_chain.mine()
    assert go_on(world, request).tx_hash == replacement
    assert finish(world, slow_chain, request).state == "confirmed"


def test_a_hash_is_not_accepted_for_a_transaction_of_the_site(world: World, alice: User, contract: Contract) -> None:
    request = to_submitted(world, alice)
    with raises_kind(NOT_NOW):
        record_mint_sent(alice, request.pk, "0x" + "ab" * 32, world.now)


def test_the_replaced_transaction_may_be_mined_after_all(
    world: World, slow_chain: Chain, alice: User, contract: Contract
) -> None:
    request = replaced(world, alice)
    first, _ = sent(request)
    slow_chain.rpc("anvil_dropAllTransactions")
    slow_chain.rpc("eth_sendRawTransaction", "0x" + bytes(first.raw).hex())
    slow_chain.mine()
    assert go_on(world, request).tx_hash == first.tx_hash
    assert finish(world, slow_chain, request).state == "confirmed"


def test_a_nonce_used_by_another_program_is_replaced_once_that_is_confirmed(
    world: World, slow_chain: Chain, alice: User, contract: Contract
) -> None:
    request = to_submitted(world, alice)
    slow_chain.rpc("anvil_dropAllTransactions")
    slow_chain.rpc(
        "eth_sendTransaction", {"from": slow_chain.accounts[0], "to": slow_chain.accounts[3], "value": "0x1"}
    )
    slow_chain.mine()
    assert go_on(world, request).state == "submitted"  # not confirmed yet
    slow_chain.finalize()
    go_on(world, request)
    go_on(world, request)
    slow_chain.mine()
    assert finish(world, slow_chain, request).state == "confirmed"
    assert [one.nonce for one in sent(request)] == [sent(request)[0].nonce, sent(request)[0].nonce + 1]
    assert contract.functions.totalSupply().call() == 1


def test_an_unreachable_chain_is_retried(world: World, alice: User, contract: Contract) -> None:
    request = to_submitted(world, alice)
    with world.dead_chain():
        go_on(world, request)
    assert (request.state, len(sent(request))) == ("submitted", 1)
    assert "We keep trying." in request.reason_sentence
    go_on(world, request)
    assert go_on(world, request).state == "mined"
    assert request.reason_sentence == ""


def test_two_people_at_once_get_two_nonces(world: World, chain: Chain, alice: User, contract: Contract) -> None:
    bob = person("bob", chain.accounts[2])
    first, second = to_submitted(world, alice), to_submitted(world, bob)
    assert sent(second)[0].nonce == sent(first)[0].nonce + 1
    for request in (second, first):  # the later nonce first: the node keeps it until it has the earlier one
        go_on(world, request)
    for request in (first, second):
        go_on(world, request)
        assert finish(world, chain, request).state == "confirmed"
    assert contract.functions.totalSupply().call() == 2


def test_the_transaction_of_a_deleted_person_still_uses_up_its_nonce(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    request = to_submitted(world, alice)
    orphan = sent(request)[0]
    alice.delete()
    assert sweep_outbox(world.now, world.clients) == 1
    chain.finalize()
    sweep_outbox(world.now, world.clients)
    orphan.refresh_from_db()
    assert orphan.settled_at is not None
    assert fetch_nonce(world.client, bytes(orphan.sender)) == orphan.nonce + 1


def test_the_transaction_of_a_mint_that_was_given_up_still_uses_up_its_nonce(
    world: World, chain: Chain, alice: User, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all later transactions of the site would wait."""
    request = to_submitted(world, alice)
    MintRequest.objects.filter(pk=request.pk).update(gave_up_at=world.now, due_at=None)
    assert sweep_outbox(world.now, world.clients) == 1
    chain.finalize()
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "fetch_nonce", lambda *_: 1 / 0)
        sweep_outbox(world.now, world.clients)
    assert sent(request)[0].last_error.startswith("Something went wrong on our side (ZeroDivisionError)")
    sweep_outbox(world.later(minutes=3), world.clients)
    settled = sent(request)[0]
    assert settled.settled_at is not None
    assert (settled.due_at, settled.last_error) == (None, "")


# --- failures and waits ---------------------------------------------------------------------------------------------


def test_a_contract_that_refuses_the_site_fails_the_mint(
    world: World, chain: Chain, alice: User, contract: Contract, settings: Any
) -> None:
    settings.NFT_SPONSOR_KEYS = {CHAIN_ID: chain.keys[chain.accounts[5]]}
    request = go_on(world, sponsored(world, alice))
    assert (request.state, request.reason_sentence) == ("failed", "Minting is closed at the moment.")
    assert not sent(request)


def test_a_mint_that_fails_on_the_chain_is_tried_a_few_times_only(
    world: World, slow_chain: Chain, alice: User, contract: Contract
) -> None:
    request = sponsored(world, alice)
    for _ in range(40):
        if go_on(world, request).state == "failed":
            break
        if request.state == "submitted" and world.client.transaction(request.tx_hash) is not None:
            mine_while_broken(slow_chain, contract)
    assert request.state == "failed"
    assert f"{MAX_NONCES} times" in request.reason_sentence
    assert len(sent(request)) == MAX_NONCES
    assert contract.functions.totalSupply().call() == 0


def mine_while_broken(chain: Chain, contract: Contract) -> None:
    """Mine a block in which the pending transaction fails, and more until it is final."""
    code = chain.rpc("eth_getCode", contract.address, "latest")
    chain.rpc("anvil_setCode", contract.address, "0x60006000fd")
    chain.mine()
    chain.rpc("anvil_setCode", contract.address, code)
    chain.finalize()


def test_without_funds_it_waits_and_says_so(
    world: World, chain: Chain, alice: User, contract: Contract, settings: Any
) -> None:
    poor = chain.accounts[6]
    chain.send(contract.functions.grantRole(contract.functions.MINTER_ROLE().call(), poor))
    chain.rpc("anvil_setBalance", poor, "0x0")
    settings.NFT_SPONSOR_KEYS = {CHAIN_ID: chain.keys[poor]}
    request = to_submitted(world, alice)
    assert "no money left" in go_on(world, request).reason_sentence
    chain.rpc("anvil_setBalance", poor, hex(ETHER))
    go_on(world, request)
    go_on(world, request)
    assert finish(world, chain, request).state == "confirmed"


def test_while_fees_are_too_high_it_waits(world: World, alice: User, contract: Contract, settings: Any) -> None:
    settings.NFT_SPONSOR_MAX_FEE = 1
    request = go_on(world, sponsored(world, alice))
    assert request.state == "pinned"
    assert "more at the moment than the site pays" in request.reason_sentence
    settings.NFT_SPONSOR_MAX_FEE = 10**12
    assert go_on(world, request).state == "submitted"


# --- for whom, and how much -----------------------------------------------------------------------------------------


def test_the_site_pays_for_nobody_by_default(
    world: World, chain: Chain, alice: User, contract: Contract, settings: Any
) -> None:
    settings.NFT_SPONSOR_CHAINS = []
    assert get_offer(alice, CHAIN_ID, world.now) is None
    with raises_kind(NOT_SPONSORED):
        sponsored(world, alice)


def test_a_person_gets_so_many_a_day_and_so_many_ever(
    world: World, alice: User, contract: Contract, settings: Any
) -> None:
    settings.NFT_SPONSOR_PER_DAY, settings.NFT_SPONSOR_PER_PERSON = 1, 2
    first = to_submitted(world, alice)
    assert sponsored(world, alice).pk == first.pk  # the same form again
    with raises_kind(NOT_SPONSORED, match=r"at most 1 of a person.*your own wallet"):
        sponsored(world, alice, key="k2")
    world.later(days=1, seconds=1)
    sponsored(world, alice, key="k2")
    world.later(days=1, seconds=1)
    with raises_kind(NOT_SPONSORED, match="as many as it pays for one person"):
        sponsored(world, alice, key="k3")


def test_a_failure_before_anything_was_signed_does_not_count(
    world: World, chain: Chain, alice: User, contract: Contract, settings: Any
) -> None:
    settings.NFT_SPONSOR_PER_DAY = 1
    chain.send(contract.functions.pause())
    assert go_on(world, sponsored(world, alice)).reason_sentence == "Minting is paused at the moment."
    assert sponsored(world, alice, key="k2").state == "storing"


def test_the_days_budget_is_for_everybody(
    world: World, chain: Chain, alice: User, contract: Contract, settings: Any
) -> None:
    first = to_submitted(world, alice)
    settings.NFT_SPONSOR_BUDGET = settings.NFT_SPONSOR_BUDGET - budget_left(CHAIN_ID, world.now) + 1
    bob = person("bob", chain.accounts[2])
    second = go_on(world, sponsored(world, bob))
    assert (second.state, sent(second)) == ("pinned", [])
    assert "used up" in second.reason_sentence
    settings.NFT_SPONSOR_BUDGET -= 1
    with raises_kind(NOT_SPONSORED, match="used up"):
        sponsored(world, bob, key="k2")
    world.later(days=1)
    go_on(world, first)
    assert go_on(world, second).state == "submitted"


# --- signers --------------------------------------------------------------------------------------------------------


class HighS:
    """A signer that returns the high s, as some key services do (EIP-2 forbids it)."""

    def __init__(self, inner: KeySigner) -> None:
        self.address, self._inner = inner.address, inner

    def sign(self, digest: bytes) -> bytes:
        order_of_group = int(coincurve.utils.GROUP_ORDER_INT)
        signature = self._inner.sign(digest)
        high = order_of_group - int.from_bytes(signature[32:64])
        return signature[:32] + high.to_bytes(32) + bytes([signature[64] ^ 1])


def test_a_high_s_is_replaced_by_the_low_one() -> None:
    key, digest = KeySigner("0x" + "11" * 32), b"\x07" * 32
    assert sign_digest(HighS(key), digest) == sign_digest(key, digest)


def test_a_signature_of_another_key_is_refused() -> None:
    class WrongKey:
        address = bytes(20)

        def sign(self, digest: bytes) -> bytes:
            return KeySigner("0x" + "11" * 32).sign(digest)

    with pytest.raises(SignerError, match="another key"):
        sign_digest(WrongKey(), b"\x07" * 32)


class BrokenSigner:
    address = bytes(19) + b"\x01"

    def __init__(self, chain_id: int) -> None:
        del chain_id

    def sign(self, digest: bytes) -> bytes:
        raise ConnectionError("the key service can't be reached")


def test_an_unavailable_signer_is_retried(
    world: World, chain: Chain, alice: User, contract: Contract, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NFT_SPONSOR_SIGNER = f"{__name__}.BrokenSigner"
    monkeypatch.setattr(BrokenSigner, "address", KeySigner(chain.keys[chain.accounts[0]]).address)
    request = go_on(world, sponsored(world, alice))
    assert (request.state, sent(request)) == ("pinned", [])
    assert "signer gave no signature" in request.reason_sentence
    settings.NFT_SPONSOR_SIGNER = ""
    assert go_on(world, request).state == "submitted"


def test_a_key_is_never_shown() -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits") as caught:
        KeySigner("0xnothex")
    assert "nothex" not in str(caught.value)
    assert "1111" not in repr(KeySigner("0x" + "11" * 32))


def test_an_offer_says_how_many_are_left(world: World, alice: User, contract: Contract) -> None:
    assert MintOrder(b"", "", "", alice.nft_linked_accounts.get().pk, "k").is_sponsored is False
    offer = get_offer(alice, CHAIN_ID, world.now)
    assert offer is not None
    assert offer.left == 3
