"""Decide what the page of a claim says in each of its states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nft.claims.pages import claim_steps
from nft.models import ClaimCheck, TokenClaim
from nft.settings.chains import ens_chain
from nft.views.claim_facts import ClaimFacts, State, claim_pill, claim_place, read_claim
from profiles.models import Avatar, Profile
from profiles.page_parts import Action, Confirmation, Fact, Pill

STANDARDS = {
    "erc721": gettext_lazy("ERC-721 (one holder at a time)"),
    "erc1155": gettext_lazy("ERC-1155 (several people may hold it)"),
}
VERDICT_STYLES = {ClaimCheck.Verdict.OWNED: "good", ClaimCheck.Verdict.NOT_OWNED: "bad"}


@dataclass(frozen=True)
class ClaimPage:
    """The page of one claim. With a `picture` it shows the result, else the steps to it.

    `status_url` is set while the page is to follow what the workers do; `shown` is the state it shows then.
    """

    name: str
    pill: Pill
    place: str
    headline: str
    picture: Avatar | None
    summary: str
    picture_actions: tuple[Action, ...]
    steps: list[dict[str, str]]
    notes: tuple[str, ...]
    sentence: str
    hint: str
    reload_hint: str
    status_url: str
    shown: str
    facts: tuple[Fact, ...]
    actions: tuple[Action, ...]


def claim_page(claim: TokenClaim, profile: Profile, *, can_look: bool) -> ClaimPage:
    """Return the page of a decorated claim. `can_look`: no search for a new picture is under way or was answered."""
    facts = read_claim(claim)
    is_final = facts.is_done or facts.state == State.NOT_OWNED
    return ClaimPage(
        name=facts.name,
        pill=claim_pill(facts),
        place=claim_place(facts),
        headline=headline(facts),
        picture=facts.picture if facts.is_done else None,
        summary=summary(facts),
        picture_actions=picture_actions(facts, profile.get_absolute_url()),
        steps=[] if facts.is_done or facts.state == State.NOT_OWNED else claim_steps(claim),
        notes=transfer_notes(facts),
        sentence="" if facts.is_done else facts.sentence,
        hint=hint(facts),
        reload_hint=reload_hint(facts),
        status_url="" if is_final else reverse("nft:claim_status", args=[facts.id]),
        shown=f"{facts.state}/{facts.step}",
        facts=known_facts(facts, reverse("nft:prove", args=[profile.handle])),
        actions=claim_actions(facts, can_look=can_look),
    )


def headline(facts: ClaimFacts) -> str:
    if facts.is_done:
        if facts.moved_at_block:
            return _("Its delegation may have ended") if facts.vault else _("A transfer is on its way")
        return _("This is your picture now") if facts.is_current else _("Verified")
    if facts.state == State.NOT_OWNED:
        return _("It is no longer yours") if facts.picture else _("This NFT is not in your wallet")
    if facts.state == State.OWNED:
        return _("It is yours; we fetch its picture") if facts.is_fetching else _("Its picture did not come")
    return _("We could not find out") if facts.state == State.UNKNOWN else _("We are checking")


def summary(facts: ClaimFacts) -> str:
    """Return how others see the picture of a token that is verified."""
    if not facts.is_done:
        return ""
    if not facts.is_current:
        return _("It is ready to use.") if facts.is_usable and not facts.moved_at_block else ""
    if facts.moved_at_block:
        return _("Others see it round, without its mark, for the moment.")
    if facts.vault:
        return _("Others see it in a hexagon, marked “by delegation”, while the vault delegates it to you.")
    return _("Others see it in a hexagon while you hold it.")


def picture_actions(facts: ClaimFacts, public_url: str) -> tuple[Action, ...]:
    """Return what can be done with the picture. `public_url` is that of the person's public page."""
    if not facts.is_done:
        return ()
    actions = []
    if facts.picture is not None and facts.is_usable and not facts.is_current:
        use_url = reverse("profiles:picture_use", args=[facts.picture.pk])
        actions.append(Action(_("Use as my picture"), use_url, is_post=True, style="primary"))
    public = Action(_("See my public page"), public_url, style="primary" if facts.is_current else "")
    return (*actions, public)


def transfer_notes(facts: ClaimFacts) -> tuple[str, ...]:
    if facts.state != State.OWNED or not facts.moved_at_block:
        return ()
    if facts.vault:
        note = _("A transfer of this token, or the end of its delegation, was seen in block %(block)s.")
    else:
        note = _("A transfer of this token was seen in block %(block)s.")
    return (" ".join((note % {"block": facts.moved_at_block}, _("That block is not final yet."))),)


def hint(facts: ClaimFacts) -> str:
    """Return what the person can do about a claim that ended without a picture."""
    if facts.state == State.NOT_OWNED:
        sentence = _('Is it in another wallet of yours? <a href="{}">Link that wallet</a>.')
        return format_html(sentence, reverse("nft:wallets"))
    if facts.state == State.UNKNOWN:
        return _("This is not a no: something did not answer. We keep trying, and you can leave this page.")
    if facts.state == State.OWNED and facts.picture is None and not facts.is_fetching:
        return _("Nothing is wrong with your token.")
    return ""


def reload_hint(facts: ClaimFacts) -> str:
    """Return what a browser without scripts is told."""
    if facts.state != State.PENDING:
        return ""
    return _("Reload this page to see how far we are.")


def known_facts(facts: ClaimFacts, prove_url: str) -> tuple[Fact, ...]:
    """Return what is known of the token. `prove_url` leads to the proof of the person's picture."""
    known = [
        Fact(_("Contract"), copied=facts.contract, what=_("contract address")),
        Fact(_("Token id"), copied=facts.token_id, what=_("token id")),
    ]
    if facts.standard:
        known.append(Fact(_("Standard"), str(STANDARDS[facts.standard])))
    if facts.vault:
        # Round the vault's address: "The vault 0x… holds it …".
        begin, end = _("The vault"), _("holds it and lets your account act for it.")
        known.append(Fact(_("Held by delegation"), begin, facts.vault, _("vault’s address"), end=end))
    if facts.checked_at:
        known.append(
            Fact(_("Last answer"), at=facts.checked_at, end=_(", at block %(block)s") % {"block": facts.checked_block})
        )
    if facts.image_cid:
        note = format_html('<a href="{}">{}</a>', prove_url, _("Prove it")) if facts.is_current else ""
        known.append(Fact(_("CID of the image"), copied=facts.image_cid, what="CID", note=note))
    return tuple(known)


def claim_actions(facts: ClaimFacts, *, can_look: bool) -> tuple[Action, ...]:
    actions = [Action(_("Check again"), reverse("nft:claim_recheck", args=[facts.id]), is_post=True)]
    if facts.is_done and can_look:
        look_url = reverse("nft:claim_new_picture_look", args=[facts.id])
        actions.append(Action(_("Look for a new picture"), look_url, is_post=True))
    if facts.state == State.OWNED and not facts.vault and not facts.moved_at_block:
        actions.append(Action(_("Send to somebody else"), reverse("nft:transfer", args=[facts.id])))
        if ens_chain() is not None:
            actions.append(Action(_("Set as my ENS avatar"), reverse("nft:ens_avatar", args=[facts.id])))
    return (*actions, remove_action(facts))


def remove_action(facts: ClaimFacts) -> Action:
    """Return what takes the claim off the list: at one click if no picture goes with it."""
    url = reverse("nft:claim_remove", args=[facts.id])
    if facts.picture is None:
        return Action(_("Remove"), url, is_post=True)
    text = _("Nothing happens to the token.")
    if facts.is_current:
        text += " " + _("Your earlier picture comes back.")
    return Action(_("Remove"), url, is_post=True, style="danger small", confirm=Confirmation(_("Remove"), text))


@dataclass(frozen=True)
class CheckLine:
    """An earlier answer of the chain about a claim. `last_at`: when it was last given, if more than once."""

    pill: Pill
    sentence: str
    at: datetime
    block: str
    last_at: datetime | None
    last_block: str


def check_lines(checks: Iterable[ClaimCheck]) -> list[CheckLine]:
    return [
        CheckLine(
            Pill(check.get_verdict_display(), VERDICT_STYLES.get(ClaimCheck.Verdict(check.verdict), "wait")),
            check.sentence,
            check.at,
            _block(check.block_number),
            check.last_at if check.last_at is not None and check.last_at > check.at else None,
            _block(check.last_block_number),
        )
        for check in checks
    ]


def _block(number: int | None) -> str:
    return _(", block %(block)s") % {"block": number} if number else ""
