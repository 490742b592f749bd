"""Answers about owners are computed anew from the chain's proved state, whatever a contract looks like."""

from __future__ import annotations

from typing import Any

import pytest

from nft.clients.evm.chain import ChainClient
from nft.core.evm.address import parse_address
from nft.core.evm.errors import NotProved
from nft.core.evm.proofs import execution
from nft.core.evm.proofs.document import join_code, parse_document, split_code
from nft.core.evm.proofs.specification import limit_time
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import Reason, RestsOn, Verdict
from nft.settings.chains import Proofs
from nft.testing.chain import Chain
from nft.testing.fake_node import relaying_node
from nft.testing.genesis import CHAIN_ID
from nft.tokens import proving
from nft.tokens.facts import Check, Question
from nft.tokens.ownership import check_many, check_ownership
from tests.kit.layouts import deploy_editions, deploy_expired_name, deploy_layouts, deploy_plain
from tests.kit.lying_nodes import HonestAnswers, MemoryNode, client_of, honestly, lying_node
from tests.kit.world import deploy_avatar_token, mint

ALICE, BOB, VAULT = 1, 2, 3


def always(check: Check) -> bool:
    return True


def check(client: ChainClient, chain: Chain, contract: str, token_id: int, holder: int = ALICE) -> Check:
    holders = [parse_address(chain.accounts[holder])]
    token = Token(parse_address(contract), token_id)
    return check_ownership(client, token, holders, wants_proof=always)


def verify(found: Check) -> None:
    """Verify the proof without the node, as a stranger does, who knows the block's hash."""
    assert found.proof is not None, found.decision
    assert found.block is not None
    document = parse_document(found.proof.document)
    document.verify(found.block.hash)
    assert join_code(*split_code_of(found.proof.document)) == found.proof.document
    with pytest.raises(NotProved, match="of another block"):
        document.verify(bytes(32))


def split_code_of(document: bytes) -> tuple[bytes, list[bytes]]:
    split, codes = split_code(document)
    return split, list(codes.values())


@pytest.fixture
def client(chain: Chain) -> ChainClient:
    return ChainClient(CHAIN_ID, [chain.url], "finalized")


def test_every_layout_is_proved_with_one_plain_check_and_two_more_requests(chain: Chain) -> None:
    for name, layout in deploy_layouts(chain).items():
        with relaying_node(chain) as (url, asked):
            client = ChainClient(CHAIN_ID, [url], "finalized")
            found = check(client, chain, layout.address, layout.token_id)
            proved = [request for request in asked if isinstance(request, list)]
        assert (found.decision.verdict, found.proof is not None) == (Verdict.OWNED, True), (name, found.decision)
        assert len(proved) <= 3, (name, proved)
        verify(found)
        of_bob = check(client_on(chain), chain, layout.address, layout.token_id, BOB)
        assert (of_bob.decision.verdict, of_bob.proof is not None) == (Verdict.NOT_OWNED, True), (name, of_bob.decision)
        absent = check(client_on(chain), chain, layout.address, 1000)
        assert absent.decision.verdict is Verdict.NOT_OWNED, (name, absent.decision)
        verify(absent)
    expired = check(client_on(chain), chain, deploy_expired_name(chain), 7)
    assert expired.decision.reason is Reason.NONE_HELD, "its time was over at the block"
    verify(expired)


def test_a_collection_from_before_the_standards_is_proved_by_its_resolver(chain: Chain, settings: Any) -> None:
    punks = chain.deploy("LayoutPunks")
    chain.send(punks.functions.give(chain.accounts[ALICE], 7))
    chain.finalize()
    rule = {"owner_call": "punkIndexToAddress(uint256)"}
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"resolvers": {punks.address: rule}}}
    for holder, reason in ((ALICE, Reason.HELD), (BOB, Reason.HELD_BY_OTHER)):
        found = check(client_on(chain), chain, punks.address, 7, holder)
        assert found.decision.reason is reason
        verify(found)


def client_on(chain: Chain, **options: Any) -> ChainClient:
    return ChainClient(CHAIN_ID, [chain.url], "finalized", **options)


def test_without_access_lists_and_batches_the_same_is_proved_in_more_requests(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    layouts = deploy_layouts(chain)

    def no_hints(method: str, params: list[Any], true: Any) -> Any:
        return {"error": {"code": -32601, "message": "the method does not exist"}} if "AccessList" in method else true

    node = MemoryNode(HonestAnswers(chain), no_hints)
    client = client_of(node)
    for name in ("beacon proxy", "wrapped", "scan"):
        verify(check(client, chain, layouts[name].address, layouts[name].token_id))
    assert node.has_refused("eth_createAccessList")
    with relaying_node(chain, refuse=lambda request: isinstance(request, list)) as (url, _):
        verify(check(ChainClient(CHAIN_ID, [url], "finalized"), chain, layouts["beacon proxy"].address, 7))
    monkeypatch.setattr(proving, "MAX_ROUNDS", 1)
    found = check(client, chain, layouts["beacon proxy"].address, 7)
    assert (found.decision.verdict, found.proof) == (Verdict.OWNED, None), "it needs more rounds: nobody lied"

    def false_hints(method: str, params: list[Any], true: Any) -> Any:
        return true | {"result": {"accessList": [], "gasUsed": "0x0"}} if "AccessList" in method else true

    found = check(client_of(MemoryNode(HonestAnswers(chain), false_hints)), chain, layouts["beacon proxy"].address, 7)
    assert found.decision.reason is Reason.NOT_PROVED, "a node that names too little may lie in its answer, too"


def test_the_standards_a_burned_and_a_missing_contract_are_proved(chain: Chain, client: ChainClient) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[ALICE], "ipfs://x")
    editions = chain.deploy("DemoEditions", "ipfs://x/{id}.json")
    chain.send(editions.functions.mint(chain.accounts[ALICE], 5, 3))
    chain.finalize()
    expected = [
        (contract.address, token_id, ALICE, Reason.HELD),
        (contract.address, token_id, BOB, Reason.HELD_BY_OTHER),
        (contract.address, 77, ALICE, Reason.NO_SUCH_TOKEN),
        (editions.address, 5, ALICE, Reason.HELD),
        (editions.address, 5, BOB, Reason.NONE_HELD),
        (chain.accounts[7], 1, ALICE, Reason.NO_CONTRACT),
        ("0x" + "ab" * 20, 1, ALICE, Reason.NO_CONTRACT),
    ]
    for address, number, holder, reason in expected:
        found = check(client, chain, address, number, holder)
        assert found.decision.reason is reason
        verify(found)
        assert found.proof is not None
        assert found.proof.rests_on is RestsOn.ONE_NODE


def test_delegations_are_proved_of_both_standards(chain: Chain) -> None:
    registry = chain.deploy("DemoDelegateRegistry")
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[VAULT], "ipfs://x")
    editions = chain.deploy("DemoEditions", "ipfs://x/{id}.json")
    chain.send(editions.functions.mint(chain.accounts[VAULT], 5, 3))
    client = client_on(chain, delegate_registry=parse_address(registry.address))
    chain.finalize()
    verify(check(client, chain, contract.address, token_id))
    chain.send(registry.functions.delegateAll(chain.accounts[ALICE], bytes(32), True), sender=chain.accounts[VAULT])
    chain.finalize()
    for address, number in ((contract.address, token_id), (editions.address, 5)):
        found = check(client, chain, address, number)
        assert (found.decision.reason, found.vault) == (
            Reason.HELD_BY_DELEGATION,
            parse_address(chain.accounts[VAULT]),
        )
        verify(found)
        denied = check(client, chain, address, number, BOB)
        assert denied.decision.verdict is Verdict.NOT_OWNED
        verify(denied)


def test_what_a_contract_sees_of_the_block_is_what_a_node_shows_it(chain: Chain, client: ChainClient) -> None:
    block, precompiled = chain.deploy("LayoutBlock"), chain.deploy("LayoutPrecompiled")
    chain.finalize()
    for contract in (block, precompiled):
        found = check(client, chain, contract.address, 3)
        assert found.decision.verdict is Verdict.NOT_OWNED, found.decision
        verify(found)


def test_what_can_not_be_computed_stays_as_the_node_says_or_unknown_if_proofs_are_required(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, slow, scan = chain.deploy("LayoutWriting"), chain.deploy("LayoutSlow"), chain.deploy("LayoutScan")
    chain.send(scan.functions.give(chain.accounts[BOB], 1000))
    chain.finalize()
    monkeypatch.setattr(proving, "MAX_SECONDS", 0.1)
    monkeypatch.setattr(execution, "MAX_GAS", 30_000)
    strict = client_on(chain, proofs=Proofs.REQUIRED)
    for contract, token_id in ((writing, 1), (slow, 200), (slow, 10_000), (scan, 200)):
        found = check(client_on(chain), chain, contract.address, token_id)
        assert (found.decision.verdict, found.proof) == (Verdict.NOT_OWNED, None)
        found = check(strict, chain, contract.address, token_id)
        assert (found.decision.verdict, found.decision.reason) == (Verdict.UNKNOWN, Reason.NOT_PROVED)


def test_a_node_without_proofs_takes_nothing_and_is_not_asked_again(chain: Chain) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[ALICE], "ipfs://x")
    asked: list[str] = []

    def no_proofs(method: str, params: list[Any], true: Any) -> Any:
        asked.append(method)
        refused = method == "eth_getProof"
        return {"error": {"code": -32000, "message": f"the method {method} is not available"}} if refused else true

    node = MemoryNode(HonestAnswers(chain), no_proofs)
    for _ in range(2):
        found = check(client_of(node), chain, contract.address, token_id)
        assert (found.decision.verdict, found.proof) == (Verdict.OWNED, None)
    assert asked.count("eth_getProof") == 1
    assert not node.is_failing
    found = check(client_of(node, proofs=Proofs.REQUIRED), chain, contract.address, token_id)
    assert found.decision.reason is Reason.NOT_PROVED
    assert asked.count("eth_getProof") == 1
    assert "eth_getProof" not in asked_with_proofs_off(chain, contract.address, token_id)


def asked_with_proofs_off(chain: Chain, contract: str, token_id: int) -> list[str]:
    with relaying_node(chain) as (url, asked):
        client = ChainClient(CHAIN_ID, [url], "finalized", proofs=Proofs.OFF)
        assert check(client, chain, contract, token_id).decision.verdict is Verdict.OWNED
    return [one["method"] for request in asked for one in (request if isinstance(request, list) else [request])]


def test_the_hash_of_the_block_rests_on_those_that_have_it(chain: Chain) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[ALICE], "ipfs://x")

    def found_by(*urls: str, **options: Any) -> Check:
        return check(ChainClient(CHAIN_ID, urls, "finalized", **options), chain, contract.address, token_id)

    def other_block(method: str, params: list[Any], true: Any) -> Any:
        if method == "eth_getBlockByNumber":
            true["result"]["hash"] = "0x" + "ee" * 32
        return true

    two = found_by(chain.url, chain.url)
    assert two.proof is not None
    assert two.proof.rests_on is RestsOn.SEVERAL_NODES
    light = found_by(chain.url, light_client_url=chain.url)
    assert light.proof is not None
    assert light.proof.rests_on is RestsOn.LIGHT_CLIENT
    with lying_node(chain, other_block) as url:
        for denied in (found_by(chain.url, url), found_by(chain.url, light_client_url=url)):
            assert denied.decision.reason is Reason.NOT_PROVED


def test_many_tokens_are_proved_together(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    editions = chain.deploy("DemoEditions", "ipfs://x/{id}.json")
    for number in range(3):
        chain.send(editions.functions.mint(chain.accounts[ALICE], number, 1))
    chain.finalize()
    holders, contract = (parse_address(chain.accounts[ALICE]),), parse_address(editions.address)
    questions = [Question(Token(contract, number, TokenStandard.ERC1155), holders) for number in range(52)]
    with relaying_node(chain) as (url, asked):
        client = ChainClient(CHAIN_ID, [url], "finalized")
        batch = check_many(client, questions, wants_proof=lambda place, _: place != 1)
    for place, found in enumerate(batch.checks):
        assert found is not None
        assert found.decision.verdict is (Verdict.OWNED if place < 3 else Verdict.NOT_OWNED)
        assert (found.proof is None) is (place == 1)
    methods = [one["method"] for request in asked if isinstance(request, list) for one in request]
    assert methods.count("eth_getProof") == 2, "one for each fifty"
    assert batch.checks[0] is not None
    verify(batch.checks[0])

    monkeypatch.setattr(proving, "SECONDS_TOGETHER", 1e-9)
    batch = check_many(client_on(chain), questions[:3], wants_proof=lambda _, check: True)
    assert batch.late == {1, 2}, "the first one took all the time that answers have together"
    assert [found is None or found.proof is not None for found in batch.checks] == [True] * 3
    assert batch.checks[0] is not None


def test_a_person_with_many_accounts_is_proved_in_as_few_requests_and_as_little_time(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run finds all that it misses at once, and the calls of one answer share one limit."""
    registry, layouts = chain.deploy("DemoDelegateRegistry"), (deploy_plain(chain), deploy_editions(chain))
    chain.finalize()
    strangers = [bytes([200 + number]) * 20 for number in range(12)]
    holders = [*strangers, parse_address(chain.accounts[ALICE])]
    limits = list[float]()

    def noted(seconds: float) -> None:
        limits.append(seconds)
        limit_time(seconds)

    monkeypatch.setattr(proving, "limit_time", noted)
    for layout in layouts:
        token = Token(parse_address(layout.address), layout.token_id)
        for theirs, verdict in ((strangers, Verdict.NOT_OWNED), (holders, Verdict.OWNED)):
            limits.clear()
            with relaying_node(chain) as (url, asked):
                client = ChainClient(CHAIN_ID, [url], "finalized", delegate_registry=parse_address(registry.address))
                found = check_ownership(client, token, theirs, wants_proof=always)
                proved = [request for request in asked if isinstance(request, list)]
            assert (found.decision.verdict, found.proof is not None) == (verdict, True), found.decision
            assert len(proved) <= 4, [[one["method"] for one in request] for request in proved]
            assert len(limits) <= len(proved), "one limit for each run, however many calls it makes"
            assert limits == sorted(limits, reverse=True), "each run has what the ones before it left"
            verify(found)
            if verdict is Verdict.OWNED:
                assert found.proof is not None
                named = [each.hex() for each in strangers if each.hex() in found.proof.document.decode()]
                assert not named, "the person's other accounts are nobody's business (V7)"


def test_where_nodes_disagree_the_one_that_proves_its_answer_wins(chain: Chain) -> None:
    contract = deploy_avatar_token(chain)
    token_id = mint(chain, contract, chain.accounts[ALICE], "ipfs://x")
    honest = HonestAnswers(chain)

    def lies(method: str, params: list[Any], true: Any) -> Any:
        return true | {"result": "0x" + "00" * 12 + "dd" * 20} if method == "eth_call" else true

    for agree in (True, False):
        for nodes in ((honestly, lies), (lies, honestly)):
            client = client_of(*(MemoryNode(honest, lie) for lie in nodes), agree=agree)
            found = check(client, chain, contract.address, token_id)
            assert found.decision.verdict is Verdict.OWNED
            assert found.proof is not None
            assert found.proof.rests_on is RestsOn.SEVERAL_NODES
            assert bool(found.alarm) is (agree or nodes[0] is lies)
    alone = check(client_of(MemoryNode(honest, lies)), chain, contract.address, token_id)
    assert alone.decision.reason is Reason.NOT_PROVED
