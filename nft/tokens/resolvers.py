"""Contracts older than the standards, or with another idea of who may show a token: by settings, a contract at a time.

`resolvers` in a chain's entry maps a contract's address to what is asked in the place of `ownerOf` and `tokenURI`
(docs/extend/resolvers.md). Every call takes the token's number and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import build_owner_of, build_token_uri, build_uri
from nft.core.evm.abi.words import encode_uint, selector
from nft.core.evm.address import parse_address, to_checksum
from nft.core.evm.token import Token, TokenStandard


def owner_call(chain_id: int, token: Token) -> Call:
    """What answers with the address that has an ERC-721 token."""
    rule = rule_for(chain_id, token.contract)
    if "owner_call" not in rule:
        return Call(token.contract, build_owner_of(token.token_id))
    return _call(rule.get("owner_contract"), rule["owner_call"], token)


def uri_calls(chain_id: int, token: Token) -> list[Call]:
    """What answers with the token's URI, the likelier first: the standard's call, and the other standard's."""
    rule = rule_for(chain_id, token.contract)
    if "uri_call" in rule:
        return [_call(rule.get("uri_contract"), rule["uri_call"], token)]
    calls = [Call(token.contract, build_token_uri(token.token_id)), Call(token.contract, build_uri(token.token_id))]
    return calls[::-1] if token.standard is TokenStandard.ERC1155 else calls


def configured_uri(chain_id: int, token: Token) -> str:
    """A URI that the settings name, with the number for `{number}`; "" where the contract is asked."""
    return rule_for(chain_id, token.contract).get("uri", "").replace("{number}", str(token.token_id))


def rule_for(chain_id: int, contract: bytes) -> Mapping[str, str]:
    """How the settings say that the contract is asked; empty where it is asked as its standard says."""
    rules: Mapping[str, Mapping[str, str]] = settings.NFT_CHAINS.get(chain_id, {}).get("resolvers", {})
    if not rules:
        return {}
    text = to_checksum(contract).lower()
    return next((rule for address, rule in rules.items() if address.lower() == text), {})


def _call(target: str | None, signature: str, token: Token) -> Call:
    contract = parse_address(target) if target else token.contract
    return Call(contract, selector(signature) + encode_uint(token.token_id))
