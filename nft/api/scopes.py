"""The scopes of operations on accounts and tokens.

An address that its owner hides is told under these scopes only, never under `read`: whose label says nothing of it.
"""

from __future__ import annotations

from profiles.scopes import Scope
from profiles.sentences import gettext_noop

WALLETS_READ = Scope("wallets-read", gettext_noop("See my wallets, also hidden ones, and the NFTs in them"))
WALLETS = Scope(
    "wallets",
    gettext_noop("Name, show, hide and unlink wallets: each is a way to sign in as me"),
    is_sensitive=True,
)
CLAIMS = Scope(
    "claims", gettext_noop("Show my NFTs: as my picture and as my ENS avatar; check them again, take them off my list")
)
MINT = Scope("mint", gettext_noop("Make NFTs: publish pictures for good, and see which of my wallets gets them"))
TRANSFER = Scope("transfer", gettext_noop("Prepare transfers of my NFTs; my wallet must sign each of them"))

SCOPES = (WALLETS_READ, WALLETS, CLAIMS, MINT, TRANSFER)
