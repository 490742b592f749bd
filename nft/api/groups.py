"""All operations of `nft`."""

from __future__ import annotations

from nft.api.accounts import ACCOUNTS
from nft.api.claims import CLAIM_GROUP
from nft.api.ens_avatars import ENS_AVATARS
from nft.api.mints import MINTS
from nft.api.tokens import TOKENS
from nft.api.transfers import TRANSFERS

GROUPS = (ACCOUNTS, TOKENS, CLAIM_GROUP, MINTS, TRANSFERS, ENS_AVATARS)
