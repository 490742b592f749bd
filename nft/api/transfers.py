"""Operations that send a token to somebody else: what to sign, and what became of it."""

from __future__ import annotations

from uuid import UUID

from nft.api.accounts import user_of
from nft.api.schemas import ETH_ADDRESS, TRANSACTION, TX_HASH
from nft.api.scopes import TRANSFER
from nft.claims.claiming import get_claim
from nft.claims.errors import NoSuchClaim
from nft.clients.bundle import get_clients
from nft.core.evm.address import parse_address, to_checksum
from nft.core.evm.ens import MAX_NAME_CHARACTERS
from nft.core.evm.token import TokenStandard
from nft.errors import BAD_TRANSACTION_HASH, NOT_NOW, WOULD_FAIL
from nft.transfers import following, sending
from nft.transfers.errors import CHAIN_UNAVAILABLE, NAMES_UNAVAILABLE, RECEIVER_REFUSED
from nft.transfers.following import Stage
from profiles.errors import ExpectedError
from profiles.programs.errors import BODY_INVALID
from profiles.programs.operations import Answer, Call, Group, Json, Operation, Parameter
from profiles.programs.schemas import (
    IDENTIFIER,
    TEXT,
    YES_NO,
    Schema,
    answer_of,
    described,
    input_of,
    one_of,
    ref,
)


def start(call: Call, claim_id: UUID) -> Answer:
    """Build the transaction. Nothing is stored, and nothing happens before the wallet signs and sends it."""
    said, user, clients = call.values, user_of(call), get_clients()
    claim, amount = get_claim(user, claim_id), said.get("amount", 1)
    if amount > 1 and claim.standard != TokenStandard.ERC1155:
        raise ExpectedError("There is one of this token only: “amount” is 1.", BODY_INVALID)
    receiver = sending.find_receiver(said["to"], claim.chain_id, user, clients)
    transaction = sending.build_transfer(claim, receiver.address, clients, amount=amount)
    address = to_checksum(parse_address(receiver.address))  # it may be written as it was typed
    found = {"address": address, "name": receiver.name, "handle": receiver.handle}
    return {"receiver": found, "transaction": transaction.as_json()}


def record_sent(call: Call, claim_id: UUID) -> Answer:
    sending.record_transfer_sent(user_of(call), claim_id, call.values["tx_hash"], call.now)
    return get_state(call, claim_id)


def get_state(call: Call, claim_id: UUID) -> Answer:
    claim = get_claim(user_of(call), claim_id)
    if not claim.transfer_tx:
        return {"stage": "none", "to": "", "to_address": "", "tx_hash": "", "done": True}
    progress = following.get_transfer(claim, call.now)
    return {
        "stage": progress.stage.value,
        "to": progress.to,
        "to_address": to_checksum(progress.recipient) if progress.recipient else "",
        "tx_hash": claim.transfer_tx,
        "done": progress.has_ended,
    }


# --- what the document says -------------------------------------------------------------------------------------------

_SCHEMAS: dict[str, Schema] = {
    "Transaction": TRANSACTION,
    "Receiver": answer_of(
        {
            "address": described(ETH_ADDRESS, "Who gets the token: compare it before you sign."),
            "name": described(TEXT, "The ENS name that it was found by; else empty."),
            "handle": described(TEXT, "The handle here that it was found by; else empty."),
        },
        "Who gets the token.",
    ),
    "TransferToSign": answer_of(
        {"receiver": ref("Receiver"), "transaction": ref("Transaction")},
        "A transfer that your wallet must sign and send.",
    ),
    "TransferState": answer_of(
        {
            "stage": one_of(
                ["none", *(stage.value for stage in Stage)],
                "done: final. refused: it failed on the chain. missing: not seen for long. none: nothing was sent.",
            ),
            "to": described(TEXT, "The name of who gets it, once it is in a block: for people."),
            "to_address": described(ETH_ADDRESS, "Their address, once it is in a block; else empty."),
            "tx_hash": TEXT,
            "done": described(YES_NO, "Nothing more happens by itself."),
        },
        "How far the last transfer of this token is.",
    ),
}
_ID = Parameter("claim_id", "path", IDENTIFIER, "Of a claim of yours.")
_TO: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARACTERS}
_START = input_of(
    {
        "to": described(_TO, "An address, an ENS name, or the handle of somebody here."),
        "amount": {
            "type": "integer",
            "minimum": 1,
            "maximum": 2**53 - 1,
            "description": "Copies of an ERC-1155 token.",
        },
    },
    required=("to",),
    example={"to": "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"},
)
_PATH = "/me/claims/{claim_id}/transfer"
_NO_SUCH = (NoSuchClaim.kind,)

TRANSFERS = Group(
    "Transfers",
    "Sending a token away. Only your wallet can do it: these operations say what it must sign, and follow it.",
    (
        Operation(
            "startTransfer", "POST", _PATH, "Says what your wallet must sign to send the token. Nothing happens yet.",
            start, TRANSFER, "TransferToSign", (_ID,), Json(_START),
            (*_NO_SUCH, NOT_NOW, RECEIVER_REFUSED, NAMES_UNAVAILABLE, CHAIN_UNAVAILABLE, WOULD_FAIL),
        ),
        Operation(
            "recordTransfer", "POST", f"{_PATH}/sent",
            "Tells that your wallet sent the transfer, so that it is followed.",
            record_sent, TRANSFER, "TransferState", (_ID,),
            Json(input_of({"tx_hash": TX_HASH}, required=("tx_hash",), example={"tx_hash": "0x" + "ab" * 32})),
            (*_NO_SUCH, BAD_TRANSACTION_HASH),
        ),
        Operation(
            "getTransfer", "GET", _PATH, "How far the last transfer of this token is.",
            get_state, TRANSFER, "TransferState", (_ID,), problems=_NO_SUCH,
        ),
    ),
    _SCHEMAS,
)  # fmt: skip
