"""What staff see; importing the modules registers their pages."""

from nft.admin import accounts, claims, ipfs, minting, watching

__all__ = ["accounts", "claims", "ipfs", "minting", "watching"]
