"""Calls for contracts that predate the standards, or that say otherwise who may show a token: set for each contract.

`resolvers` in a chain's settings maps a contract's address to what is called instead of `ownerOf` and `tokenURI`
(docs/extend/resolvers.md). Every call takes the token id and nothing else.
"""

from __future__ import annotations

from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import build_owner_of, build_token_uri, build_uri
from nft.core.evm.abi.words import encode_uint, selector
from nft.core.evm.token import Token, TokenStandard
from nft.settings.chains import Resolver, describe_chain


def owner_call(chain_id: int, token: Token) -> Call:
    """Return the call that answers with the owner of an ERC-721 token."""
    rule = rule_for(chain_id, token.contract)
    if rule is None or not rule.owner_call:
        return Call(token.contract, build_owner_of(token.token_id))
    return _call(rule.owner_contract, rule.owner_call, token)


def uri_calls(chain_id: int, token: Token) -> list[Call]:
    """Return the calls that may answer with the token's URI: its standard's, then the other standard's."""
    rule = rule_for(chain_id, token.contract)
    if rule is not None and rule.uri_call:
        return [_call(rule.uri_contract, rule.uri_call, token)]
    calls = [Call(token.contract, build_token_uri(token.token_id)), Call(token.contract, build_uri(token.token_id))]
    return calls[::-1] if token.standard is TokenStandard.ERC1155 else calls


def configured_uri(chain_id: int, token: Token) -> str:
    """Return the URI in the settings, with the token id for `{number}`; empty if the contract must be called."""
    rule = rule_for(chain_id, token.contract)
    return rule.uri.replace("{number}", str(token.token_id)) if rule is not None else ""


def rule_for(chain_id: int, contract: bytes) -> Resolver | None:
    """Return the contract's resolver, or None if it is called as its standard says."""
    return describe_chain(chain_id).resolvers.get(contract)


def _call(target: bytes | None, signature: str, token: Token) -> Call:
    return Call(target or token.contract, selector(signature) + encode_uint(token.token_id))
