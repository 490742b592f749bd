"""The tokens a person's accounts seem to hold, in pages to choose from. Everything here is read from our own rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Max, Q, QuerySet

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address, to_checksum
from nft.core.tokens.spam import SENTENCES, SpamSign
from nft.gallery.progress import Counts
from nft.models import HeldToken, TokenClaim
from nft.settings import conf
from nft.settings.chains import describe_chain
from profiles.pictures.pages import Position
from profiles.serving.content import rendition_bytes
from profiles.store.renditions import pick_rendition

if TYPE_CHECKING:
    from profiles.models import StoredImage

PAGE_SIZE = 24
PICTURE_SIZE = 256
MAIN, HIDDEN, SPAM = "", "hidden", "spam"
CHOICES = 200
"""Collections to choose from; whoever has more finds them by their name."""
_AUTOMATIC, _SHOWN, _HIDDEN = HeldToken.Shelf.AUTOMATIC, HeldToken.Shelf.SHOWN, HeldToken.Shelf.HIDDEN
_ON_SHELF = {
    MAIN: Q(shelf=_SHOWN) | Q(shelf=_AUTOMATIC, spam=""),
    HIDDEN: Q(shelf=_HIDDEN),
    SPAM: Q(shelf=_AUTOMATIC) & ~Q(spam=""),
}


class NoSuchToken(Exception):
    """None of this person's."""


@dataclass(frozen=True)
class Wish:
    """What a person wants to see. `collection` is a contract's text, `chain_id` None for all."""

    query: str = ""
    collection: str = ""
    chain_id: int | None = None
    shelf: str = MAIN
    after: Position | None = None

    @property
    def is_narrow(self) -> bool:
        return bool(self.query or self.collection or self.chain_id)


@dataclass(frozen=True)
class GalleryPage:
    tokens: list[HeldToken]
    next: Position | None


@dataclass(frozen=True)
class Shelves:
    """How many tokens lie where, and which collections and chains there are: pairs of value and label."""

    main: int
    hidden: int
    spam: int
    collections: list[tuple[str, str]]
    chains: list[tuple[int, str]]
    counts: Counts

    @property
    def total(self) -> int:
        return self.counts.all


def gallery_page(user: User, wish: Wish) -> GalleryPage:
    tokens = _wanted(user, wish)
    if wish.after is not None:
        same = Q(first_seen_at=wish.after.chosen_at, id__lt=wish.after.avatar_id)
        tokens = tokens.filter(Q(first_seen_at__lt=wish.after.chosen_at) | same)
    found = list(tokens.select_related("image").order_by("-first_seen_at", "-id")[: PAGE_SIZE + 1])
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return GalleryPage(found[:PAGE_SIZE], None if last is None else Position(last.first_seen_at, last.pk))


def decorate(tokens: Iterable[HeldToken], claims: Iterable[TokenClaim]) -> None:
    """Adds what templates ask for. `claims` are this person's, decorated themselves."""
    by_token = {(claim.chain_id, claim.contract, claim.token_id): claim for claim in claims}
    for token in tokens:
        token.chain_name = describe_chain(token.chain_id).name
        token.claim = by_token.get((token.chain_id, token.contract, token.token_id))
        token.is_current = token.claim is not None and token.claim.is_current
        token.spam_sentence = SENTENCES[SpamSign(token.spam)] if token.spam else ""


def shelves(user: User) -> Shelves:
    """One query, however many tokens there are."""
    counts = {MAIN: 0, HIDDEN: 0, SPAM: 0}
    names: dict[bytes, str] = {}
    sizes: dict[bytes, int] = {}
    chains: dict[int, str] = {}
    confirmed = pictures = due = 0
    groups = HeldToken.objects.filter(account__user=user).order_by().values("chain_id", "contract", "shelf", "spam")
    for group in groups.annotate(
        count=Count("pk"),
        title=Max("collection"),
        confirmed=Count("seen_at_block"),
        pictures=Count("image"),
        due=Count("due_at"),
    ):
        confirmed, pictures = confirmed + group["confirmed"], pictures + group["pictures"]
        due += group["due"]
        contract = bytes(group["contract"])
        counts[_shelf_of(group)] += group["count"]
        names[contract] = names.get(contract) or group["title"]
        sizes[contract] = sizes.get(contract, 0) + group["count"]
        chains[group["chain_id"]] = describe_chain(group["chain_id"]).name
    choices = _choices(names, sizes), sorted(chains.items())
    seen = Counts(sum(counts.values()), confirmed, pictures, due)
    return Shelves(counts[MAIN], counts[HIDDEN], counts[SPAM], *choices, seen)


def set_shelf(user: User, held_id: UUID, shelf: str) -> str:
    """Hides a token, shows it again, or leaves it to us; where it lay before. Raises NoSuchToken."""
    token = _own(user, held_id)
    before, token.shelf = token.shelf, HeldToken.Shelf(shelf)
    token.save(update_fields=["shelf"])
    return before


def picture_of(user: User, held_id: UUID) -> bytes:
    """Its square as WebP, for its person's eyes. Raises NoSuchToken, profiles.store.objects.StorageError."""
    return square_bytes(_own(user, held_id).image)


def square_bytes(image: StoredImage | None) -> bytes:
    """As WebP. Raises NoSuchToken where there is none, profiles.store.objects.StorageError."""
    square = None if image is None else pick_rendition(image.renditions.all(), PICTURE_SIZE)
    if square is None:
        raise NoSuchToken
    return rendition_bytes(square)


def indexer_names() -> list[str]:
    """Who learns an address, if its person lets us ask them."""
    return list(dict.fromkeys(indexer.shown_name for indexer in conf().indexers))


def _wanted(user: User, wish: Wish) -> QuerySet[HeldToken]:
    tokens = HeldToken.objects.filter(_ON_SHELF.get(wish.shelf, _ON_SHELF[MAIN]), account__user=user)
    if wish.chain_id is not None:
        tokens = tokens.filter(chain_id=wish.chain_id)
    if wish.collection:
        tokens = tokens.filter(contract=_contract(wish.collection))
    if wish.query:
        words = Q(name__icontains=wish.query) | Q(collection__icontains=wish.query)
        is_number = wish.query.isascii() and wish.query.isdigit() and len(wish.query) <= 77
        tokens = tokens.filter(words | Q(token_id=int(wish.query)) if is_number else words)
    return tokens


def _contract(text: str) -> bytes:
    """Nobody's, where it is none: then the page is empty."""
    try:
        return parse_address(text)
    except InvalidIdentifier:
        return bytes(20)


def _shelf_of(group: Mapping[str, Any]) -> str:
    if group["shelf"] == _HIDDEN:
        return HIDDEN
    return SPAM if group["shelf"] == _AUTOMATIC and group["spam"] else MAIN


def _choices(names: Mapping[bytes, str], sizes: Mapping[bytes, int]) -> list[tuple[str, str]]:
    """By name, those without one last."""
    texts = {contract: to_checksum(contract) for contract in names}
    order = sorted(names, key=lambda one: (not names[one], names[one].casefold(), texts[one]))
    return [
        (texts[one], f"{names[one] or texts[one][:8] + '…' + texts[one][-4:]} ({sizes[one]})")
        for one in order[:CHOICES]
    ]


def _own(user: User, held_id: UUID) -> HeldToken:
    token = HeldToken.objects.filter(account__user=user, pk=held_id).select_related("image").first()
    if token is None:
        raise NoSuchToken
    return token
