"""The models of the app, by subject. Django finds them here, and other code imports them from here."""

from nft.models.accounts import AccountReturn, LinkedAccount, PrimaryName, SignInChallenge, SignInCount, WalletSession
from nft.models.chains import WatchedChain, WatchedContract
from nft.models.claims import ClaimCheck, ClaimPicture, TokenClaim
from nft.models.collections import Collection, TokenLikeness
from nft.models.files import CachedObject, IpfsBlock, PinnedCopy
from nft.models.gallery import HeldToken, TokenSearch
from nft.models.minting import MintRequest, SponsorAccount, SponsoredTransaction
from nft.models.proofs import ContractCode, OwnershipProof
from nft.models.received import ReceivedToken
from nft.models.sent import SentToken

__all__ = [
    "AccountReturn",
    "CachedObject",
    "ClaimCheck",
    "ClaimPicture",
    "Collection",
    "ContractCode",
    "HeldToken",
    "IpfsBlock",
    "LinkedAccount",
    "MintRequest",
    "OwnershipProof",
    "PinnedCopy",
    "PrimaryName",
    "ReceivedToken",
    "SentToken",
    "SignInChallenge",
    "SignInCount",
    "SponsorAccount",
    "SponsoredTransaction",
    "TokenClaim",
    "TokenLikeness",
    "TokenSearch",
    "WalletSession",
    "WatchedChain",
    "WatchedContract",
]
