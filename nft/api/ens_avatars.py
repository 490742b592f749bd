"""Operations that set a token as the picture of an ENS name: what to sign, and whether the name shows it."""

from __future__ import annotations

from uuid import UUID

from nft.api.accounts import user_of
from nft.api.schemas import TX_HASH
from nft.api.scopes import CLAIMS
from nft.claims.claiming import get_claim
from nft.claims.ens_avatar import Stage, fetch_stage, prepare_record
from nft.claims.errors import NAME_NOT_YOURS, NO_RESOLVER, NoSuchClaim
from nft.clients.bundle import get_clients
from nft.core.evm.ens import MAX_NAME_CHARACTERS
from nft.errors import BAD_TRANSACTION_HASH, NOT_NOW
from nft.names.errors import (
    NAMES_UNAVAILABLE,
    NO_NAMES,
    NO_SUCH_NAME,
    NOT_A_NAME,
    OFF_CHAIN,
    RECORD_TOO_LONG,
    NameLookupError,
)
from nft.tokens.transactions import parse_tx_hash
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
    or_null,
    ref,
)


def prepare(call: Call, claim_id: UUID) -> Answer:
    """Build the transaction. Nothing is stored, and nothing happens before the wallet signs and sends it."""
    record = prepare_record(get_claim(user_of(call), claim_id), call.values["name"], get_clients())
    return {
        "name": record.name,
        "current": record.current,
        "wanted": record.wanted,
        "transaction": record.transaction and record.transaction.as_json(),
    }


def get_state(call: Call, claim_id: UUID) -> Answer:
    claim, name, tx_hash = get_claim(user_of(call), claim_id), call.values["name"], call.values.get("tx_hash", "")
    stage = fetch_stage(claim, name, parse_tx_hash(tx_hash) if tx_hash else "", get_clients())
    return {"stage": stage.value, "done": stage is not Stage.WAITING}


# --- what the document says -------------------------------------------------------------------------------------------

_SCHEMAS: dict[str, Schema] = {
    "EnsAvatar": answer_of(
        {
            "name": described(TEXT, "The ENS name, normalized."),
            "current": described(TEXT, "Its “avatar” record now; empty without one."),
            "wanted": described(TEXT, "What the record is to be: the token's CAIP-22 or CAIP-29 identifier."),
            "transaction": or_null(ref("Transaction"), "null where the name shows this token already."),
        },
        "The record of an ENS name that your wallet must sign and send.",
    ),
    "EnsAvatarState": answer_of(
        {
            "stage": one_of(
                list(Stage), "done: the name shows the token. failed: the chain refused the change. Else waiting."
            ),
            "done": described(YES_NO, "Nothing more happens by itself."),
        },
        "Whether an ENS name shows this token.",
    ),
}
_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARACTERS}
_ID = Parameter("claim_id", "path", IDENTIFIER, "Of a claim of yours.")
_QUERY = (
    Parameter("name", "query", _NAME, "The ENS name.", is_required=True, example="alice.eth"),
    Parameter("tx_hash", "query", TX_HASH, "Of what your wallet sent. Without it, only the record is read."),
)
_PATH = "/me/claims/{claim_id}/ens-avatar"
_LOOK_UP = (
    NoSuchClaim.kind,
    NameLookupError.kind,
    NOT_A_NAME,
    NO_NAMES,
    NO_SUCH_NAME,
    OFF_CHAIN,
    RECORD_TOO_LONG,
    NAMES_UNAVAILABLE,
)

ENS_AVATARS = Group(
    "ENS avatars",
    "Showing a token as the picture of an ENS name. Only the wallet that manages the name can write its record.",
    (
        Operation(
            "startEnsAvatar", "POST", _PATH,
            "Says what your wallet must sign so that the name shows the token. Nothing happens yet.",
            prepare, CLAIMS, "EnsAvatar", (_ID,),
            Json(input_of({"name": _NAME}, required=("name",), example={"name": "alice.eth"})),
            (*_LOOK_UP, NOT_NOW, NO_RESOLVER, NAME_NOT_YOURS),
        ),
        Operation(
            "getEnsAvatar", "GET", _PATH, "Whether the name shows the token now, as its record on the chain says.",
            get_state, CLAIMS, "EnsAvatarState", (_ID, *_QUERY), problems=(*_LOOK_UP, BAD_TRANSACTION_HASH),
        ),
    ),
    _SCHEMAS,
)  # fmt: skip
