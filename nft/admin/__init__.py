"""What staff see; importing the modules registers their pages."""

from nft.admin import accounts, claims, collections, ipfs, minting, watching

__all__ = ["accounts", "claims", "collections", "ipfs", "minting", "watching"]
