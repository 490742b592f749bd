"""A mark is given, and taken, on an answer that was proved from the chain's state. A node that lies does neither."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from web3.contract import Contract

from nft.claims.claiming import create_claim, recheck
from nft.claims.ownership_proofs import read_document
from nft.claims.proof_sample import sample_marks
from nft.claims.sweeping import Lane, check_page
from nft.clients.evm.chain import ChainClient
from nft.core.evm.address import to_checksum
from nft.core.evm.proofs import execution
from nft.core.evm.proofs.document import parse_document, sha256
from nft.core.evm.proofs.state import MAX_PROOF
from nft.models import ContractCode, LinkedAccount, OwnershipProof, TokenClaim, WatchedChain
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.tokens import ownership
from profiles.people.profiles import ProfileText, profile_of, update_profile
from tests.kit.lying_nodes import Lie, honestly, lying_node, word
from tests.kit.world import World, claim_of, mint, person, pinned_metadata, put_multicall, send, shown, sweep

pytestmark = pytest.mark.django_db
ALICE, BOB = 1, 2
#: Headers that a receipt and its proof have alike.
SERVED_ALIKE = (
    "Access-Control-Allow-Origin",
    "Cache-Control",
    "Content-Security-Policy",
    "Cross-Origin-Resource-Policy",
    "X-Content-Type-Options",
)


def verified(claim: TokenClaim) -> OwnershipProof:
    """Return the claim's proof, verified as a stranger does who knows the hash of the block.

    Of an answer that the token is not held, only the fact is kept that it was proved.
    """
    proof = OwnershipProof.objects.get(claim=claim)
    assert (proof.block_hash, proof.account_id) == (claim.checked_block_hash, claim.account_id)
    document = read_document(proof)
    if proof.verdict == "not_owned":
        assert (document, proof.sha256, bytes(proof.content)) == (None, "", b"")
        return proof
    assert document is not None
    assert sha256(document) == proof.sha256
    parse_document(document).verify(bytes.fromhex(proof.block_hash[2:]))
    return proof


def test_a_new_mark_is_proved_and_so_is_its_loss(world: World, chain: Chain, contract: Contract, alice: User) -> None:
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[ALICE], pinned_metadata()))
    first = verified(claim)
    assert (first.verdict, first.rests_on) == ("owned", "one_node")
    world.verify(claim)
    assert verified_at(claim) == first.block_number, "a sweep that finds nothing new proves nothing"
    recheck(alice, claim.pk, world.later(minutes=1))
    chain.mine()
    world.verify(claim)
    assert verified(claim).block_number > first.block_number, "somebody asked"
    send(chain, contract, claim.token_id, ALICE, BOB)
    world.verify(claim)
    assert (claim.state, verified(claim).verdict) == ("not_owned", "not_owned")
    claim.delete()
    assert not OwnershipProof.objects.exists()
    assert ContractCode.objects.count() == 1


def verified_at(claim: TokenClaim) -> int:
    return OwnershipProof.objects.get(claim=claim).block_number


def test_claims_that_are_checked_together_are_proved_together(
    world: World, chain: Chain, contract: Contract, alice: User, bob: User
) -> None:
    token_ids = [mint(chain, contract, chain.accounts[ALICE], f"ipfs://{number}") for number in range(3)]
    claims = [create_claim(alice, f"{contract.address} {token_id}", world.now) for token_id in token_ids]
    claims.append(create_claim(bob, f"{contract.address} {token_ids[0]}", world.now))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ownership, "TOGETHER", 1)
        patch.setattr(ownership, "SECONDS_PROVING", -1)
        check_page(CHAIN_ID, Lane.ASKED, world.now, world.clients)
    waiting = TokenClaim.objects.filter(state="pending", due_at=world.now, attempt=None, is_checked_alone=False)
    assert waiting.count() == 3, "there was no time to prove them"
    check_page(CHAIN_ID, Lane.ASKED, world.now, world.clients)
    for claim, state in zip(claims, ["owned"] * 3 + ["not_owned"], strict=True):
        claim.refresh_from_db()
        assert (claim.state, verified(claim).verdict) == (state, state)


def test_each_hour_a_few_marks_are_proved_that_nobody_could_foresee(
    world: World, chain: Chain, contract: Contract, alice: User, settings: Any
) -> None:
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[ALICE], pinned_metadata()))
    before = verified_at(claim)
    chain.mine()
    sweep(world)
    settings.NFT_PROOF_SAMPLE = 0
    assert sample_marks(CHAIN_ID, world.later(hours=1)) == 0
    settings.NFT_PROOF_SAMPLE = 1
    assert sample_marks(CHAIN_ID, world.now) == 1
    assert sample_marks(CHAIN_ID, world.now) == 0, "it waits already"
    sweep(world)
    assert verified_at(claim) > before
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"proofs": "off"}}
    assert sample_marks(CHAIN_ID, world.later(hours=1)) == 0


def test_a_proof_is_served_where_its_receipt_is_and_names_the_shown_account_alone(
    world: World, chain: Chain, contract: Contract, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.now = timezone.now()  # pages go by the real clock
    holder, hidden = (chain.accounts[place] for place in (ALICE, BOB))
    alice = person("alice", hidden, holder)
    accounts = {to_checksum(account.address): account for account in alice.nft_linked_accounts.all()}
    claim = claim_of(world, alice, contract, mint(chain, contract, holder, pinned_metadata()))

    def no_rules() -> None:
        pytest.fail("A web process loads the specification of the execution layer.")

    monkeypatch.setattr(execution, "load_rules", no_rules)
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("nft:claim_recheck", args=[claim.pk])).status_code == 302
    assert client.get("/prove/alice/").status_code == 200
    client.logout()

    def answers(name: str = "alice") -> tuple[int, int]:
        """Return the status of the receipt, and that of the proof, which is the one that the receipt names."""
        receipt, proof = client.get(f"/avatar/{name}.json"), client.get(f"/avatar/{name}/proof.json")
        named = receipt.json()["provenance"].get("ownership_proof") if receipt.status_code == 200 else None
        assert (proof.status_code == 200) is (named is not None)
        if named is not None:
            assert hashlib.sha256(proof.content).hexdigest() == named["sha256"]
            known = {header: receipt.headers[header] for header in SERVED_ALIKE}
            assert known == {header: proof.headers[header] for header in SERVED_ALIKE}
            assert hidden[2:].lower() not in proof.content.decode()
        return receipt.status_code, proof.status_code

    assert answers() == (200, 404), "the account is hidden"
    assert client.get("/avatar/alice/proof.json").json()["type"] == "/problems/no-ownership-proof"
    accounts[holder].is_public = True
    accounts[holder].save()
    assert answers() == answers(holder) == (200, 200)
    update_profile(profile_of(alice), ProfileText("alison"), actor=alice, now=world.now)
    for path in (".json", "/proof.json?x=1"):
        moved = client.get(f"/avatar/alice{path}")
        assert (moved.status_code, moved.headers["Location"]) == (302, f"/avatar/alison{path}")
    assert answers("alison") == (200, 200)
    alice.is_active = False
    alice.save()
    assert answers("alison") == answers("alice") == answers(holder) == (404, 404)
    alice.is_active = True
    alice.save()

    monkeypatch.undo()
    before = OwnershipProof.objects.get(claim=claim)
    put_multicall(chain)
    send(chain, contract, claim.token_id, ALICE, BOB)
    accounts[hidden].is_public, accounts[holder].is_public = True, False
    LinkedAccount.objects.bulk_update(accounts.values(), ["is_public"])
    TokenClaim.objects.update(due_at=world.now)
    sweep(world)
    claim.refresh_from_db()
    assert claim.account_id == accounts[hidden].pk
    after = verified(claim)
    assert after.block_number > before.block_number, "another account is another mark"
    assert holder[2:].lower() not in (read_document(after) or b"").decode()
    TokenClaim.objects.update(account=accounts[holder])
    LinkedAccount.objects.update(is_public=True)
    assert answers("alison") == (200, 404), "a proof of another account is not this one's"
    accounts[hidden].delete()
    assert not OwnershipProof.objects.exists(), "an unlinked account is in no proof that is kept"


# --- lies -------------------------------------------------------------------------------------------------------------
Change = Callable[[Any], Any]


def changing(method: str, change: Change) -> Lie:
    def lie(asked: str, params: list[Any], true: Any) -> Any:
        return true | {"result": change(true["result"])} if asked == method and "result" in true else true

    return lie


def in_proofs(change: Callable[[list[str]], list[str]]) -> Lie:
    """Change the nodes of the account and of each slot."""

    def changed(proof: Any) -> Any:
        slots = [slot | {"proof": change(slot["proof"])} for slot in proof["storageProof"]]
        return proof | {"accountProof": change(proof["accountProof"]), "storageProof": slots}

    return changing("eth_getProof", changed)


def in_header(**fields: str) -> Lie:
    return changing("eth_getBlockByNumber", lambda block: block | fields)


def lower_block(number: str) -> str:
    return hex(int(number, 16) - 1)


def of_an_older_block(chain: Chain) -> Lie:
    """Prove the state of the block before."""

    def lie(method: str, params: list[Any], true: Any) -> Any:
        if method != "eth_getProof":
            return true
        return true | {"result": chain.rpc(method, *params[:2], lower_block(params[2]))}

    return lie


def after_a_reorg(_: Chain) -> Lie:
    """Have another block the third time it is asked for: after the node said who owns the token, before the proof."""
    asked: list[str] = []

    def lie(method: str, params: list[Any], true: Any) -> Any:
        asked.append(method)
        if method == "eth_getBlockByNumber" and asked.count(method) == 3:
            return true | {"result": true["result"] | {"hash": "0x" + "ab" * 32}}
        return true

    return lie


LIES: dict[str, Callable[[Chain], Lie]] = {
    "the answer alone": lambda _: honestly,
    "a node of the proof": lambda _: in_proofs(lambda nodes: [*nodes[:-1], nodes[-1][:-2] + "77"]),
    "a proof without its last node": lambda _: in_proofs(lambda nodes: nodes[:-1]),
    "no proof": lambda _: in_proofs(lambda nodes: []),
    "the code": lambda _: changing("eth_getCode", lambda code: code[:-2] + "fe"),
    "the state root": lambda _: in_header(stateRoot="0x" + "ab" * 32),
    "a field of its own in the header": lambda _: in_header(requestsHash="0x"),
    "too few slots": lambda _: changing("eth_createAccessList", lambda _: {"accessList": [], "gasUsed": "0x0"}),
    "two blocks mixed": of_an_older_block,
    "a block that went meanwhile": after_a_reorg,
    "a proof without end": lambda _: in_proofs(lambda nodes: nodes * 70),
    "more than a proof may have": lambda _: changing("eth_getCode", lambda code: code + "00" * (MAX_PROOF + 1)),
}


def says(owner: str, lie: Lie) -> Lie:
    def both(method: str, params: list[Any], true: Any) -> Any:
        return true | {"result": word(owner)} if method == "eth_call" else lie(method, params, true)

    return both


@pytest.mark.parametrize("name", LIES)
def test_a_node_that_lies_neither_gives_a_mark_nor_takes_one(
    world: World, chain: Chain, contract: Contract, alice: User, bob: User, name: str
) -> None:
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[ALICE], pinned_metadata()))
    thief = create_claim(bob, f"{contract.address} {claim.token_id}", world.now)
    lie = says(chain.accounts[BOB], LIES[name](chain))
    with lying_node(chain, lie) as url, world.other_chain(ChainClient(CHAIN_ID, [url], "finalized")):
        world.verify(thief)
        world.verify(claim)
    assert (claim.state, thief.state) == ("owned", "unknown")
    assert shown(alice, world.now).mark
    assert WatchedChain.objects.exclude(alarm="").filter(chain_id=CHAIN_ID).exists(), "operators are told"
    assert not OwnershipProof.objects.filter(claim=thief).exists()
    world.verify(thief)
    assert thief.state == "not_owned", "an honest node's answer counts again"


def test_of_two_nodes_the_one_that_proves_its_answer_wins(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[ALICE], pinned_metadata()))
    with lying_node(chain, says(chain.accounts[BOB], honestly)) as url:
        for urls, agree in (((url, chain.url), False), ((url, chain.url), True)):
            with world.other_chain(ChainClient(CHAIN_ID, urls, "finalized", agree=agree)):
                recheck(alice, claim.pk, world.later(minutes=1))
                world.verify(claim)
            assert (claim.state, claim.reason) == ("owned", "")
            assert verified(claim).rests_on == "several_nodes"
            assert WatchedChain.objects.get(chain_id=CHAIN_ID).alarm
            WatchedChain.objects.all().delete()
