"""What pages say about pictures of a source. A source with words of its own subclasses `SourceWords`.

The methods run while a page is served: no network call, no write, no query. `facts` is the provenance of a picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import format_html

from profiles.page_parts import Fact, Pill
from profiles.sentences import gettext as _

if TYPE_CHECKING:
    from profiles.models import Avatar

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class PictureNote:
    """What a person is told about a picture of theirs: a state in a word or two, and a sentence or two (HTML)."""

    pill: Pill
    text: str


@dataclass(frozen=True)
class LossWords:
    """What the page says on which people choose what is shown when a right ends. `note` (HTML) may be empty."""

    title: str
    lead: str
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a receipt says in short."""

    headline: str
    text: str


class SourceWords:
    """Words that fit every source whose right is attested."""

    def verified(self, avatar: Avatar, mark: str) -> PictureNote:
        """Return what its person is told while the mark holds. `mark` is what the mark tells others."""
        text = _(
            "The hexagon tells others: {mark}. It goes as soon as your right to the picture ends; "
            '<a href="{url}">what others see then</a> is your choice.'
        )
        return PictureNote(Pill(_("Verified"), "good"), format_html(text, mark=mark, url=reverse("profiles:loss")))

    def doubted(self, avatar: Avatar) -> PictureNote:
        """Return what its person is told while the right may have ended."""
        text = _(
            "Your right to show this picture may have ended, so the hexagon is off until that is final. If it has "
            "ended, your picture before it comes back; if not, the hexagon does."
        )
        return PictureNote(Pill(_("May have ended"), "wait"), text)

    def unchecked(self, avatar: Avatar) -> PictureNote:
        """Return what its person is told when the last attestation is too old for the mark."""
        text = _("We could not check this picture for a while. The hexagon returns with the next check.")
        return PictureNote(Pill(_("Not checked lately"), "wait"), text)

    def kept(self, avatar: Avatar, *, for_good: bool) -> PictureNote:
        """Return what its person is told when the right has ended and the picture is still shown."""
        if for_good:
            text = _(
                'It is still shown, without the hexagon, as you wish <a href="{url}">for when you lose the right to a '
                "picture</a>."
            )
        else:
            text = _(
                "It is still shown for a while, without the hexagon, as you wish "
                '<a href="{url}">for when you lose the right to a picture</a>.'
            )
        shown = format_html("{} {}", avatar.reason, format_html(text, url=reverse("profiles:loss")))
        return PictureNote(Pill(_("No longer yours"), "wait"), shown)

    def loss(self) -> LossWords:
        """Return what the page of that choice says, if this is the only source whose rights can end."""
        lead = _("Its mark goes at once. You choose which picture people see then.")
        return LossWords(_("When you lose the right to a picture"), lead)

    def summary(self, name: str, site: str) -> str:
        """Return what search engines read of the page of the person called `name`, while the mark holds."""
        return _("%(name)s has a verified picture on %(site)s.", name=name, site=site)

    def in_short(self, name: str, facts: Facts) -> str:
        """Return the proof behind the mark of the person called `name` in one sentence that a newcomer understands."""
        return _("%(name)s has the right to show this picture.", name=name)

    def how_we_know(self, name: str, facts: Facts) -> str:
        """Return how the mark of the person called `name` came about."""
        return _(
            "We checked the right of %(name)s to show this picture. We check it again all the time; once the answer "
            "changes, the hexagon goes.",
            name=name,
        )

    def facts(self, facts: Facts) -> tuple[Fact, ...]:
        """Return what was read, where, and when."""
        return tuple(
            Fact(str(key), format_html("{}", value)) for key, value in facts.items() if value not in ("", None)
        )

    def verdict(self, facts: Facts, *, is_marked: bool) -> Verdict:
        """Return what a receipt says in short."""
        if is_marked:
            return Verdict(_("Verified"), _("The right to show this picture was checked lately."))
        text = _("The last check is too old, or in doubt. The picture has no mark.")
        return Verdict(_("Not vouched for at the moment"), text)
