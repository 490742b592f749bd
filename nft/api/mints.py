"""Operations that make tokens out of pictures."""

from __future__ import annotations

import hashlib
import uuid
from uuid import UUID

from nft.api.accounts import user_of
from nft.api.claims import get_claim
from nft.api.schemas import CHAIN_ID, CHAIN_NAME, ETH_ADDRESS, TX_HASH
from nft.api.scopes import MINT
from nft.claims.errors import COLLECTION_REFUSED, NO_ACCOUNT, ClaimError
from nft.core.evm.address import to_checksum
from nft.errors import BAD_TRANSACTION_HASH, NO_CONTRACT, NOT_NOW, NotYours
from nft.minting import drafts, requests, sponsor
from nft.minting.drafts import ACCOUNT_BLOCKED, DESCRIPTION_CHARACTERS, NAME_CHARACTERS, MintOrder
from nft.minting.errors import NOT_SPONSORED, TextRefused
from nft.minting.outcome import Outcome, get_outcomes, is_settled
from nft.minting.requests import PublishChoice
from nft.models import MintRequest
from nft.models.accounts import accounts_on
from nft.settings.chains import default_chain_id, describe_chain
from profiles.programs.operations import PAGED, Answer, Call, Group, Json, Operation, Parameter, Upload
from profiles.programs.problems import DECODED
from profiles.programs.schemas import (
    COUNT,
    IDENTIFIER,
    MOMENT,
    TEXT,
    YES_NO,
    Schema,
    answer_of,
    described,
    input_of,
    one_of,
    or_null,
    page_of,
    ref,
    text_up_to,
)

SITE, WALLET = "site", "wallet"
KEY_CHARACTERS = 32


def list_mints(call: Call) -> Answer:
    mints, following = drafts.get_mints_page(user_of(call), call.after, call.limit)
    outcomes = get_outcomes(user_of(call), mints, call.now)
    entries = [_entry(mint, outcomes.get(mint.pk, Outcome())) for mint in mints]
    return {"mints": entries, "next": None if following is None else str(following)}


def get_offer(call: Call) -> Answer:
    """Say what the site pays for. It pays for nobody on a chain that is not among its own."""
    offer = sponsor.get_offer(user_of(call), call.values.get("chain_id") or default_chain_id(), call.now)
    return {"left": 0 if offer is None else offer.left, "sentence": "" if offer is None else str(offer.sentence)}


def start(call: Call) -> Answer:
    said, user = call.values, user_of(call)
    chain_id = default_chain_id()
    order = MintOrder(
        image=call.file,
        name=said["name"],
        description=said.get("description", ""),
        account_id=UUID(said["account_id"]) if "account_id" in said else _primary_account(call, chain_id),
        key=_key_of(call),
        is_sponsored=said.get("pays", WALLET) == SITE,
    )
    return _answer(call, drafts.start_mint(user, order, call.now, chain_id=chain_id))


def get_mint(call: Call, mint_id: UUID) -> Answer:
    return _answer(call, drafts.get_mint(user_of(call), mint_id))


def publish(call: Call, mint_id: UUID) -> Answer:
    said = call.values
    choice = PublishChoice(pays_self=said.get("pays") == WALLET, is_to_be_used=said.get("use", False))
    return _answer(call, requests.publish_mint(user_of(call), mint_id, call.now, choice))


def cancel(call: Call, mint_id: UUID) -> Answer:
    drafts.cancel_mint(user_of(call), mint_id)
    return {"id": str(mint_id)}


def record_sent(call: Call, mint_id: UUID) -> Answer:
    return _answer(call, requests.record_mint_sent(user_of(call), mint_id, call.values["tx_hash"], call.now))


def use(call: Call, mint_id: UUID) -> Answer:
    return get_claim(call, requests.use_mint(user_of(call), mint_id, call.now).pk)


def _primary_account(call: Call, chain_id: int) -> UUID:
    """Return the account that pages offer first; one that nobody has if there is none, which is refused as such."""
    account = accounts_on(user_of(call).pk, chain_id).order_by("-is_primary", "linked_at", "pk").first()
    return uuid.uuid4() if account is None else account.pk


def _key_of(call: Call) -> str:
    """Return the key of the draft. One of a call's own key finds the draft even where our answer was not kept."""
    if not call.key or call.token is None:
        return str(uuid.uuid4())
    return hashlib.sha256(f"{call.token.pk}:{call.key}".encode()).hexdigest()[:KEY_CHARACTERS]


def _answer(call: Call, mint: MintRequest) -> Answer:
    return _entry(mint, get_outcomes(user_of(call), [mint], call.now).get(mint.pk, Outcome()))


def _entry(mint: MintRequest, outcome: Outcome) -> dict[str, object]:
    transaction, published_at = requests.build_mint_transaction(mint), mint.published_at
    return {
        "id": str(mint.pk),
        "state": mint.state,
        "done": is_settled(mint, outcome),
        "sentence": str(mint.reason_sentence),
        "name": mint.name,
        "description": mint.description,
        "chain_id": mint.chain_id,
        "chain_name": describe_chain(mint.chain_id).name,
        "contract": to_checksum(mint.contract),
        "owner": to_checksum(mint.owner),
        "pays": WALLET if mint.sponsor is None else SITE,
        "transaction": None if transaction is None else transaction.as_json(),
        "tx_hash": mint.tx_hash,
        "token_id": None if mint.token_id is None else str(mint.token_id),
        "image_uri": mint.image_uri,
        "metadata_uri": mint.metadata_uri,
        "claim_id": None if outcome.claim_id is None else str(outcome.claim_id),
        "is_current": outcome.is_current,
        "created_at": mint.created_at.isoformat(),
        "published_at": None if published_at is None else published_at.isoformat(),
    }


# --- what the document says -------------------------------------------------------------------------------------------

_PAYS = one_of([SITE, WALLET], "Who pays the network: wallet by default. site: you pay nothing, while it has an offer.")
_SCHEMAS: dict[str, Schema] = {
    "Mint": answer_of(
        {
            "id": IDENTIFIER,
            "state": one_of(list(MintRequest.State.values)),
            "done": described(YES_NO, "Nothing more happens by itself. A draft waits for you to publish it."),
            "sentence": described(TEXT, "A warning, or why it waits or failed; else empty."),
            "name": TEXT,
            "description": TEXT,
            "chain_id": CHAIN_ID,
            "chain_name": CHAIN_NAME,
            "contract": ETH_ADDRESS,
            "owner": described(ETH_ADDRESS, "Who gets the token."),
            "pays": one_of([SITE, WALLET]),
            "transaction": or_null(ref("Transaction"), "What your wallet must sign now; null while there is nothing."),
            "tx_hash": TEXT,
            "token_id": or_null(TEXT, "Once it is in a block."),
            "image_uri": described(TEXT, "Once it is published."),
            "metadata_uri": described(TEXT, "Once it is published."),
            "claim_id": or_null(IDENTIFIER, "Of your claim of it, by which you show it."),
            "is_current": described(YES_NO, "It is your picture now."),
            "created_at": MOMENT,
            "published_at": or_null(MOMENT),
        },
        "A token that you make.",
    ),
    "Mints": page_of("mints", "Mint", "A page of what you made and are making, newest first."),
    "MintOffer": answer_of(
        {"left": described(COUNT, "Tokens."), "sentence": described(TEXT, "Why there are none; else empty.")},
        "How many more of your tokens the site pays for today.",
    ),
    "CanceledMint": answer_of({"id": IDENTIFIER}, "The draft that was canceled. Nothing was published."),
}
_ID = Parameter("mint_id", "path", IDENTIFIER, "Of a mint of yours.")
_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_CHARACTERS}
_START = Upload(
    {
        "name": _NAME,
        "description": text_up_to(DESCRIPTION_CHARACTERS),
        "account_id": described(IDENTIFIER, "Of your account that gets the token: the primary one by default."),
        "pays": _PAYS,
    },
    required=("name",),
    file="image",
)
_PUBLISH = input_of(
    {
        "pays": one_of([SITE, WALLET], "wallet: you pay, though the site was to."),
        "use": described(YES_NO, "Whether it becomes your picture once it is yours."),
    },
    example={"use": True},
)
_ONE = "/me/mints/{mint_id}"
_NO_SUCH = (NotYours.kind,)
_STARTED = (*_NO_SUCH, TextRefused.kind, NO_CONTRACT, ACCOUNT_BLOCKED, NOT_SPONSORED)

MINTS = Group(
    "Mints",
    "Tokens made out of your pictures. A draft is private; what is published can't be taken back.",
    (
        Operation("listMints", "GET", "/me/mints", "What you made and are making.", list_mints, MINT, "Mints", PAGED),
        Operation(
            "getMintOffer", "GET", "/me/mints/offer", "What the site pays for.", get_offer, MINT, "MintOffer",
            (Parameter("chain_id", "query", CHAIN_ID, "The site's own chain by default."),),
        ),
        Operation(
            "createMint", "POST", "/me/mints",
            "Makes a draft of a token out of a picture. Nothing is public yet. The same picture with the same texts "
            "for the same account is the same mint: nothing is made twice.",
            start, MINT, "Mint", body=_START, problems=(*_STARTED, *DECODED), keeps_answer=True,
        ),
        Operation("getMint", "GET", _ONE, "A mint and its state.", get_mint, MINT, "Mint", (_ID,), problems=_NO_SUCH),
        Operation(
            "publishMint", "POST", f"{_ONE}/publish",
            "Publishes the draft to IPFS and mints it. From here on nobody can take it back. Sent again, it changes "
            "nothing.",
            publish, MINT, "Mint", (_ID,), Json(_PUBLISH, is_required=False),
            (*_NO_SUCH, NOT_NOW, ACCOUNT_BLOCKED, NOT_SPONSORED, *DECODED),
        ),
        Operation(
            "cancelMint", "DELETE", _ONE, "Deletes a draft.", cancel, MINT, "CanceledMint", (_ID,),
            problems=(*_NO_SUCH, NOT_NOW),
        ),
        Operation(
            "recordMint", "POST", f"{_ONE}/sent",
            "Tells that your wallet sent the transaction, so that it is followed.",
            record_sent, MINT, "Mint", (_ID,),
            Json(input_of({"tx_hash": TX_HASH}, required=("tx_hash",), example={"tx_hash": "0x" + "ab" * 32})),
            (*_NO_SUCH, NOT_NOW, BAD_TRANSACTION_HASH),
        ),
        Operation(
            "useMint", "POST", f"{_ONE}/use", "Claims the token, to be your picture.",
            use, MINT, "Claim", (_ID,),
            problems=(*_NO_SUCH, NOT_NOW, ClaimError.kind, NO_ACCOUNT, COLLECTION_REFUSED),
        ),
    ),
    _SCHEMAS,
)  # fmt: skip
