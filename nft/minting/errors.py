"""Why a mint or a transfer can't go on.

TokenActionError          permanent: bool, sentence, slug, status
├── TextRefused           permanent: a name or description nobody should carry for ever
├── LooksAlike            permanent until the person says to go on: somebody else's token shows such a picture
├── NoContract            permanent: this site has no contract on that chain
├── NotYours              permanent: an account, mint or claim of somebody else, or none
├── NotNow                permanent: the request is in a state where this makes no sense
├── BadTransactionHash    permanent: not a transaction hash, or one already given for another mint
├── ReceiverRefused       permanent: an address that can't get this token
├── WouldFail             permanent: the contract would refuse the transaction
├── NotSponsored          not permanent: the site does not pay for this one, or not today
├── TooManyMints          not permanent: the hour's budget is used up
├── TooManyNames          not permanent: another hour's budget is
├── NamesDown             not permanent: the receiver's name can't be looked up now
└── ChainDown             not permanent: the chain can't be asked now
"""

from __future__ import annotations

from nft.errors import TokenActionError


class TextRefused(TokenActionError):
    slug = "text-refused"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class LooksAlike(TokenActionError):
    slug = "looks-alike"


class NotSponsored(TokenActionError):
    permanent = False
    slug = "not-sponsored"
    status = 429


class TooManyMints(TokenActionError):
    permanent = False
    slug = "rate-limited"
    status = 429
