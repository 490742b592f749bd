"""What staff see; importing the modules registers their pages."""

from nft.admin import accounts

__all__ = ["accounts"]
