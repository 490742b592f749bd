"""The gallery of tokens that a person's accounts hold, in pages to choose from. Only our own rows are read."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address, to_checksum
from nft.core.tokens.spam import SENTENCES, SpamSign
from nft.models import Collection, HeldToken, TokenClaim
from nft.settings import conf
from nft.settings.chains import describe_chain
from nft.tokens.collection_policy import decide_refusal
from profiles.errors import ExpectedError, Kind
from profiles.positions import Position, take_page
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.serving.content import rendition_bytes
from profiles.store.renditions import pick_rendition

if TYPE_CHECKING:
    from profiles.models import StoredImage

PAGE_SIZE = 24
PICTURE_SIZE = 256
MAIN, HIDDEN, SPAM = "", "hidden", "spam"
# Collections in the filter. Others are found by the search field.
MAX_CHOICES = 200
_AUTOMATIC, _SHOWN, _HIDDEN = HeldToken.Shelf.AUTOMATIC, HeldToken.Shelf.SHOWN, HeldToken.Shelf.HIDDEN
_ON_SHELF = {
    MAIN: Q(shelf=_SHOWN) | Q(shelf=_AUTOMATIC, spam=""),
    HIDDEN: Q(shelf=_HIDDEN),
    SPAM: Q(shelf=_AUTOMATIC) & ~Q(spam=""),
}


# A token: its chain, contract and id.
TOKEN = ("chain_id", "contract", "token_id")
Key = tuple[int, bytes, int]


class NoSuchToken(ExpectedError):
    """The person has no such token, or it has no picture."""

    kind: ClassVar[Kind] = Kind("no-such-token", gettext_noop("No such token"), 404)

    def __init__(self) -> None:
        super().__init__(_("You no longer hold this token."))


@dataclass(frozen=True)
class GalleryFilter:
    """The filters of the gallery. `collection` is a contract's address as text; `chain_id` is None for all chains."""

    query: str = ""
    collection: str = ""
    chain_id: int | None = None
    shelf: str = MAIN
    after: Position | None = None

    @property
    def is_narrow(self) -> bool:
        """Return whether a filter is set."""
        return bool(self.query or self.collection or self.chain_id)


@dataclass(frozen=True)
class GalleryPage:
    """One page of tokens. `next` is the position of the next page, None on the last one."""

    tokens: list[HeldToken]
    next: Position | None


@dataclass(frozen=True)
class Shelves:
    """The number of tokens on each shelf, and the choices of the filters as pairs of value and label."""

    main: int
    hidden: int
    spam: int
    collections: list[tuple[str, str]]
    chains: list[tuple[int, str]]

    @property
    def total(self) -> int:
        return self.main + self.hidden + self.spam


def get_page(user: User, wanted: GalleryFilter, size: int = PAGE_SIZE) -> GalleryPage:
    """Return the newest tokens that match, after the position of the page before."""
    tokens = _filter(user, wanted).select_related("image")
    return GalleryPage(*take_page(tokens, "first_seen_at", wanted.after, size))


def decorate(tokens: Sequence[HeldToken], claims: Iterable[TokenClaim], new: Container[Key]) -> None:
    """Set the attributes that pages need. `claims` are this person's, decorated themselves.

    `new`: the tokens that arrived lately, and about which the person has decided nothing yet.
    """
    by_token = {(claim.chain_id, claim.contract, claim.token_id): claim for claim in claims}
    decided = Collection.objects.filter(contract__in={token.contract for token in tokens}) if tokens else ()
    collections = {(row.chain_id, row.contract): row for row in decided}
    for token in tokens:
        key = (token.chain_id, token.contract, token.token_id)
        row = collections.get((token.chain_id, token.contract))
        token.chain_name = describe_chain(token.chain_id).name
        token.claim = by_token.get(key)
        token.is_current = token.claim is not None and token.claim.is_current
        token.is_new = key in new and token.claim is None
        token.spam_sentence = _(SENTENCES[SpamSign(token.spam)]) if token.spam else ""
        token.refusal = decide_refusal(row, token.chain_id, token.contract)


def get_new(user: User) -> set[Key]:
    """Return the tokens that were sent to the person and about which they have decided nothing yet."""
    offered = user.nft_received_tokens.filter(answered_at=None)
    return {(chain_id, bytes(contract), token_id) for chain_id, contract, token_id in offered.values_list(*TOKEN)}


def filter_claims(claims: Iterable[TokenClaim], wanted: GalleryFilter) -> list[TokenClaim]:
    """Return the claims that stand before the tokens: under way or by delegation, which no account of theirs holds."""
    if wanted.shelf != MAIN or wanted.after is not None:
        return []
    contract = _parse_contract(wanted.collection) if wanted.collection else None
    return [
        claim
        for claim in claims
        if claim.state != TokenClaim.State.NOT_OWNED
        and not claim.is_held
        and contract in {None, claim.contract}
        and wanted.chain_id in {None, claim.chain_id}
        and wanted.query.casefold() in f"{claim.name} {claim.collection} {claim.token_id}".casefold()
    ]


def get_shelves(user: User) -> Shelves:
    """Count a person's tokens by shelf, collection and chain, with one query."""
    counts = {MAIN: 0, HIDDEN: 0, SPAM: 0}
    names: dict[bytes, str] = {}
    sizes: dict[bytes, int] = {}
    chains: dict[int, str] = {}
    groups = _held_once(user).order_by().values("chain_id", "contract", "shelf", "spam")
    for group in groups.annotate(count=Count("pk"), title=Max("collection")):
        contract = bytes(group["contract"])
        automatic = SPAM if group["shelf"] == _AUTOMATIC and group["spam"] else MAIN
        counts[HIDDEN if group["shelf"] == _HIDDEN else automatic] += group["count"]
        names[contract] = names.get(contract) or group["title"]
        sizes[contract] = sizes.get(contract, 0) + group["count"]
        chains[group["chain_id"]] = describe_chain(group["chain_id"]).name
    return Shelves(counts[MAIN], counts[HIDDEN], counts[SPAM], _build_choices(names, sizes), sorted(chains.items()))


def set_shelf(user: User, held_id: UUID, shelf: str) -> str:
    """Put a token on a shelf (a value of HeldToken.Shelf). Return the one before. Raise NoSuchToken."""
    token = _get_own(user, held_id)
    same = HeldToken.objects.filter(account__user=user, chain_id=token.chain_id, contract=token.contract)
    same.filter(token_id=token.token_id).update(shelf=HeldToken.Shelf(shelf))  # whichever of their accounts holds it
    return token.shelf


def get_picture(user: User, held_id: UUID) -> bytes:
    """Return a token's square picture as WebP, for its person only. Raise NoSuchToken or StorageError."""
    return get_square(_get_own(user, held_id).image)


def get_square(image: StoredImage | None) -> bytes:
    """Return an image's square as WebP. Raise NoSuchToken if there is none, or StorageError."""
    square = None if image is None else pick_rendition(image.renditions.all(), PICTURE_SIZE)
    if square is None:
        raise NoSuchToken
    return rendition_bytes(square)


def get_indexer_names() -> list[str]:
    """Return the names of the configured indexers, which learn an address if its person agrees."""
    return list(dict.fromkeys(indexer.shown_name for indexer in conf().indexers))


def _filter(user: User, wanted: GalleryFilter) -> QuerySet[HeldToken]:
    tokens = _held_once(user).filter(_ON_SHELF.get(wanted.shelf, _ON_SHELF[MAIN]))
    if wanted.chain_id is not None:
        tokens = tokens.filter(chain_id=wanted.chain_id)
    if wanted.collection:
        tokens = tokens.filter(contract=_parse_contract(wanted.collection))
    if wanted.query:
        words = Q(name__icontains=wanted.query) | Q(collection__icontains=wanted.query)
        is_number = wanted.query.isascii() and wanted.query.isdigit() and len(wanted.query) <= 77
        tokens = tokens.filter(words | Q(token_id=int(wanted.query)) if is_number else words)
    return tokens


def _held_once(user: User) -> QuerySet[HeldToken]:
    """Return the tokens of a person, each once: two accounts may hold copies of it, or it is between them."""
    token = {name: OuterRef(name) for name in TOKEN}
    later = Q(first_seen_at__gt=OuterRef("first_seen_at")) | Q(
        first_seen_at=OuterRef("first_seen_at"), id__gt=OuterRef("id")
    )
    others = HeldToken.objects.filter(later, account__user=user, **token)
    return HeldToken.objects.filter(~Exists(others), account__user=user)


def _parse_contract(text: str) -> bytes:
    """Return the address, or the zero address, which has no tokens, if it is none."""
    try:
        return parse_address(text)
    except InvalidIdentifier:
        return bytes(20)


def _build_choices(names: Mapping[bytes, str], sizes: Mapping[bytes, int]) -> list[tuple[str, str]]:
    """Return address and label of each collection, sorted by name; those without a name come last."""
    texts = {contract: to_checksum(contract) for contract in names}
    choices = []
    for contract in sorted(names, key=lambda each: (not names[each], names[each].casefold(), texts[each])):
        text = texts[contract]
        choices.append((text, f"{names[contract] or f'{text[:8]}…{text[-4:]}'} ({sizes[contract]})"))
    return choices[:MAX_CHOICES]


def _get_own(user: User, held_id: UUID) -> HeldToken:
    token = HeldToken.objects.filter(account__user=user, pk=held_id).select_related("image").first()
    if token is None:
        raise NoSuchToken
    return token
