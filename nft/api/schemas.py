"""Schemas that several groups share."""

from __future__ import annotations

from nft.core.evm.token import TokenStandard
from profiles.programs.schemas import TEXT, YES_NO, Schema, answer_of, described, one_of

CHAIN_ID: Schema = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1, "description": "EIP-155."}
CHAIN_NAME = described(TEXT, "The name of the chain.")
ETH_ADDRESS = described(TEXT, "EIP-55.")
TOKEN_ID = described(TEXT, "A number of up to 78 digits, as text.")
STANDARD = one_of(["", *(standard.value for standard in TokenStandard)], "Empty until it is known.")
TX_HASH: Schema = {"type": "string", "minLength": 66, "maxLength": 66, "description": "0x and 64 hexadecimal digits."}

TRANSACTION = answer_of(
    {
        "chain_id": CHAIN_ID,
        "chain_name": CHAIN_NAME,
        "from": ETH_ADDRESS,
        "to": ETH_ADDRESS,
        "data": TEXT,
        "value": TEXT,
        "gas": TEXT,
        "waits": described(YES_NO, "The sender is a contract, whose owners may have to sign one after the other."),
        "fee": described(TEXT, "About what the network will take, in a sentence."),
    },
    "What the wallet must sign and send (eth_sendTransaction).",
)
