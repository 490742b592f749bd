"""What staff see; importing the modules registers their pages."""

from nft.admin import accounts, chains, claims, collections, files, gallery, minting

__all__ = ["accounts", "chains", "claims", "collections", "files", "gallery", "minting"]
