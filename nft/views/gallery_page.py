"""Decide what the gallery says: the tokens that a person's accounts seem to hold, by shelf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nft.gallery.pages import HIDDEN, MAIN, SPAM, GalleryFilter, Shelves
from nft.gallery.progress import Progress
from profiles.page_parts import Action, Empty

ANCHOR = "#held"
SHELF_LABELS = {
    MAIN: gettext_lazy("Tokens"),
    HIDDEN: gettext_lazy("Hidden"),
    SPAM: gettext_lazy("Set aside"),
}


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
        Filter("collection", _("Collection"), _("All collections"), collections),
        Filter("chain", _("Chain"), _("All chains"), chains),
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
        ShelfTab(
            str(SHELF_LABELS[shelf]), count, url + (f"?shelf={shelf}" if shelf else "") + ANCHOR, shelf == wanted.shelf
        )
        for shelf, count in counts.items()
        if count or shelf in {MAIN, wanted.shelf}
    )


def indexers_label(names: Sequence[str]) -> str:
    """Return the label of the box that lets indexers be asked, empty if there are none."""
    if not names:
        return ""
    *others, last = names
    if not others:
        return _("Also ask %(name)s") % {"name": last}
    return _("Also ask %(names)s or %(last)s") % {"names": ", ".join(others), "last": last}


@dataclass(frozen=True)
class EmptyGallery:
    """What stands in place of an empty list: placeholders while the search runs, the search form, or `words`."""

    is_loading: bool = False
    is_unsearched: bool = False
    words: Empty | None = None


def empty_gallery(wanted: GalleryFilter, shelves: Shelves, progress: Progress) -> EmptyGallery:
    if progress.is_running and not wanted.is_narrow and wanted.shelf == MAIN:
        return EmptyGallery(is_loading=True)
    if words := _empty_shelf(wanted, shelves):
        return EmptyGallery(words=words)
    if not progress.was_searched:
        return EmptyGallery(is_unsearched=True)
    return EmptyGallery() if progress.troubles else EmptyGallery(words=_nothing_found())


def _empty_shelf(wanted: GalleryFilter, shelves: Shelves) -> Empty | None:
    if wanted.is_narrow:
        return Empty(_("Nothing matches"), "", Action(_("Show all tokens"), reverse("nft:tokens") + ANCHOR))
    if wanted.shelf == HIDDEN:
        return Empty(_("Nothing is hidden"), "")
    if wanted.shelf == SPAM:
        return Empty(_("Nothing is set aside"), _("Tokens that look like advertising would lie here."))
    return Empty(_("All of them lie on other shelves"), "") if shelves.total else None


def _nothing_found() -> Empty:
    text = _("Does it belong to a collection we don’t know yet? Paste its address below.")
    return Empty(_("No tokens found"), text, Action(_("Make an NFT"), reverse("nft:mint")))
