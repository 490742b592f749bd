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

from typing import ClassVar


class TokenActionError(Exception):
    permanent: ClassVar[bool] = True
    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = "This can't be done"
    status: ClassVar[int] = 400

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoContract(TokenActionError):
    slug = "no-contract"

    def __init__(self, chain_name: str) -> None:
        super().__init__(f"Nothing can be minted on {chain_name}: this site has no contract there.")


class NotYours(TokenActionError):
    slug = "not-yours"
    status = 404


class NotNow(TokenActionError):
    slug = "not-now"
    status = 409


class BadTransactionHash(TokenActionError):
    slug = "bad-transaction-hash"


class ReceiverRefused(TokenActionError):
    slug = "receiver-refused"


class WouldFail(TokenActionError):
    slug = "transaction-would-fail"


class TooManyNames(TokenActionError):
    permanent = False
    slug = "rate-limited"
    status = 429


class NamesDown(TokenActionError):
    permanent = False
    slug = "names-unavailable"
    status = 503


class ChainDown(TokenActionError):
    permanent = False
    slug = "chain-unavailable"
    status = 503

    def __init__(self, chain_name: str) -> None:
        super().__init__(f"{chain_name} can't be reached right now. Please try again in a minute.")
