"""Sources of tokens that an account may hold. They are hints, each of which is verified on chain."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from nft.clients.evm.batch_calls import ReadAnswer, call_many
from nft.clients.evm.chain import ChainClient
from nft.clients.indexers import Indexer, read_pages
from nft.clients.transport.errors import FetchError
from nft.core.evm.abi.logs import address_topic
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import (
    ERC721_ENUMERABLE,
    build_balance,
    build_supports_interface,
    build_token_of_owner_by_index,
    parse_number,
    parse_supports_interface,
)
from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS, parse_transfer_log
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import TokenStandard
from nft.core.tokens.spam import SpamSign
from nft.core.tokens.verdict import BlockRef
from nft.models import LinkedAccount, MintRequest, TokenClaim
from nft.models.chains import watched_contracts
from nft.settings.chains import describe_chain
from profiles.sentences import gettext

log = logging.getLogger(__name__)
T = TypeVar("T")

# Contracts per eth_getLogs request.
CONTRACTS_PER_REQUEST = 500
# Tokens taken from one log entry: a stranger can send thousands in one transaction.
TOKENS_PER_LOG = 500
# Tokens of one contract that ERC721Enumerable is asked for.
MAX_ENUMERATED = 100
# The limit for all indexers together, which leaves time for the rest of the attempt.
INDEXER_SECONDS = 30.0
_ERC721, _ERC1155 = TRANSFER_TOPICS[:1], TRANSFER_TOPICS[1:]


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token that a source says the address holds. `block`: where its arrival was logged; 0 if not known."""

    contract: bytes
    token_id: int
    standard: TokenStandard
    block: int = 0
    name: str = ""
    collection: str = ""
    spam: str = ""


def get_known_contracts(chain_id: int) -> list[bytes]:
    """Return our own contracts, the configured ones and those of all claims, sorted."""
    return sorted(describe_chain(chain_id).contracts | set(watched_contracts(chain_id)))


def get_recorded_tokens(account: LinkedAccount, chain_id: int) -> Iterator[FoundToken]:
    """Return the tokens that were minted here for the account, or that it held when it claimed them."""
    confirmed = MintRequest.objects.filter(state=MintRequest.State.CONFIRMED, chain_id=chain_id)
    for mint in confirmed.filter(owner=account.address):
        if mint.token_id is not None:
            block = mint.mined_block_number or 0
            yield FoundToken(mint.contract, mint.token_id, TokenStandard.ERC721, block, mint.name)
    held = TokenClaim.objects.filter(account=account, chain_id=chain_id, vault=None).exclude(standard="")
    for claim in held.select_related("picture"):
        standard = TokenStandard(claim.standard)
        yield FoundToken(claim.contract, claim.token_id, standard, name=claim.name, collection=claim.collection)


def fetch_logged_tokens(
    view: ChainClient, contracts: Sequence[bytes], address: bytes, first: int, last: int
) -> Iterator[FoundToken]:
    """Return the tokens that arrived at the address in the blocks `first` to `last`.

    Contracts that don't index the recipient in their logs can't be searched this way.
    """
    recipient = address_topic(address)
    for start in range(0, len(contracts), CONTRACTS_PER_REQUEST):
        some = contracts[start : start + CONTRACTS_PER_REQUEST]
        logs = view.logs(some, _ERC721, first, last, (None, recipient))
        logs += view.logs(some, _ERC1155, first, last, (None, None, recipient))
        for entry in logs:
            try:
                events = parse_transfer_log(entry)
            except BadAnswer:
                continue  # contracts of strangers may log anything
            for event in events[:TOKENS_PER_LOG]:
                if event.recipient == address and event.contract in some:
                    yield FoundToken(event.contract, event.token_id, event.standard, event.block_number)


def fetch_enumerated_tokens(
    view: ChainClient, contracts: Sequence[bytes], address: bytes, block: BlockRef
) -> Iterator[FoundToken]:
    """Return what the contracts with ERC721Enumerable list for the address."""
    asks = build_supports_interface(ERC721_ENUMERABLE)
    answers = call_many(view, [Call(contract, asks) for contract in contracts], block).answers
    able = [
        contract
        for contract, answer in zip(contracts, answers, strict=True)
        if _parse_or_none(answer, parse_supports_interface)
    ]
    balances = call_many(view, [Call(contract, build_balance(address)) for contract in able], block).answers
    places = [
        (contract, index)
        for contract, answer in zip(able, balances, strict=True)
        for index in range(min(_parse_or_none(answer, parse_number) or 0, MAX_ENUMERATED))
    ]
    calls = [Call(contract, build_token_of_owner_by_index(address, index)) for contract, index in places]
    for (contract, _), answer in zip(places, call_many(view, calls, block).answers, strict=True):
        token_id = _parse_or_none(answer, parse_number)
        if token_id is not None:
            yield FoundToken(contract, token_id, TokenStandard.ERC721)


@dataclass(frozen=True)
class IndexedTokens:
    """What indexers listed. `trouble`: why the last one failed; empty if one listed everything."""

    found: list[FoundToken]
    trouble: str = ""


def fetch_indexed_tokens(
    indexers: Sequence[Indexer], address: bytes, *, seconds: float = INDEXER_SECONDS
) -> IndexedTokens:
    """Ask one indexer after another until one lists everything, for about `seconds` in all.

    What failed indexers listed before they failed is returned too.
    """
    ends_at = time.monotonic() + seconds
    found: list[FoundToken] = []
    trouble = ""
    for indexer in indexers:
        if trouble and time.monotonic() >= ends_at:
            break
        try:
            for page in read_pages(indexer, address):
                for token in page.tokens:
                    spam = str(SpamSign.INDEXER) if token.is_spam else ""
                    names = (token.name, token.collection)
                    found.append(FoundToken(token.contract, token.token_id, token.standard, 0, *names, spam))
                if page.next_query is not None and time.monotonic() >= ends_at:
                    return IndexedTokens(found, gettext("%(name)s was too slow to list all.", name=indexer.name))
        except FetchError as error:
            trouble = error.sentence
            log.warning("A token search goes on without an indexer: %s", error)
            continue
        return IndexedTokens(found)
    return IndexedTokens(found, trouble)


def _parse_or_none(answer: ReadAnswer, parse: Callable[[bytes], T]) -> T | None:
    try:
        return parse(answer) if isinstance(answer, bytes) else None
    except BadAnswer:
        return None
