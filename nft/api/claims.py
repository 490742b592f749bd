"""Operations on claims: the tokens that a person wants to show."""

from __future__ import annotations

from uuid import UUID

from nft.api.accounts import user_of
from nft.api.schemas import CHAIN_ID, CHAIN_NAME, ETH_ADDRESS, STANDARD, TOKEN_ID
from nft.api.scopes import CLAIMS, WALLETS_READ
from nft.claims import claiming, new_picture, pages
from nft.claims.errors import (
    COLLECTION_REFUSED,
    NAMES_UNAVAILABLE,
    NO_ACCOUNT,
    NOTHING_NEW,
    REFERENCE_REFUSED,
    ClaimError,
    NoSuchClaim,
)
from nft.clients.bundle import get_clients
from nft.core.evm.address import to_checksum
from nft.errors import NotYours
from nft.models import ClaimPicture, ReceivedToken, TokenClaim
from nft.settings.chains import describe_chain
from nft.transfers import received
from profiles.pictures.changing import AvatarNotShowable
from profiles.programs.operations import PAGED, Answer, Call, Group, Json, Operation, Parameter
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
    list_of,
    one_of,
    or_null,
    page_of,
    ref,
    text_up_to,
)
from profiles.scopes import READ

REFERENCE_CHARACTERS = 2048


def list_claims(call: Call) -> Answer:
    claims, following = pages.get_claims_page(user_of(call), call.now, call.after, call.limit)
    return {"claims": [entry(claim) for claim in claims], "next": None if following is None else str(following)}


def create(call: Call) -> Answer:
    said = call.values
    claim = claiming.create_claim(
        user_of(call), said["reference"], call.now, chain_id=said.get("chain_id"), clients=get_clients()
    )
    return get_claim(call, claim.pk)


def get_claim(call: Call, claim_id: UUID) -> Answer:
    claim = claiming.get_claim(user_of(call), claim_id)
    pages.decorate([claim], user_of(call), call.now)
    return entry(claim)


def recheck(call: Call, claim_id: UUID) -> Answer:
    claiming.recheck(user_of(call), claim_id, call.now)
    return get_claim(call, claim_id)


def dismiss(call: Call, claim_id: UUID) -> Answer:
    claiming.remove_claim(user_of(call), claim_id)
    return {"id": str(claim_id)}


def look_for_new_picture(call: Call, claim_id: UUID) -> Answer:
    new_picture.request_new_picture(user_of(call), claim_id, call.now)
    return get_claim(call, claim_id)


def use_new_picture(call: Call, claim_id: UUID) -> Answer:
    new_picture.use_new_picture(user_of(call), claim_id, call.now)
    return get_claim(call, claim_id)


def keep_old_picture(call: Call, claim_id: UUID) -> Answer:
    new_picture.keep_old_picture(user_of(call), claim_id, call.now)
    return get_claim(call, claim_id)


def list_received(call: Call) -> Answer:
    return {"received": [_offer(each) for each in received.get_received(user_of(call))]}


def accept_received(call: Call, received_id: int) -> Answer:
    return get_claim(call, received.accept_received(user_of(call), received_id, call.now).pk)


def decline_received(call: Call, received_id: int) -> Answer:
    received.decline_received(user_of(call), received_id, call.now)
    return {"id": received_id}


def entry(claim: TokenClaim) -> dict[str, object]:
    """Build the JSON of a decorated claim. It names no account: its owner may hide which of theirs holds the token."""
    status, checked_at = pages.claim_status(claim), claim.checked_at
    return {
        "id": str(claim.pk),
        "state": claim.state,
        "step": status["step"],
        "done": status["done"],
        "reason": status["reason"],
        "sentence": str(status["sentence"]),
        "chain_id": claim.chain_id,
        "chain_name": claim.chain_name,
        "contract": claim.contract_text,
        "token_id": claim.token_id_text,
        "standard": claim.standard,
        "name": claim.name,
        "collection": claim.collection,
        "picture_id": None if claim.image_avatar is None else str(claim.image_avatar.pk),
        "is_current": claim.is_current,
        "checked_at": None if checked_at is None else checked_at.isoformat(),
        "checked_block": claim.checked_block_number,
        "moved_at_block": claim.moved_at_block,
        "new_picture": claim.get_picture().state,
        "created_at": claim.created_at.isoformat(),
    }


def _offer(offered: ReceivedToken) -> dict[str, object]:
    return {
        "id": offered.pk,
        "chain_id": offered.chain_id,
        "chain_name": describe_chain(offered.chain_id).name,
        "contract": to_checksum(offered.contract),
        "token_id": str(offered.token_id),
        "standard": offered.standard,
        "name": offered.name,
        "seen_at": offered.seen_at.isoformat(),
    }


# --- what the document says -------------------------------------------------------------------------------------------

_TOKEN: dict[str, Schema] = {
    "chain_id": CHAIN_ID,
    "chain_name": CHAIN_NAME,
    "contract": ETH_ADDRESS,
    "token_id": TOKEN_ID,
    "standard": STANDARD,
    "name": TEXT,
}
_BLOCK: Schema = {"type": "integer", "minimum": 0}
_SCHEMAS: dict[str, Schema] = {
    "Claim": answer_of(
        {
            "id": IDENTIFIER,
            "state": one_of(
                list(TokenClaim.State.values),
                "What the chain last answered: unknown is not a no, and is asked again by itself.",
            ),
            "step": one_of(list(TokenClaim.Step.values), "What is done next."),
            "done": described(YES_NO, "Nothing more happens by itself. Until then, ask again every few seconds."),
            "reason": described(TEXT, "A stable slug of why there is no picture; else empty."),
            "sentence": described(TEXT, "The same for people."),
            **_TOKEN,
            "collection": TEXT,
            "picture_id": or_null(IDENTIFIER, "The picture in your history that was made of it."),
            "is_current": described(YES_NO, "It is your picture now."),
            "checked_at": or_null(MOMENT, "When the chain last answered."),
            "checked_block": or_null(_BLOCK, "The confirmed block at which it was asked."),
            "moved_at_block": or_null(_BLOCK, "A transfer was seen there that is not confirmed yet."),
            "new_picture": one_of(list(ClaimPicture.State.values), "changed: another picture waits for your decision."),
            "created_at": MOMENT,
        },
        "A token that you want to show.",
    ),
    "Claims": page_of("claims", "Claim", "A page of your claims, newest first."),
    "Dismissed": answer_of({"id": IDENTIFIER}, "The claim that was taken off your list."),
    "Received": answer_of(
        {"id": COUNT, **_TOKEN, "seen_at": MOMENT},
        "A token that was sent to you, and about which you decided nothing yet.",
    ),
    "ReceivedList": answer_of({"received": list_of(ref("Received"))}, "Tokens that were sent to you, newest first."),
    "Declined": answer_of({"id": COUNT}, "The offer that you are not asked about again."),
}
_ID = Parameter("claim_id", "path", IDENTIFIER, "Of a claim of yours.")
_OFFER = Parameter("received_id", "path", {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}, "Of an offer.")
_CREATE = input_of(
    {
        "reference": text_up_to(
            REFERENCE_CHARACTERS,
            "The token: contract and id, CAIP-19, CAIP-22 or CAIP-29, the address of its page on a marketplace, or an "
            "ENS name, whose “avatar” record names it.",
        ),
        "chain_id": CHAIN_ID,
    },
    required=("reference",),
    example={"reference": "eip155:1/erc721:0xb7F7F6C52F2e2fdb1963Eab30438024864c313F6/2430"},
)
_NO_SUCH = (NoSuchClaim.kind,)
_REFUSED = (ClaimError.kind, REFERENCE_REFUSED, NO_ACCOUNT, COLLECTION_REFUSED)
_ONE = "/me/claims/{claim_id}"

CLAIM_GROUP = Group(
    "Claims",
    "The tokens that you show, or want to show. Workers verify each at a confirmed block, and fetch its picture.",
    (
        Operation(
            "listClaims", "GET", "/me/claims", "Your claims, newest first.", list_claims, READ, "Claims", PAGED,
        ),
        Operation(
            "createClaim", "POST", "/me/claims",
            "Claims a token, to be your picture once it is verified. The same token again is checked again.",
            create, CLAIMS, "Claim", body=Json(_CREATE, 16 * 1024),
            problems=(*_REFUSED, NAMES_UNAVAILABLE), keeps_answer=True,
        ),
        Operation(
            "getClaim", "GET", _ONE, "A claim and its state.", get_claim, READ, "Claim", (_ID,), problems=_NO_SUCH,
        ),
        Operation(
            "checkClaim", "POST", f"{_ONE}/check", "Checks a claim again now, and fetches its picture if that failed.",
            recheck, CLAIMS, "Claim", (_ID,), problems=_NO_SUCH,
        ),
        Operation(
            "dismissClaim", "DELETE", _ONE,
            "Takes a claim off your list. Its picture stops being shown. Nothing happens to the token.",
            dismiss, CLAIMS, "Dismissed", (_ID,), problems=_NO_SUCH,
        ),
        Operation(
            "lookForNewPicture", "POST", f"{_ONE}/new-picture/look",
            "Looks whether the token has another picture by now.",
            look_for_new_picture, CLAIMS, "Claim", (_ID,), problems=(*_NO_SUCH, NOTHING_NEW),
        ),
        Operation(
            "useNewPicture", "POST", f"{_ONE}/new-picture/use", "Replaces the old picture by the new one.",
            use_new_picture, CLAIMS, "Claim", (_ID,),
            problems=(*_NO_SUCH, NOTHING_NEW, COLLECTION_REFUSED, AvatarNotShowable.kind, *DECODED),
        ),
        Operation(
            "keepOldPicture", "POST", f"{_ONE}/new-picture/keep", "Declines the new picture; it is not offered again.",
            keep_old_picture, CLAIMS, "Claim", (_ID,), problems=_NO_SUCH,
        ),
        Operation(
            "listReceived", "GET", "/me/received", "Tokens that were sent to you, to show or to leave.",
            list_received, WALLETS_READ, "ReceivedList",
        ),
        Operation(
            "acceptReceived", "POST", "/me/received/{received_id}/accept", "Claims a token that was sent to you.",
            accept_received, CLAIMS, "Claim", (_OFFER,), problems=(NotYours.kind, *_REFUSED),
        ),
        Operation(
            "declineReceived", "POST", "/me/received/{received_id}/decline", "Doesn't ask you about the token again.",
            decline_received, CLAIMS, "Declined", (_OFFER,), problems=(NotYours.kind,),
        ),
    ),
    _SCHEMAS,
)  # fmt: skip
