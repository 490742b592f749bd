"""Describe the parts of a page: presenters decide what is said, templates in `profiles/components/` print it.

Other apps add parts of their own to a page: see `register_page_part`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# The query parameter by which a script asks for a page of the picture dialog without the rest of the page.
FRAME = "frame"
# The places of pages where other apps may add something: docs/extend/django.md says where each is.
PLACES = frozenset(
    {
        *("appeal", "edit", "keep", "notice_settings", "sign_in.only", "welcome"),
        *("delete.goes", "delete.stays", "picture.tabs", "picture.tabs.end"),
        *("public.name", "public.proof", "public.end"),
        "receipt.check",
    }
)
_parts: dict[str, list[str]] = {}


def register_page_part(place: str, template: str) -> None:
    """Show `template` at a place of a page, with the context of that page, after those registered before it.

    Raise ValueError for a place that is not in PLACES.
    """
    if place not in PLACES:
        raise ValueError(f"{place!r} is no place of a page: choose one of {', '.join(sorted(PLACES))}.")
    if template not in _parts.setdefault(place, []):
        _parts[place].append(template)


def templates_at(place: str) -> list[str]:
    return _parts.get(place, [])


def picture_frame(asked: Mapping[str, str]) -> str:
    """Return the template that a page of the picture dialog extends: the dialog's, or a whole page's."""
    return "profiles/picture/dialog.html" if asked.get(FRAME) == "dialog" else "profiles/picture/page.html"


@dataclass(frozen=True)
class Pill:
    """A state in a word or two. `style` is "good", "wait", "bad" or empty."""

    label: str
    style: str = ""


@dataclass(frozen=True)
class Confirmation:
    """What is told before an action that is not done at a click: the words that open it, and an explanation."""

    title: str
    text: str


@dataclass(frozen=True)
class Action:
    """A link, or with `is_post` the button of a form.

    `style` names the button's looks, separated by blanks: primary, quiet, danger, small. `subject` is read out after
    the label, to tell buttons of one list apart. `fields` are sent along, as is `pressed`, the button's own name and
    value.
    """

    label: str
    url: str
    is_post: bool = False
    style: str = ""
    subject: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    pressed: tuple[str, str] | None = None
    confirm: Confirmation | None = None
    is_external: bool = False

    @property
    def classes(self) -> str:
        return " ".join(["button", *(f"button-{name}" for name in self.style.split())])


@dataclass(frozen=True)
class Fact:
    """A line of a list of facts: a term, then text round what can be copied (named by `what`) and a time.

    `note` stands in a paragraph of its own below, and ends in `links`.
    """

    term: str
    text: str = ""
    copied: str = ""
    what: str = ""
    at: datetime | None = None
    end: str = ""
    note: str = ""
    links: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Empty:
    """What stands in place of an empty list, and perhaps where to go from there."""

    title: str
    text: str
    action: Action | None = None
