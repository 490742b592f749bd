"""Pages get the facts of chains, but never the URLs of our own nodes."""

from __future__ import annotations

from django.test import override_settings

from nft.templatetags.nft import wallet_chains

CHAIN = {"name": "Ethereum", "rpc_urls": ["https://node.example/v2/a-key"]}


def shown_chain(**more: str) -> dict[str, object]:
    with override_settings(LOCAL_STACK=False, NFT_CHAINS={1: CHAIN | more}):
        [chain] = wallet_chains()
    return dict(chain)


def test_a_node_with_our_key_is_not_shown() -> None:
    shown = {"id": 1, "name": "Ethereum", "explorer_url": "", "currency": "ETH", "rpc_url": ""}
    assert shown_chain() == shown


def test_the_node_for_peoples_wallets_is() -> None:
    assert shown_chain(wallet_rpc_url="https://public.example")["rpc_url"] == "https://public.example"
