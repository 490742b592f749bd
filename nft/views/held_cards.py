"""Decide what the card of a token says, and what can be done with it. Each token has one card."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from nft.gallery.pages import HIDDEN, SPAM, GalleryFilter
from nft.models import HeldToken
from nft.views.claim_facts import ClaimFacts, State, claim_place, read_claim, shorten_id
from nft.views.gallery_page import kept_fields
from profiles.models import Avatar
from profiles.page_parts import Action, Pill

IN_USE = Pill(gettext_noop("In use"), "good")
NEW = Pill(gettext_noop("New"), "good")
VERIFIED = Pill(gettext_noop("Verified"), "good")
ARRIVING = Pill(gettext_noop("Arriving"), "wait")
LEAVING = Pill(gettext_noop("A transfer is on its way"), "wait")
CHECKING = Pill(gettext_noop("Checking"), "wait")
UNCLEAR = Pill(gettext_noop("Could not be checked yet"), "wait")


@dataclass(frozen=True)
class HeldEntry:
    """A token in the list. `number` stands in for a missing picture; `is_waiting`: the picture is being fetched.

    `key` tells it from the others of the page. `url` leads to the person's claim of the token, and is empty without
    one. The picture is `avatar`, or at `picture_url`.
    """

    key: str
    name: str
    url: str
    number: str
    place: str
    is_current: bool
    is_waiting: bool
    avatar: Avatar | None
    picture_url: str
    pill: Pill | None
    notes: tuple[str, ...]
    trouble: str
    actions: tuple[Action, ...]


def held_entry(token: HeldToken, wanted: GalleryFilter, *, names_chain: bool) -> HeldEntry:
    """Return a token that went through nft.gallery.pages.decorate. `names_chain`: there is more than one chain."""
    is_spam = wanted.shelf == SPAM
    has_trouble = not is_spam and token.image_id is None and token.may_ask_hosts
    claim = read_claim(token.claim) if token.claim else None
    avatar = claim.picture if claim and not is_spam else None
    return HeldEntry(
        key=str(token.pk),
        name=str(token) if token.name or claim is None else claim.name,
        url=claim_url(claim) if claim else "",
        number=token.short_id,
        place=held_place(token, names_chain=names_chain),
        is_current=token.is_current,
        is_waiting=not is_spam and avatar is None and token.image_id is None and token.due_at is not None,
        avatar=avatar,
        picture_url="" if is_spam else picture_url(token),
        pill=held_pill(token, claim),
        notes=tuple(filter(None, (token.warning, token.spam_sentence if is_spam else "", token.refusal))),
        trouble=token.last_error if has_trouble else "",
        actions=held_actions(token, claim, wanted),
    )


def loose_entry(claim: ClaimFacts) -> HeldEntry:
    """Return the card of a claim of a token that is not in the list of held tokens."""
    can_use = claim.is_done and claim.is_usable and not claim.is_current and not claim.moved_at_block
    use = use_action(claim.name, claim_reference(claim))
    return HeldEntry(
        key=str(claim.id),
        name=claim.name,
        url=claim_url(claim),
        number=shorten_id(claim.token_id),
        place=claim_place(claim),
        is_current=claim.is_current,
        is_waiting=claim.picture is None and (claim.state == State.PENDING or claim.is_fetching),
        avatar=claim.picture,
        picture_url="",
        pill=claim_state(claim),
        notes=(),
        trouble=claim.sentence,
        actions=(use,) if can_use else (),
    )


@dataclass(frozen=True)
class FailedEntry:
    """A claim that was refused: the card says why and can be removed at once."""

    key: str
    name: str
    url: str
    number: str
    place: str
    sentence: str
    remove: Action


def failed_entry(claim: ClaimFacts) -> FailedEntry:
    remove_url = reverse("nft:claim_remove", args=[claim.id])
    remove = Action(_("Remove"), remove_url, is_post=True, style="small", subject=claim.name)
    number = shorten_id(claim.token_id)
    return FailedEntry(str(claim.id), claim.name, claim_url(claim), number, claim_place(claim), claim.sentence, remove)


def held_pill(token: HeldToken, claim: ClaimFacts | None) -> Pill | None:
    """Return the state of a token that the person holds: nothing if there is nothing to say."""
    if token.seen_at_block is None:
        return ARRIVING
    if token.moved_at_block is not None:
        return LEAVING
    if claim is not None and claim.state != State.NOT_OWNED:
        return claim_state(claim)
    return NEW if token.is_new else None


def claim_state(claim: ClaimFacts) -> Pill:
    if claim.state == State.OWNED and claim.moved_at_block:
        return LEAVING
    if claim.is_current:
        return IN_USE
    if claim.state == State.OWNED:
        return Pill(_("Verified, by delegation"), "good") if claim.vault else VERIFIED
    return UNCLEAR if claim.state == State.UNKNOWN else CHECKING


def held_place(token: HeldToken, *, names_chain: bool) -> str:
    """Return the collection, or its contract's address in short, and the chain if wanted."""
    contract = token.contract_text
    place = token.collection or f"{contract[:6]}…{contract[-4:]}"
    return f"{place}, {token.chain_name}" if names_chain else place


def picture_url(token: HeldToken) -> str:
    if token.image is None:
        return ""
    return f"{reverse('nft:held_picture', args=[token.pk])}?v={token.image.sha256[:12]}"


def held_actions(token: HeldToken, claim: ClaimFacts | None, wanted: GalleryFilter) -> tuple[Action, ...]:
    subject = _("%(name)s, number %(number)s") % {"name": token, "number": token.short_id}
    label, shelf, style = {
        HIDDEN: (_("Show again"), HeldToken.Shelf.AUTOMATIC, "small"),
        SPAM: (_("Not advertising"), HeldToken.Shelf.SHOWN, "small"),
    }.get(wanted.shelf, (_("Hide"), HeldToken.Shelf.HIDDEN, "small quiet"))
    move = Action(
        label,
        reverse("nft:held_shelf", args=[token.pk]),
        is_post=True,
        style=style,
        subject=subject,
        fields=kept_fields(wanted),
        pressed=("put", str(shelf)),
    )
    return (use_action(subject, token.asset_id), move) if can_use(token, claim, wanted) else (move,)


def can_use(token: HeldToken, claim: ClaimFacts | None, wanted: GalleryFilter) -> bool:
    """Return whether the token can become the picture: it is theirs for sure, and nothing is under way already."""
    if wanted.shelf == SPAM or token.refusal or not token.is_settled or token.is_current:
        return False
    if claim is None or claim.state == State.NOT_OWNED:
        return True
    return claim.state == State.OWNED and not claim.moved_at_block and not claim.is_fetching


def use_action(subject: str, reference: str) -> Action:
    return Action(
        _("Use as my picture"),
        reverse("nft:claim_create"),
        is_post=True,
        style="primary small",
        subject=subject,
        fields=(("reference", reference),),
    )


def claim_url(claim: ClaimFacts) -> str:
    return reverse("nft:claim_detail", args=[claim.id])


def claim_reference(claim: ClaimFacts) -> str:
    return f"eip155:{claim.chain_id}/{claim.standard}:{claim.contract}/{claim.token_id}"
