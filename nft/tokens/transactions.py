"""Transactions for a person's wallet to sign, built on the server so that a page never decides what is signed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import CallFailed
from nft.core.evm.abi.words import selector
from nft.core.evm.address import to_checksum
from nft.errors import BAD_TRANSACTION_HASH, WOULD_FAIL, TokenActionError
from nft.settings.chains import describe_chain
from profiles.sentences import gettext as _

GAS_MARGIN = 1.2
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")

#: The errors of contracts (ERC-6093 and our own), in words for the person.
REFUSALS = {
    selector("ERC721InvalidReceiver(address)"): _("The receiving contract does not take tokens like this one."),
    selector("ERC1155InvalidReceiver(address)"): _("The receiving contract does not take tokens like this one."),
    selector("ERC721InsufficientApproval(address,uint256)"): _("The account may not move this token."),
    selector("ERC721IncorrectOwner(address,uint256,address)"): _("The account no longer holds this token."),
    selector("ERC721NonexistentToken(uint256)"): _("The token does not exist any more."),
    selector("ERC1155InsufficientBalance(address,uint256,uint256,uint256)"): _(
        "The account no longer holds this token."
    ),
    selector("MintingClosed()"): _("Minting is closed at the moment."),
    selector("QuotaExceeded(address,uint256)"): _("The account has minted as many tokens as one account may."),
    selector("EnforcedPause()"): _("Minting is paused at the moment."),
}


@dataclass(frozen=True)
class Transaction:
    chain_id: int
    sender: bytes
    to: bytes
    data: bytes
    gas: int
    #: Wei for each unit of gas when it was prepared; the wallet decides what is paid.
    gas_price: int | None = None
    #: The sender is a contract, whose owners may have to sign one after the other.
    has_owners: bool = False

    def as_json(self) -> dict[str, str | int | bool]:
        """Return what pages pass to `eth_sendTransaction`, and what they show of it."""
        return {
            "chain_id": self.chain_id,
            "chain_name": describe_chain(self.chain_id).name,
            "from": to_checksum(self.sender),
            "to": to_checksum(self.to),
            "data": "0x" + self.data.hex(),
            "value": "0x0",
            "gas": hex(self.gas),
            "waits": self.has_owners,
            "fee": "" if self.gas_price is None else fee_sentence(self.chain_id, self.gas * self.gas_price),
        }


def estimate_gas(client: ChainClient, sender: bytes, to: bytes, data: bytes) -> int:
    """Return the gas that the call needs, plus a margin.

    Raise TokenActionError (WOULD_FAIL) with the contract's reason, or ChainError.
    """
    try:
        return int(client.estimate_gas(sender, to, data) * GAS_MARGIN)
    except CallFailed as error:
        reason = REFUSALS.get(error.data[:4], _("The contract refuses this transaction."))
        raise TokenActionError(reason, WOULD_FAIL) from error


def fee_sentence(chain_id: int, wei: int) -> str:
    return _("At most about %(fee)s for the network.", fee=format_fee(chain_id, wei))


def format_fee(chain_id: int, wei: int) -> str:
    """Return the cost in the chain's own currency, with three significant digits."""
    amount = f"{Decimal(wei) / 10**18:.3g}"
    return f"{Decimal(amount):f} {describe_chain(chain_id).currency}"


def parse_tx_hash(text: str) -> str:
    """Parse a transaction hash, into lower case. Raise TokenActionError."""
    if not _HASH.fullmatch(text):
        raise TokenActionError(
            _("This is no transaction hash: 0x and 64 hexadecimal digits are expected."), BAD_TRANSACTION_HASH
        )
    return text.lower()
