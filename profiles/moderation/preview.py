"""What a block would hide, before it is made: how many pictures of how many people, and some of them to look at."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from profiles.blocks.kinds import SHA256, SIMILAR, BlockRefused, Choice, get_kind, get_kinds
from profiles.models import Avatar, Block
from profiles.moderation.blocking import find_image, find_similar, measure

#: Pictures of a preview, and the number at which counts end.
SHOWN, BOUND = 12, 1000


@dataclass(frozen=True)
class Preview:
    """What a block would hide now, by counts that end at BOUND, and the first pictures."""

    pictures: int
    people: int
    shown: tuple[Avatar, ...]

    @property
    def sentence(self) -> str:
        if not self.pictures:
            return _("Nothing that is shown here now. It is refused from now on.")
        people = ngettext("%(count)s person", "%(count)s people", self.people) % {"count": _count(self.people)}
        text = ngettext(
            "This would hide %(count)s picture of %(people)s.",
            "This would hide %(count)s pictures of %(people)s.",
            self.pictures,
        )
        return text % {"count": _count(self.pictures), "people": people}


@dataclass(frozen=True)
class Offer:
    """One way to block a picture, with what that would hide."""

    kind: str
    choice: Choice
    preview: Preview


def preview_block(kind: str, value: str) -> Preview:
    """Return what a block would hide. Raise BlockRefused for a value that is none of its kind."""
    declared = get_kind(kind)
    value = declared.parse(value)
    if kind == SIMILAR:
        return _preview(_similar_to(value))
    if kind == SHA256 and (image := find_image(value)) is not None:
        return _preview(Avatar.objects.filter(declared.match(value) | Q(image=image) | Q(uncut=image)))
    return _preview(Avatar.objects.filter(declared.match(value)))


def offer_blocks(avatar: Avatar) -> list[Offer]:
    """Return every way in which a picture can be blocked that is not blocked so already."""
    offers = []
    for kind in get_kinds():
        choice = kind.choose(avatar)
        if choice is None or Block.objects.filter(kind=kind.name, value=choice.value, ended_at=None).exists():
            continue
        try:
            offers.append(Offer(kind.name, choice, preview_block(kind.name, choice.value)))
        except BlockRefused:  # a nearly plain picture has none like it
            continue
    return offers


def preview_end(block: Block) -> Preview:
    """Return what would come back if a block ended, unless something else hides it."""
    return _preview(Avatar.objects.filter(holds__block=block), Avatar.State.HELD)


def _similar_to(sha256: str) -> QuerySet[Avatar]:
    image = find_image(sha256)
    if image is None:
        return Avatar.objects.none()
    images = {image.pk, *(each.pk for each in find_similar(measure(image)))}
    return Avatar.objects.filter(Q(image__in=images) | Q(uncut__in=images))


def _preview(avatars: QuerySet[Avatar], state: str = "") -> Preview:
    shown = avatars.filter(state=state) if state else avatars.exclude(state__in=_UNSEEN)
    found = list(shown.order_by("pk").values_list("pk", "profile_id").distinct()[:BOUND])
    first = Avatar.objects.filter(pk__in=[pk for pk, _owner in found[:SHOWN]])
    rows = first.select_related("image", "profile").prefetch_related("image__renditions")
    return Preview(len(found), len({owner for _pk, owner in found}), tuple(rows))


_UNSEEN = (Avatar.State.REMOVED, Avatar.State.HELD)


def _count(number: int) -> str:
    return f"{number}+" if number >= BOUND else str(number)
