"""The marketplaces and block explorers whose page addresses name a token, and the chains that they mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ETHEREUM = 1

# Names of chains in page addresses of OpenSea, Rarible and Magic Eden.
CHAIN_SLUGS: Mapping[str, int] = MappingProxyType({
    "ethereum": ETHEREUM, "matic": 137, "polygon": 137, "base": 8453, "optimism": 10, "arbitrum": 42161,
    "arbitrum-nova": 42170, "arbitrum_nova": 42170, "avalanche": 43114, "bsc": 56, "klaytn": 8217,
    "zora": 7777777, "blast": 81457, "celo": 42220, "zksync": 324, "scroll": 534352, "linea": 59144,
    "mantle": 5000, "abstract": 2741, "ape_chain": 33139, "apechain": 33139, "shape": 360, "unichain": 130,
    "soneium": 1868, "ronin": 2020, "sei": 1329, "gnosis": 100, "sepolia": 11155111,
    "base_sepolia": 84532, "base-sepolia": 84532, "amoy": 80002,
})  # fmt: skip

OPENSEA_HOSTS = frozenset({"opensea.io", "testnets.opensea.io", "pro.opensea.io"})
RARIBLE_HOSTS = frozenset({"rarible.com", "testnet.rarible.com", "og.rarible.com"})
MAGIC_EDEN_HOSTS = frozenset({"magiceden.io", "magiceden.us"})
LOOKSRARE_HOSTS: Mapping[str, int] = MappingProxyType({"looksrare.org": ETHEREUM, "sepolia.looksrare.org": 11155111})

# Etherscan and Blockscout run one host per chain.
EXPLORER_HOSTS: Mapping[str, int] = MappingProxyType({
    "etherscan.io": ETHEREUM, "sepolia.etherscan.io": 11155111, "holesky.etherscan.io": 17000,
    "hoodi.etherscan.io": 560048, "optimistic.etherscan.io": 10, "sepolia-optimism.etherscan.io": 11155420,
    "polygonscan.com": 137, "amoy.polygonscan.com": 80002, "basescan.org": 8453, "sepolia.basescan.org": 84532,
    "arbiscan.io": 42161, "nova.arbiscan.io": 42170, "sepolia.arbiscan.io": 421614, "bscscan.com": 56,
    "testnet.bscscan.com": 97, "snowscan.xyz": 43114, "testnet.snowscan.xyz": 43113, "gnosisscan.io": 100,
    "lineascan.build": 59144, "scrollscan.com": 534352, "blastscan.io": 81457, "celoscan.io": 42220,
    "mantlescan.xyz": 5000, "moonscan.io": 1284, "apescan.io": 33139, "uniscan.xyz": 130,
    "eth.blockscout.com": ETHEREUM, "eth-sepolia.blockscout.com": 11155111, "base.blockscout.com": 8453,
    "base-sepolia.blockscout.com": 84532, "optimism.blockscout.com": 10, "explorer.optimism.io": 10,
    "polygon.blockscout.com": 137, "arbitrum.blockscout.com": 42161, "gnosis.blockscout.com": 100,
    "zksync.blockscout.com": 324, "scroll.blockscout.com": 534352, "celo.blockscout.com": 42220,
    "explorer.zora.energy": 7777777, "soneium.blockscout.com": 1868, "unichain.blockscout.com": 130,
})  # fmt: skip
