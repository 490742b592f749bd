"""The names of well-known chains, for chains that a site does not read."""

from __future__ import annotations

from profiles.sentences import gettext as _

# By https://chainid.network, the list that wallets use.
_NAMES = {
    1: "Ethereum",
    10: "Optimism",
    56: "BNB Smart Chain",
    100: "Gnosis",
    137: "Polygon",
    324: "ZKsync",
    480: "World Chain",
    1868: "Soneium",
    2741: "Abstract",
    5000: "Mantle",
    7777777: "Zora",
    8453: "Base",
    33139: "ApeChain",
    42161: "Arbitrum",
    42170: "Arbitrum Nova",
    43114: "Avalanche",
    59144: "Linea",
    81457: "Blast",
    534352: "Scroll",
    11155111: "Sepolia",
}


def get_chain_name(chain_id: int) -> str:
    return _NAMES.get(chain_id, _("chain %(chain_id)s", chain_id=str(chain_id)))
