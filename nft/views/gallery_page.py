"""Decide what the gallery says: the tokens that a person's accounts seem to hold, by shelf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from nft.gallery.pages import HIDDEN, MAIN, SPAM, GalleryFilter, Shelves
from nft.gallery.progress import Progress
from nft.models import HeldToken
from profiles.page_parts import Action, Empty, Pill

ANCHOR = "#held"
IN_USE = Pill("In use", "good")
UNCONFIRMED = Pill("Not confirmed yet", "wait")
SHELF_LABELS = {MAIN: "Tokens", HIDDEN: "Hidden", SPAM: "Set aside"}


@dataclass(frozen=True)
class HeldEntry:
    """A token in the gallery. `number` stands in for a missing picture; `is_waiting`: the picture is being fetched.

    `url` leads to the person's claim of the token, and is empty without one.
    """

    id: UUID
    name: str
    url: str
    number: str
    place: str
    is_current: bool
    is_waiting: bool
    picture_url: str
    pill: Pill | None
    warning: str
    spam_note: str
    trouble: str
    actions: tuple[Action, ...]


def held_entry(token: HeldToken, wanted: GalleryFilter, *, names_chain: bool) -> HeldEntry:
    """Return a token that went through nft.gallery.pages.decorate. `names_chain`: there is more than one chain."""
    is_spam = wanted.shelf == SPAM
    has_trouble = not is_spam and token.image_id is None and token.may_ask_hosts
    return HeldEntry(
        id=token.pk,
        name=str(token),
        url=reverse("nft:claim_detail", args=[token.claim.pk]) if token.claim else "",
        number=token.short_id,
        place=held_place(token, names_chain=names_chain),
        is_current=token.is_current,
        is_waiting=not is_spam and token.image_id is None and token.due_at is not None,
        picture_url="" if is_spam else picture_url(token),
        pill=IN_USE if token.is_current else None if token.seen_at_block else UNCONFIRMED,
        warning=token.warning,
        spam_note=token.spam_sentence if is_spam else "",
        trouble=token.last_error if has_trouble else "",
        actions=held_actions(token, wanted),
    )


def held_place(token: HeldToken, *, names_chain: bool) -> str:
    """Return the collection, or its contract's address in short, and the chain if wanted."""
    contract = token.contract_text
    place = token.collection or f"{contract[:6]}…{contract[-4:]}"
    return f"{place}, {token.chain_name}" if names_chain else place


def picture_url(token: HeldToken) -> str:
    if token.image is None:
        return ""
    return f"{reverse('nft:held_picture', args=[token.pk])}?v={token.image.sha256[:12]}"


def held_actions(token: HeldToken, wanted: GalleryFilter) -> tuple[Action, ...]:
    subject = f"{token}, number {token.short_id}"
    use = Action(
        "Use as my picture",
        reverse("nft:claim_create"),
        is_post=True,
        style="primary small",
        subject=subject,
        fields=(("reference", str(token.asset_id)),),
    )
    label, shelf, style = {
        HIDDEN: ("Show again", HeldToken.Shelf.AUTOMATIC, "small"),
        SPAM: ("Not advertising", HeldToken.Shelf.SHOWN, "small"),
    }.get(wanted.shelf, ("Hide", HeldToken.Shelf.HIDDEN, "small quiet"))
    move = Action(
        label,
        reverse("nft:held_shelf", args=[token.pk]),
        is_post=True,
        style=style,
        subject=subject,
        fields=kept_fields(wanted),
        pressed=("put", str(shelf)),
    )
    return (move,) if token.is_current or wanted.shelf == SPAM else (use, move)


def kept_fields(wanted: GalleryFilter) -> tuple[tuple[str, str], ...]:
    """Return what brings a person back to the same list."""
    fields = {"q": wanted.query, "collection": wanted.collection, "chain": wanted.chain_id, "shelf": wanted.shelf}
    return tuple((name, str(value)) for name, value in fields.items() if value)


@dataclass(frozen=True)
class Filter:
    """A choice that narrows the list: `choices` are value, label and whether it is chosen."""

    name: str
    label: str
    everything: str
    choices: tuple[tuple[str, str, bool], ...]


def filters(shelves: Shelves, wanted: GalleryFilter) -> tuple[Filter, ...]:
    """Return the choices that have more than one value."""
    collections = tuple((value, label, value == wanted.collection) for value, label in shelves.collections)
    chains = tuple((str(value), label, value == wanted.chain_id) for value, label in shelves.chains)
    offered = (
        Filter("collection", "Collection", "All collections", collections),
        Filter("chain", "Chain", "All chains", chains),
    )
    return tuple(each for each in offered if len(each.choices) > 1)


@dataclass(frozen=True)
class ShelfTab:
    label: str
    count: int
    url: str
    is_current: bool


def shelf_tabs(shelves: Shelves, wanted: GalleryFilter) -> tuple[ShelfTab, ...]:
    """Return the shelves to choose from: none while everything lies on the main one."""
    counts = {MAIN: shelves.main, HIDDEN: shelves.hidden, SPAM: shelves.spam}
    if not (shelves.hidden or shelves.spam or wanted.shelf):
        return ()
    url = reverse("nft:tokens")
    return tuple(
        ShelfTab(SHELF_LABELS[shelf], count, url + (f"?shelf={shelf}" if shelf else "") + ANCHOR, shelf == wanted.shelf)
        for shelf, count in counts.items()
        if count or shelf in {MAIN, wanted.shelf}
    )


def indexers_label(names: Sequence[str]) -> str:
    """Return the label of the box that lets indexers be asked, empty if there are none."""
    if not names:
        return ""
    *others, last = names
    return f"Also ask {', '.join(others)} or {last}" if others else f"Also ask {last}"


@dataclass(frozen=True)
class EmptyGallery:
    """What stands in place of an empty list: placeholders while the search runs, the search form, or `words`."""

    is_loading: bool = False
    is_unsearched: bool = False
    words: Empty | None = None


def empty_gallery(wanted: GalleryFilter, shelves: Shelves, progress: Progress, *, has_claims: bool) -> EmptyGallery:
    if progress.is_running and not wanted.is_narrow and wanted.shelf == MAIN:
        return EmptyGallery(is_loading=True)
    if words := _empty_shelf(wanted, shelves):
        return EmptyGallery(words=words)
    if not progress.was_searched:
        return EmptyGallery(is_unsearched=True)
    return EmptyGallery() if progress.troubles else EmptyGallery(words=_nothing_found(has_claims=has_claims))


def _empty_shelf(wanted: GalleryFilter, shelves: Shelves) -> Empty | None:
    if wanted.is_narrow:
        everything = Action("Show all tokens", reverse("nft:tokens") + ANCHOR)
        return Empty("Nothing matches", "No token on this shelf has these words or is of this collection.", everything)
    if wanted.shelf == HIDDEN:
        return Empty("Nothing is hidden", "Tokens you hide lie here, and can be shown again.")
    if wanted.shelf == SPAM:
        return Empty("Nothing is set aside", "Tokens that look like advertising would lie here.")
    if shelves.total:
        return Empty("All of them lie on other shelves", "Look at the hidden ones, and at what was set aside.")
    return None


def _nothing_found(*, has_claims: bool) -> Empty:
    if has_claims:
        text = (
            "When we last looked, the collections this site knows had no token of your accounts. What you chose "
            "yourself is in your list below; “Look again” finds what came since."
        )
        return Empty("Nothing new found", text)
    text = (
        "None of the collections this site knows has a token of your accounts. One of another collection can be pasted "
        "below, and its collection is known from then on."
    )
    return Empty("No tokens found", text)
