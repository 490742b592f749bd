"""Where tokens of an address may be found: each source gives hints, and the chain is asked about all of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nft.clients.evm.chain import ChainClient
from nft.clients.evm.many import ReadAnswer, call_many
from nft.clients.indexers import Indexer
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
from nft.models.claims import watched_contracts
from nft.settings.chains import describe_chain

log = logging.getLogger(__name__)

ADDRESSES = 500
"""So many contracts are asked for in one request."""
PER_CONTRACT = 500
"""So many tokens of one contract are taken: a stranger can send thousands in one transaction."""
ENUMERATED = 100
INDEXER_SECONDS = 30.0
"""Then the rest of the search must begin, well before its worker's time is over."""
_SINGLE, _MULTIPLE = TRANSFER_TOPICS[:1], TRANSFER_TOPICS[1:]


@dataclass(frozen=True, slots=True)
class Found:
    """A token somebody says the address has. `block`: where its arrival was logged; 0 if not known."""

    contract: bytes
    token_id: int
    standard: TokenStandard
    block: int = 0
    name: str = ""
    collection: str = ""
    spam: str = ""


def known_contracts(chain_id: int) -> list[bytes]:
    """Ours, those the operator configured, and all that people came here with, in order."""
    return sorted(describe_chain(chain_id).contracts | set(watched_contracts(chain_id)))


def find_here(account: LinkedAccount, chain_id: int) -> Iterator[Found]:
    """What was minted here for the account, and what it was seen to hold when it was claimed."""
    minted = MintRequest.objects.filter(
        state=MintRequest.State.CONFIRMED, chain_id=chain_id, owner=account.address, token_id__isnull=False
    )
    for mint in minted:
        yield Found(mint.contract, mint.token_id, TokenStandard.ERC721, mint.mined_block_number or 0, mint.name)
    held = TokenClaim.objects.filter(account=account, chain_id=chain_id, vault=None).exclude(standard="")
    for claim in held.select_related("picture"):
        standard = TokenStandard(claim.standard)
        yield Found(claim.contract, claim.token_id, standard, name=claim.name, collection=claim.collection)


def find_in_logs(
    view: ChainClient, contracts: Sequence[bytes], address: bytes, first: int, last: int
) -> Iterator[Found]:
    """What came to the address in these blocks. Contracts that don't index the recipient can't be searched so."""
    recipient = address_topic(address)
    for start in range(0, len(contracts), ADDRESSES):
        some = contracts[start : start + ADDRESSES]
        logs = view.logs(some, _SINGLE, first, last, (None, recipient))
        logs += view.logs(some, _MULTIPLE, first, last, (None, None, recipient))
        for entry in logs:
            try:
                events = parse_transfer_log(entry)
            except BadAnswer:
                continue  # strangers' contracts log what they like
            for event in events[:PER_CONTRACT]:
                if event.recipient == address and event.contract in some:
                    yield Found(event.contract, event.token_id, event.standard, event.block_number)


def find_enumerated(view: ChainClient, contracts: Sequence[bytes], address: bytes, block: BlockRef) -> Iterator[Found]:
    """Of the contracts that say they can list an owner's tokens (ERC721Enumerable): what they list."""
    asks = build_supports_interface(ERC721_ENUMERABLE)
    claims = call_many(view, [Call(contract, asks) for contract in contracts], block).answers
    able = [contract for contract, answer in zip(contracts, claims, strict=True) if _is_yes(answer)]
    balances = call_many(view, [Call(contract, build_balance(address)) for contract in able], block).answers
    places = [
        (contract, index)
        for contract, answer in zip(able, balances, strict=True)
        for index in range(min(_number(answer) or 0, ENUMERATED))
    ]
    calls = [Call(contract, build_token_of_owner_by_index(address, index)) for contract, index in places]
    for (contract, _), answer in zip(places, call_many(view, calls, block).answers, strict=True):
        token_id = _number(answer)
        if token_id is not None:
            yield Found(contract, token_id, TokenStandard.ERC721)


@dataclass(frozen=True)
class Listed:
    """What indexers listed. `trouble` names the last one that failed, empty where one came to its end."""

    found: list[Found]
    trouble: str = ""


def find_indexed(indexers: Sequence[Indexer], address: bytes, *, seconds: float = INDEXER_SECONDS) -> Listed:
    """One after another until one answers to the end, for about `seconds` in all; what those before gave is kept."""
    ends_at = time.monotonic() + seconds
    found: list[Found] = []
    trouble = ""
    for indexer in indexers:
        if trouble and time.monotonic() >= ends_at:
            break
        try:
            for page in indexer.pages(address):
                for token in page.tokens:
                    spam = str(SpamSign.INDEXER) if token.is_spam else ""
                    names = (token.name, token.collection)
                    found.append(Found(token.contract, token.token_id, token.standard, 0, *names, spam))
                if page.next_query is not None and time.monotonic() >= ends_at:
                    return Listed(found, f"{indexer.name} was too slow to list all.")
        except FetchError as error:
            trouble = str(error)
            log.warning("Looking for tokens: %s", error)
            continue
        return Listed(found)
    return Listed(found, trouble)


def _is_yes(answer: ReadAnswer) -> bool:
    try:
        return isinstance(answer, bytes) and parse_supports_interface(answer)
    except BadAnswer:
        return False


def _number(answer: ReadAnswer) -> int | None:
    try:
        return parse_number(answer) if isinstance(answer, bytes) else None
    except BadAnswer:
        return None
