"""Check what the site asks about NFTs: each node of each chain, gateways, pinners, and the account that pays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urlsplit

from avatarsite.ops.deployment.findings import Finding, ok, unknown, wrong
from nft.clients.evm.answers import parse_block, parse_small, parse_timestamp
from nft.clients.evm.chain import ChainClient, get_chain
from nft.clients.evm.errors import ChainError, WrongChain
from nft.clients.evm.node import within
from nft.clients.evm.signers import SignerError
from nft.clients.ipfs.pinners import get_pinners
from nft.clients.transport.errors import FetchError
from nft.clients.web.fetch import FetchLimits, operator_http
from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS
from nft.core.evm.address import to_checksum
from nft.core.json import Json
from nft.minting.sponsor_account import SponsorAccount, fetch_sponsor_account
from nft.settings import ETHER, conf
from nft.settings.chains import Chain, chains

SECONDS = 10.0
# Blocks per eth_getLogs request, as the watcher would like them, and fewer. It makes do with any of these.
SPANS = (2000, 500, 100, 10)
BATCH = 20
# A block may carry a time up to this many seconds ahead of an honest clock.
CLOCK_SECONDS = 15
OLD_SECONDS = 600
ANY_CONTRACT = bytes(20)
# An empty block by the identity hash: the gateway specification's own probe.
PROBE = "bafkqaaa"
MEND_NODE = "Compare the chain's rpc_urls in NFT_CHAINS, or ask the node's operator"


def check_nodes(chain: Chain) -> Iterator[Finding]:
    views = get_chain(chain.id).single_node_clients()
    for number, (url, view) in enumerate(zip(chain.rpc_urls, views, strict=True), 1):
        part = f"chain {chain.id}, node {number} ({urlsplit(url).hostname})"  # the URL may hold a key
        with within(SECONDS):
            yield from _check_node(part, chain, view)
    if len({urlsplit(url).hostname for url in chain.rpc_urls}) < 2:
        sentence = "All its nodes are at one host: nothing can be checked while that host is down."
        yield wrong(f"chain {chain.id}", sentence, "Name a second provider's URL in the chain's rpc_urls")


def _check_node(part: str, chain: Chain, view: ChainClient) -> Iterator[Finding]:
    try:
        head, made_at = view.ask("eth_getBlockByNumber", ["latest", False], _parse_head)
    except WrongChain as error:
        yield wrong(part, f"It serves chain {error.got}, not {chain.id}.", MEND_NODE)
        return
    except ChainError as error:
        yield wrong(part, str(error), MEND_NODE)
        return
    age = time.time() - made_at
    if age < -CLOCK_SECONDS:
        yield wrong(part, f"Its newest block is {-age:.0f} s in this machine's future.", "timedatectl set-ntp true")
    elif chain.max_block_age is not None and age > min(OLD_SECONDS, chain.max_block_age):
        yield wrong(part, f"Its newest block is {age:,.0f} s old: it may be stuck.", MEND_NODE)
    else:
        yield ok(part, f"It serves chain {chain.id}; block {head} is {max(0.0, age):,.0f} s old.")
    yield _check_logs(part, chain, view, head)
    yield _check_batch(part, view)


def _parse_head(answer: Json) -> tuple[int, int]:
    """Return the number and the time of a block."""
    return parse_block(answer).number, parse_timestamp(answer)


def _check_logs(part: str, chain: Chain, view: ChainClient, head: int) -> Finding:
    addresses = [chain.avatar_contract or ANY_CONTRACT]
    for span in SPANS:
        try:
            view.logs(addresses, TRANSFER_TOPICS, max(0, head - span + 1), head)
        except ChainError:
            continue
        return ok(part, f"It answers eth_getLogs over {span:,} blocks.")
    return wrong(part, f"It answers no eth_getLogs, not even over {SPANS[-1]} blocks.", MEND_NODE)


def _check_batch(part: str, view: ChainClient) -> Finding:
    try:
        answers = view.node.ask_many([("eth_blockNumber", [])] * BATCH, parse_small)
    except ChainError:
        answers = []
    if len(answers) == BATCH and not any(isinstance(answer, ChainError) for answer in answers):
        return ok(part, f"It answers batches of {BATCH}.")
    return wrong(part, f"It answers no batch of {BATCH}: checks are made one by one and fall behind.", MEND_NODE)


def check_gateways() -> Iterator[Finding]:
    if len(conf().ipfs_gateways) < 2:
        sentence = f"NFT_IPFS_GATEWAYS names {len(conf().ipfs_gateways)}: one outage stops new pictures."
        yield wrong("gateways", sentence, "NFT_IPFS_GATEWAYS='https://one.example https://two.example'")
    http, limits = operator_http(), FetchLimits(max_bytes=1024, seconds=SECONDS, accept="application/vnd.ipld.raw")
    for number, url in enumerate(conf().ipfs_gateways, 1):
        part = f"gateway {number} ({urlsplit(url).hostname})"
        try:
            content = http.fetch(f"{url.rstrip('/')}/ipfs/{PROBE}?format=raw", limits).content
        except FetchError as error:
            yield wrong(part, f"It delivers no block: {error}", "Name another gateway in NFT_IPFS_GATEWAYS")
            continue
        if content:
            yield wrong(part, "It delivers another block than asked for.", "Name another gateway in NFT_IPFS_GATEWAYS")
        else:
            yield ok(part, "It delivers raw blocks.")


def check_pinners() -> Iterator[Finding]:
    for pinner in get_pinners():
        part = f"pinner {pinner.name}"
        try:
            pinner.check_access()
        except FetchError as error:
            yield wrong(part, str(error), f"Compare the entry {pinner.name} of NFT_PINNERS and its NFT_PINNER_TOKENS")
        else:
            yield ok(part, "It answers, and accepts our token.")


def check_sponsor(chain_id: int) -> Iterator[Finding]:
    part = f"chain {chain_id}, paid mints"
    if chain_id not in chains():
        return  # a system check says so
    try:
        with within(SECONDS):
            account = fetch_sponsor_account(get_chain(chain_id))
    except SignerError as error:
        yield wrong(part, str(error), "Compare NFT_SPONSOR_SIGNER, or see the KMS's log")
        return
    except ChainError as error:
        yield unknown(part, f"The account that pays can't be read: {error}")
        return
    if account is not None:
        yield from _check_account(part, chain_id, account)


def _check_account(part: str, chain_id: int, account: SponsorAccount) -> Iterator[Finding]:
    address, key = to_checksum(account.address), "DEPLOYER_KEY_FILE=…"
    if account.is_minter is None:
        yield wrong(part, "The chain has no avatar_contract.", f"{key} avatarsite deploy_contract --chain {chain_id}")
    elif not account.is_minter:
        mend = f"{key} avatarsite grant_minter --chain {chain_id}"
        yield wrong(part, f"{address} does not have MINTER_ROLE, so every paid mint fails.", mend)
    else:
        yield ok(part, f"{address} has MINTER_ROLE.")
    balance, budget = Decimal(account.balance) / ETHER, Decimal(conf().sponsor_budget) / ETHER
    currency = chains()[chain_id].currency
    if account.can_pay:
        yield ok(part, f"It has {balance:.6f} {currency}; the budget is {budget.normalize():f} a day.")
    else:
        mend = f"{key} avatarsite fund_sponsor --chain {chain_id} --amount {budget.normalize():f}"
        yield wrong(part, f"It has {balance:.6f} {currency}, which pays for no mint now.", mend)
