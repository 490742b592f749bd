"""Pages of the admin. Importing the modules registers them."""

from nft.admin import accounts, chains, claims, collections, files, gallery, minting

__all__ = ["accounts", "chains", "claims", "collections", "files", "gallery", "minting"]
