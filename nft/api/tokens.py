"""Operations on the tokens that a person's accounts seem to hold."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse

from nft.api.accounts import user_of
from nft.api.schemas import CHAIN_ID, CHAIN_NAME, ETH_ADDRESS, STANDARD, TOKEN_ID
from nft.api.scopes import CLAIMS, WALLETS_READ
from nft.claims.pages import shown_claims
from nft.gallery import pages
from nft.gallery.pages import HIDDEN, MAIN, SPAM, GalleryFilter, NoSuchToken
from nft.gallery.pictures import PER_PAGE, request_pictures
from nft.gallery.progress import count_tokens, get_progress
from nft.gallery.search import request_searches
from nft.models import HeldToken
from profiles.programs.operations import PAGED, Answer, Call, Group, Json, Media, Operation, Parameter
from profiles.programs.problems import STORE
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
    text_up_to,
)

# How programs name the shelves: in the gallery, the main one is "" and the others are words.
SHELVES = {"main": MAIN, "hidden": HIDDEN, "set-aside": SPAM}
PUT = {"automatic": HeldToken.Shelf.AUTOMATIC, "main": HeldToken.Shelf.SHOWN, "hidden": HeldToken.Shelf.HIDDEN}


def list_tokens(call: Call) -> Answer:
    said, user = call.values, user_of(call)
    shelf = SHELVES[said.get("shelf", "main")]
    wanted = GalleryFilter(said.get("q", ""), said.get("collection", ""), said.get("chain_id"), shelf, call.after)
    page = pages.get_page(user, wanted, call.limit)
    pages.decorate(page.tokens, shown_claims(user, call.now).claims, pages.get_new(user))
    following = None if page.next is None else str(page.next)
    return {"tokens": [_entry(token) for token in page.tokens], "next": following}


def put_on_shelf(call: Call, token_id: UUID) -> Answer:
    before = pages.set_shelf(user_of(call), token_id, PUT[call.values["shelf"]])
    return {"before": next(name for name, shelf in PUT.items() if shelf == before)}


def get_picture(call: Call, token_id: UUID) -> Answer:
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(pages.get_picture(user_of(call), token_id), content_type="image/webp", headers=headers)


def fetch_pictures(call: Call) -> Answer:
    """Queue the pictures of the tokens that are named. Those of others, and unknown ones, are passed over."""
    queued = request_pictures(user_of(call), [UUID(each) for each in call.values["ids"]], call.now)
    return {"queued": queued}


def search(call: Call) -> Answer:
    request_searches(user_of(call), call.now, asks_indexers=call.values.get("ask_indexers", False))
    return get_search(call)


def get_search(call: Call) -> Answer:
    user = user_of(call)
    progress = get_progress(user, count_tokens(user), call.owner.avatar_version)
    return {
        "done": not progress.is_busy,
        "was_searched": progress.was_searched,
        "percent": progress.percent,
        "found": progress.found,
        "pictures_due": progress.pictures_due,
        "sentence": str(progress.sentence),
        "troubles": [str(trouble) for trouble in progress.troubles],
    }


def _entry(token: HeldToken) -> dict[str, object]:
    return {
        "id": str(token.pk),
        "asset": token.asset_id,
        "chain_id": token.chain_id,
        "chain_name": token.chain_name,
        "contract": token.contract_text,
        "token_id": token.token_id_text,
        "standard": token.standard,
        "name": token.name,
        "collection": token.collection,
        "account_id": str(token.account_id),
        "is_confirmed": token.is_settled,
        "is_new": token.is_new,
        "is_current": token.is_current,
        "claim_id": None if token.claim is None else str(token.claim.pk),
        "has_picture": token.image_id is not None,
        "warning": str(token.warning or token.spam_sentence or token.refusal),
        "first_seen_at": token.first_seen_at.isoformat(),
    }


# --- what the document says -------------------------------------------------------------------------------------------

_SCHEMAS: dict[str, Schema] = {
    "Token": answer_of(
        {
            "id": IDENTIFIER,
            "asset": described(TEXT, "CAIP-19. Claim the token by it."),
            "chain_id": CHAIN_ID,
            "chain_name": CHAIN_NAME,
            "contract": ETH_ADDRESS,
            "token_id": TOKEN_ID,
            "standard": STANDARD,
            "name": TEXT,
            "collection": TEXT,
            "account_id": described(IDENTIFIER, "Of your account that holds it."),
            "is_confirmed": described(YES_NO, "A confirmed block said that the account holds it."),
            "is_new": described(YES_NO, "It arrived lately, and you decided nothing about it yet."),
            "is_current": described(YES_NO, "It is your picture now."),
            "claim_id": or_null(IDENTIFIER, "Of your claim of it."),
            "has_picture": YES_NO,
            "warning": described(TEXT, "Why to be careful with it, or why it is not shown here; else empty."),
            "first_seen_at": MOMENT,
        },
        "A token that an account of yours seems to hold.",
    ),
    "Tokens": page_of("tokens", "Token", "A page of your tokens, the newest first."),
    "Shelf": answer_of({"before": one_of(list(PUT))}, "Where it lay before."),
    "QueuedPictures": answer_of({"queued": COUNT}, "How many pictures are being fetched."),
    "Search": answer_of(
        {
            "done": described(YES_NO, "Nothing will change by itself."),
            "was_searched": YES_NO,
            "percent": described(COUNT, "Of the blocks to read."),
            "found": described(COUNT, "Tokens so far."),
            "pictures_due": COUNT,
            "sentence": described(TEXT, "What is being done; empty if nothing is."),
            "troubles": list_of(TEXT, "What could not be asked: there may be more tokens than were found."),
        },
        "How far the search for your tokens is.",
    ),
}
_ID = Parameter("token_id", "path", IDENTIFIER, "The id of a token in your list.")
_FILTERS = (
    Parameter("shelf", "query", one_of(list(SHELVES)), "main by default. set-aside: what looks like advertising."),
    Parameter("q", "query", text_up_to(100), "Words of its name or collection, or its token id."),
    Parameter("collection", "query", text_up_to(42), "The address of a contract."),
    Parameter("chain_id", "query", CHAIN_ID, "One chain."),
)
_SEARCH = input_of(
    {"ask_indexers": described(YES_NO, "Whether the addresses may be told to the indexers that this site names.")}
)
_PICTURES = input_of({"ids": list_of(IDENTIFIER, "Of tokens in your list.", most=PER_PAGE)}, required=("ids",))

TOKENS = Group(
    "Tokens",
    "The tokens that your accounts seem to hold, to choose from. What counts is verified when you claim one.",
    (
        Operation(
            "listTokens", "GET", "/me/tokens", "Your tokens, the newest first.",
            list_tokens, WALLETS_READ, "Tokens", (*PAGED, *_FILTERS),
        ),
        Operation(
            "searchTokens", "POST", "/me/tokens/search", "Looks for your tokens again.",
            search, WALLETS_READ, "Search", body=Json(_SEARCH, is_required=False),
        ),
        Operation(
            "getTokenSearch", "GET", "/me/tokens/search", "How far the search is.", get_search, WALLETS_READ, "Search",
        ),
        Operation(
            "fetchTokenPictures", "POST", "/me/tokens/pictures",
            "Fetches the pictures of tokens that have none. This site may ask any host that keeps one.",
            fetch_pictures, WALLETS_READ, "QueuedPictures", body=Json(_PICTURES, 16 * 1024),
        ),
        Operation(
            "moveToken", "PATCH", "/me/tokens/{token_id}", "Puts a token on another shelf.",
            put_on_shelf, CLAIMS, "Shelf", (_ID,),
            Json(input_of({"shelf": one_of(list(PUT))}, required=("shelf",), example={"shelf": "hidden"})),
            (NoSuchToken.kind,),
        ),
        Operation(
            "getTokenPicture", "GET", "/me/tokens/{token_id}/picture", "The picture of a token, for you alone.",
            get_picture, WALLETS_READ, Media("The picture.", ("image/webp",)), (_ID,),
            problems=(NoSuchToken.kind, *STORE),
        ),
    ),
    _SCHEMAS,
)  # fmt: skip
