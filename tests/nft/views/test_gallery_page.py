"""What the gallery says of tokens, shelves and an empty list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nft.gallery.pages import HIDDEN, SPAM, GalleryFilter, Shelves
from nft.gallery.progress import Progress
from nft.views import gallery_page as pages

SEARCHED = Progress(False, False, True, 100, 0, 0, [], "")
NOTHING = Shelves(0, 0, 0, [], [])


def shelves(main: int, hidden: int, spam: int) -> Shelves:
    return replace(NOTHING, main=main, hidden=hidden, spam=spam)


@pytest.mark.parametrize(
    ("counts", "shelf", "labels"),
    [
        ((3, 0, 0), "", []),
        ((3, 2, 0), "", ["Tokens", "Hidden"]),
        ((3, 0, 1), "", ["Tokens", "Set aside"]),
        ((3, 0, 0), HIDDEN, ["Tokens", "Hidden"]),
    ],
)
def test_shelves_with_something_on_them(counts: tuple[int, int, int], shelf: str, labels: list[str]) -> None:
    tabs = pages.shelf_tabs(shelves(*counts), GalleryFilter(shelf=shelf))
    assert [tab.label for tab in tabs] == labels
    assert [tab.is_current for tab in tabs].count(True) == (1 if labels else 0)


def test_a_choice_of_one_is_none() -> None:
    several = replace(NOTHING, collections=[("0xA", "A"), ("0xB", "B")], chains=[(1, "Ethereum")])
    (only,) = pages.filters(several, GalleryFilter(collection="0xB"))
    assert [chosen for _, _, chosen in only.choices] == [False, True]


@pytest.mark.parametrize(
    ("names", "expected"),
    [([], ""), (["A"], "Also ask A"), (["A", "B"], "Also ask A or B"), (["A", "B", "C"], "Also ask A, B or C")],
)
def test_indexers_are_named(names: list[str], expected: str) -> None:
    assert pages.indexers_label(names) == expected


@pytest.mark.parametrize(
    ("wish", "found", "progress", "title"),
    [
        (GalleryFilter(query="x"), NOTHING, SEARCHED, "Nothing matches"),
        (GalleryFilter(shelf=HIDDEN), NOTHING, SEARCHED, "Nothing is hidden"),
        (GalleryFilter(shelf=SPAM), NOTHING, SEARCHED, "Nothing is set aside"),
        (GalleryFilter(), shelves(0, 2, 0), SEARCHED, "All of them lie on other shelves"),
        (GalleryFilter(), NOTHING, SEARCHED, "No tokens found"),
        (GalleryFilter(query="x"), NOTHING, replace(SEARCHED, is_running=True), "Nothing matches"),
    ],
)
def test_why_the_list_is_empty(wish: GalleryFilter, found: Shelves, progress: Progress, title: str) -> None:
    words = pages.empty_gallery(wish, found, progress).words
    assert words is not None
    assert words.title == title


def test_an_empty_list_during_and_before_a_search() -> None:
    running, unsearched = replace(SEARCHED, is_running=True), replace(SEARCHED, was_searched=False)
    troubled = replace(SEARCHED, troubles=["No answer."])
    assert pages.empty_gallery(GalleryFilter(), NOTHING, running).is_loading
    assert pages.empty_gallery(GalleryFilter(), NOTHING, unsearched).is_unsearched
    assert pages.empty_gallery(GalleryFilter(), NOTHING, troubled) == pages.EmptyGallery()
